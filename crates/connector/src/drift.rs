//! How a store has moved away from its data map since the map was made.
//!
//! Only names and types: drift is logged, kept and shown.

use serde::{Deserialize, Serialize};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    pub kind: DriftKind,
    /// As the store names it, such as `public.orders`.
    pub table: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What happened and what to do about it.
    pub message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DriftKind {
    /// A table or column that the map does not know seems to hold personal data: it would be left
    /// out of an answer and survive an erasure.
    #[serde(rename = "drift.personal")]
    Personal,
    #[serde(rename = "drift.table")]
    Table,
    #[serde(rename = "drift.column")]
    Column,
    /// A table or column that the map names is not there any more.
    #[serde(rename = "drift.gone")]
    Gone,
    #[serde(rename = "drift.type")]
    Type,
    #[serde(rename = "drift.nullable")]
    Nullable,
    /// A foreign key onto a mapped table that came, went or acts differently now.
    #[serde(rename = "drift.foreign_key")]
    ForeignKey,
    #[serde(rename = "drift.trigger")]
    Trigger,
    #[serde(rename = "drift.partition")]
    Partition,
}

impl DriftKind {
    pub fn as_str(self) -> &'static str {
        match self {
            DriftKind::Personal => "drift.personal",
            DriftKind::Table => "drift.table",
            DriftKind::Column => "drift.column",
            DriftKind::Gone => "drift.gone",
            DriftKind::Type => "drift.type",
            DriftKind::Nullable => "drift.nullable",
            DriftKind::ForeignKey => "drift.foreign_key",
            DriftKind::Trigger => "drift.trigger",
            DriftKind::Partition => "drift.partition",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_one_word_everywhere() {
        for kind in [
            DriftKind::Personal,
            DriftKind::Table,
            DriftKind::Column,
            DriftKind::Gone,
            DriftKind::Type,
            DriftKind::Nullable,
            DriftKind::ForeignKey,
            DriftKind::Trigger,
            DriftKind::Partition,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }
}
