//! What is left when everything has come to rest, as it was found. Checks are functions of this and
//! of nothing else, so that a test can plant a fault and see it named.

use std::collections::{BTreeMap, BTreeSet};

use crate::rig::installation::Acknowledged;

/// A request as the control database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub reference: String,
    pub phase: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: String,
    /// Reference of its request.
    pub request: String,
    pub store: String,
    pub verb: String,
    pub state: String,
    pub epoch: u64,
    /// The intent was written, and what came of it.
    pub effect: Option<Effect>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub confirmed: bool,
    pub verified: bool,
}

/// One claim of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub step: String,
    pub epoch: u64,
    /// How it ended; `done` ends the step.
    pub class: Option<String>,
}

/// What a store's own triggers saw, and what it still holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How often each row was deleted, by table and id (of the order, for a line).
    pub deleted: BTreeMap<(String, u32), u32>,
    /// Customers that are still there.
    pub customers: BTreeSet<u32>,
    /// Those of them who want no news any more.
    pub opted_out: BTreeSet<u32>,
}

/// The answer that a person fetched, unpacked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    pub reference: String,
    /// The first check of `habeas verify` that did not hold, with the published key.
    pub flaw: Option<String>,
    /// Ids of the rows in it, by store and collection.
    pub rows: BTreeMap<(String, String), Vec<u32>>,
    /// Every person of the stores who is named anywhere in it.
    pub names: BTreeSet<u32>,
    /// Rows that the receipt says were erased, by store.
    pub erased: BTreeMap<String, u64>,
}

/// A fact about a person where none may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// A file, a table, the log.
    pub place: String,
    pub marker: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub acknowledged: Vec<Acknowledged>,
    /// How many idempotency keys were ever sent.
    pub keys: usize,
    pub requests: Vec<Request>,
    pub steps: Vec<Step>,
    pub attempts: Vec<Attempt>,
    /// By store.
    pub ledgers: BTreeMap<String, Ledger>,
    /// Persons that the stores held at first: 1 to this number.
    pub persons: u32,
    pub packages: Vec<Package>,
    /// Message-ID of every letter that was taken, as often as it was.
    pub letters: Vec<String>,
    /// Calls that were seen under way at once, by store.
    pub most_running: BTreeMap<String, u64>,
    pub may_run: u64,
    pub leaks: Vec<Leak>,
}
