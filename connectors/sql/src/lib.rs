//! What every SQL store has in common: a data map becomes statements, and the verbs run them.
//!
//! The text of every statement is compiled by pure code from the map and the live catalogue
//! (`layout`, `order`, `compile`); the verbs (`locate`, `access`, `erase`, …) are written once over a
//! blocking [`Session`]. A database adds a [`Dialect`], a [`Session`] and a [`Store`] that opens
//! sessions. Work is set-based: a batch of subjects becomes one temporary table of identifiers and
//! one of row keys per collection, never a query per person.
//!
//! Nothing here knows a driver, and no value ever becomes part of a statement's text.

mod access;
mod catalogue;
mod check;
mod compile;
mod connector;
mod dialect;
mod discover;
mod effect;
mod erase;
mod layout;
mod locate;
mod order;
mod search;
mod session;
mod suppress;
mod verify;

pub use catalogue::{Catalogue, ForeignKey, LiveColumn, Shape, Table, TableName};
pub use connector::{SqlConnector, discover};
pub use dialect::{Dialect, quote};
pub use session::{Mode, Options, Session, Store};
