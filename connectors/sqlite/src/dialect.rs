//! How SQLite writes it.

use habeas_connector_sql::{Action, Dialect, Shape, json_path};

/// Folds case for every script, where SQLite's own `lower` knows ASCII only. Registered on each
/// connection.
pub(crate) const FOLD: &str = "habeas_fold";

#[derive(Debug)]
pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    fn param(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn temp(&self, name: &str) -> String {
        format!("temp.{name}")
    }

    fn json_text(&self, column: &str, path: &[&str]) -> String {
        let path = json_path(path);
        format!(
            "cast(case when json_valid({column}) then json_extract({column}, {path}) end as text)"
        )
    }

    fn within_months(&self, column: &str, months: u32) -> String {
        // A number is seconds since 1970; a text is a date as ISO 8601 writes it.
        format!(
            "case typeof({column}) when 'text' then datetime({column}) else \
             datetime({column}, 'unixepoch') end >= datetime('now', '-{months} months')"
        )
    }

    fn temp_index(&self, name: &str, table: &str, columns: &str) -> Option<String> {
        Some(format!("create index temp.{name} on {table} ({columns})"))
    }

    fn analyze(&self, table: &str) -> String {
        format!("analyze {table}")
    }

    fn equals(&self, column: &str, shape: Shape, value: &str) -> String {
        match shape {
            // Affinity would take '042' or '4.2e1' for 42: the second half does not.
            Shape::Integer => {
                format!("({column} = {value} and cast({column} as text) = {value})")
            }
            // A column declared NOCASE is still compared exactly where the map says so.
            Shape::Text => format!("{column} = {value} collate binary"),
            Shape::Bool | Shape::Number | Shape::Bytes | Shape::Time | Shape::Other => {
                format!("cast({column} as text) = {value}")
            }
        }
    }

    fn fold(&self, text: &str) -> String {
        format!("{FOLD}({text})")
    }

    fn export(&self, column: &str, _shape: Shape) -> String {
        column.to_owned()
    }

    fn typed(&self, param: &str, _declared: &str) -> String {
        // The column's affinity decides, on writing as on comparing.
        param.to_owned()
    }

    fn differs(&self, column: &str, _shape: Shape, value: &str) -> String {
        format!("{column} is not {value}")
    }

    /// Switches itself off when the transaction ends.
    fn defer(&self) -> Option<&'static str> {
        Some("pragma defer_foreign_keys = on")
    }

    fn deletes_together(&self, on_delete: Action) -> bool {
        on_delete == Action::NoAction
    }

    fn table_exists(&self) -> &'static str {
        "select 1 from main.sqlite_master where type = 'table' and ?1 = 'main' and name = ?2"
    }
}
