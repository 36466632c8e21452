//! The trait and what its verbs take and give.

use async_trait::async_trait;
use habeas_domain::{
    Identifier, RequestId,
    data_map::DataMap,
    outcome::{CollectionOutcome, CollectionRows, EvidenceLevel, Obstacle},
    plan::PlannedStep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{Drift, Explanation, Look, Proposal, RecordStream, StoreError};

/// What happens when the same call is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idempotency {
    /// The store remembers the effect key and answers the second call as it did the first.
    Remembered,
    /// A second call finds nothing left to do, but cannot tell what the first one did.
    LookupThenAct,
}

/// What a connector can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// Such as `postgres`.
    pub connector: &'static str,
    /// Version of the connector.
    pub version: &'static str,
    /// The most subjects it takes in one call; at least 1.
    pub batch: usize,
    pub idempotency: Idempotency,
    /// The strongest evidence that its `verify` gives.
    pub evidence: EvidenceLevel,
}

/// The person whom a call is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Pseudonym of the request; says nothing about the person.
    pub request: RequestId,
    /// Identifiers that the person has proved. Never empty.
    pub identifiers: Vec<Identifier>,
    /// Identifiers that stores read from the person's rows. They widen the search, and yield where
    /// a row that only they lead to carries another value of a proven kind.
    pub further: Vec<Identifier>,
}

impl Subject {
    /// A subject of whom only the proven identifiers are known yet.
    pub fn new(request: RequestId, identifiers: Vec<Identifier>) -> Self {
        Self {
            request,
            identifiers,
            further: Vec::new(),
        }
    }
}

/// Answers in the order of the batch. The outer error means that no subject was served; an inner
/// one that the rest of the batch went on.
pub type Answers<T> = Result<Vec<Result<T, StoreError>>, StoreError>;

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Located {
    /// One entry per collection of the map, zero included.
    pub rows: Vec<CollectionRows>,
    /// Identifiers read from the subject's own rows whose kind names exactly one person.
    pub further: Vec<Identifier>,
    /// What would stand in the way of an erasure.
    pub obstacles: Vec<Obstacle>,
}

/// A batch to export.
#[derive(Debug, Clone)]
pub struct Access {
    pub subjects: Vec<Subject>,
    /// Dropping the stream, or this token, ends the query on the server too.
    pub cancel: CancellationToken,
}

/// One subject to erase, as planned.
#[derive(Debug, Clone)]
pub struct EraseOrder {
    pub subject: Subject,
    /// The same for every attempt of the same step.
    pub effect_key: Uuid,
    pub plan: PlannedStep,
}

/// What an erasure did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    pub collections: Vec<CollectionOutcome>,
    /// The effect key was known: nothing was done now, these are the counts of the first time.
    pub replayed: bool,
}

/// What a search after an erasure still found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remaining {
    /// Rows that should be gone, and rows whose replaced columns still hold something else than
    /// the plan says. Empty means that the post-condition holds.
    pub rows: Vec<CollectionRows>,
    pub level: EvidenceLevel,
}

/// One subject whose data may no longer be used as the request says.
#[derive(Debug, Clone)]
pub struct SuppressOrder {
    pub subject: Subject,
    pub effect_key: Uuid,
    pub plan: PlannedStep,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppressed {
    pub collections: Vec<CollectionOutcome>,
    pub replayed: bool,
    /// What reading the rows again proved.
    pub level: EvidenceLevel,
}

/// Something that `check` noticed, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The store cannot be used until it is mended.
    pub fatal: bool,
    /// Path inside the data map, such as `collections.customer.columns.email`, or empty.
    pub path: String,
    pub message: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckReport {
    pub findings: Vec<Finding>,
    /// What has changed since the map was made. Requests go on being served.
    pub drift: Vec<Drift>,
    /// The schema as it is now, in a form that only the connector reads. Kept beside the map, it
    /// lets a later check tell more of what has changed. Names and types, no rows.
    pub schema: Option<serde_json::Value>,
}

impl CheckReport {
    pub fn is_usable(&self) -> bool {
        self.findings.iter().all(|finding| !finding.fatal)
    }
}

/// A system that holds personal data.
///
/// Every verb may be called again after a crash at any point, with the same orders.
#[async_trait]
pub trait Connector: Send + Sync {
    fn capabilities(&self) -> Capabilities;

    /// The map that this connector works by.
    fn map(&self) -> &DataMap;

    /// Connects, and compares the map with what is there.
    async fn check(&self) -> Result<CheckReport, StoreError>;

    /// A first map of what is there, for a person to edit.
    async fn discover(&self, look: Look) -> Result<Proposal, StoreError>;

    /// Searches without changing anything.
    async fn locate(&self, subjects: &[Subject]) -> Answers<Located>;

    /// Streams every row of the subjects, each row once.
    async fn access(&self, access: Access) -> Result<RecordStream, StoreError>;

    /// Does what the plan says, all or nothing for each order.
    async fn erase(&self, orders: &[EraseOrder]) -> Answers<Erased>;

    /// Searches again by the same identifiers, on another connection than the erasure's.
    async fn verify(&self, orders: &[EraseOrder]) -> Answers<Remaining>;

    /// Writes the opted-out values and reads them back.
    async fn suppress(&self, orders: &[SuppressOrder]) -> Answers<Suppressed>;

    /// How it would go about a person, for people. Changes nothing.
    async fn explain(&self, _subject: &Subject) -> Result<Explanation, StoreError> {
        let message = "this connector does not explain how it searches";
        Err(StoreError::permanent("not_explained", message))
    }
}
