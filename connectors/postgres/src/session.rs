//! One connection to PostgreSQL. The verbs run on a blocking thread; each statement waits there for
//! the runtime that drives the connection, or for the token that cancels it.

use std::{collections::HashMap, future::Future, pin::pin, time::Duration};

use futures::StreamExt as _;
use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{Catalogue, Dialect, Mode, Options, Session};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    runtime::Handle,
    time::timeout,
};
use tokio_postgres::{CancelToken, Client, Connection, Error, NoTls, Row, Statement, types::Type};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue,
    dialect::Postgres,
    error::{classify, classify_commit},
    instant::Instant,
    url::Server,
};

/// Keys of rows are sorted and hashed in memory while they are not too many, and the rows of a few
/// persons are fetched by an index: a scan of the whole table would push what others use out of the
/// cache. The operator's own settings stand where they go further.
const TUNED: &str = "
select set_config(name, case name when 'random_page_cost' then '1.1' else '64MB' end, false)
from pg_catalog.pg_settings
where (name = 'work_mem' and setting::bigint < 65536)
  or (name = 'temp_buffers' and setting::bigint < 8192)
  or (name = 'random_page_cost' and setting::float > 1.1)";

/// Rows taken from the connection in one go.
const ROWS_AT_ONCE: usize = 256;

/// How long to try to tell the server that nobody waits any more.
const CANCEL_PATIENCE: Duration = Duration::from_secs(5);

#[expect(missing_debug_implementations, reason = "nobody outside can name it")]
pub struct PostgresSession {
    client: Client,
    mode: Mode,
    runtime: Handle,
    tls: Option<MakeRustlsConnect>,
    cancel: CancellationToken,
    statements: HashMap<String, Statement>,
}

impl PostgresSession {
    pub(crate) fn open(
        server: &Server,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let runtime = Handle::current();
        let mut config = server.config.clone();
        config
            .connect_timeout(options.connect_timeout)
            .application_name("habeas");
        let connect = async {
            match &server.tls {
                Some(tls) => connected(config.connect(tls.clone()).await),
                None => connected(config.connect(NoTls).await),
            }
        };
        let client = match runtime.block_on(timeout(options.connect_timeout, connect)) {
            Ok(client) => client.map_err(classify)?,
            Err(_) => {
                let message = "the database does not answer";
                return Err(StoreError::transient("unreachable", message));
            }
        };
        let mut session = Self {
            client,
            mode,
            runtime,
            tls: server.tls.clone(),
            cancel: cancel.clone(),
            statements: HashMap::new(),
        };
        let settings = format!(
            // Without `row_security = off` a policy would hide rows in silence; with it, it is an error.
            "set datestyle = 'ISO, YMD'; set intervalstyle = 'iso_8601'; set timezone = 'UTC'; \
             set extra_float_digits = 1; set row_security = off; set statement_timeout = {}; \
             set lock_timeout = {}",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis()
        );
        session.batch(&settings)?;
        session.batch(TUNED)?;
        Ok(session)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.wait(self.client.batch_execute(sql))?.map_err(classify)
    }

    /// Waits for the answer; a cancelled token ends the query on the server too.
    fn wait<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        let token = self.client.cancel_token();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = answer => Ok(answer),
                () = self.cancel.cancelled() => {
                    stop(&token, self.tls.as_ref()).await;
                    Err(StoreError::transient("cancelled", "the query was cancelled"))
                }
            }
        })
    }

    fn prepare(&mut self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.wait(self.client.prepare(sql))?.map_err(classify)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Drives the connection in the background. It ends with the client; what went wrong on it is told
/// to whoever waits for an answer.
fn connected<S, T>(opened: Result<(Client, Connection<S, T>), Error>) -> Result<Client, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = opened?;
    tokio::spawn(async move {
        let _ = connection.await;
    });
    Ok(client)
}

async fn stop(token: &CancelToken, tls: Option<&MakeRustlsConnect>) {
    // Best effort: closing the connection ends the query as well, only later.
    let cancelled = async {
        match tls {
            Some(tls) => token.cancel_query(tls.clone()).await,
            None => token.cancel_query(NoTls).await,
        }
    };
    let _ = timeout(CANCEL_PATIENCE, cancelled).await;
}

impl Session for PostgresSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &Postgres
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        catalogue::read(self)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch(match self.mode {
            Mode::Read => "begin isolation level repeatable read read only",
            // The pace is the reader's, and the token ends it when the reader goes.
            Mode::Stream => {
                "begin isolation level repeatable read read only; set local statement_timeout = 0"
            }
            Mode::Write => "begin isolation level repeatable read",
        })
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.wait(self.client.batch_execute("commit"))?
            .map_err(classify_commit)
    }

    fn rollback(&mut self) {
        // Best effort: the server rolls back by itself when the connection ends.
        let _ = self.batch("rollback");
    }

    fn run(&mut self, sql: &str, params: &[&str]) -> Result<u64, StoreError> {
        let statement = self.prepare(sql)?;
        let run = self.client.execute_raw(&statement, params.iter().copied());
        self.wait(run)?.map_err(classify)
    }

    fn rows(
        &mut self,
        sql: &str,
        params: &[&str],
        each: &mut dyn FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepare(sql)?;
        let query = self.client.query_raw(&statement, params.iter().copied());
        // What has arrived already is taken at once: each wait costs more than a row.
        let rows = self.wait(query)?.map_err(classify)?;
        let mut rows = pin!(rows.ready_chunks(ROWS_AT_ONCE));
        while let Some(arrived) = self.wait(rows.next())? {
            for row in arrived {
                let row = row.map_err(classify)?;
                let values = (0..row.len())
                    .map(|n| value(&row, n))
                    .collect::<Result<_, _>>();
                each(values.map_err(classify)?)?;
            }
        }
        Ok(())
    }
}

/// Statements read every other type as text.
fn value(row: &Row, n: usize) -> Result<Value, Error> {
    let found = match *row.columns()[n].type_() {
        Type::BOOL => row.try_get::<_, Option<bool>>(n)?.map(Value::Bool),
        Type::INT2 => row
            .try_get::<_, Option<i16>>(n)?
            .map(|number| Value::Integer(number.into())),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(n)?
            .map(|number| Value::Integer(number.into())),
        Type::INT8 => row.try_get::<_, Option<i64>>(n)?.map(Value::Integer),
        Type::TIMESTAMPTZ | Type::TIMESTAMP => row
            .try_get::<_, Option<Instant>>(n)?
            .map(|instant| Value::Text(instant.to_string())),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(n)?.map(Value::Bytes),
        _ => row.try_get::<_, Option<String>>(n)?.map(Value::Text),
    };
    Ok(found.unwrap_or(Value::Null))
}
