//! What a store gave: records in a collection, and words that explain them.

use std::io;

use serde::Serialize;
use serde_json::Value;

/// A collection of one store, as the data map describes it.
#[derive(Debug, Clone)]
pub struct CollectionInfo {
    /// The store, as in the receipt.
    pub store: String,
    pub store_title: String,
    /// The collection, as in the receipt.
    pub name: String,
    pub title: String,
    /// What the collection is for, in words for the person. May be empty.
    pub description: String,
    /// In the order in which they are shown. A field that a record has and this list has not is
    /// shown after them: nothing is withheld because nobody described it.
    pub fields: Vec<FieldInfo>,
}

/// One field of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldInfo {
    pub name: String,
    /// Its data category, such as `user.contact.email`. May be empty.
    pub category: String,
    /// What it is, in words for the person. May be empty.
    pub explanation: String,
}

impl FieldInfo {
    /// The explanation, and in brackets the kind of data. The files for software have both as they
    /// are; a person does not read `user.contact.email`.
    pub(crate) fn in_words(&self) -> String {
        let kind = match self.category.rsplit('.').next().unwrap_or_default() {
            "system" => "technical".to_owned(),
            kind => kind.replace('_', " "),
        };
        match (self.explanation.as_str(), kind.as_str()) {
            (explanation, "") => explanation.to_owned(),
            ("", kind) => kind.to_owned(),
            (explanation, kind) => format!("{explanation} ({kind})"),
        }
    }
}

/// One record: its fields in order.
pub type Record = Vec<(String, Value)>;

/// Records in a stream.
pub type Records<'a> = Box<dyn Iterator<Item = io::Result<Record>> + 'a>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_explained_without_the_keys_of_a_taxonomy() {
        let check = |explanation: &str, category: &str, words: &str| {
            let field = FieldInfo {
                name: "field".to_owned(),
                category: category.to_owned(),
                explanation: explanation.to_owned(),
            };
            assert_eq!(field.in_words(), words);
        };
        check(
            "Where we write to",
            "user.contact.email",
            "Where we write to (email)",
        );
        check("", "user.contact.address.postal_code", "postal code");
        check("", "system", "technical");
        check("Note for the delivery", "", "Note for the delivery");
        check("", "", "");
    }
}
