//! What PostgreSQL says about its tables. A partition is left out: what it declares counts for the
//! partitioned table above it.

use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{Catalogue, ForeignKey, LiveColumn, Session, Shape, Table, TableName};

use crate::session::PostgresSession;

const COLUMNS: &str = "
select n.nspname::text, c.relname::text, c.relkind in ('v', 'm'),
  a.attname::text, format_type(a.atttypid, -1),
  case when t.typtype = 'd' then format_type(t.typbasetype, -1) else format_type(a.atttypid, -1) end,
  not (a.attnotnull or (t.typtype = 'd' and t.typnotnull))
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'
order by 1, 2, a.attnum";

const KEYS: &str = "
select n.nspname::text, c.relname::text, i.indexrelid::bigint, i.indisprimary, a.attname::text
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid and not c.relispartition
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral unnest(i.indkey) with ordinality as k (attnum, position)
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
where i.indisunique and i.indpred is null and i.indexprs is null and k.position <= i.indnkeyatts
order by i.indexrelid, k.position";

// A key declared by or onto a partition is read as one of the partitioned table.
const FOREIGN_KEYS: &str = "
select n.nspname::text, c.relname::text, k.oid::bigint, m.nspname::text, d.relname::text,
  a.attname::text, b.attname::text
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = coalesce(pg_partition_root(k.conrelid), k.conrelid)
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class d on d.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
join pg_catalog.pg_namespace m on m.oid = d.relnamespace
cross join lateral unnest(k.conkey, k.confkey) with ordinality as p (here, there, position)
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = p.here
join pg_catalog.pg_attribute b on b.attrelid = k.confrelid and b.attnum = p.there
where k.contype = 'f'
order by k.oid, p.position";

pub(crate) fn read(session: &mut PostgresSession) -> Result<Catalogue, StoreError> {
    let mut default_schema = String::new();
    session.rows(
        "select coalesce(current_schema()::text, 'public')",
        &[],
        &mut |row| {
            default_schema = text(&row, 0)?;
            Ok(())
        },
    )?;
    let mut tables = columns(session)?;
    keys(session, &mut tables)?;
    foreign_keys(session, &mut tables)?;
    Ok(Catalogue {
        default_schema,
        tables,
    })
}

fn columns(session: &mut PostgresSession) -> Result<Vec<Table>, StoreError> {
    let mut tables: Vec<Table> = Vec::new();
    session.rows(COLUMNS, &[], &mut |row| {
        let name = name(&row, 0)?;
        if tables.last().is_none_or(|last| last.name != name) {
            tables.push(Table {
                name,
                is_view: flag(&row, 2)?,
                columns: Vec::new(),
                key: Vec::new(),
                unique: Vec::new(),
                foreign_keys: Vec::new(),
            });
        }
        let column = LiveColumn {
            name: text(&row, 3)?,
            declared: text(&row, 4)?,
            shape: shape(&text(&row, 5)?),
            nullable: flag(&row, 6)?,
        };
        if let Some(table) = tables.last_mut() {
            table.columns.push(column);
        }
        Ok(())
    })?;
    Ok(tables)
}

fn keys(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut last = None;
    session.rows(KEYS, &[], &mut |row| {
        let name = name(&row, 0)?;
        let index = number(&row, 2)?;
        let Some(table) = tables.iter_mut().find(|table| table.name == name) else {
            return Ok(());
        };
        let fresh = last.replace(index) != Some(index);
        let column = text(&row, 4)?;
        if flag(&row, 3)? {
            table.key.push(column);
        } else if fresh {
            table.unique.push(vec![column]);
        } else if let Some(unique) = table.unique.last_mut() {
            unique.push(column);
        }
        Ok(())
    })
}

fn foreign_keys(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut found: Vec<(i64, TableName, ForeignKey)> = Vec::new();
    session.rows(FOREIGN_KEYS, &[], &mut |row| {
        let id = number(&row, 2)?;
        let pair = (text(&row, 5)?, text(&row, 6)?);
        match found.last_mut() {
            Some((last, _, key)) if *last == id => key.on.push(pair),
            Some(_) | None => {
                let key = ForeignKey {
                    to: name(&row, 3)?,
                    on: vec![pair],
                };
                found.push((id, name(&row, 0)?, key));
            }
        }
        Ok(())
    })?;
    for (_, from, key) in found {
        // Each partition repeats what its neighbours say.
        if let Some(table) = tables.iter_mut().find(|table| table.name == from)
            && !table.foreign_keys.contains(&key)
        {
            table.foreign_keys.push(key);
        }
    }
    Ok(())
}

fn shape(base: &str) -> Shape {
    match base {
        "boolean" => Shape::Bool,
        "smallint" | "integer" | "bigint" => Shape::Integer,
        "numeric" | "real" | "double precision" => Shape::Number,
        "text" | "character varying" | "character" | "bpchar" | "name" | "citext" => Shape::Text,
        "bytea" => Shape::Bytes,
        "timestamp without time zone" | "timestamp with time zone" => Shape::Time,
        _ => Shape::Other,
    }
}

fn name(row: &[Value], at: usize) -> Result<TableName, StoreError> {
    Ok(TableName {
        schema: text(row, at)?,
        name: text(row, at + 1)?,
    })
}

fn text(row: &[Value], at: usize) -> Result<String, StoreError> {
    match row.get(at) {
        Some(Value::Text(text)) => Ok(text.clone()),
        Some(_) | None => Err(unreadable()),
    }
}

fn flag(row: &[Value], at: usize) -> Result<bool, StoreError> {
    match row.get(at) {
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) | None => Err(unreadable()),
    }
}

fn number(row: &[Value], at: usize) -> Result<i64, StoreError> {
    match row.get(at) {
        Some(Value::Integer(number)) => Ok(*number),
        Some(_) | None => Err(unreadable()),
    }
}

fn unreadable() -> StoreError {
    StoreError::permanent("catalogue", "the database's catalogue cannot be read")
}
