//! What a random database consists of.

/// A value of a row. What an erasure drew is known by its form only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cell {
    Null,
    Is(String),
    /// Drawn anew: another text of the same length.
    Drawn(String),
    Pseudonym,
}

impl Cell {
    pub fn known(&self) -> Option<&str> {
        match self {
            Cell::Is(text) => Some(text),
            Cell::Null | Cell::Drawn(_) | Cell::Pseudonym => None,
        }
    }

    /// The database holds what was foreseen.
    pub fn is(&self, found: Option<&str>) -> bool {
        match (self, found) {
            (Cell::Null, found) => found.is_none(),
            (Cell::Is(text), Some(found)) => text == found,
            (Cell::Drawn(old), Some(found)) => {
                old != found && old.chars().count() == found.chars().count()
            }
            (Cell::Pseudonym, Some(found)) => found.len() == 35 && found.starts_with("hb_"),
            (Cell::Is(_) | Cell::Drawn(_) | Cell::Pseudonym, None) => false,
        }
    }
}

pub type Row = Vec<Cell>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub kind: Kind,
    pub nullable: bool,
}

#[derive(Debug, Clone)]
pub struct ForeignKey {
    pub on: Vec<(usize, usize)>,
    pub to: usize,
    /// What it does by itself, in the words of SQL.
    pub action: &'static str,
    /// It is declared so.
    pub deferrable: bool,
    /// A transaction may break it on its way.
    pub can_wait: bool,
}

#[derive(Debug, Clone)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
    pub key: Vec<usize>,
    pub foreign_keys: Vec<ForeignKey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erase {
    Delete,
    Columns,
    Keep,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    Null,
    Fixed,
    Random,
    Pseudonymise,
    Detach,
    Keep,
}

pub const FIXED: &str = "[erased]";

/// Columns here, columns there.
pub type On = Vec<(usize, usize)>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// A collection.
    pub to: usize,
    pub on: On,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub edge: Edge,
    pub detach: bool,
}

/// A table that may use a row here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub table: usize,
    /// Columns here, columns of the user.
    pub on: On,
}

#[derive(Debug, Clone)]
pub struct Collection {
    pub name: String,
    pub table: usize,
    /// The column and value of `where`.
    pub only: Option<(usize, &'static str)>,
    /// Columns that find a person, and the kind of identifier.
    pub identities: Vec<(usize, &'static str)>,
    pub belongs_to: Vec<Edge>,
    pub held_by: Vec<Edge>,
    pub also_used_by: Vec<User>,
    pub refers_to: Vec<Reference>,
    pub erase: Erase,
    /// By column of the table.
    pub treatments: Vec<Option<Treatment>>,
}

pub const EMAIL: &str = "email";
/// The key of the first table: names one person, and so leads on.
pub const NUMBER: &str = "world.person";

/// The rows of every table.
pub type Rows = Vec<Vec<Row>>;

#[derive(Debug, Clone)]
pub struct World {
    pub tables: Vec<Table>,
    pub collections: Vec<Collection>,
    pub rows: Rows,
    pub emails: Vec<String>,
}

impl World {
    pub fn collections_of(&self, table: usize) -> impl Iterator<Item = usize> {
        (0..self.collections.len()).filter(move |c| self.collections[*c].table == table)
    }
}
