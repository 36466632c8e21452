//! How MariaDB writes it.
//!
//! The collation of a column ignores case, accents and blanks at the end as a rule. Wherever the
//! core asks for equality, a comparison byte by byte decides; the column's own collation is only
//! asked first, because its index knows no other.

use habeas_connector_sql::{Action, Dialect, Shape, json_path, quote, same_row};

/// Byte by byte, blanks at the end included.
pub(crate) const EXACT: &str = "utf8mb4_nopad_bin";

/// Characters of a text that go into an index: two of them fit into the key of any engine.
const INDEXED: usize = 190;

#[derive(Debug)]
pub(crate) struct MariaDb;

impl Dialect for MariaDb {
    /// The session turns it into the plain `?` that the server knows.
    fn param(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn temp(&self, name: &str) -> String {
        quote(name)
    }

    fn word(&self) -> &'static str {
        "varchar(64) character set utf8mb4 collate utf8mb4_bin"
    }

    fn long_text(&self) -> &'static str {
        "longtext character set utf8mb4 collate utf8mb4_bin"
    }

    fn temp_text(&self) -> &'static str {
        "longtext character set utf8mb4 collate utf8mb4_nopad_bin"
    }

    fn temp_index(&self, name: &str, table: &str, columns: &str) -> Option<String> {
        // Values are put aside in the middle of a transaction, which an index would end; they are
        // only ever read from the first to the last.
        if table.starts_with("habeas_value_") {
            return None;
        }
        // The texts among them are longer than a key may be.
        let columns: Vec<String> = columns
            .split(", ")
            .map(|column| match column {
                "kind" | "value" | "folded" => format!("{column} ({INDEXED})"),
                other => other.to_owned(),
            })
            .collect();
        let columns = columns.join(", ");
        Some(format!("create index {name} on {table} ({columns})"))
    }

    fn drop_temp(&self, name: &str) -> String {
        format!("drop temporary table if exists {}", self.temp(name))
    }

    /// Nothing to do: InnoDB counts as it goes, and `analyze` would end the transaction.
    fn analyze(&self, _table: &str) -> String {
        "do 0".to_owned()
    }

    fn text(&self, expression: &str) -> String {
        exact(expression)
    }

    fn integer(&self, expression: &str) -> String {
        format!("cast({expression} as signed)")
    }

    fn json_text(&self, column: &str, path: &[&str]) -> String {
        let path = json_path(path);
        format!("case when json_valid({column}) then json_value({column}, {path}) end")
    }

    fn within_months(&self, column: &str, months: u32) -> String {
        format!("{column} >= current_timestamp - interval {months} month")
    }

    fn equals(&self, column: &str, shape: Shape, value: &str) -> String {
        let exactly = format!("{} = {}", exact(column), exact(value));
        match shape {
            // The first half can use an index, the second tells '042' from 42. As many digits as
            // the largest whole number has.
            Shape::Bool | Shape::Integer => format!(
                "({column} = case when {value} regexp '^-?[0-9]{{1,20}}$' \
                 then cast({value} as decimal(20, 0)) end and {exactly})"
            ),
            // A JSON string takes on the collation of what it is compared with; any other text
            // would impose its own, and no index would serve.
            Shape::Text => {
                format!("({column} = json_unquote(json_quote({value})) and {exactly})")
            }
            Shape::Bytes => format!("{column} = cast({value} as binary)"),
            Shape::Number | Shape::Time | Shape::Other => exactly,
        }
    }

    fn fold(&self, text: &str) -> String {
        format!("lower({})", exact(text))
    }

    fn same(&self, left: &str, right: &str, shape: Shape) -> String {
        match shape {
            Shape::Text => self.equals(left, shape, right),
            Shape::Bool
            | Shape::Integer
            | Shape::Number
            | Shape::Bytes
            | Shape::Time
            | Shape::Other => format!("{left} = {right}"),
        }
    }

    /// The session knows the type of every column that it reads.
    fn export(&self, column: &str, _shape: Shape) -> String {
        column.to_owned()
    }

    fn typed(&self, param: &str, _declared: &str) -> String {
        // The column decides on writing, and refuses what does not fit: the session is strict.
        param.to_owned()
    }

    fn differs(&self, column: &str, shape: Shape, value: &str) -> String {
        match shape {
            Shape::Text => format!("not ({} <=> {})", exact(column), exact(value)),
            Shape::Bytes => format!("not ({column} <=> cast({value} as binary))"),
            Shape::Bool | Shape::Integer | Shape::Number | Shape::Time | Shape::Other => {
                format!("not ({column} <=> {value})")
            }
        }
    }

    /// `ignore` passes over nothing else here: the values are ours and fit.
    fn insert_once(&self, table: &str, columns: &str, rows: &str, _key: &str) -> String {
        format!("insert ignore into {table} ({columns}) values {rows}")
    }

    // A table that is changed cannot be named in a subquery, and `in` is planned row by row: both
    // join what was picked. Names that no column has keep `sets` clear.
    fn update(&self, table: &str, key: &[String], sets: &str, picked: &str) -> String {
        let (rows, on) = joined(key, picked);
        format!("update {table} as t join {rows} on {on} set {sets}")
    }

    fn update_from(&self, table: &str, key: &[String], columns: &[&str], values: &str) -> String {
        let sets: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(i, column)| format!("t.{} = v.v{i}", quote(column)))
            .collect();
        format!(
            "update {table} as t join {values} v on {} set {}",
            same_row(key, "v"),
            sets.join(", ")
        )
    }

    fn delete(&self, table: &str, key: &[String], picked: &str) -> String {
        let (rows, on) = joined(key, picked);
        format!("delete t from {table} as t join {rows} on {on}")
    }

    fn deletes_together(&self, _on_delete: Action) -> bool {
        false
    }

    fn table_exists(&self) -> &'static str {
        "select 1 from information_schema.tables \
         where table_schema = ?1 and table_name = ?2 and table_type = 'BASE TABLE'"
    }
}

/// What stands between a key table and its new marks; see `carry`.
pub(crate) const PICKED: (&str, &str) = (" as t join (\n", "\n) d on ");

/// A derived table of the picked keys, and how a row `t` is found among them.
fn joined(key: &[String], picked: &str) -> (String, String) {
    let names: Vec<String> = (0..key.len())
        .map(|i| format!("p.k{i} as {}", pick(i)))
        .collect();
    let on: Vec<String> = key
        .iter()
        .enumerate()
        .map(|(i, column)| format!("t.{} = d.{}", quote(column), pick(i)))
        .collect();
    (
        format!(
            "(\nselect distinct {} from ({picked}) p\n) d",
            names.join(", ")
        ),
        on.join(" and "),
    )
}

pub(crate) fn pick(i: usize) -> String {
    format!("habeas_pick_{i}")
}

fn exact(expression: &str) -> String {
    format!("(cast({expression} as char) collate {EXACT})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_texts_are_indexed_in_part() {
        assert_eq!(
            MariaDb.temp_index("i", "habeas_subject", "subject, kind"),
            Some("create index i on habeas_subject (subject, kind (190))".to_owned())
        );
        assert_eq!(MariaDb.temp_index("i", "habeas_value_0", "k0"), None);
    }

    #[test]
    fn a_changed_row_is_found_by_names_that_no_column_has() {
        let sql = MariaDb.update(
            "\"a\".\"b\"",
            &["k0".into()],
            "\"k0\" = null",
            "select 1 as k0",
        );
        assert_eq!(
            sql,
            "update \"a\".\"b\" as t join (\nselect distinct p.k0 as habeas_pick_0 from \
             (select 1 as k0) p\n) d on t.\"k0\" = d.habeas_pick_0 set \"k0\" = null"
        );
    }
}
