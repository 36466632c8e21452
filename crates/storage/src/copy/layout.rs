//! Which tables there are, in an order in which every row finds the rows that it points at.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{RunQueryDsl, sql_query, sql_types};

use super::CopyError;
use crate::{
    ReadTx,
    conn::{Conn, each},
};

/// A table of both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    /// The columns of the primary key, in its order.
    pub key: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    pub kind: Kind,
}

/// What both databases can say in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    /// Hex in JSON.
    Binary,
    /// `2026-11-24T03:30:26.123456` in JSON.
    Instant,
}

impl Kind {
    fn of_postgres(kind: &str) -> Option<Self> {
        match kind {
            "text" => Some(Kind::Text),
            "bigint" => Some(Kind::Integer),
            "bytea" => Some(Kind::Binary),
            "timestamp without time zone" => Some(Kind::Instant),
            _ => None,
        }
    }
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// A name as SQL takes it, whatever it is.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[derive(diesel::QueryableByName)]
struct Three {
    #[diesel(sql_type = sql_types::Text)]
    a: String,
    #[diesel(sql_type = sql_types::Text)]
    b: String,
    #[diesel(sql_type = sql_types::Text)]
    c: String,
}

fn threes(conn: &mut Conn, sql: &str) -> Result<Vec<Three>, CopyError> {
    let rows = each!(conn, c => sql_query(sql).load(c)).map_err(crate::DbError::from)?;
    Ok(rows)
}

const MIGRATIONS: &str = "__diesel_schema_migrations";

/// The tables of the target by name, not in an order of any use yet.
pub(super) fn of_target(tx: &mut ReadTx<'_>) -> Result<Vec<Table>, CopyError> {
    let sql = "select table_name::text as a, column_name::text as b, data_type::text as c \
               from information_schema.columns where table_schema = current_schema() \
               order by table_name, ordinal_position";
    let mut tables: BTreeMap<String, Vec<Column>> = BTreeMap::new();
    for row in threes(tx.conn(), sql)? {
        if row.a == MIGRATIONS {
            continue;
        }
        let Some(kind) = Kind::of_postgres(&row.c) else {
            return Err(CopyError::Type {
                table: row.a,
                column: row.b,
                kind: row.c,
            });
        };
        tables
            .entry(row.a)
            .or_default()
            .push(Column { name: row.b, kind });
    }
    Ok(tables
        .into_iter()
        .map(|(name, columns)| Table {
            name,
            columns,
            key: Vec::new(),
        })
        .collect())
}

/// The same tables with their keys and in their order, when the source has the same columns.
pub(super) fn agreed(tx: &mut ReadTx<'_>, theirs: Vec<Table>) -> Result<Vec<Table>, CopyError> {
    let sql = "select m.name as a, c.name as b, cast(c.pk as text) as c \
               from sqlite_master m join pragma_table_info(m.name) c \
               where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\' \
               order by m.name, c.pk";
    let mut ours: BTreeMap<String, (BTreeSet<String>, Vec<String>)> = BTreeMap::new();
    for row in threes(tx.conn(), sql)? {
        if row.a == MIGRATIONS {
            continue;
        }
        let (columns, key) = ours.entry(row.a).or_default();
        if row.c != "0" {
            key.push(row.b.clone());
        }
        columns.insert(row.b);
    }
    let mut tables = BTreeMap::new();
    for mut table in theirs {
        let Some((columns, key)) = ours.remove(&table.name) else {
            return Err(CopyError::Columns(table.name));
        };
        let same: BTreeSet<&String> = table.columns.iter().map(|column| &column.name).collect();
        if !same.into_iter().eq(&columns) {
            return Err(CopyError::Columns(table.name));
        }
        if key.is_empty() {
            return Err(CopyError::Order(table.name));
        }
        table.key = key;
        tables.insert(table.name.clone(), table);
    }
    if let Some(table) = ours.into_keys().next() {
        return Err(CopyError::Columns(table));
    }
    let sql = "select m.name as a, f.\"table\" as b, '' as c \
               from sqlite_master m join pragma_foreign_key_list(m.name) f where m.type = 'table'";
    let points_at: Vec<(String, String)> = threes(tx.conn(), sql)?
        .into_iter()
        .map(|row| (row.a, row.b))
        .collect();
    parents_first(tables, &points_at)
}

fn parents_first(
    mut left: BTreeMap<String, Table>,
    points_at: &[(String, String)],
) -> Result<Vec<Table>, CopyError> {
    let mut ordered = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free = left.keys().find(|name| {
            points_at
                .iter()
                .all(|(from, to)| from != *name || !left.contains_key(to))
        });
        // Every table that is left waits for another one.
        let stuck = || CopyError::Order(left.keys().next().cloned().unwrap_or_default());
        let free = free.cloned().ok_or_else(stuck)?;
        ordered.extend(left.remove(&free));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(points_at: &[(&str, &str)]) -> Result<Vec<String>, CopyError> {
        let tables = ["a", "b", "c"].map(|name| {
            let table = Table {
                name: name.to_owned(),
                columns: Vec::new(),
                key: Vec::new(),
            };
            (name.to_owned(), table)
        });
        let points_at: Vec<(String, String)> = points_at
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect();
        let ordered = parents_first(BTreeMap::from(tables), &points_at)?;
        Ok(ordered.into_iter().map(|table| table.name).collect())
    }

    #[test]
    fn a_table_comes_after_those_that_it_points_at() {
        assert_eq!(order(&[("a", "c"), ("c", "b")]).unwrap(), ["b", "c", "a"]);
    }

    #[test]
    fn tables_that_point_at_each_other_are_refused() {
        let refused = order(&[("b", "c"), ("c", "b")]).unwrap_err();
        assert!(matches!(refused, CopyError::Order(table) if table == "b"));
    }
}
