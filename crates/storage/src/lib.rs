//! The control database: rows to domain values and back, one module per aggregate.
//!
//! Every function that changes something asks for `&mut Tx` and is named after what it is for; no
//! type of the database library leaves this crate. It knows nothing of HTTP, connectors or mail,
//! and takes sealed values as bytes: what is inside is the engine's business.

pub mod access;
pub mod audit;
pub mod clock;
mod conn;
pub mod copy;
mod crew;
mod db;
pub mod drift;
mod error;
pub mod figures;
pub mod forecast;
pub mod identifiers;
pub mod listing;
mod migrate;
pub mod officers;
pub mod plans;
pub mod queue;
pub mod requests;
pub mod schedule;
mod schema;
pub mod steps;
mod wake;

pub use db::{Db, Location, OpenError, ReadTx, Tx};
pub use error::{DbError, DbResult};
pub use wake::Listener;
