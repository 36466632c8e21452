//! Where databases write the same idea in different words.

use crate::Shape;

/// An identifier as SQL text. The one way by which a name gets into a statement.
pub fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The words of one database. Every method is pure: SQL text in, SQL text out.
pub trait Dialect: std::fmt::Debug + Send + Sync {
    /// The nth text parameter, counted from 1.
    fn param(&self, n: usize) -> String;

    /// The schema in which temporary tables live, quoted if need be.
    fn temp_schema(&self) -> &'static str;

    /// An index on a temporary table.
    fn temp_index(&self, name: &str, table: &str, columns: &str) -> String;

    /// Tells the planner how many rows a temporary table holds: without it, a few hundred
    /// identifiers can cost a few hundred scans.
    fn analyze(&self, table: &str) -> String;

    /// True when the text `value` is exactly what stands in the column. An index on the column
    /// should stay usable.
    fn equals(&self, column: &str, shape: Shape, value: &str) -> String;

    /// The form of a text in which upper and lower case are the same.
    fn fold(&self, text: &str) -> String;

    /// The column as an export reads it: as it is where the driver yields it without loss, else as
    /// text.
    fn export(&self, column: &str, shape: Shape) -> String;

    /// A text parameter as a value of the declared type.
    fn typed(&self, param: &str, declared: &str) -> String;

    /// True when the column holds something else than the typed `value`, null included.
    fn differs(&self, column: &str, shape: Shape, value: &str) -> String;

    /// A query with one row if the table (parameters: schema, name) exists.
    fn table_exists(&self) -> &'static str;
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
