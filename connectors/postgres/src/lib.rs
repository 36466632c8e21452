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

use crate::{session::PostgresSession, url::Server};

/// One PostgreSQL database.
#[derive(Debug)]
pub struct PostgresConnector(SqlConnector<Server>);

impl PostgresConnector {
    /// Takes a URL (`postgres://user@host/database`) or a list of `key=value`; nothing is opened
    /// before the first verb.
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
    type Session = PostgresSession;

    const CONNECTOR: &'static str = "postgres";

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

#[async_trait]
impl Connector for PostgresConnector {
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
