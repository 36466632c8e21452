//! Where in a YAML text a path stands, so that a fault can be pointed at.
//!
//! A path is what faults name: `collections.orders.belongs_to[0].on.customer_id`. This is a second
//! look at the text, taken when there is something to point at: the types of the map stay free of
//! positions. Behind an alias (`*name`) it does not look; what stands there is placed at the alias.

use std::fmt;

use serde::Serialize;
use serde_saphyr::granit_parser::{Event, Parser};

/// A position in a text; both numbers begin at 1, the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Every path of a YAML text, in the order in which they are written.
#[derive(Debug, Default)]
pub struct Places(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    path: String,
    /// Of the key, or of the element of a list.
    key: Place,
    value: Place,
}

/// A mapping or list that is not closed yet.
struct Open {
    path: String,
    inside: Inside,
}

enum Inside {
    /// With the key whose value comes next.
    Mapping(Option<(String, Place)>),
    /// With the number of the next element.
    List(usize),
}

impl Places {
    /// What could be read; a text that is not YAML yields what precedes the fault.
    pub fn of(text: &str) -> Self {
        let mut entries = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        for (event, span) in Parser::new_from_str(text).map_while(Result::ok) {
            let here = Place {
                line: span.start.line(),
                column: span.start.col() + 1,
            };
            let (scalar, inside) = match event {
                Event::DocumentEnd => break,
                Event::MappingEnd | Event::SequenceEnd => {
                    open.pop();
                    continue;
                }
                Event::Scalar(text, ..) => (Some(text.into_owned()), None),
                Event::Alias(_) => (None, None),
                Event::MappingStart(..) => (None, Some(Inside::Mapping(None))),
                Event::SequenceStart(..) => (None, Some(Inside::List(0))),
                // Stream marks and comments are no nodes.
                _ => continue,
            };
            let (path, key) = match open.last_mut() {
                None => (String::new(), here),
                Some(Open {
                    path,
                    inside: Inside::List(next),
                }) => {
                    *next += 1;
                    (format!("{path}[{}]", *next - 1), here)
                }
                Some(Open {
                    path,
                    inside: Inside::Mapping(waiting),
                }) => match waiting.take() {
                    Some((key, place)) if path.is_empty() => (key, place),
                    Some((key, place)) => (format!("{path}.{key}"), place),
                    None => {
                        *waiting = Some((scalar.unwrap_or_default(), here));
                        continue;
                    }
                },
            };
            if let Some(inside) = inside {
                let path = path.clone();
                open.push(Open { path, inside });
            }
            entries.push(Entry {
                path,
                key,
                value: here,
            });
        }
        Self(entries)
    }

    /// The place of a path, or of the nearest thing around it that the text has.
    pub fn nearest(&self, path: &str) -> Option<Place> {
        let mut path = path;
        loop {
            if let Some(place) = self.exact(path) {
                return Some(place);
            }
            path = path.rfind(['.', '[']).map_or("", |end| &path[..end]);
            if path.is_empty() {
                return self.exact("");
            }
        }
    }

    pub(super) fn exact(&self, path: &str) -> Option<Place> {
        let found = self.0.iter().find(|entry| entry.path == path);
        found.map(|entry| entry.key)
    }

    /// The path that stands at a place; the innermost, when several begin there.
    pub(super) fn path_at(&self, place: Place) -> &str {
        self.at(place).map_or("", |entry| entry.path.as_str())
    }

    /// The path of the mapping at a place: around a key that stands there, else what stands there.
    pub(super) fn mapping_at(&self, place: Place) -> &str {
        match self.at(place) {
            Some(entry) if entry.key == place && entry.value != place => {
                let end = entry.path.rfind('.');
                end.map_or("", |end| &entry.path[..end])
            }
            Some(entry) => &entry.path,
            None => "",
        }
    }

    fn at(&self, place: Place) -> Option<&Entry> {
        let here = |entry: &&Entry| entry.key == place || entry.value == place;
        self.0.iter().rev().find(here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# A comment.
store: shop
collections:
  sales.orders:
    key: [id, day]
    belongs_to:
      - { collection: person, on: { person_id: id } }
      - collection: shop
    ground: &books
      article: A
  other:
    ground: *books
";

    fn at(path: &str) -> String {
        Places::of(TEXT).nearest(path).unwrap().to_string()
    }

    #[test]
    fn every_key_and_every_element_has_its_place() {
        assert_eq!(at("store"), "2:1");
        assert_eq!(at("collections.sales.orders"), "4:3");
        assert_eq!(at("collections.sales.orders.key[1]"), "5:15");
        assert_eq!(
            at("collections.sales.orders.belongs_to[0].on.person_id"),
            "7:37"
        );
        assert_eq!(
            at("collections.sales.orders.belongs_to[1].collection"),
            "8:9"
        );
    }

    #[test]
    fn what_is_not_there_is_placed_at_what_is_around_it() {
        assert_eq!(at("collections.sales.orders.columns.email"), "4:3");
        assert_eq!(at("collections.other.ground.article"), "12:5");
        assert_eq!(at("nothing.of.this"), "2:1");
        assert_eq!(Places::of("").nearest("store"), None);
    }

    #[test]
    fn a_text_that_breaks_off_is_placed_as_far_as_it_goes() {
        let places = Places::of("store: shop\ncollections: {a: [\n");
        assert_eq!(places.nearest("collections.a").unwrap().to_string(), "2:15");
    }

    #[test]
    fn a_place_leads_back_to_its_path() {
        let place = Place { line: 7, column: 9 };
        assert_eq!(
            Places::of(TEXT).path_at(place),
            "collections.sales.orders.belongs_to[0]"
        );
    }
}
