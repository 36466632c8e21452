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

use async_trait::async_trait;
use habeas_connector::{
    Access, Answers, Capabilities, CheckReport, Connector, EraseOrder, Erased, Explanation,
    Located, Look, Proposal, RecordStream, Remaining, StoreError, Subject, SuppressOrder,
    Suppressed,
};
use habeas_connector_sql::{Mode, SqlConnector, Store};
use habeas_domain::{StoreId, data_map::DataMap};
use tokio_util::sync::CancellationToken;

pub use habeas_connector_sql::Options;

use crate::{session::MysqlSession, url::Server};

/// One database of a MariaDB server.
#[derive(Debug)]
pub struct MysqlConnector(SqlConnector<Server>);

impl MysqlConnector {
    /// Takes a URL, `mysql://user@host/database`; nothing is opened before the first verb.
    ///
    /// After a `?` may follow `ssl-mode` (`disabled`, `required`, `verify-identity`), `ssl-ca` (a
    /// file of PEM with the authorities that are trusted instead of those that browsers trust),
    /// `ssl-host` (the name in the certificate), `socket` and `databases` (further databases, parted
    /// by commas, that the map names as `schema`).
    pub fn new(url: &str, map: DataMap, options: Options) -> Result<Self, StoreError> {
        Ok(Self(SqlConnector::new(Server::parse(url)?, map, options)))
    }

    /// A first map of a database that has none yet.
    pub async fn discover_at(
        url: &str,
        store: StoreId,
        options: Options,
        look: Look,
    ) -> Result<Proposal, StoreError> {
        habeas_connector_sql::discover(Server::parse(url)?, options, store, look).await
    }
}

impl Store for Server {
    type Session = MysqlSession;

    const CONNECTOR: &'static str = "mysql";

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
#[async_trait]
impl Connector for MysqlConnector {
    fn capabilities(&self) -> Capabilities {
        self.0.capabilities()
    }

    fn map(&self) -> &DataMap {
        self.0.map()
    }

    async fn check(&self) -> Result<CheckReport, StoreError> {
        self.0.check().await
    }

    async fn discover(&self, look: Look) -> Result<Proposal, StoreError> {
        self.0.discover(look).await
    }

    async fn locate(&self, subjects: &[Subject]) -> Answers<Located> {
        self.0.locate(subjects).await
    }

    async fn access(&self, access: Access) -> Result<RecordStream, StoreError> {
        self.0.access(access).await
    }

    async fn erase(&self, orders: &[EraseOrder]) -> Answers<Erased> {
        self.0.erase(orders).await
    }

    async fn verify(&self, orders: &[EraseOrder]) -> Answers<Remaining> {
        self.0.verify(orders).await
    }

    async fn explain(&self, subject: &Subject) -> Result<Explanation, StoreError> {
        self.0.explain(subject).await
    }

    async fn suppress(&self, orders: &[SuppressOrder]) -> Answers<Suppressed> {
        self.0.suppress(orders).await
    }
}
