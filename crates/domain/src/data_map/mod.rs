//! What a store holds and how its rows belong to a person.
//!
//! A data map is a YAML file that a person edits. Ownership (`belongs_to`, `held_by`) is followed;
//! a pointer to somebody else (`refers_to`) never is. Parsing is in `parse`, the rules that tie the
//! parts together in `validate`, what is only worth a look in `notes`. The language is described in
//! `docs/data-map.md`.

pub mod category;
mod fault;
mod json_path;
mod notes;
mod parse;
mod place;
mod read;
mod schema;
mod suggest;
mod validate;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use sha2::{Digest, Sha256};

pub use fault::{Fault, MapError};
pub use json_path::JsonPath;
pub use place::{Place, Places};
pub use read::read;

use crate::{IdentifierKind, StoreId};

/// The map of one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataMap {
    /// Version of this file format: 1.
    #[schemars(extend("const" = 1))]
    pub habeas: u32,
    /// The name by which the configuration and the officers know the store.
    #[schemars(with = "String", extend("pattern" = schema::STORE))]
    pub store: StoreId,
    /// What the subject reads, such as `Web shop`.
    pub title: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Categories whose values never leave the store, such as `user.government_id`: the package
    /// says that there is a value and hides it. Holds for every category below as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<schema::Category>")]
    pub withhold: Vec<String>,
    /// Tables that were looked at and hold nothing personal, as `table` or `schema.table`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_tables: Vec<String>,
    /// In the order in which they are exported.
    pub collections: IndexMap<String, Collection>,
}

/// A table, view or the like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// Only rows with these values belong to the collection, such as `owner_type: User`. Several
    /// collections may share one table.
    #[serde(default, rename = "where", skip_serializing_if = "IndexMap::is_empty")]
    pub only: IndexMap<String, AnyOf>,
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
    /// Older rows are counted and erased, but left out of an export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lookback: Option<Lookback>,
    /// Columns that were looked at and hold nothing personal: neither exported nor warned about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore: Vec<String>,
}

/// How far back an export reaches, such as the 12 months of CCPA § 1798.130(a)(2)(B).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Lookback {
    /// A column with the instant or date of the row.
    pub column: String,
    #[schemars(range(min = 1, max = 1200))]
    pub months: u32,
}

/// A value or a list of values, any of which will do. Numbers and flags are taken as they are
/// written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "AnyOfAsWritten", into = "AnyOfAsWritten")]
#[schemars(with = "AnyOfAsWritten")]
pub struct AnyOf(pub Vec<String>);

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a value or a list of values is needed")]
enum AnyOfAsWritten {
    One(Scalar),
    Many(Vec<Scalar>),
}

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a text, a whole number, true or false is needed"
)]
#[schemars(description = "A text, a whole number, true or false.")]
enum Scalar {
    Flag(bool),
    Number(i64),
    Text(String),
}

impl From<AnyOfAsWritten> for AnyOf {
    fn from(written: AnyOfAsWritten) -> Self {
        let text = |scalar| match scalar {
            Scalar::Flag(flag) => flag.to_string(),
            Scalar::Number(number) => number.to_string(),
            Scalar::Text(text) => text,
        };
        AnyOf(match written {
            AnyOfAsWritten::One(value) => vec![text(value)],
            AnyOfAsWritten::Many(values) => values.into_iter().map(text).collect(),
        })
    }
}

impl From<AnyOf> for AnyOfAsWritten {
    fn from(AnyOf(mut values): AnyOf) -> Self {
        match values.len() {
            1 => AnyOfAsWritten::One(Scalar::Text(values.remove(0))),
            _ => AnyOfAsWritten::Many(values.into_iter().map(Scalar::Text).collect()),
        }
    }
}

/// What an erasure does to rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowTreatment {
    /// The row goes.
    #[default]
    Delete,
    /// The row stays, its columns are treated one by one.
    Columns,
    /// The row stays as it is, on a ground.
    Keep,
    /// A view: nothing is written, its rows go with those that it is made of.
    Derived,
}

/// Why something may not be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ground {
    /// Such as `GDPR Art. 17(3)(b)`.
    pub article: String,
    /// In words that the subject reads.
    pub reason: String,
    /// Day on which a person looks at it again, `2030-12-31`.
    #[serde(
        default,
        deserialize_with = "day",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "String", extend("format" = "date"))]
    pub review: Option<jiff::civil::Date>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// A fideslang data category such as `user.contact.email`; `system` for what is no fact about
    /// the person.
    #[schemars(with = "schema::Category")]
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
    /// Parts of a JSON value, by path: `contact.email`, `emails[]`, `tags[].name`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub fields: IndexMap<String, Field>,
}

/// A part of a JSON column. What no field names is exported and erased with the column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    #[schemars(with = "schema::Category")]
    pub category: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub withhold: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erase: Option<ColumnTreatment>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
}

impl Column {
    /// The column says something about the person (as opposed to keys and bookkeeping).
    pub fn is_personal(&self) -> bool {
        is_personal(&self.category)
    }

    /// How the column itself and its fields find a person.
    pub fn identities(&self) -> impl Iterator<Item = &Identity> {
        let fields = self.fields.values();
        let parts = fields.filter_map(|field| field.identity.as_ref());
        self.identity.iter().chain(parts)
    }
}

/// What an erasure does to one column of a row that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnTreatment {
    Null,
    /// Overwritten by this text.
    Fixed(String),
    /// Every letter and digit by another one, drawn for this erasure: the shape stays.
    Random,
    /// A keyed hash (HMAC-SHA-256): equal values stay equal, so this is pseudonymised and not
    /// erased as long as the key exists.
    Pseudonymise,
    /// Less exact than before.
    Generalise(Coarser),
    /// Emptied, because it points at somebody or something else.
    Detach,
    /// Stays, with `ground` beside it.
    Keep,
}

impl ColumnTreatment {
    /// What the treatment did, as a plan and a receipt say it.
    pub fn in_words(&self) -> &'static str {
        match self {
            ColumnTreatment::Null => "set to null",
            ColumnTreatment::Fixed(_) => "set to a fixed value",
            ColumnTreatment::Random => "replaced at random in the same shape",
            ColumnTreatment::Pseudonymise => "pseudonymised",
            ColumnTreatment::Generalise(_) => "generalised",
            ColumnTreatment::Detach => "detached",
            ColumnTreatment::Keep => "kept",
        }
    }

    /// The value of the column is another one afterwards.
    pub fn replaces(&self) -> bool {
        !matches!(self, ColumnTreatment::Keep)
    }
}

/// What `generalise` leaves of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coarser {
    /// The first of January of a date's year.
    Year,
    /// The first day of a date's month.
    Month,
    /// Midnight of an instant's day.
    Day,
    /// So many leading characters, such as the region of a postal code.
    First(u32),
}

/// How a column finds a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// `email`, `phone`, or a name that ties stores together, such as `shop.customer_id`.
    #[schemars(with = "String", extend("pattern" = schema::KIND))]
    pub kind: IdentifierKind,
    #[serde(default, rename = "match", skip_serializing_if = "is_default")]
    pub compare: Compare,
    /// The value names exactly one person, so a row found by another column may hand it on to
    /// widen the search in other stores.
    #[serde(default, skip_serializing_if = "is_default")]
    pub names_one_person: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    #[default]
    Exact,
    IgnoreCase,
}

/// An ownership edge to another collection of the same store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The owner's collection.
    pub collection: String,
    /// Column here: column there.
    pub on: IndexMap<String, String>,
}

/// A table that may point at a row, mapped or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    pub table: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Column here: column there.
    pub on: IndexMap<String, String>,
}

/// A pointer from this collection to rows of somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhenErased {
    /// Erase nothing and tell an officer.
    #[default]
    Stop,
    /// Empty the pointer and keep the row.
    Detach,
}

/// A day, with an error that shows how one is written.
fn day<'de, D: Deserializer<'de>>(reader: D) -> Result<Option<jiff::civil::Date>, D::Error> {
    let text = Option::<String>::deserialize(reader)?;
    let day = text.map(|text| text.parse().map_err(|_| text));
    day.transpose()
        .map_err(|text| D::Error::custom(format!("'{text}' is no day; write it as 2030-12-31")))
}

fn is_personal(category: &str) -> bool {
    category::is_within(category, "user")
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl DataMap {
    /// Reads a map; `file` is named in every error.
    pub fn parse(file: &str, text: &str) -> Result<DataMap, MapError> {
        parse::parse(file, text)
    }

    /// Where a path of the map stands in the text that it was read from: the key, or the element of
    /// a list, or the nearest thing around it. Paths are those of [`Fault`], and those that a
    /// connector's findings name.
    pub fn position(text: &str, path: &str) -> Option<Place> {
        Places::of(text).nearest(path)
    }

    /// Every rule that the map breaks, without places. A map that was parsed breaks none.
    pub fn faults(&self) -> Vec<Fault> {
        validate::faults(self).unplaced()
    }

    /// What is no fault and yet worth a look, without places.
    pub fn notes(&self, today: jiff::civil::Date) -> Vec<Fault> {
        notes::notes(self, today).unplaced()
    }

    /// The JSON Schema (2020-12) of the language. Only the shape: the rules that tie the parts
    /// together are told when the map is read.
    pub fn json_schema() -> serde_json::Value {
        schema::schema()
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

    /// Marks every column and field of a category that the map never hands out.
    fn withhold_by_category(&mut self) {
        let never = std::mem::take(&mut self.withhold);
        let hidden = |category: &str| {
            never
                .iter()
                .any(|never| category::is_within(category, never))
        };
        for collection in self.collections.values_mut() {
            for column in collection.columns.values_mut() {
                column.withhold |= hidden(&column.category);
                for field in column.fields.values_mut() {
                    field.withhold |= hidden(&field.category);
                }
            }
        }
        self.withhold = never;
    }

    /// The category of every column and field, as often as it is named.
    fn categories(&self) -> impl Iterator<Item = &str> {
        let columns = self.collections.values().flat_map(|it| it.columns.values());
        columns.flat_map(|column| {
            let fields = column.fields.values().map(|field| &field.category);
            std::iter::once(&column.category)
                .chain(fields)
                .map(String::as_str)
        })
    }

    /// Columns by which a person can be found, with their collection.
    pub fn identities(&self) -> impl Iterator<Item = (&str, &str, &Identity)> {
        self.collections.iter().flat_map(|(name, collection)| {
            collection.columns.iter().flat_map(move |(column, spec)| {
                spec.identities()
                    .map(move |identity| (name.as_str(), column.as_str(), identity))
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
