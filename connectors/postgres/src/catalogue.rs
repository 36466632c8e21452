//! What PostgreSQL says about its tables. A partition is left out: what it declares counts for the
//! partitioned table above it, which names it.

mod queries;

use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{
    Action, Catalogue, Check, Event, ForeignKey, LiveColumn, Made, Partition, Session, Shape,
    Table, TableKind, TableName, Timing, Trigger,
    row::{flag, length, name, number, optional, text},
};

use crate::session::PostgresSession;

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
    let mut tables = tables(session)?;
    columns(session, &mut tables)?;
    keys(session, &mut tables)?;
    each(
        session,
        queries::PARTLY_UNIQUE,
        &mut tables,
        |table, row| {
            table.partly_unique.push(text(row, 2)?);
            Ok(())
        },
    )?;
    foreign_keys(session, &mut tables)?;
    checks(session, &mut tables)?;
    each(session, queries::TRIGGERS, &mut tables, |table, row| {
        table.triggers.push(trigger(text(row, 2)?, number(row, 3)?));
        Ok(())
    })?;
    each(session, queries::DERIVED, &mut tables, |table, row| {
        table.derives_from.push(name(row, 2)?);
        Ok(())
    })?;
    Ok(Catalogue {
        default_schema,
        tables,
    })
}

fn tables(session: &mut PostgresSession) -> Result<Vec<Table>, StoreError> {
    let mut tables = Vec::new();
    session.rows(queries::TABLES, &[], &mut |row| {
        let kind = match text(&row, 2)?.as_str() {
            "p" => TableKind::Partitioned,
            "v" => TableKind::View,
            "m" => TableKind::MaterialisedView,
            "f" => TableKind::Foreign,
            _ => TableKind::Table,
        };
        tables.push(Table {
            comment: optional(&row, 3)?,
            row_estimate: length(&row, 4)?,
            ..Table::new(name(&row, 0)?, kind)
        });
        Ok(())
    })?;
    Ok(tables)
}

/// Reads a query whose rows begin with the name of a table that is known.
fn each(
    session: &mut PostgresSession,
    sql: &str,
    tables: &mut [Table],
    mut read: impl FnMut(&mut Table, &[Value]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    session.rows(sql, &[], &mut |row| {
        let name = name(&row, 0)?;
        // The tables are sorted by name, as the database sorts it, which need not be ours.
        match tables.iter_mut().find(|table| table.name == name) {
            Some(table) => read(table, &row),
            None => Ok(()),
        }
    })
}

fn columns(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    each(session, queries::COLUMNS, tables, |table, row| {
        let made = match text(row, 9)?.as_str() {
            "generated" => Made::Generated,
            "identity" => Made::Identity,
            _ => Made::ByStatement,
        };
        table.columns.push(LiveColumn {
            name: text(row, 2)?,
            declared: text(row, 3)?,
            shape: shape(&text(row, 4)?),
            nullable: flag(row, 5)?,
            comment: optional(row, 6)?,
            max_length: length(row, 7)?,
            has_default: flag(row, 8)?,
            made,
        });
        Ok(())
    })
}

fn keys(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut last = None;
    each(session, queries::KEYS, tables, |table, row| {
        let index = number(row, 2)?;
        let fresh = last.replace(index) != Some(index);
        let column = text(row, 4)?;
        if flag(row, 3)? {
            table.key.push(column);
        } else if fresh {
            table.unique.push(vec![column]);
        } else if let Some(unique) = table.unique.last_mut() {
            unique.push(column);
        }
        Ok(())
    })
}

/// A foreign key, the table that it counts for and the very partition that declares it.
struct Declared {
    id: i64,
    table: TableName,
    by: TableName,
    key: ForeignKey,
}

fn foreign_keys(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut found: Vec<Declared> = Vec::new();
    session.rows(queries::FOREIGN_KEYS, &[], &mut |row| {
        let id = number(&row, 2)?;
        let pair = (text(&row, 5)?, text(&row, 6)?);
        match found.last_mut() {
            Some(last) if last.id == id => last.key.on.push(pair),
            Some(_) | None => found.push(Declared {
                id,
                table: name(&row, 0)?,
                by: name(&row, 11)?,
                key: ForeignKey {
                    name: optional(&row, 7)?,
                    on_delete: action(&text(&row, 8)?),
                    on_update: action(&text(&row, 9)?),
                    deferrable: flag(&row, 10)?,
                    ..ForeignKey::new(name(&row, 3)?, vec![pair])
                },
            }),
        }
        Ok(())
    })?;
    for declared in &found {
        let Some(table) = tables.iter_mut().find(|table| table.name == declared.table) else {
            continue;
        };
        let mut known = table.foreign_keys.iter_mut();
        // Each partition repeats what its neighbours say; one that waits for no end of a
        // transaction, or acts, speaks for all.
        match known.find(|known| known.matches(&declared.key)) {
            Some(known) => known.deferrable &= declared.key.can_wait(),
            None => table.foreign_keys.push(declared.key.clone()),
        }
    }
    each(session, queries::PARTITIONS, tables, |table, row| {
        let partition = name(row, 2)?;
        let says = |key: &ForeignKey| {
            let mut own = found.iter().filter(|declared| declared.by == partition);
            own.any(|declared| declared.key.matches(key))
        };
        let lacks = table.foreign_keys.iter().filter(|key| !says(key));
        table.partitions.push(Partition {
            lacks: lacks.cloned().collect(),
            name: partition,
        });
        Ok(())
    })
}

fn action(letter: &str) -> Action {
    match letter {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

fn checks(session: &mut PostgresSession, tables: &mut [Table]) -> Result<(), StoreError> {
    let mut last = None;
    each(session, queries::CHECKS, tables, |table, row| {
        let constraint = (table.name.clone(), number(row, 2)?);
        if last.as_ref() != Some(&constraint) {
            last = Some(constraint);
            table.checks.push(Check {
                name: optional(row, 3)?,
                columns: Vec::new(),
                text: text(row, 4)?,
            });
        }
        if let (Some(check), Some(column)) = (table.checks.last_mut(), optional(row, 5)?) {
            check.columns.push(column);
        }
        Ok(())
    })
}

/// Bits of `pg_trigger.tgtype`, from `catalog/pg_trigger.h`.
fn trigger(name: String, bits: i64) -> Trigger {
    let set = |bit: i64| bits & bit != 0;
    let timing = match () {
        () if set(64) => Timing::Instead,
        () if set(2) => Timing::Before,
        () => Timing::After,
    };
    let events = [
        (4, Event::Insert),
        (16, Event::Update),
        (8, Event::Delete),
        (32, Event::Truncate),
    ];
    Trigger {
        name,
        timing,
        events: events
            .into_iter()
            .filter(|(bit, _)| set(*bit))
            .map(|(_, event)| event)
            .collect(),
    }
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
