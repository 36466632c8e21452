//! What is asked of `information_schema`. `{wanted}` is a list of parameters, one for each database.

/// Databases whose foreign keys lead into the wanted ones: a cascade does not stop at the border.
pub(super) const POINTING: &str = "
select distinct constraint_schema from information_schema.referential_constraints
where unique_constraint_schema in ({wanted}) and constraint_schema not in ({wanted})";

pub(super) const TABLES: &str = "
select t.table_schema, t.table_name, t.table_type, coalesce(t.engine, ''),
  coalesce(e.transactions = 'YES', 0), coalesce(t.create_options like '%partitioned%', 0),
  t.table_rows,
  nullif(t.table_comment, '')
from information_schema.tables t left join information_schema.engines e on e.engine = t.engine
where t.table_schema in ({wanted}) and t.table_type in ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
order by 1, 2";

pub(super) const COLUMNS: &str = "
select table_schema, table_name, column_name, column_type, data_type, is_nullable = 'YES',
  nullif(column_comment, ''), character_maximum_length,
  column_default is not null and column_default <> 'NULL', extra,
  coalesce(is_generated, 'NEVER') = 'ALWAYS'
from information_schema.columns where table_schema in ({wanted})
order by table_schema, table_name, ordinal_position";

/// An index over the beginning of a text promises more than one over all of it.
pub(super) const KEYS: &str = "
select table_schema, table_name, index_name, column_name
from information_schema.statistics where table_schema in ({wanted}) and non_unique = 0
order by table_schema, table_name, index_name, seq_in_index";

pub(super) const FOREIGN_KEYS: &str = "
select k.table_schema, k.table_name, k.constraint_name, k.column_name,
  k.referenced_table_schema, k.referenced_table_name, k.referenced_column_name,
  r.delete_rule, r.update_rule
from information_schema.key_column_usage k
join information_schema.referential_constraints r on r.constraint_schema = k.constraint_schema
  and r.constraint_name = k.constraint_name and r.table_name = k.table_name
where k.constraint_schema in ({wanted}) and k.referenced_table_name is not null
order by k.table_schema, k.table_name, k.constraint_name, k.ordinal_position";

pub(super) const CHECKS: &str = "
select constraint_schema, table_name, constraint_name, check_clause
from information_schema.check_constraints where constraint_schema in ({wanted})
order by 1, 2, 3";

pub(super) const TRIGGERS: &str = "
select event_object_schema, event_object_table, trigger_name, action_timing, event_manipulation
from information_schema.triggers where event_object_schema in ({wanted})
order by 1, 2, 3";

pub(super) const VIEWS: &str = "
select table_schema, table_name, view_definition
from information_schema.views where table_schema in ({wanted}) order by 1, 2";
