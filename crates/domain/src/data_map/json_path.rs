//! A way to parts of a JSON value: `contact.email`, `emails[]`, `tags[].name`.
//!
//! A small language on purpose: names and "every element", no index, no filter. What it selects is
//! read and changed here, so that every store treats JSON alike.

use std::str::FromStr;

use serde_json::Value;

/// Names and `[]` in the order of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonPath(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Name(String),
    Every,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a path is names with dots, and '[]' for every element of an array: contact.email, emails[]"
)]
pub struct BadPath;

impl FromStr for JsonPath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        let mut parts = Vec::new();
        for piece in text.split('.') {
            let name = piece.trim_end_matches("[]");
            let arrays = (piece.len() - name.len()) / 2;
            let top_array = parts.is_empty() && arrays > 0;
            if name.contains(['[', ']', '"', '\'']) || (name.is_empty() && !top_array) {
                return Err(BadPath);
            }
            if !name.is_empty() {
                parts.push(Part::Name(name.to_owned()));
            }
            parts.extend(std::iter::repeat_n(Part::Every, arrays));
        }
        Ok(JsonPath(parts))
    }
}

impl JsonPath {
    /// The names, when no array lies on the way.
    pub fn names(&self) -> Option<Vec<&str>> {
        self.0
            .iter()
            .map(|part| match part {
                Part::Name(name) => Some(name.as_str()),
                Part::Every => None,
            })
            .collect()
    }

    /// Hands every selected value to `change`; `null` counts as a value, what is absent does not.
    pub fn each(&self, root: &mut Value, change: &mut dyn FnMut(&mut Value)) {
        each(&self.0, root, change);
    }
}

fn each(parts: &[Part], value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let Some((part, rest)) = parts.split_first() else {
        return change(value);
    };
    match (part, value) {
        (Part::Name(name), Value::Object(members)) => {
            if let Some(member) = members.get_mut(name) {
                each(rest, member, change);
            }
        }
        (Part::Every, Value::Array(elements)) => {
            for element in elements {
                each(rest, element, change);
            }
        }
        (
            Part::Name(_) | Part::Every,
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
        ) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn emptied(path: &str, mut value: Value) -> Value {
        let path: JsonPath = path.parse().unwrap();
        path.each(&mut value, &mut |part| *part = Value::Null);
        value
    }

    #[test]
    fn every_selected_part_is_reached_and_nothing_else() {
        let value = || json!({"a": {"b": 1, "c": 2}, "l": [{"n": "x", "m": 1}, {"m": 2}, 7]});
        assert_eq!(
            emptied("a.b", value()),
            json!({"a": {"b": null, "c": 2}, "l": [{"n": "x", "m": 1}, {"m": 2}, 7]})
        );
        assert_eq!(
            emptied("l[].n", value()),
            json!({"a": {"b": 1, "c": 2}, "l": [{"n": null, "m": 1}, {"m": 2}, 7]})
        );
        assert_eq!(emptied("a.b.c.d", value()), value());
        assert_eq!(emptied("[]", json!([1, [2]])), json!([null, null]));
        assert_eq!(emptied("[][]", json!([1, [2]])), json!([1, [null]]));
    }

    #[test]
    fn a_path_that_means_nothing_is_refused() {
        for path in ["", "a..b", "a[0]", "$[", "a.[]", ".a", "a\"b"] {
            assert_eq!(path.parse::<JsonPath>(), Err(BadPath), "{path}");
        }
    }
}
