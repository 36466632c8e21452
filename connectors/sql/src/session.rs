//! A connection on which the verbs run statements, one after another, on a blocking thread.

use std::{sync::Arc, time::Duration};

use habeas_connector::{StoreError, Value};
use tokio_util::sync::CancellationToken;

use crate::{Catalogue, Dialect, PseudonymKey};

/// What a connection is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing but temporary tables can be written; a transaction sees one snapshot.
    Read,
    /// As `Read`, without a limit on how long one statement may take: the reader sets the pace.
    Stream,
    Write,
}

/// How a connector treats its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Remember effect keys in the store's own table `habeas_effect`. Without it a repeated call
    /// finds nothing left to do, but cannot tell what the first one did.
    pub effect_table: bool,
    /// The most subjects taken in one call; at least 1.
    pub batch: usize,
    /// Erase a person with more rows than this in several transactions of so many rows, where one
    /// would keep others of the store waiting. What is done stays done when a later one fails; the
    /// next attempt goes on from there.
    pub chunk_rows: Option<u64>,
    /// The largest part of a table, in per cent, that may belong to one person; tables in which
    /// the person has no more than 1,000 rows are not asked about.
    pub share_cap: u8,
    /// Needed where the map says `pseudonymise`.
    pub pseudonym_key: Option<PseudonymKey>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long one statement may run, but for the rows of an export.
    pub statement_timeout: Duration,
    /// How long to wait for rows that somebody else is changing.
    pub lock_timeout: Duration,
    /// The schema that the map was made against, where somebody kept it: what has changed since is
    /// told by `check`.
    pub seen: Option<Arc<Catalogue>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            effect_table: true,
            batch: 1_000,
            chunk_rows: None,
            share_cap: 50,
            pseudonym_key: None,
            connect_timeout: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(600),
            lock_timeout: Duration::from_secs(10),
            seen: None,
        }
    }
}

/// A connection. Parameters are always text; a statement casts them where it needs another type.
pub trait Session {
    fn dialect(&self) -> &'static dyn Dialect;

    fn catalogue(&mut self) -> Result<Catalogue, StoreError>;

    /// Begins a transaction of the mode in which the session was opened.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// A connection lost here leaves the outcome in doubt, and the error says so.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// Ends the transaction, best effort: a lost connection rolls back by itself.
    fn rollback(&mut self);

    /// Runs a statement and counts the rows that it changed.
    fn run(&mut self, sql: &str, params: &[&str]) -> Result<u64, StoreError>;

    /// Hands the rows of a query on, one by one, as they arrive.
    fn rows(
        &mut self,
        sql: &str,
        params: &[&str],
        each: &mut dyn FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
}

/// A database that sessions can be opened on.
pub trait Store: Sized + Send + Sync + 'static {
    type Session: Session;

    /// How a person names it: a path, or the text of a URL.
    type Place: ?Sized;

    /// Such as `postgres`.
    const CONNECTOR: &'static str;

    /// Reads the name and opens nothing. A name that says nothing sound is a permanent error, which
    /// does not repeat it: it may hold a password.
    fn at(place: &Self::Place) -> Result<Self, StoreError>;

    /// Opens a connection; called on a blocking thread. Cancelling the token ends what the session
    /// is doing, on the server too.
    fn open(
        &self,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<Self::Session, StoreError>;

    /// What a person should know about the connection itself.
    fn advice(&self) -> Vec<String> {
        Vec::new()
    }
}
