//! Use cases, each one transaction, and the durable runner that carries out plans.
//!
//! Knows nothing of HTTP. What happens next is decided inside the transaction that ends what
//! happened before, so a request can stand still but never get lost.

mod desk;
mod draft;
mod drift;
mod engine;
mod error;
mod flow;
mod forecast;
mod intake;
mod letters;
mod meter;
mod operate;
mod reconcile;
mod result;
mod retry;
mod runner;
mod secret;
mod sign_in;
mod subject;
mod views;

pub use desk::QueueFilter;
pub use drift::StoreDrift;
pub use engine::{Crash, Cut, Engine, Parts, Rules, Site, SystemTime, TimeSource};
pub use error::{BoxError, UseCaseError};
pub use forecast::{StoreOutlook, StoreState};
pub use meter::{BOUNDS, Counts, Durations, Meter};
pub use operate::{
    Figures, ListedStep, Operator, StepFigures, StepFilter, StepState, StepVerb, Stores, Unready,
};
pub use views::*;
