//! What a person may ask for.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A right of the subject. The word is the same in types, columns, routes and forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    Access,
    Portability,
    Erasure,
    Rectification,
    OptOut,
    Limit,
    Restriction,
    Objection,
    AutomatedDecision,
    Complaint,
    Appeal,
}

/// Which way a request goes. The two never meet: no identity check stands before the open lane
/// (11 CCR 7026(d), GDPR Art. 21(3)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Identity is proven first.
    Verified,
    /// Never any identity check.
    Open,
}

/// A word that names no right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown right; known are {}", Right::ALL.map(Right::as_str).join(", "))]
pub struct UnknownRight;

impl Right {
    pub const ALL: [Right; 11] = [
        Right::Access,
        Right::Portability,
        Right::Erasure,
        Right::Rectification,
        Right::OptOut,
        Right::Limit,
        Right::Restriction,
        Right::Objection,
        Right::AutomatedDecision,
        Right::Complaint,
        Right::Appeal,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Right::Access => "access",
            Right::Portability => "portability",
            Right::Erasure => "erasure",
            Right::Rectification => "rectification",
            Right::OptOut => "opt_out",
            Right::Limit => "limit",
            Right::Restriction => "restriction",
            Right::Objection => "objection",
            Right::AutomatedDecision => "automated_decision",
            Right::Complaint => "complaint",
            Right::Appeal => "appeal",
        }
    }

    pub fn lane(self) -> Lane {
        match self {
            Right::OptOut | Right::Limit | Right::Objection => Lane::Open,
            Right::Access
            | Right::Portability
            | Right::Erasure
            | Right::Rectification
            | Right::Restriction
            | Right::AutomatedDecision
            | Right::Complaint
            | Right::Appeal => Lane::Verified,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Right {
    type Err = UnknownRight;
    fn from_str(text: &str) -> Result<Self, UnknownRight> {
        Right::ALL
            .into_iter()
            .find(|right| right.as_str() == text)
            .ok_or(UnknownRight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_reads_back_from_its_word() {
        for right in Right::ALL {
            assert_eq!(right.as_str().parse(), Ok(right));
            assert_eq!(serde_json::to_value(right).unwrap(), right.as_str());
        }
        assert_eq!("forget".parse::<Right>(), Err(UnknownRight));
    }
}
