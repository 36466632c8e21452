//! What a store holds and how its rows belong to a person.
//!
//! A data map is a YAML file that a person edits. Ownership (`belongs_to`, `held_by`) is followed;
//! a pointer to somebody else (`refers_to`) never is. Parsing is in `parse`, the rules that tie the
//! parts together in `validate`.

mod parse;
mod validate;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use parse::MapError;

use crate::{IdentifierKind, StoreId};

/// The map of one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataMap {
    /// Version of this file format: 1.
    pub habeas: u32,
    pub store: StoreId,
    /// What the subject reads, such as `Web shop`.
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// In the order in which they are exported.
    pub collections: IndexMap<String, Collection>,
}

/// A table, view or the like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Name in the store; the collection's own name unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Columns that name one row.
    pub key: Vec<String>,
    /// In the order in which they are exported.
    pub columns: IndexMap<String, Column>,
    /// Owners whose key stands in this row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub belongs_to: Vec<Edge>,
    /// Owners that hold this row's key, such as a customer with an `address_id`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held_by: Vec<Edge>,
    /// Other tables that may use the same row: it is erased only when none does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_used_by: Vec<Pointer>,
    /// Pointers in this row to rows of somebody else. Never followed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refers_to: Vec<Reference>,
    /// What an erasure does to a row of the subject.
    #[serde(default, skip_serializing_if = "is_default")]
    pub erase: RowTreatment,
    /// Needed with `erase: keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Values an opt-out writes into the subject's rows, by column.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub suppress: IndexMap<String, String>,
}

/// What an erasure does to rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowTreatment {
    /// The row goes.
    #[default]
    Delete,
    /// The row stays, its columns are treated one by one.
    Columns,
    /// The row stays as it is, on a ground.
    Keep,
}

/// Why something may not be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Such as `GDPR Art. 17(3)(b)`.
    pub article: String,
    /// In words that the subject reads.
    pub reason: String,
    /// Day on which a person looks at it again, `2030-12-31`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<jiff::civil::Date>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// A fideslang data category such as `user.contact.email`; `system` for what is no fact about
    /// the person.
    pub category: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The person can be found by this column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// Such as a password hash: the package names that it exists and hides the value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub withhold: bool,
    /// May mention other people: an officer reads it before release.
    #[serde(default, skip_serializing_if = "is_default")]
    pub free_text: bool,
    /// With `erase: columns` on the collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erase: Option<ColumnTreatment>,
    /// Why this column stays, with `erase: keep`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
}

impl Column {
    /// The column says something about the person (as opposed to keys and bookkeeping).
    pub fn is_personal(&self) -> bool {
        self.category.starts_with("user")
    }
}

/// What an erasure does to one column of a row that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnTreatment {
    Null,
    /// Overwritten by this text.
    Fixed(String),
    /// Stays, with `ground` beside it.
    Keep,
}

/// How a column finds a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    pub kind: IdentifierKind,
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub compare: Compare,
    /// The value names exactly one person, so a row found by another column may hand it on to
    /// widen the search in other stores.
    #[serde(default, skip_serializing_if = "is_default")]
    pub names_one_person: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    #[default]
    Exact,
    IgnoreCase,
}

/// An ownership edge to another collection of the same store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The owner's collection.
    pub collection: String,
    /// Column here: column there.
    pub on: IndexMap<String, String>,
}

/// A table that may point at a row, mapped or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    pub table: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Column here: column there.
    pub on: IndexMap<String, String>,
}

/// A pointer from this collection to rows of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub collection: String,
    /// Column here: column there.
    pub on: IndexMap<String, String>,
    /// What happens to a row here when the row it points at belongs to an erased subject and this
    /// row does not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub when_erased: WhenErased,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenErased {
    /// Erase nothing and tell an officer.
    #[default]
    Stop,
    /// Empty the pointer and keep the row.
    Detach,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl DataMap {
    /// Reads a map; `file` is named in every error.
    pub fn parse(file: &str, text: &str) -> Result<DataMap, MapError> {
        parse::parse(file, text)
    }

    /// The map as YAML, for `store discover`.
    pub fn to_yaml(&self) -> Result<String, MapError> {
        parse::print(self)
    }

    /// SHA-256 of the map's meaning, hex: a plan made with one map is not carried out with another.
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(self).expect("a data map is always JSON");
        Sha256::digest(json)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Columns by which a person can be found, with their collection.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str, &Identity)> {
        self.collections.iter().flat_map(|(name, collection)| {
            collection.columns.iter().filter_map(move |(column, spec)| {
                let identity = spec.identity.as_ref()?;
                Some((name.as_str(), column.as_str(), identity))
            })
        })
    }
}

impl Collection {
    /// Name of the table in the store.
    pub fn table<'a>(&'a self, name: &'a str) -> &'a str {
        self.table.as_deref().unwrap_or(name)
    }

    /// All ownership edges, whichever side holds the key.
    pub fn owners(&self) -> impl Iterator<Item = &Edge> {
        self.belongs_to.iter().chain(&self.held_by)
    }

    /// What the subject reads above the rows.
    pub fn title<'a>(&'a self, name: &'a str) -> &'a str {
        if self.title.is_empty() {
            name
        } else {
            &self.title
        }
    }
}
