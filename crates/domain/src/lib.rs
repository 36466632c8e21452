//! The words and rules of Habeas: what a request is, which phases it may pass through, what the
//! law asks and by when, what a store holds about a person, and what a plan will do to it.
//!
//! Nothing here waits, reads a clock, or knows a database or HTTP: time and ids come in as
//! arguments and every decision is a value.

pub mod data_map;
pub mod id;
pub mod identifier;
pub mod law;
pub mod outcome;
pub mod personal;
pub mod phase;
pub mod plan;
pub mod right;

pub use id::{OfficerId, PlanId, RequestId, StepId, StoreId, WorkerId};
pub use identifier::{Identifier, IdentifierKind};
pub use personal::Personal;
pub use phase::Phase;
pub use right::Right;
