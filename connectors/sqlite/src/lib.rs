//! SQLite files as a store.
//!
//! A file that is not there is never made, reading verbs open it read-only, and what an erasure
//! frees is overwritten (`secure_delete`). SQLite holds one writer at a time, so an erasure waits
//! for its turn as long as [`Options::lock_timeout`] says.

mod catalogue;
mod dialect;
mod error;
mod session;

use std::path::{Path, PathBuf};

use habeas_connector::StoreError;
use habeas_connector_sql::{Mode, SqlConnector, Store};
use tokio_util::sync::CancellationToken;

pub use habeas_connector_sql::Options;

use crate::session::SqliteSession;

/// One SQLite file, named by its path: [`open`](SqlConnector::open) is the usual way in, since any
/// path names a file.
pub type SqliteConnector = SqlConnector<File>;

/// The file itself, as yet unopened.
#[derive(Debug)]
pub struct File {
    path: PathBuf,
}

impl From<PathBuf> for File {
    fn from(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Store for File {
    type Session = SqliteSession;
    type Place = Path;

    const CONNECTOR: &'static str = "sqlite";

    fn at(path: &Path) -> Result<Self, StoreError> {
        Ok(Self::from(path.to_owned()))
    }

    fn open(
        &self,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<SqliteSession, StoreError> {
        SqliteSession::open(&self.path, mode, options, cancel)
    }
}
