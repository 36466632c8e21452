//! The text of every statement, compiled from a layout. Pure: no database, and no value of a row.
//!
//! One temporary table holds the subjects' identifiers, one per collection the keys of their rows.
//! Everything else is a join with these. Aliases: `t` a row of the collection, `k` its key, `o` a
//! row of an owner, `s` an identifier, `x` a row that points here.

mod find;
mod others;
mod read;
mod trial;
mod values;
mod write;

use habeas_domain::data_map::AnyOf;

use crate::{
    Dialect, Shape, TableName,
    layout::{Layout, Place},
    quote,
};

pub(crate) use find::{Identified, Lead};
pub(crate) use read::Most;
pub(crate) use trial::Trial;
pub(crate) use write::{replacements, suppressions};

/// A statement and its text parameters: kinds of identifiers and values of the map, nothing of a
/// person.
pub(crate) struct Statement {
    pub sql: String,
    pub params: Vec<String>,
}

impl Statement {
    pub fn params(&self) -> Vec<&str> {
        self.params.iter().map(String::as_str).collect()
    }
}

/// Placeholders and their values, collected while the text is made.
struct Binds<'a> {
    dialect: &'a dyn Dialect,
    params: Vec<String>,
}

impl Binds<'_> {
    fn bind(&mut self, value: &str) -> String {
        self.params.push(value.to_owned());
        self.dialect.param(self.params.len())
    }
}

/// What stands in `kept` of a key: the treatment reaches the row. Rows that stay are marked 1 for
/// another person's sake and 2 for the sake of another row of the subject.
pub(crate) const GOING: u8 = 0;
/// The treatment does not reach the row in this transaction, or has reached it.
pub(crate) const ASIDE: u8 = 3;
/// The row goes with a later chunk.
pub(crate) const WAITING: u8 = 4;

#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    pub layout: &'a Layout,
    pub dialect: &'a dyn Dialect,
}

impl<'a> Compiler<'a> {
    fn place(&self, n: usize) -> &'a Place {
        &self.layout.places[n]
    }

    fn subjects(&self) -> String {
        self.dialect.temp("habeas_subject")
    }

    fn keys(&self, n: usize) -> String {
        self.dialect.temp(&format!("habeas_key_{n}"))
    }

    fn binds(&self) -> Binds<'a> {
        Binds {
            dialect: self.dialect,
            params: Vec::new(),
        }
    }

    /// How to get at columns of a keyed row: from the key table itself where it holds them, else
    /// by joining the row as `o`.
    fn reach<'b>(&self, place: &'b Place, columns: &[&String]) -> (String, ValueOf<'b>) {
        let in_key = |column: &str| place.spec.key.iter().position(|key| key == column);
        let value = move |column: &str| match in_key(column) {
            Some(i) => format!("k.k{i}"),
            None => format!("o.{}", quote(column)),
        };
        let join = if columns.iter().all(|column| in_key(column).is_some()) {
            String::new()
        } else {
            format!(
                " join {} o on {}",
                table(&place.table.name),
                by_key(place, "o", "k")
            )
        };
        (join, Box::new(value))
    }
}

pub(crate) fn table(name: &TableName) -> String {
    format!("{}.{}", quote(&name.schema), quote(&name.name))
}

/// The columns that identify a row of a key table.
fn key_columns(place: &Place) -> Vec<String> {
    let keys = (0..place.spec.key.len()).map(|i| format!("k{i}"));
    std::iter::once("subject".to_owned()).chain(keys).collect()
}

/// The columns of a key table that name the row, as `k.k0, k.k1` for the alias `k.`.
fn key_names(place: &Place, alias: &str) -> String {
    let names: Vec<String> = (0..place.spec.key.len())
        .map(|i| format!("{alias}k{i}"))
        .collect();
    names.join(", ")
}

fn prefixed(place: &Place, alias: &str) -> String {
    let keys: Vec<String> = place
        .spec
        .key
        .iter()
        .map(|key| format!("{alias}.{}", quote(key)))
        .collect();
    keys.join(", ")
}

/// The key of a row, named as the columns of a key table are.
fn picked(place: &Place, alias: &str) -> String {
    let keys: Vec<String> = place
        .spec
        .key
        .iter()
        .enumerate()
        .map(|(i, key)| format!("{alias}.{} as k{i}", quote(key)))
        .collect();
    keys.join(", ")
}

fn by_key(place: &Place, row: &str, key: &str) -> String {
    let pairs: Vec<String> = place
        .spec
        .key
        .iter()
        .enumerate()
        .map(|(i, column)| format!("{row}.{} = {key}.k{i}", quote(column)))
        .collect();
    pairs.join(" and ")
}

/// True when row `alias` belongs to the collection and not only to its table.
fn scope(dialect: &dyn Dialect, binds: &mut Binds, place: &Place, alias: &str) -> String {
    let terms: Vec<String> = place
        .spec
        .only
        .iter()
        .map(|(column, AnyOf(values))| {
            let shape = place.column(column).shape;
            let held = format!("{alias}.{}", quote(column));
            let any: Vec<String> = values
                .iter()
                .map(|value| dialect.equals(&held, shape, &binds.bind(value)))
                .collect();
            format!(" and ({})", any.join(" or "))
        })
        .collect();
    terms.concat()
}

fn nulls(columns: &[String]) -> String {
    let sets: Vec<String> = columns
        .iter()
        .map(|column| format!("{} = null", quote(column)))
        .collect();
    sets.join(", ")
}

/// The expression that reads a column of a keyed row.
type ValueOf<'a> = Box<dyn Fn(&str) -> String + 'a>;

/// Two columns that are equal when one row hangs on the other.
struct Pair {
    left: String,
    right: String,
    shapes: (Shape, Shape),
}

/// Equal in all pairs. An empty text joins nobody: it is no key.
fn equal(dialect: &dyn Dialect, pairs: &[Pair]) -> String {
    let mut terms: Vec<String> = pairs
        .iter()
        .map(|pair| {
            if pair.shapes.0 == pair.shapes.1 {
                dialect.same(&pair.left, &pair.right, pair.shapes.0)
            } else {
                format!(
                    "{} = {}",
                    dialect.text(&pair.left),
                    dialect.text(&pair.right)
                )
            }
        })
        .collect();
    if pairs.iter().all(|pair| pair.shapes.0 == Shape::Text) {
        let filled: Vec<String> = pairs
            .iter()
            .map(|pair| format!("{} <> ''", pair.left))
            .collect();
        terms.push(format!("({})", filled.join(" or ")));
    }
    terms.join(" and ")
}
