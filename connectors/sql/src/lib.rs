//! What every SQL store has in common: a data map becomes statements, and the verbs run them.
//!
//! The text of every statement is compiled by pure code from the map and the live catalogue
//! (`layout`, `order`, `compile`); the verbs (`locate`, `access`, `erase`, …) are written once over a
//! blocking [`Session`]. A database adds a [`Dialect`], a [`Session`] and a [`Store`] that opens
//! sessions: [`SqlConnector`] makes a connector of that. Work is set-based: a batch of subjects
//! becomes one temporary table of identifiers and one of row keys per collection, never a query per
//! person.
//!
//! Nothing here knows a driver, and no value ever becomes part of a statement's text.

mod access;
mod catalogue;
mod check;
mod circles;
mod compile;
mod connector;
mod dialect;
mod discover;
mod drift;
mod effect;
mod effects;
mod erase;
mod explain;
mod layout;
mod locate;
mod order;
mod rewrite;
pub mod row;
mod search;
mod session;
#[cfg(test)]
mod sketch;
mod suppress;
mod treat;
mod trial;
mod verify;

pub use catalogue::{
    Action, Catalogue, Check, Event, ForeignKey, LiveColumn, Made, Partition, Shape, Table,
    TableKind, TableName, Timing, Trigger,
};
pub use connector::SqlConnector;
pub use dialect::{Dialect, json_path, of_row, quote, same_row};
pub use session::{Mode, Options, Session, Store};
pub use treat::PseudonymKey;
