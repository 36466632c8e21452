//! What a database says about itself: tables, columns, keys and foreign keys, as plain values.
//!
//! A session reads it; nothing here asks a database. It can be kept as JSON beside a data map, to
//! tell later what has changed.

use habeas_connector::Value;
use serde::{Deserialize, Serialize};

/// A table with the schema that it lives in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TableName {
    pub schema: String,
    pub name: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogue {
    /// Where a table without a named schema is looked for.
    pub default_schema: String,
    /// Partitions are not listed: what they declare counts for their partitioned table.
    pub tables: Vec<Table>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub name: TableName,
    pub kind: TableKind,
    pub comment: Option<String>,
    /// How many rows the database believes there are; `None` where it never counted. Not kept.
    #[serde(skip)]
    pub row_estimate: Option<u64>,
    /// A rollback takes back what was written here. False for some engines of MySQL.
    pub transactional: bool,
    pub columns: Vec<LiveColumn>,
    /// Columns of the primary key, empty without one.
    pub key: Vec<String>,
    /// Other sets of columns whose values never repeat.
    pub unique: Vec<Vec<String>>,
    /// Unique indexes over some of the rows or over expressions, as the database writes them. They
    /// promise nothing about a column's values, and a write may still break them.
    pub partly_unique: Vec<String>,
    pub foreign_keys: Vec<ForeignKey>,
    pub checks: Vec<Check>,
    pub triggers: Vec<Trigger>,
    pub partitions: Vec<Partition>,
    /// What a view reads, as far as the database tells.
    pub derives_from: Vec<TableName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TableKind {
    Table,
    Partitioned,
    View,
    /// A view whose rows are kept: they outlive what they were made of until it is refreshed.
    MaterialisedView,
    /// A table of another server.
    Foreign,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveColumn {
    pub name: String,
    /// The type as the database writes it, such as `numeric(5,2)`.
    pub declared: String,
    pub shape: Shape,
    pub nullable: bool,
    pub comment: Option<String>,
    /// The most characters (bytes, for a column of bytes) that fit. `None`: as many as one likes,
    /// or the database does not enforce what it declares.
    pub max_length: Option<u64>,
    pub has_default: bool,
    pub made: Made,
}

/// Who writes a column's value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Made {
    #[default]
    ByStatement,
    /// Computed from other columns: nobody can write it.
    Generated,
    /// Counted up by the database when none is given.
    Identity,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ForeignKey {
    /// Where the database names it.
    pub name: Option<String>,
    pub to: TableName,
    /// Column here, column there.
    pub on: Vec<(String, String)>,
    pub on_delete: Action,
    pub on_update: Action,
    /// A transaction may put it off to its end.
    pub deferrable: bool,
}

/// What a foreign key does to a row here when the row that it points at is deleted or changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    #[default]
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

/// A rule that every row of a table keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub name: Option<String>,
    /// Columns that it speaks of.
    pub columns: Vec<String>,
    /// The condition as the database writes it.
    pub text: String,
}

/// Something that runs when rows are written. What it does is not known, only that it exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub name: String,
    pub timing: Timing,
    /// In the order insert, update, delete, truncate.
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Timing {
    Before,
    After,
    /// The statement itself is not carried out.
    Instead,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Event {
    Insert,
    Update,
    Delete,
    Truncate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Partition {
    pub name: TableName,
    /// Foreign keys that its siblings declare and it does not.
    pub lacks: Vec<ForeignKey>,
}

/// What kind of value a column holds, as far as reading and comparing it differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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

impl TableName {
    pub fn new(schema: &str, name: &str) -> Self {
        Self {
            schema: schema.to_owned(),
            name: name.to_owned(),
        }
    }
}

impl Table {
    /// An empty table that a reader fills.
    pub fn new(name: TableName, kind: TableKind) -> Self {
        Self {
            name,
            kind,
            comment: None,
            row_estimate: None,
            transactional: true,
            columns: Vec::new(),
            key: Vec::new(),
            unique: Vec::new(),
            partly_unique: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            triggers: Vec::new(),
            partitions: Vec::new(),
            derives_from: Vec::new(),
        }
    }

    /// Its rows are made from other tables' rows, kept or not.
    pub fn is_view(&self) -> bool {
        match self.kind {
            TableKind::View | TableKind::MaterialisedView => true,
            TableKind::Table | TableKind::Partitioned | TableKind::Foreign => false,
        }
    }

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

impl LiveColumn {
    /// A column of which only the type is known yet.
    pub fn new(name: &str, declared: &str, shape: Shape, nullable: bool) -> Self {
        Self {
            name: name.to_owned(),
            declared: declared.to_owned(),
            shape,
            nullable,
            comment: None,
            max_length: None,
            has_default: false,
            made: Made::ByStatement,
        }
    }
}

impl ForeignKey {
    /// A key that does nothing by itself.
    pub fn new(to: TableName, on: Vec<(String, String)>) -> Self {
        Self {
            name: None,
            to,
            on,
            on_delete: Action::NoAction,
            on_update: Action::NoAction,
            deferrable: false,
        }
    }

    /// The columns here.
    pub fn columns(&self) -> Vec<String> {
        self.on.iter().map(|(column, _)| column.clone()).collect()
    }

    /// A row that it points at may go first, as long as its own follows in the same transaction. An
    /// action acts at once even where the key itself is put off.
    pub fn can_wait(&self) -> bool {
        match self.on_delete {
            Action::NoAction => self.deferrable,
            Action::Restrict | Action::Cascade | Action::SetNull | Action::SetDefault => false,
        }
    }

    /// Both say the same about the same columns, whatever they are called.
    pub fn matches(&self, other: &ForeignKey) -> bool {
        self.to == other.to && self.on == other.on
    }
}

impl Action {
    pub fn as_str(self) -> &'static str {
        match self {
            Action::NoAction => "no action",
            Action::Restrict => "restrict",
            Action::Cascade => "cascade",
            Action::SetNull => "set null",
            Action::SetDefault => "set default",
        }
    }
}

impl std::str::FromStr for Action {
    type Err = ();

    /// As `information_schema` and SQLite write it.
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "no action" => Ok(Action::NoAction),
            "restrict" => Ok(Action::Restrict),
            "cascade" => Ok(Action::Cascade),
            "set null" => Ok(Action::SetNull),
            "set default" => Ok(Action::SetDefault),
            _ => Err(()),
        }
    }
}

impl Event {
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Insert => "insert",
            Event::Update => "update",
            Event::Delete => "delete",
            Event::Truncate => "truncate",
        }
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
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
