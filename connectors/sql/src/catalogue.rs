//! What a database says about itself: tables, columns, keys and foreign keys, as plain values.
//!
//! A session reads it; nothing here asks a database.

use habeas_connector::Value;

/// A table with the schema that it lives in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableName {
    pub schema: String,
    pub name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// Where a table without a named schema is looked for.
    pub default_schema: String,
    /// Partitions are not listed: what they declare counts for their partitioned table.
    pub tables: Vec<Table>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: TableName,
    pub is_view: bool,
    pub columns: Vec<LiveColumn>,
    /// Columns of the primary key, empty without one.
    pub key: Vec<String>,
    /// Other sets of columns whose values never repeat.
    pub unique: Vec<Vec<String>>,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveColumn {
    pub name: String,
    /// The type as the database writes it, such as `numeric(5,2)`.
    pub declared: String,
    pub shape: Shape,
    pub nullable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ForeignKey {
    pub to: TableName,
    /// Column here, column there.
    pub on: Vec<(String, String)>,
}

/// What kind of value a column holds, as far as reading and comparing it differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Bool,
    Integer,
    /// Decimal or floating-point.
    Number,
    Text,
    Bytes,
    /// An instant or a date with time.
    Time,
    Other,
}

impl Catalogue {
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }

    /// The full name of a table that a data map names.
    pub fn place(&self, schema: Option<&str>, name: &str) -> TableName {
        TableName {
            schema: schema.unwrap_or(&self.default_schema).to_owned(),
            name: name.to_owned(),
        }
    }

    /// Every foreign key onto a table, with the table that declares it.
    pub fn pointing_at<'a>(
        &'a self,
        target: &'a TableName,
    ) -> impl Iterator<Item = (&'a Table, &'a ForeignKey)> {
        self.tables.iter().flat_map(move |table| {
            let onto = table.foreign_keys.iter().filter(|key| key.to == *target);
            onto.map(move |key| (table, key))
        })
    }
}

impl Table {
    pub fn column(&self, name: &str) -> Option<&LiveColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The database itself guarantees that these columns name one row.
    pub fn is_unique(&self, columns: &[String]) -> bool {
        let within = |key: &Vec<String>| {
            !key.is_empty() && key.iter().all(|column| columns.contains(column))
        };
        within(&self.key) || self.unique.iter().any(within)
    }
}

impl Shape {
    /// The value as it was meant, from the value as the driver gave it.
    pub(crate) fn restore(self, value: Value) -> Value {
        match (self, value) {
            (Shape::Bool, Value::Integer(flag @ (0 | 1))) => Value::Bool(flag == 1),
            (Shape::Number, Value::Text(digits)) if digits.parse::<f64>().is_ok() => {
                Value::Number(digits)
            }
            (
                Shape::Bool
                | Shape::Integer
                | Shape::Number
                | Shape::Text
                | Shape::Bytes
                | Shape::Time
                | Shape::Other,
                value,
            ) => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_as_its_column_means_it() {
        assert_eq!(Shape::Bool.restore(Value::Integer(1)), Value::Bool(true));
        assert_eq!(Shape::Bool.restore(Value::Integer(7)), Value::Integer(7));
        let digits = || Value::Text("39.60".into());
        assert_eq!(
            Shape::Number.restore(digits()),
            Value::Number("39.60".into())
        );
        assert_eq!(Shape::Text.restore(digits()), digits());
        let junk = || Value::Text("n/a".into());
        assert_eq!(Shape::Number.restore(junk()), junk());
    }
}
