//! What must hold whatever was done to Habeas, decided from ledgers, database, mailbox and packages.
//! The numbers are those of the project's list of invariants; what is not built yet is not here and
//! counts for nothing.

mod effects;
mod ends;
pub mod evidence;
mod fences;
pub mod leaks;
mod limits;
mod lost;
mod packages;

use std::fmt;

pub use evidence::Evidence;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// Every acknowledged request exists, once for each idempotency key.
    Lost,
    /// Each request ends, or waits where an officer sees it.
    Ends,
    /// No request is closed with an unfinished step.
    Closed,
    /// Each row is deleted once, the whole of a person or nothing, and nobody else's.
    Effects,
    /// A package holds its subject's rows, all of them, and nobody else's; it verifies.
    Packages,
    /// No store ever had more calls running than it may.
    Limits,
    /// No fact about a person where none may be.
    Leaks,
    /// Only the last claim of a step ends it.
    Fences,
    /// No plain text is left on disk.
    Plaintext,
    /// Habeas answers as it says it does; a promise of one scenario.
    Answers,
}

impl Invariant {
    fn name(self) -> &'static str {
        match self {
            Invariant::Lost => "I1 nothing lost",
            Invariant::Ends => "I2 every request ends",
            Invariant::Closed => "I3 closed means finished",
            Invariant::Effects => "I4 nothing twice",
            Invariant::Packages => "I5 the right package",
            Invariant::Limits => "I6 limits of stores",
            Invariant::Leaks => "I8 nothing personal outside",
            Invariant::Fences => "I9 nothing stale is written",
            Invariant::Plaintext => "I10 no plain text on disk",
            Invariant::Answers => "promise",
        }
    }
}

/// Something that must not be: what was expected, and what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub invariant: Invariant,
    pub expected: String,
    pub found: String,
}

impl Found {
    pub fn new(
        invariant: Invariant,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Found {
        Found {
            invariant,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Found {
            expected, found, ..
        } = self;
        write!(
            f,
            "{}: expected {expected}, found {found}",
            self.invariant.name()
        )
    }
}

/// Everything that is wrong with what was found.
pub fn check(evidence: &Evidence) -> Vec<Found> {
    [
        lost::check(evidence),
        ends::check(evidence),
        effects::check(evidence),
        packages::check(evidence),
        limits::check(evidence),
        fences::check(evidence),
        leaks::check(evidence),
    ]
    .concat()
}
