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

use crate::session::SqliteSession;

/// One SQLite file.
#[derive(Debug)]
pub struct SqliteConnector(SqlConnector<File>);

impl SqliteConnector {
    /// Names the file; nothing is opened before the first verb.
    pub fn open(path: impl Into<PathBuf>, map: DataMap, options: Options) -> Self {
        Self(SqlConnector::new(File { path: path.into() }, map, options))
    }

    /// A first map of a file that has none yet.
    pub async fn discover_at(
        path: impl AsRef<Path>,
        store: StoreId,
        options: Options,
        look: Look,
    ) -> Result<Proposal, StoreError> {
        let path = path.as_ref().to_owned();
        habeas_connector_sql::discover(File { path }, options, store, look).await
    }
}

#[derive(Debug)]
struct File {
    path: PathBuf,
}

impl Store for File {
    type Session = SqliteSession;

    const CONNECTOR: &'static str = "sqlite";

    fn open(
        &self,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<SqliteSession, StoreError> {
        SqliteSession::open(&self.path, mode, options, cancel)
    }
}

#[async_trait]
impl Connector for SqliteConnector {
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
