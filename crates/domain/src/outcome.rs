//! What became of the data: the honest end of every targeted row and field.
//!
//! There is no "skipped": what was not done has failed, and says why.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How far an outcome is proved, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceLevel {
    /// A person said so.
    Attested,
    /// The store's own answer said so.
    VendorReported,
    /// The store was searched again and the post-condition held.
    ReadBackVerified,
    /// The store was searched once more, days later.
    ReVerifiedLater,
}

impl EvidenceLevel {
    pub fn in_words(self) -> &'static str {
        match self {
            EvidenceLevel::Attested => "attested",
            EvidenceLevel::VendorReported => "vendor-reported",
            EvidenceLevel::ReadBackVerified => "read-back verified",
            EvidenceLevel::ReVerifiedLater => "re-verified later",
        }
    }
}

/// How one step ended in one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every located row was put into the package.
    Exported,
    /// Rows were deleted; others may have been replaced or kept, as the counts say.
    Erased,
    /// No row was deleted, but fields were replaced.
    Replaced,
    /// Use was stopped as the request asked.
    Suppressed,
    /// Everything found stays, each with its ground.
    Kept,
    /// Nothing was found.
    Absent,
    /// Not done; the reason stands beside it.
    Failed,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Exported => "exported",
            Outcome::Erased => "erased",
            Outcome::Replaced => "replaced",
            Outcome::Suppressed => "suppressed",
            Outcome::Kept => "kept",
            Outcome::Absent => "absent",
            Outcome::Failed => "failed",
        }
    }

    /// What a finished erasure is called, from what it did.
    pub fn of_erasure(collections: &[CollectionOutcome]) -> Outcome {
        let sum = |pick: fn(&CollectionOutcome) -> u64| collections.iter().map(pick).sum::<u64>();
        if sum(|c| c.erased) > 0 {
            Outcome::Erased
        } else if sum(|c| c.replaced) > 0 {
            Outcome::Replaced
        } else if sum(|c| c.kept) > 0 {
            Outcome::Kept
        } else {
            Outcome::Absent
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Rows of one collection that belong to the subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionRows {
    pub collection: String,
    pub rows: u64,
}

/// What happened to the rows of one collection. Counts only: no value of a row is ever here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionOutcome {
    pub collection: String,
    /// Rows found to belong to the subject when the step ran.
    pub located: u64,
    /// Rows written to the package.
    #[serde(default)]
    pub exported: u64,
    /// Rows deleted.
    #[serde(default)]
    pub erased: u64,
    /// Rows that stay with fields emptied or overwritten.
    #[serde(default)]
    pub replaced: u64,
    /// Rows that stay as they are.
    #[serde(default)]
    pub kept: u64,
    /// Rows of other persons whose pointer to an erased row was emptied.
    #[serde(default)]
    pub detached: u64,
    /// Why rows were kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// How fields were replaced, such as `set to null: email; pseudonymised: name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// Something that stands in the way of erasing, found before anything was done.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Obstacle {
    /// Rows of other persons point at the subject's rows, and the data map says to stop.
    OthersDepend {
        collection: String,
        dependents: String,
        rows: u64,
    },
    /// As `OthersDepend`, by rows of the person's own that stay.
    OwnDepend {
        collection: String,
        dependents: String,
        rows: u64,
    },
    /// More rows matched than the cap allows: perhaps the map is wrong.
    RowCap {
        collection: String,
        rows: u64,
        cap: u64,
    },
    /// The rows are so large a part of the whole table that they can hardly be one person's.
    ShareCap {
        collection: String,
        rows: u64,
        of: u64,
        /// Per cent.
        cap: u8,
    },
    /// A further identifier leads to more than one person.
    Ambiguous { identifier_kind: String, rows: u64 },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::OthersDepend {
                collection,
                dependents,
                rows,
            } => write!(
                f,
                "{rows} rows of other persons in {dependents} depend on rows in {collection}; \
                 deleting would break or orphan them"
            ),
            Obstacle::OwnDepend {
                collection,
                dependents,
                rows,
            } => write!(
                f,
                "{rows} rows of the person that stay in {dependents} depend on rows in \
                 {collection}; deleting would break or orphan them"
            ),
            Obstacle::RowCap {
                collection,
                rows,
                cap,
            } => write!(
                f,
                "{rows} rows matched in {collection}, more than the cap of {cap}"
            ),
            Obstacle::ShareCap {
                collection,
                rows,
                of,
                cap,
            } => write!(
                f,
                "{rows} of {of} rows matched in {collection}, more than {cap} per cent of them"
            ),
            Obstacle::Ambiguous {
                identifier_kind,
                rows,
            } => write!(
                f,
                "an identifier of kind {identifier_kind} leads to {rows} persons"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(erased: u64, replaced: u64, kept: u64) -> CollectionOutcome {
        CollectionOutcome {
            located: erased + replaced + kept,
            erased,
            replaced,
            kept,
            ..CollectionOutcome::default()
        }
    }

    #[test]
    fn an_erasure_is_named_by_the_strongest_thing_it_did() {
        let name = |list: &[CollectionOutcome]| Outcome::of_erasure(list);
        assert_eq!(name(&[]), Outcome::Absent);
        assert_eq!(name(&[outcome(0, 0, 3)]), Outcome::Kept);
        assert_eq!(name(&[outcome(0, 1, 3)]), Outcome::Replaced);
        assert_eq!(name(&[outcome(0, 1, 3), outcome(2, 0, 0)]), Outcome::Erased);
    }

    #[test]
    fn evidence_levels_are_ordered_from_weak_to_strong() {
        assert!(EvidenceLevel::Attested < EvidenceLevel::VendorReported);
        assert!(EvidenceLevel::VendorReported < EvidenceLevel::ReadBackVerified);
        assert!(EvidenceLevel::ReadBackVerified < EvidenceLevel::ReVerifiedLater);
    }
}
