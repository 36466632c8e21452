//! PostgreSQL as a store.
//!
//! Reading verbs run in a read-only transaction over one snapshot, erasures in one at the level
//! REPEATABLE READ. A dropped call ends its query on the server too. With `sslmode=require`,
//! `verify-ca` or `verify-full` the connection is encrypted and the server's certificate checked
//! against `sslrootcert`, or else the machine's authorities; `check` names a connection over a
//! network that goes without.

mod catalogue;
mod dialect;
mod error;
mod instant;
mod session;
mod tls;
mod url;

use habeas_connector::StoreError;
use habeas_connector_sql::{Mode, SqlConnector, Store};
use tokio_util::sync::CancellationToken;

pub use habeas_connector_sql::Options;
pub use url::Server;

use crate::session::PostgresSession;

/// One PostgreSQL database, named by a URL (`postgres://user@host/database`) or a list of
/// `key=value`.
pub type PostgresConnector = SqlConnector<Server>;

impl Store for Server {
    type Session = PostgresSession;
    type Place = str;

    const CONNECTOR: &'static str = "postgres";

    fn at(url: &str) -> Result<Self, StoreError> {
        Self::parse(url)
    }

    fn open(
        &self,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<PostgresSession, StoreError> {
        PostgresSession::open(self, mode, options, cancel)
    }

    fn advice(&self) -> Vec<String> {
        self.advice()
    }
}
