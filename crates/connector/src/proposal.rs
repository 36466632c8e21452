//! What `discover` gives back: a first map, and why each guess in it was made.
//!
//! It decides nothing: a person reads the map before it is used.

use habeas_domain::data_map::{DataMap, MapError};
use serde::Serialize;

/// How closely a store is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Reads some rows to tell what a column holds and whether a guessed pointer is one. Their values
    /// never leave the connector, but for words that name a table (`owner_type: Customer`).
    pub sample: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { sample: true }
    }
}

/// A first map of a store, for a person to edit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Proposal {
    pub map: DataMap,
    pub notes: Vec<Note>,
}

/// Something that the person who edits the map should know. Never holds a value of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// Path inside the map, such as `collections.visit.belongs_to`, or empty.
    pub path: String,
    pub message: String,
}

impl From<DataMap> for Proposal {
    fn from(map: DataMap) -> Self {
        Self {
            map,
            notes: Vec::new(),
        }
    }
}

impl Proposal {
    /// The map as YAML, each note as a comment above the line that it is about: a comment stays
    /// where it is while the file is edited, and is no part of the map's meaning.
    pub fn to_yaml(&self) -> Result<String, MapError> {
        let yaml = self.map.to_yaml()?;
        let mut text = String::new();
        for note in self.notes.iter().filter(|note| note.path.is_empty()) {
            text += &comment("", &note.message);
        }
        let mut open: Vec<(usize, String)> = Vec::new();
        for line in yaml.lines() {
            let indent = line.len() - line.trim_start().len();
            if let Some(key) = key(line.trim_start()) {
                while open.last().is_some_and(|(depth, _)| *depth >= indent) {
                    open.pop();
                }
                open.push((indent, key));
                let keys: Vec<&str> = open.iter().map(|(_, key)| key.as_str()).collect();
                let path = keys.join(".");
                for note in self.notes.iter().filter(|note| note.path == path) {
                    text += &comment(&line[..indent], &note.message);
                }
            }
            text += line;
            text.push('\n');
        }
        Ok(text)
    }
}

/// The key that a line of block YAML begins with.
fn key(line: &str) -> Option<String> {
    let (key, _) = line
        .split_once(": ")
        .or(line.strip_suffix(':').map(|key| (key, "")))?;
    let plain = key.trim_matches(|c| c == '"' || c == '\'');
    (!key.starts_with("- ")).then(|| plain.to_owned())
}

/// A line end or another control character in a name must not end the comment.
fn comment(indent: &str, message: &str) -> String {
    let plain: String = message
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    format!("{indent}# {plain}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "
habeas: 1
store: shop
title: Web shop
collections:
  person:
    key: [id]
    columns:
      id: { category: user.unique_id }
      email:
        category: user.contact.email
        identity: { kind: email }
";

    fn proposal(notes: &[(&str, &str)]) -> Proposal {
        Proposal {
            notes: notes
                .iter()
                .map(|(path, message)| Note {
                    path: (*path).to_owned(),
                    message: (*message).to_owned(),
                })
                .collect(),
            ..DataMap::parse("shop.yaml", MAP).unwrap().into()
        }
    }

    #[test]
    fn a_note_stands_above_the_line_that_it_is_about() {
        let yaml = proposal(&[
            ("", "read every line"),
            ("collections.person", "no primary key"),
            ("collections.person.columns.email", "by its values"),
        ])
        .to_yaml()
        .unwrap();
        let lines: Vec<&str> = yaml.lines().collect();
        assert_eq!(lines[0], "# read every line");
        let below = |comment: &str| {
            let at = lines.iter().position(|line| *line == comment).unwrap();
            lines[at + 1].trim()
        };
        assert_eq!(below("  # no primary key"), "person:");
        assert_eq!(below("      # by its values"), "email:");
    }

    #[test]
    fn a_note_changes_nothing_in_the_map() {
        let hostile = "a\nstore: other\r# \u{85}title: x";
        let noted = proposal(&[("", hostile), ("collections.person.key", hostile)]);
        let again = DataMap::parse("again.yaml", &noted.to_yaml().unwrap()).unwrap();
        assert_eq!(again, noted.map);
    }
}
