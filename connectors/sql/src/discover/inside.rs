//! What lies inside a column of JSON values: the ways to its parts, and what those look like.
//!
//! A name inside a value can itself be somebody's data (`{"ada": …}`). Only a name that stands in
//! many of the values, or that is the very word for what it holds, is taken for a field's; the others
//! are counted and never shown.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::{
    categories,
    likeness::{Impression, impression},
    words,
};
use crate::{LiveColumn, Shape, Table};

/// Values that are read.
pub(super) const VALUES: usize = 50;
/// Of each value. A longer one is passed over.
pub(super) const CHARACTERS: usize = 16_384;
/// Names on the way.
const DEPTH: usize = 3;
const PARTS: usize = 40;
const ELEMENTS: usize = 20;
const NAME: usize = 40;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inside {
    /// Values that were read and are JSON.
    pub values: usize,
    /// By path, as a data map writes it.
    pub parts: Vec<Part>,
    /// Names that are not shown, for they may be data.
    pub unnamed: usize,
    /// Parts beyond the fortieth.
    pub more: usize,
    /// Something lies below the third name.
    pub deeper: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub path: String,
    /// Of all its values; `Other` where they differ.
    pub shape: Shape,
    pub impression: Impression,
}

/// The database says that the column holds JSON.
pub(super) fn is_declared(table: &Table, column: &LiveColumn) -> bool {
    let checked = table.checks.iter().any(|check| {
        check.columns.contains(&column.name) && check.text.to_lowercase().contains("json_valid")
    });
    checked || ["json", "jsonb"].contains(&column.declared.to_lowercase().as_str())
}

/// Texts that begin like objects: worth a closer look.
pub(super) fn may_be(texts: &[String]) -> bool {
    let mut filled = texts.iter().map(|text| text.trim_start()).peekable();
    filled.peek().is_some() && filled.all(|text| text.starts_with('{') || text.starts_with("[{"))
}

/// What the values hold. `None` where some of a column that is not declared as JSON are no objects.
pub(super) fn of(texts: &[String], declared: bool) -> Option<Inside> {
    let whole = texts
        .iter()
        .filter(|text| text.chars().count() < CHARACTERS);
    let read: Vec<Option<Json>> = whole.map(|text| serde_json::from_str(text).ok()).collect();
    let objects = read.iter().flatten().filter(|value| is_object(value));
    if !declared && (read.is_empty() || objects.count() < read.len()) {
        return None;
    }
    let values: Vec<Json> = read.into_iter().flatten().collect();
    let mut seen = Seen::default();
    for value in &values {
        seen.value(value, "", 0);
    }
    Some(seen.told(values.len()))
}

fn is_object(value: &Json) -> bool {
    match value {
        Json::Object(_) => true,
        Json::Array(elements) => elements.iter().all(Json::is_object),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

#[derive(Default)]
struct Seen {
    /// How many objects stand at a path.
    objects: IndexMap<String, usize>,
    /// How many of those have this name, by the path of the object and the name.
    names: IndexMap<(String, String), usize>,
    leaves: IndexMap<String, Leaf>,
    deeper: bool,
}

#[derive(Default)]
struct Leaf {
    texts: Vec<String>,
    shape: Option<Shape>,
}

impl Seen {
    fn value(&mut self, value: &Json, path: &str, depth: usize) {
        match value {
            Json::Object(members) if depth < DEPTH => {
                *self.objects.entry(path.to_owned()).or_default() += 1;
                for (name, member) in members {
                    *self
                        .names
                        .entry((path.to_owned(), name.clone()))
                        .or_default() += 1;
                    if is_plain(name) {
                        self.value(member, &below(path, name), depth + 1);
                    }
                }
            }
            Json::Array(elements) => {
                for element in elements.iter().take(ELEMENTS) {
                    self.value(element, &format!("{path}[]"), depth);
                }
            }
            Json::Object(_) => {
                self.deeper = true;
                self.leaf(path, Shape::Other, None);
            }
            Json::Null => {}
            Json::Bool(_) => self.leaf(path, Shape::Bool, None),
            Json::Number(number) => {
                let shape = if number.is_f64() {
                    Shape::Number
                } else {
                    Shape::Integer
                };
                self.leaf(path, shape, None);
            }
            Json::String(text) => self.leaf(path, Shape::Text, Some(text)),
        }
    }

    fn leaf(&mut self, path: &str, shape: Shape, text: Option<&String>) {
        let leaf = self.leaves.entry(path.to_owned()).or_default();
        leaf.texts.extend(text.cloned());
        leaf.shape = match leaf.shape {
            Some(known) if known != shape => Some(Shape::Other),
            Some(_) | None => Some(shape),
        };
    }

    fn told(self, values: usize) -> Inside {
        let hidden: Vec<String> = self
            .names
            .iter()
            .filter(|((path, name), count)| !self.is_a_fields(path, name, **count))
            .map(|((path, name), _)| below(path, name))
            .collect();
        let is_shown = |path: &str| {
            // What is no path of the language cannot stand in a map.
            let speaks = path.parse::<habeas_domain::data_map::JsonPath>().is_ok();
            speaks && !hidden.iter().any(|hidden| is_within(path, hidden))
        };
        let mut parts: Vec<Part> = self
            .leaves
            .iter()
            .filter(|(path, _)| is_shown(path))
            .map(|(path, leaf)| Part {
                path: path.clone(),
                shape: leaf.shape.unwrap_or(Shape::Other),
                impression: impression(&leaf.texts),
            })
            .collect();
        // What stands inside is hidden with it.
        let unnamed = hidden.iter().filter(|name| {
            let mut others = hidden.iter().filter(|other| other != name);
            !others.any(|other| is_within(name, other))
        });
        let more = parts.len().saturating_sub(PARTS);
        if more > 0 {
            parts.sort_by_key(|part| !part.tells());
            parts.truncate(PARTS);
        }
        Inside {
            values,
            parts,
            unnamed: unnamed.count(),
            more,
            deeper: self.deeper,
        }
    }

    /// In one of four values at least, and never in one alone.
    fn is_a_fields(&self, path: &str, name: &str, count: usize) -> bool {
        let objects = self.objects.get(path).copied().unwrap_or_default();
        let common = count > 1 && count * 4 >= objects;
        is_plain(name) && (common || categories::is_the_word_for_something(name))
    }
}

impl Part {
    /// The last name on the way.
    pub fn name(&self) -> Option<&str> {
        self.names().next()
    }

    /// What the object is called that the part stands in.
    pub fn object(&self) -> Option<&str> {
        self.names().nth(1)
    }

    /// The way to that object.
    pub fn around(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(around, _)| around)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self
            .path
            .rsplit('.')
            .map(|name| name.trim_end_matches("[]"));
        names.filter(|name| !name.is_empty())
    }

    fn tells(&self) -> bool {
        let by_name = self
            .name()
            .and_then(|name| categories::category(name, self.shape));
        by_name.is_some() || self.impression.likeness.is_some()
    }

    /// There is one such part in a value, and its names mean the row's own person.
    pub fn is_ones_own(&self) -> bool {
        !self.path.contains("[]") && !words::means_somebody_else(&self.path)
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn is_within(path: &str, other: &str) -> bool {
    path.strip_prefix(other)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// Letters, digits and lines, as programmers name things.
fn is_plain(name: &str) -> bool {
    let mut letters = name.chars();
    name.len() <= NAME
        && letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::{super::likeness::Likeness, *};

    fn look(texts: &[&str], declared: bool) -> Option<Inside> {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        of(&texts, declared)
    }

    fn paths(inside: &Inside) -> Vec<&str> {
        inside.parts.iter().map(|part| part.path.as_str()).collect()
    }

    #[test]
    fn parts_are_named_as_the_map_names_them() {
        let text = r#"{"contact": {"email": "ada@example.org", "phones": ["+49 30 1234567"]},
            "devices": [{"serial": "A1", "since": 2020}], "plan": "gold", "a": {"b": {"c": {"d": 1}}}}"#;
        let inside = look(&[text, text], false).unwrap();
        assert_eq!(
            paths(&inside),
            [
                "a.b.c",
                "contact.email",
                "contact.phones[]",
                "devices[].serial",
                "devices[].since",
                "plan"
            ]
        );
        assert!(inside.deeper);
        assert_eq!((inside.values, inside.unnamed), (2, 0));
        let email = &inside.parts[1];
        assert_eq!(email.impression.likeness, Some(Likeness::Email));
        assert_eq!(email.shape, Shape::Text);
        assert_eq!(inside.parts[4].shape, Shape::Integer);
        let list = look(&[r#"[{"n": 1}]"#, r#"[{"n": 2}]"#], false).unwrap();
        assert_eq!(paths(&list), ["[].n"]);
    }

    #[test]
    fn a_name_that_may_be_somebodys_is_counted_and_never_shown() {
        let texts = [
            r#"{"friends": {"ada": {"since": 1}, "ben@example.org": 1}, "plan": 1}"#,
            r#"{"friends": {"cem": {"since": 2}}, "plan": 2}"#,
            r#"{"friends": {"dora": {"since": 2}}, "plan": 2, "email": "d@example.org"}"#,
        ];
        let inside = look(&texts, true).unwrap();
        // `email` is in one value only, and is the word for what it holds.
        assert_eq!(paths(&inside), ["plan", "email"]);
        assert_eq!(inside.unnamed, 4);
        assert!(!format!("{inside:?}").contains("ada"));
        let alone = look(&[r#"{"ada": 1}"#], true).unwrap();
        assert_eq!((paths(&alone), alone.unnamed), (vec![], 1));
    }

    #[test]
    fn a_text_is_json_only_when_every_one_is_an_object() {
        assert_eq!(look(&[r#"{"a": 1}"#, "{broken"], false), None);
        assert_eq!(look(&["[1]"], false), None);
        assert_eq!(look(&[], false), None);
        let declared = look(&["[\"x\"]", "[\"y\"]", "7"], true).unwrap();
        assert_eq!(paths(&declared), ["[]"]);
        assert!(may_be(&["{\"a\"".to_owned()]) && !may_be(&[]) && !may_be(&["a".to_owned()]));
    }

    #[test]
    fn of_very_many_parts_the_telling_ones_are_kept() {
        let members: Vec<String> = (0..60)
            .map(|n| format!("\"x{n}\": {n}"))
            .chain(["\"zip\": \"12345\"".to_owned()])
            .collect();
        let text = format!("{{{}}}", members.join(", "));
        let inside = look(&[&text, &text], false).unwrap();
        assert_eq!((inside.parts.len(), inside.more), (40, 21));
        assert_eq!(inside.parts[0].path, "zip");
    }
}
