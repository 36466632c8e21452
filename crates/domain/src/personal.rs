//! The wrapper that keeps facts about a person out of logs, errors and snapshots.

use std::fmt;

use zeroize::Zeroize;

/// A fact about a person. It prints as `[personal]`, is wiped from memory when it is dropped, and
/// `reveal` is the one door to the value, easy to search for.
///
/// It does not implement `Serialize`: a field that must be stored says so with
/// `#[serde(with = "habeas_domain::personal::revealed")]`, and what it is written to is sealed.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Personal<T: Zeroize>(T);

impl<T: Zeroize> Personal<T> {
    /// Wraps a value at the edge where it came in.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the place that needs it: a bound parameter, a sealed column, a letter.
    pub fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> Drop for Personal<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> fmt::Debug for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl<T: Zeroize> fmt::Display for Personal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl From<&str> for Personal<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl From<String> for Personal<String> {
    fn from(value: String) -> Self {
        Self(value)
    }
}

/// Serialises the value itself, for text that is sealed before it is stored.
pub mod revealed {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use zeroize::Zeroize;

    use super::Personal;

    pub fn serialize<T, S>(value: &Personal<T>, serializer: S) -> Result<S::Ok, S::Error>
    where
        T: Zeroize + Serialize,
        S: Serializer,
    {
        value.reveal().serialize(serializer)
    }

    pub fn deserialize<'de, T, D>(deserializer: D) -> Result<Personal<T>, D::Error>
    where
        T: Zeroize + Deserialize<'de>,
        D: Deserializer<'de>,
    {
        T::deserialize(deserializer).map(Personal::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_fact_prints_as_a_placeholder() {
        let name = Personal::from("Ada");
        assert_eq!(format!("{name} {name:?}"), "[personal] [personal]");
        assert_eq!(name.reveal(), "Ada");
    }
}
