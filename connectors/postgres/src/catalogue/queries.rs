//! What is asked of PostgreSQL's own catalogue. Every query names a table by its schema and name in
//! the first two columns, and speaks of a partition as of the partitioned table above it.

/// Schema and name of what a data map may name, kind, comment, rows.
pub(super) const TABLES: &str = "
select n.nspname::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'),
  case c.relkind
    when 'p' then (
      select sum(leaf.reltuples) filter (where leaf.reltuples >= 0)
      from pg_partition_tree(c.oid) t join pg_catalog.pg_class leaf on leaf.oid = t.relid
      where t.isleaf)
    when 'v' then null
    else nullif(c.reltuples, -1)
  end::bigint
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1, 2";

/// Name, declared type, type below a domain, nullable, comment, longest text, default, who writes it.
pub(super) const COLUMNS: &str = "
select n.nspname::text, c.relname::text,
  a.attname::text, format_type(a.atttypid, -1),
  case when t.typtype = 'd' then format_type(t.typbasetype, -1) else format_type(a.atttypid, -1) end,
  not (a.attnotnull or (t.typtype = 'd' and t.typnotnull)),
  col_description(c.oid, a.attnum),
  case
    when coalesce(nullif(t.typbasetype, 0), t.oid) in ('varchar'::regtype, 'bpchar'::regtype)
    then nullif(greatest(a.atttypmod, t.typtypmod), -1) - 4
  end::bigint,
  (a.atthasdef and a.attgenerated = '') or a.attidentity <> '' or t.typdefault is not null,
  case
    when a.attgenerated <> '' then 'generated'
    when a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like 'nextval(%' then 'identity'
    else ''
  end
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1, 2, a.attnum";

/// Index, primary, column. An index that is still being built promises nothing.
pub(super) const KEYS: &str = "
select n.nspname::text, c.relname::text, i.indexrelid::bigint, i.indisprimary, a.attname::text
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral unnest(i.indkey) with ordinality as k (attnum, position)
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
  and k.position <= i.indnkeyatts
order by i.indexrelid, k.position";

/// Definition of each unique index that covers some rows only, or expressions.
pub(super) const PARTLY_UNIQUE: &str = "
select n.nspname::text, c.relname::text, pg_get_indexdef(i.indexrelid)
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where i.indisunique and (i.indpred is not null or i.indexprs is not null)
order by i.indexrelid";

/// Constraint, table there, column here, column there, name, actions, deferrable, and schema and
/// name of the very partition that declares it.
pub(super) const FOREIGN_KEYS: &str = "
select n.nspname::text, c.relname::text, k.oid::bigint, m.nspname::text, d.relname::text,
  a.attname::text, b.attname::text, k.conname::text, k.confdeltype::text, k.confupdtype::text,
  k.condeferrable, own_schema.nspname::text, own.relname::text
from pg_catalog.pg_constraint k
join pg_catalog.pg_class own on own.oid = k.conrelid
join pg_catalog.pg_namespace own_schema on own_schema.oid = own.relnamespace
join pg_catalog.pg_class c on c.oid = coalesce(pg_partition_root(k.conrelid), k.conrelid)
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class d on d.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
join pg_catalog.pg_namespace m on m.oid = d.relnamespace
cross join lateral unnest(k.conkey, k.confkey) with ordinality as p (here, there, position)
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.here
join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = p.there
where k.contype = 'f'
order by k.conparentid <> 0, k.oid, p.position";

/// Schema and name of each partition that holds rows itself.
pub(super) const PARTITIONS: &str = "
select n.nspname::text, c.relname::text, own_schema.nspname::text, own.relname::text
from pg_catalog.pg_class own
join pg_catalog.pg_namespace own_schema on own_schema.oid = own.relnamespace
join pg_catalog.pg_class c on c.oid = pg_partition_root(own.oid)
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where own.relispartition and own.relkind <> 'p' and own.relkind <> 'I'
order by 1, 2, 3, 4";

/// Constraint, name, condition, column; those of a column's domain too.
pub(super) const CHECKS: &str = "
select n.nspname::text, c.relname::text, k.oid::bigint, k.conname::text,
  pg_get_expr(k.conbin, k.conrelid), a.attname::text
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join lateral unnest(k.conkey) as p (attnum) on true
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = p.attnum
where k.contype = 'c'
union all
select n.nspname::text, c.relname::text, k.oid::bigint, k.conname::text,
  pg_get_expr(k.conbin, 0), a.attname::text
from pg_catalog.pg_constraint k
join pg_catalog.pg_attribute a on a.atttypid = k.contypid and not a.attisdropped
join pg_catalog.pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'c' and k.contypid <> 0
order by 1, 2, 3";

/// Name and bits (`pg_trigger.tgtype`) of what runs when rows are written; rules count as well.
pub(super) const TRIGGERS: &str = "
select n.nspname::text, c.relname::text, t.tgname::text, t.tgtype::int
from pg_catalog.pg_trigger t
join pg_catalog.pg_class c on c.oid = coalesce(pg_partition_root(t.tgrelid), t.tgrelid)
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgenabled not in ('D', 'R') and t.tgparentid = 0
union all
select n.nspname::text, c.relname::text, r.rulename::text,
  case r.ev_type when '2' then 16 when '3' then 4 when '4' then 8 else 0 end
  + case when r.is_instead then 64 else 0 end
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where r.rulename <> '_RETURN' and r.ev_enabled not in ('D', 'R')
  and n.nspname not in ('pg_catalog', 'information_schema')
order by 1, 2, 3";

/// Schema and name of each table that a view reads.
pub(super) const DERIVED: &str = "
select distinct n.nspname::text, c.relname::text, m.nspname::text, source.relname::text
from pg_catalog.pg_rewrite r
join pg_catalog.pg_class c on c.oid = r.ev_class and c.relkind in ('v', 'm')
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
  and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.ev_class
join pg_catalog.pg_class source on source.oid = coalesce(pg_partition_root(d.refobjid), d.refobjid)
  and source.relkind in ('r', 'p', 'v', 'm', 'f')
join pg_catalog.pg_namespace m on m.oid = source.relnamespace
where n.nspname not in ('pg_catalog', 'information_schema')
order by 1, 2, 3, 4";
