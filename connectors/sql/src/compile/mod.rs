//! The text of every statement, compiled from a layout. Pure: no database, and no value of a row.
//!
//! One temporary table holds the subjects' identifiers, one per collection the keys of their rows.
//! Everything else is a join with these. Aliases: `t` a row of the collection, `k` its key, `o` a
//! row of an owner, `s` an identifier, `x` a row that points here.

use habeas_domain::data_map::{ColumnTreatment, Compare, Identity};

use crate::{
    Dialect, Shape, TableName,
    layout::{Layout, Owner, Place, Pointing, User},
    quote,
};

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
        format!("{}.habeas_subject", self.dialect.temp_schema())
    }

    fn keys(&self, n: usize) -> String {
        format!("{}.habeas_key_{n}", self.dialect.temp_schema())
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
        let at = |column: &str| place.spec.key.iter().position(|key| key == column);
        if columns.iter().all(|column| at(column).is_some()) {
            let value = move |column: &str| match at(column) {
                Some(i) => format!("k.k{i}"),
                None => unreachable!("all of them are part of the key"),
            };
            (String::new(), Box::new(value))
        } else {
            let join = format!(
                " join {} o on {}",
                table(&place.table.name),
                by_key(place, "o", "k")
            );
            (
                join,
                Box::new(|column: &str| format!("o.{}", quote(column))),
            )
        }
    }

}

pub(crate) fn table(name: &TableName) -> String {
    format!("{}.{}", quote(&name.schema), quote(&name.name))
}

fn enumerate<T>(list: &[T]) -> impl Iterator<Item = (usize, &T)> {
    list.iter().enumerate()
}

fn text(expression: &str) -> String {
    format!("cast({expression} as text)")
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

fn by_key(place: &Place, row: &str, key: &str) -> String {
    let pairs: Vec<String> = enumerate(&place.spec.key)
        .map(|(i, column)| format!("{row}.{} = {key}.k{i}", quote(column)))
        .collect();
    pairs.join(" and ")
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
fn equal(pairs: &[Pair]) -> String {
    let mut terms: Vec<String> = pairs
        .iter()
        .map(|pair| {
            if pair.shapes.0 == pair.shapes.1 {
                format!("{} = {}", pair.left, pair.right)
            } else {
                format!("{} = {}", text(&pair.left), text(&pair.right))
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
