//! What a person is found by: an e-mail address, a telephone number, an id in a store.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::Personal;

/// The kind of an identifier: `email`, `phone`, or a name that a data map declares, such as
/// `shop.customer_id`. 1 to 60 of `a-z`, `0-9`, `_` and `.`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct IdentifierKind(String);

impl IdentifierKind {
    pub fn email() -> Self {
        Self("email".to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for IdentifierKind {
    type Err = BadIdentifier;
    fn from_str(text: &str) -> Result<Self, BadIdentifier> {
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '.';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && text.len() <= 60 && text.chars().all(legal) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadIdentifier::Kind)
        }
    }
}

impl<'de> Deserialize<'de> for IdentifierKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Why a text was not taken as an identifier. The text itself is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIdentifier {
    #[error(
        "an identifier kind is 1 to 60 of a-z, 0-9, _ and ., beginning with a letter, such as email"
    )]
    Kind,
    #[error("an e-mail address has the form name@example.org")]
    Email,
    #[error("an identifier has 1 to 254 characters, none of them a control character")]
    Text,
}

/// One identifier of a person, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    pub kind: IdentifierKind,
    #[serde(with = "crate::personal::revealed")]
    pub value: Personal<String>,
}

impl Identifier {
    /// Parses a value as its kind asks; surrounding white space is dropped.
    pub fn parse(kind: IdentifierKind, value: &str) -> Result<Self, BadIdentifier> {
        let value = value.trim();
        if value.is_empty() || value.len() > 254 || value.chars().any(char::is_control) {
            return Err(if kind == IdentifierKind::email() {
                BadIdentifier::Email
            } else {
                BadIdentifier::Text
            });
        }
        if kind == IdentifierKind::email() && !looks_like_an_address(value) {
            return Err(BadIdentifier::Email);
        }
        Ok(Self {
            kind,
            value: Personal::from(value),
        })
    }

    pub fn email(value: &str) -> Result<Self, BadIdentifier> {
        Self::parse(IdentifierKind::email(), value)
    }

    /// The form in which two spellings of one identifier are equal: letters in lower case. Dots
    /// and plus tags stay, since they may name different mailboxes.
    pub fn normalised(&self) -> Personal<String> {
        Personal::from(self.value.reveal().to_lowercase())
    }
}

fn looks_like_an_address(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else {
        return false;
    };
    let odd = |c: char| c.is_whitespace() || "<>(),;:\\\"[]".contains(c);
    let label_ok = |label: &str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    !local.is_empty()
        && local.len() <= 64
        && !local.contains('@')
        && !value.contains(odd)
        && domain.contains('.')
        && domain.split('.').all(label_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_written_and_compared_without_case() {
        let asked = Identifier::email("  Mary.Smith+shop@Example.ORG ").unwrap();
        assert_eq!(asked.value.reveal(), "Mary.Smith+shop@Example.ORG");
        assert_eq!(asked.normalised().reveal(), "mary.smith+shop@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "   ",
            "mary",
            "@example.org",
            "mary@",
            "mary@example",
            "a b@example.org",
            "mary@exa mple.org",
            "mary@example..org",
            "mary@@example.org",
            "<mary@example.org>",
            "mary@example.org\r\nBcc: all@example.org",
            "%@%",
        ] {
            assert_eq!(Identifier::email(bad), Err(BadIdentifier::Email), "{bad:?}");
        }
    }

    #[test]
    fn an_error_never_repeats_what_was_typed() {
        let error = Identifier::email("secret value").unwrap_err().to_string();
        assert!(!error.contains("secret"));
    }
}
