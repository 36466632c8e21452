//! Where databases write the same idea in different words.

use crate::{Action, Shape};

/// An identifier as SQL text. The one way by which a name gets into a statement.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The words of one database. Every method is pure: SQL text in, SQL text out.
pub trait Dialect: std::fmt::Debug + Send + Sync {
    /// The nth text parameter, counted from 1.
    fn param(&self, n: usize) -> String;

    /// The full name of a temporary table.
    fn temp(&self, name: &str) -> String;

    /// The type of a column of short words, such as a key.
    fn word(&self) -> &'static str {
        "text"
    }

    /// The type of a column of text of any length.
    fn long_text(&self) -> &'static str {
        "text"
    }

    /// The type of a text column of a temporary table that has an index and compares exactly.
    fn temp_text(&self) -> &'static str {
        "text"
    }

    /// An index on a temporary table, where the database cannot do without: one that joins by
    /// hashing is faster when it need not keep an index up to date.
    fn temp_index(&self, name: &str, table: &str, columns: &str) -> Option<String>;

    /// Drops a temporary table if it is there, and never another one of the same name.
    fn drop_temp(&self, name: &str) -> String {
        format!("drop table if exists {}", self.temp(name))
    }

    /// Tells the planner how many rows a temporary table holds: without it, a few hundred
    /// identifiers can cost a few hundred scans.
    fn analyze(&self, table: &str) -> String;

    /// A value as text.
    fn text(&self, expression: &str) -> String {
        format!("cast({expression} as text)")
    }

    /// A text as a whole number.
    fn integer(&self, expression: &str) -> String {
        format!("cast({expression} as integer)")
    }

    /// The text at a path of names inside a JSON column; null where the column holds no JSON.
    fn json_text(&self, column: &str, path: &[&str]) -> String;

    /// True when the instant or date in the column lies within the last so many months.
    fn within_months(&self, column: &str, months: u32) -> String;

    /// True when the text `value` is exactly what stands in the column. An index on the column
    /// should stay usable.
    fn equals(&self, column: &str, shape: Shape, value: &str) -> String;

    /// True when two columns of one shape hold exactly the same. An index on the left one should stay
    /// usable.
    fn same(&self, left: &str, right: &str, _shape: Shape) -> String {
        format!("{left} = {right}")
    }

    /// The form of a text in which upper and lower case are the same.
    fn fold(&self, text: &str) -> String;

    /// The column as an export reads it: as it is where the driver yields it without loss, else as
    /// text.
    fn export(&self, column: &str, shape: Shape) -> String;

    /// A text parameter as a value of the declared type.
    fn typed(&self, param: &str, declared: &str) -> String;

    /// True when the column holds something else than the typed `value`, null included.
    fn differs(&self, column: &str, shape: Shape, value: &str) -> String;

    /// Inserts a row, or changes nothing where its key is there already.
    fn insert_once(&self, table: &str, columns: &str, rows: &str, key: &str) -> String {
        format!("insert into {table} ({columns}) values {rows} on conflict ({key}) do nothing")
    }

    /// Changes the rows `t` whose key is among those of a query with the columns k0, k1, …
    fn update(&self, table: &str, key: &[String], sets: &str, picked: &str) -> String {
        format!(
            "update {table} as t set {sets} where ({}) in ({picked})",
            of_row(key)
        )
    }

    /// As `update`, with values from the table `values`: v0 for the first column, and so on.
    fn update_from(&self, table: &str, key: &[String], columns: &[&str], values: &str) -> String {
        let sets: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(i, column)| format!("{} = v.v{i}", quote(column)))
            .collect();
        format!(
            "update {table} as t set {} from {values} v where {}",
            sets.join(", "),
            same_row(key, "v")
        )
    }

    /// Deletes the rows whose key is among those of a query with the columns k0, k1, …
    fn delete(&self, table: &str, key: &[String], picked: &str) -> String {
        format!(
            "delete from {table} as t where ({}) in ({picked})",
            of_row(key)
        )
    }

    /// Puts off foreign keys to the end of the transaction in which it is run: those that the
    /// catalogue calls deferrable, perhaps others too. `None` where there are none.
    fn defer(&self) -> Option<&'static str> {
        None
    }

    /// One statement deletes rows that point at each other by a foreign key with this action: the
    /// database looks at the key when the statement ends, and not row by row.
    fn deletes_together(&self, on_delete: Action) -> bool;

    /// A query with one row if the table (parameters: schema, name) exists.
    fn table_exists(&self) -> &'static str;
}

/// The key columns of row `t`, as `t."a", t."b"`.
pub fn of_row(key: &[String]) -> String {
    let columns: Vec<String> = key
        .iter()
        .map(|column| format!("t.{}", quote(column)))
        .collect();
    columns.join(", ")
}

/// Row `t` has the key that stands in the columns k0, k1, … of another alias.
pub fn same_row(key: &[String], alias: &str) -> String {
    let pairs: Vec<String> = key
        .iter()
        .enumerate()
        .map(|(i, column)| format!("t.{} = {alias}.k{i}", quote(column)))
        .collect();
    pairs.join(" and ")
}

/// A path of names as databases with the JSON path of SQL/JSON write it, inside a literal.
pub fn json_path(path: &[&str]) -> String {
    let names: Vec<String> = path
        .iter()
        .map(|name| format!(".\"{}\"", name.replace('\'', "''")))
        .collect();
    format!("'${}'", names.concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_cannot_end_the_name() {
        assert_eq!(
            quote(r#"a"; drop table b; --"#),
            r#""a""; drop table b; --""#
        );
    }
}
