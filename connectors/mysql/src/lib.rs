//! MariaDB as a store, from version 10.5 on.
//!
//! Reading verbs run in a read-only transaction over one snapshot and lock nothing. Erasures run at
//! the level that fits the server: REPEATABLE READ where InnoDB can refuse to write a row that
//! somebody changed since the snapshot (`innodb_snapshot_isolation`), SERIALIZABLE where it cannot.
//! A dropped call ends its query on the server too.
//!
//! MySQL itself is refused: it cannot name a temporary table twice in one statement, and knows no
//! exact comparison under these names. A foreign key or trigger that the database user has no
//! privilege to see is not known here either.

mod carry;
mod catalogue;
mod dialect;
mod error;
mod pack;
mod params;
mod session;
mod url;
mod value;

use habeas_connector::StoreError;
use habeas_connector_sql::{Mode, SqlConnector, Store};
use tokio_util::sync::CancellationToken;

pub use habeas_connector_sql::Options;
pub use url::Server;

use crate::session::MysqlSession;

/// One database of a MariaDB server, named by a URL, `mysql://user@host/database`.
///
/// After a `?` may follow `ssl-mode` (`disabled`, `required`, `verify-identity`), `ssl-ca` (a file of
/// PEM with the authorities that are trusted instead of those that browsers trust), `ssl-host` (the
/// name in the certificate), `socket` and `databases` (further databases, parted by commas, that the
/// map names as `schema`).
pub type MysqlConnector = SqlConnector<Server>;

impl Store for Server {
    type Session = MysqlSession;
    type Place = str;

    const CONNECTOR: &'static str = "mysql";

    fn at(url: &str) -> Result<Self, StoreError> {
        Self::parse(url)
    }

    fn open(
        &self,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<MysqlSession, StoreError> {
        MysqlSession::open(self, mode, options, cancel)
    }

    fn advice(&self) -> Vec<String> {
        self.advice()
    }
}
