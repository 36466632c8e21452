//! What a SQLite file says about its tables.

use habeas_connector_sql::{Catalogue, ForeignKey, LiveColumn, Shape, Table, TableName};
use rusqlite::{Connection, Result, Row};

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
    Ok(Catalogue {
        default_schema: SCHEMA.to_owned(),
        tables,
    })
}

fn table(connection: &Connection, name: String, is_view: bool) -> Result<Table> {
    let columns: Vec<(LiveColumn, i64)> = list(
        connection,
        "select name, type, \"notnull\", pk from pragma_table_xinfo(?1) where hidden <> 1",
        &[&name],
        |row| {
            let declared: String = row.get(1)?;
            let pk: i64 = row.get(3)?;
            let column = LiveColumn {
                name: row.get(0)?,
                shape: shape(&declared),
                nullable: !row.get::<_, bool>(2)? && pk == 0,
                declared,
            };
            Ok((column, pk))
        },
    )?;
    let mut key: Vec<(i64, String)> = columns
        .iter()
        .filter(|(_, pk)| *pk > 0)
        .map(|(column, pk)| (*pk, column.name.clone()))
        .collect();
    key.sort();
    Ok(Table {
        unique: unique(connection, &name)?,
        foreign_keys: foreign_keys(connection, &name)?,
        name: TableName {
            schema: SCHEMA.to_owned(),
            name,
        },
        is_view,
        columns: columns.into_iter().map(|(column, _)| column).collect(),
        key: key.into_iter().map(|(_, column)| column).collect(),
    })
}

fn unique(connection: &Connection, table: &str) -> Result<Vec<Vec<String>>> {
    let indexes: Vec<String> = list(
        connection,
        "select name from pragma_index_list(?1) where \"unique\" = 1 and partial = 0",
        &[table],
        |row| row.get(0),
    )?;
    let mut unique = Vec::new();
    for index in indexes {
        let columns: Vec<Option<String>> = list(
            connection,
            "select name from pragma_index_info(?1) order by seqno",
            &[&index],
            |row| row.get(0),
        )?;
        // An index over an expression has a column without a name, and says nothing about rows.
        unique.extend(columns.into_iter().collect::<Option<Vec<String>>>());
    }
    Ok(unique)
}

fn foreign_keys(connection: &Connection, table: &str) -> Result<Vec<ForeignKey>> {
    let pairs: Vec<(i64, String, String, Option<String>)> = list(
        connection,
        "select id, \"table\", \"from\", \"to\" from pragma_foreign_key_list(?1) order by id, seq",
        &[table],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
    let mut keys: Vec<(i64, ForeignKey)> = Vec::new();
    for (id, to, from, column) in pairs {
        if keys.last().is_none_or(|(last, _)| *last != id) {
            let to = TableName {
                schema: SCHEMA.to_owned(),
                name: to,
            };
            keys.push((id, ForeignKey { to, on: Vec::new() }));
        }
        if let Some((_, key)) = keys.last_mut() {
            key.on.push((from, column.unwrap_or_default()));
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
