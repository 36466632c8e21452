//! How PostgreSQL writes it.

use habeas_connector_sql::{Action, Dialect, Shape};

#[derive(Debug)]
pub(crate) struct Postgres;

impl Dialect for Postgres {
    fn param(&self, n: usize) -> String {
        format!("${n}::text")
    }

    fn temp(&self, name: &str) -> String {
        format!("pg_temp.{name}")
    }

    fn json_text(&self, column: &str, path: &[&str]) -> String {
        let names: Vec<String> = path
            .iter()
            .map(|name| format!("'{}'", name.replace('\'', "''")))
            .collect();
        format!("({column}::jsonb #>> array[{}])", names.join(", "))
    }

    fn within_months(&self, column: &str, months: u32) -> String {
        format!("{column} >= current_timestamp - interval '{months} months'")
    }

    /// None: with a million rows of one person, two indexes took twenty times as long as the rows.
    fn temp_index(&self, _name: &str, _table: &str, _columns: &str) -> Option<String> {
        None
    }

    fn analyze(&self, table: &str) -> String {
        format!("analyze {table}")
    }

    fn equals(&self, column: &str, shape: Shape, value: &str) -> String {
        match shape {
            // The first half can use an index, the second tells '042' from 42. The length keeps
            // the number within 64 bits.
            Shape::Integer => format!(
                "({column} = case when {value} ~ '^-?[0-9]{{1,18}}$' then {value}::bigint end \
                 and {column}::text = {value})"
            ),
            Shape::Bool
            | Shape::Number
            | Shape::Text
            | Shape::Bytes
            | Shape::Time
            | Shape::Other => format!("{column}::text = {value}"),
        }
    }

    /// Letters outside ASCII are folded as the database's own collation does.
    fn fold(&self, text: &str) -> String {
        format!("lower({text})")
    }

    fn export(&self, column: &str, shape: Shape) -> String {
        match shape {
            Shape::Bool | Shape::Integer | Shape::Bytes | Shape::Time => column.to_owned(),
            Shape::Number | Shape::Text | Shape::Other => format!("{column}::text"),
        }
    }

    fn typed(&self, param: &str, declared: &str) -> String {
        format!("cast({param} as {declared})")
    }

    fn differs(&self, column: &str, shape: Shape, value: &str) -> String {
        match shape {
            // Not every other type (json, xml, point) can be compared.
            Shape::Other => format!("{column}::text is distinct from ({value})::text"),
            Shape::Bool
            | Shape::Integer
            | Shape::Number
            | Shape::Text
            | Shape::Bytes
            | Shape::Time => format!("{column} is distinct from {value}"),
        }
    }

    /// All of them: the name of one need not be its own, and partitions may have other names for it.
    fn defer(&self) -> Option<&'static str> {
        Some("set constraints all deferred")
    }

    fn deletes_together(&self, _on_delete: Action) -> bool {
        true
    }

    fn table_exists(&self) -> &'static str {
        "select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
         where n.nspname = $1::text and c.relname = $2::text and c.relkind in ('r', 'p')"
    }
}
