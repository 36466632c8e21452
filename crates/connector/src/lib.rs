//! The contract between Habeas and a system that holds personal data.
//!
//! A connector answers verbs about a *batch* of subjects and streams what it exports. It never
//! chooses: what happens to which column stands in the plan it is given. It knows nothing of
//! requests, laws or the queue, and the engine knows nothing of the system behind it.
//!
//! [`conformance`] holds the tests that every connector runs.

pub mod conformance;
mod contract;
mod drift;
mod error;
mod explain;
mod proposal;
mod record;

pub use contract::{
    Access, Answers, Capabilities, CheckReport, Connector, EraseOrder, Erased, Finding,
    Idempotency, Located, Remaining, Subject, SuppressOrder, Suppressed,
};
pub use drift::{Drift, DriftKind};
pub use error::{ErrorClass, StoreError};
pub use explain::{Explained, Explanation, Run, Way};
pub use proposal::{Look, Note, Proposal};
pub use record::{AccessItem, Record, RecordStream, Shown, Value};
