//! What a SQLite file says about its tables.
//!
//! SQLite enforces no length and counts rows only when told to `analyze`; both stay unknown then.

mod definition;

use std::sync::{Arc, Mutex, PoisonError};

use habeas_connector_sql::{
    Action, Catalogue, ForeignKey, LiveColumn, Made, Shape, Table, TableKind, TableName,
};
use rusqlite::{
    Connection, OptionalExtension, Result, Row,
    hooks::{AuthAction, AuthContext, Authorization},
};

const SCHEMA: &str = "main";

pub(crate) fn read(connection: &Connection) -> Result<Catalogue> {
    let names: Vec<(String, bool)> = list(
        connection,
        "select name, type = 'view' from pragma_table_list \
         where schema = 'main' and type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' \
         order by name",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let mut tables = Vec::new();
    for (name, is_view) in names {
        tables.push(table(connection, name, is_view)?);
    }
    resolve(&mut tables);
    derive(connection, &mut tables);
    count(connection, &mut tables)?;
    Ok(Catalogue {
        default_schema: SCHEMA.to_owned(),
        tables,
    })
}

fn table(connection: &Connection, name: String, is_view: bool) -> Result<Table> {
    let columns: Vec<(LiveColumn, i64)> = list(
        connection,
        "select name, type, \"notnull\", pk, dflt_value is not null, hidden \
         from pragma_table_xinfo(?1) where hidden <> 1",
        &[&name],
        column,
    )?;
    let mut key: Vec<(i64, String)> = columns
        .iter()
        .filter(|(_, pk)| *pk > 0)
        .map(|(column, pk)| (*pk, column.name.clone()))
        .collect();
    key.sort();
    let mut columns: Vec<LiveColumn> = columns.into_iter().map(|(column, _)| column).collect();
    if let [(_, key)] = &key[..] {
        // Another name for the row's number, which the database counts up.
        let alone = |column: &&mut LiveColumn| {
            column.name == *key && column.declared.eq_ignore_ascii_case("integer")
        };
        columns
            .iter_mut()
            .filter(alone)
            .for_each(|column| column.made = Made::Identity);
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let sql: Option<String> = connection
        .query_row(
            "select sql from sqlite_schema where type in ('table', 'view') and name = ?1",
            [&name],
            |row| row.get(0),
        )
        .optional()?
        .flatten();
    let checks = sql.map_or(Vec::new(), |sql| definition::checks(&sql, &names));
    let triggers = list(
        connection,
        "select name, sql from sqlite_schema where type = 'trigger' \
         and tbl_name = ?1 collate nocase order by name",
        &[&name],
        |row| {
            let (name, sql): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(definition::trigger(&name, &sql))
        },
    )?;
    let (unique, partly_unique) = unique(connection, &name)?;
    let kind = if is_view {
        TableKind::View
    } else {
        TableKind::Table
    };
    Ok(Table {
        key: key.into_iter().map(|(_, column)| column).collect(),
        unique,
        partly_unique,
        foreign_keys: foreign_keys(connection, &name)?,
        checks: if is_view { Vec::new() } else { checks },
        triggers,
        columns,
        ..Table::new(TableName::new(SCHEMA, &name), kind)
    })
}

fn column(row: &Row) -> Result<(LiveColumn, i64)> {
    let (name, declared): (String, String) = (row.get(0)?, row.get(1)?);
    let pk: i64 = row.get(3)?;
    let nullable = !row.get::<_, bool>(2)? && pk == 0;
    let column = LiveColumn {
        has_default: row.get(4)?,
        // 2 and 3: generated, virtual or stored.
        made: if row.get::<_, i64>(5)? > 1 {
            Made::Generated
        } else {
            Made::ByStatement
        },
        ..LiveColumn::new(&name, &declared, shape(&declared), nullable)
    };
    Ok((column, pk))
}

/// What each view reads: SQLite tells whoever is asked for permission.
fn derive(connection: &Connection, tables: &mut [Table]) {
    let known: Vec<TableName> = tables.iter().map(|table| table.name.clone()).collect();
    for view in tables.iter_mut().filter(|table| table.is_view()) {
        let read: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, own) = (Arc::clone(&read), view.name.name.clone());
        let ask = move |context: AuthContext<'_>| {
            if let AuthAction::Read { table_name, .. } = context.action
                && table_name != own
            {
                let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
                seen.push(table_name.to_owned());
            }
            Authorization::Allow
        };
        if connection.authorizer(Some(ask)).is_err() {
            return;
        }
        let sql = format!(
            "select * from {}",
            habeas_connector_sql::quote(&view.name.name)
        );
        // A view over a table that is gone cannot be prepared, and reads nothing.
        let _ = connection.prepare(&sql);
        let none: Option<fn(AuthContext<'_>) -> Authorization> = None;
        let _ = connection.authorizer(none);
        let read = read.lock().unwrap_or_else(PoisonError::into_inner);
        view.derives_from = known
            .iter()
            .filter(|table| read.contains(&table.name))
            .cloned()
            .collect();
    }
}

/// Rows as `analyze` counted them last.
fn count(connection: &Connection, tables: &mut [Table]) -> Result<()> {
    let analysed: bool = connection.query_row(
        "select exists (select 1 from sqlite_schema where name = 'sqlite_stat1')",
        [],
        |row| row.get(0),
    )?;
    if !analysed {
        return Ok(());
    }
    let counts: Vec<(String, Option<String>)> = list(
        connection,
        "select tbl, max(stat) from sqlite_stat1 group by tbl",
        &[],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    for table in tables {
        let stat = counts.iter().find(|(name, _)| *name == table.name.name);
        table.row_estimate =
            stat.and_then(|(_, stat)| stat.as_deref()?.split(' ').next()?.parse().ok());
    }
    Ok(())
}

/// Sets of columns whose values never repeat, and indexes that promise less.
fn unique(connection: &Connection, table: &str) -> Result<(Vec<Vec<String>>, Vec<String>)> {
    let indexes: Vec<(String, bool, Option<String>)> = list(
        connection,
        "select i.name, i.partial, s.sql from pragma_index_list(?1) i \
         left join sqlite_schema s on s.type = 'index' and s.name = i.name \
         where i.\"unique\" = 1",
        &[table],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let (mut unique, mut partly) = (Vec::new(), Vec::new());
    for (index, partial, sql) in indexes {
        let columns: Vec<Option<String>> = list(
            connection,
            "select name from pragma_index_info(?1) order by seqno",
            &[&index],
            |row| row.get(0),
        )?;
        // An index over an expression has a column without a name, and says nothing about rows.
        match columns.into_iter().collect::<Option<Vec<String>>>() {
            Some(columns) if !partial => unique.push(columns),
            Some(_) | None => partly.push(sql.unwrap_or(index)),
        }
    }
    Ok((unique, partly))
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKey>> {
    let pairs: Vec<(i64, ForeignKey)> = list(
        connection,
        "select id, \"table\", \"from\", \"to\", on_delete, on_update \
         from pragma_foreign_key_list(?1) order by id, seq",
        &[table],
        |row| {
            let (to, from): (String, String) = (row.get(1)?, row.get(2)?);
            let column: Option<String> = row.get(3)?;
            let action = |n: usize| -> Result<Action> {
                Ok(row.get::<_, String>(n)?.parse().unwrap_or_default())
            };
            let on_delete = action(4)?;
            let key = ForeignKey {
                on_delete,
                on_update: action(5)?,
                // `pragma defer_foreign_keys` puts off every key but one that restricts at once.
                deferrable: on_delete != Action::Restrict,
                ..ForeignKey::new(
                    TableName::new(SCHEMA, &to),
                    vec![(from, column.unwrap_or_default())],
                )
            };
            Ok((row.get(0)?, key))
        },
    )?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for (id, key) in pairs {
        match keys.last_mut() {
            Some((last, whole)) if *last == id => whole.on.extend(key.on),
            Some(_) | None => keys.push((id, key)),
        }
    }
    Ok(keys.into_iter().map(|(_, key)| key).collect())
}

/// A foreign key may spell its names in another case than their owner, and leave out the columns
/// of the primary key that it means.
fn resolve(tables: &mut [Table]) {
    let known: Vec<(String, Vec<String>, Vec<String>)> = tables
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone());
            (
                table.name.name.clone(),
                table.key.clone(),
                columns.collect(),
            )
        })
        .collect();
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    for table in tables.iter_mut() {
        let own: Vec<String> = table
            .columns
            .iter()
            .map(|column| column.name.clone())
            .collect();
        for foreign in &mut table.foreign_keys {
            let Some((name, key, columns)) =
                known.iter().find(|(name, ..)| same(name, &foreign.to.name))
            else {
                continue;
            };
            foreign.to.name.clone_from(name);
            for (n, (from, to)) in foreign.on.iter_mut().enumerate() {
                if let Some(column) = own.iter().find(|column| same(column, from)) {
                    from.clone_from(column);
                }
                let meant = if to.is_empty() {
                    key.get(n)
                } else {
                    columns.iter().find(|column| same(column, to))
                };
                if let Some(column) = meant {
                    to.clone_from(column);
                }
            }
        }
        // A key onto a table or column that does not exist constrains nothing that we could name.
        table.foreign_keys.retain(|foreign| {
            known.iter().any(|(name, _, columns)| {
                *name == foreign.to.name && foreign.on.iter().all(|(_, to)| columns.contains(to))
            })
        });
    }
}

/// By the declared type, as SQLite itself derives a column's affinity.
fn shape(declared: &str) -> Shape {
    let declared = declared.to_ascii_uppercase();
    let says = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    if says(&["BOOL"]) {
        Shape::Bool
    } else if says(&["INT"]) {
        Shape::Integer
    } else if says(&["CHAR", "CLOB", "TEXT"]) {
        Shape::Text
    } else if says(&["BLOB"]) {
        Shape::Bytes
    } else if says(&["REAL", "FLOA", "DOUB", "NUM", "DEC"]) {
        Shape::Number
    } else if says(&["DATE", "TIME"]) {
        Shape::Time
    } else {
        Shape::Other
    }
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    params: &[&str],
    read: impl FnMut(&Row) -> Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql)?;
    statement
        .query_map(rusqlite::params_from_iter(params), read)?
        .collect()
}
