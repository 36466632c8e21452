//! One connection to MariaDB. The verbs run on a blocking thread; each statement waits there for
//! the runtime that drives the connection, or for the token that cancels it.

mod settings;

use std::{future::Future, time::Duration};

use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{Catalogue, Dialect, Mode, Options, Session};
use mysql_async::{Conn, Error, Opts, Params, Value as Sent, prelude::Queryable};
use tokio::{runtime::Handle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    carry::Carry,
    catalogue,
    dialect::MariaDb,
    error::{classify, classify_commit},
    pack::Pack,
    params::positional,
    url::{Scope, Server},
    value::values,
};

/// How long to try to tell the server that nobody waits any more.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// Errors of an index that a temporary table cannot have; it would only be faster with it.
const NO_INDEX: [&str; 3] = ["1071", "1170", "3152"];

#[expect(missing_debug_implementations, reason = "nobody outside can name it")]
pub struct MysqlSession {
    conn: Conn,
    pub(crate) scope: Scope,
    mode: Mode,
    waiter: Waiter,
    /// For a second connection, which ends what this one does.
    opts: Opts,
    server: settings::Identity,
    /// Keys are read by a plain `select` and carried; see `carry`.
    carries: bool,
    in_transaction: bool,
    /// Given up in the middle of an answer.
    lost: bool,
}

/// Waits on a blocking thread for what the runtime does.
#[derive(Clone)]
struct Waiter {
    runtime: Handle,
    cancel: CancellationToken,
}

impl Waiter {
    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Interrupted> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                answer = answer => answer.map_err(Interrupted::Failed),
                () = self.cancel.cancelled() => Err(Interrupted::Cancelled),
            }
        })
    }
}

enum Interrupted {
    Cancelled,
    Failed(Error),
    /// Whoever takes the rows does not want them.
    Refused(StoreError),
}

impl MysqlSession {
    pub(crate) fn open(
        server: &Server,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let waiter = Waiter {
            runtime: Handle::current(),
            cancel: cancel.clone(),
        };
        let connect = async {
            let mut conn = Conn::new(server.opts.clone()).await?;
            let found = settings::greet(&mut conn).await?;
            Ok((conn, found))
        };
        let patient = async {
            let late = || Error::Io(std::io::Error::from(std::io::ErrorKind::TimedOut).into());
            timeout(options.connect_timeout, connect)
                .await
                .unwrap_or_else(|_| Err(late()))
        };
        let (conn, found) = waiter
            .wait(patient)
            .map_err(|interrupted| match interrupted {
                Interrupted::Cancelled => cancelled(),
                Interrupted::Failed(error) => classify(error),
                Interrupted::Refused(error) => error,
            })?;
        let snapshots = found.supported()?;
        let mut session = Self {
            conn,
            scope: server.scope.clone(),
            mode,
            waiter,
            opts: server.opts.clone(),
            server: found.identity,
            carries: snapshots || mode != Mode::Write,
            in_transaction: false,
            lost: false,
        };
        for sql in settings::of(mode, options, snapshots) {
            session.batch(&sql)?;
        }
        if found.logs_statements {
            // Best effort, since it takes a privilege: the log would repeat temporary tables.
            let _ = session.batch("set session binlog_format = 'ROW'");
        }
        Ok(session)
    }

    fn batch(&mut self, sql: &str) -> Result<(), StoreError> {
        self.usable()?;
        let answer = self.waiter.wait(self.conn.query_drop(sql));
        self.settle(answer)
    }

    fn execute(&mut self, sql: &str, params: &[&str]) -> Result<u64, StoreError> {
        if params.is_empty() {
            self.batch(sql)?;
            return Ok(self.conn.affected_rows());
        }
        let (sql, params) = bind(sql, params);
        let answer = self.waiter.wait(self.conn.exec_drop(sql, params));
        self.settle(answer)?;
        Ok(self.conn.affected_rows())
    }

    /// Reads keys and writes them into a temporary table, row by row as far as the server sees it.
    fn carry(&mut self, carry: &Carry, params: &[&str]) -> Result<u64, StoreError> {
        let mut found = Pack::default();
        let (sql, params) = bind(carry.read, params);
        let answer = read(&mut self.conn, &self.waiter, &sql, params, &mut |row| {
            for value in row.unwrap_raw() {
                found.push(&value.unwrap_or(Sent::NULL));
            }
            Ok(())
        });
        self.settle(answer)?;
        if found.len() == 0 {
            return Ok(0);
        }
        let rows = found.rows(carry.width).map(Params::Positional);
        let answer = self.waiter.wait(self.conn.exec_batch(&*carry.write, rows));
        self.settle(answer)?;
        Ok((found.len() / carry.width) as u64)
    }

    fn settle<T>(&mut self, answer: Result<T, Interrupted>) -> Result<T, StoreError> {
        answer.map_err(|interrupted| match interrupted {
            Interrupted::Refused(error) => error,
            Interrupted::Failed(error) => {
                self.lost = error.is_fatal();
                classify(error)
            }
            Interrupted::Cancelled => {
                self.lost = true;
                // Best effort: the server notices a closed connection as well, only later.
                let kill = timeout(KILL_PATIENCE, self.server.kill(self.opts.clone()));
                let _ = self.waiter.runtime.block_on(kill);
                cancelled()
            }
        })
    }

    fn usable(&self) -> Result<(), StoreError> {
        if !self.lost {
            return Ok(());
        }
        let message = "the connection to the database was given up";
        Err(StoreError::transient("unreachable", message))
    }
}

fn cancelled() -> StoreError {
    StoreError::transient("cancelled", "the query was cancelled")
}

fn bind(sql: &str, params: &[&str]) -> (String, Params) {
    let (sql, order) = positional(sql);
    let values = order.iter().map(|n| match params.get(*n) {
        Some(text) => Sent::Bytes(text.as_bytes().to_vec()),
        None => Sent::NULL,
    });
    let values: Vec<Sent> = values.collect();
    let params = if values.is_empty() {
        Params::Empty
    } else {
        Params::Positional(values)
    };
    (sql, params)
}

/// Hands the rows of a query on as they arrive; none is kept.
fn read(
    conn: &mut Conn,
    waiter: &Waiter,
    sql: &str,
    params: Params,
    each: &mut dyn FnMut(mysql_async::Row) -> Result<(), StoreError>,
) -> Result<(), Interrupted> {
    let mut result = waiter.wait(conn.exec_iter(sql, params))?;
    while let Some(row) = waiter.wait(result.next())? {
        if let Err(error) = each(row) {
            // The rest has to be taken from the wire before anything else can be asked.
            waiter.wait(result.drop_result())?;
            return Err(Interrupted::Refused(error));
        }
    }
    Ok(())
}

impl Session for MysqlSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &MariaDb
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        catalogue::read(self)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        self.batch(match self.mode {
            Mode::Read | Mode::Stream => "start transaction with consistent snapshot, read only",
            // The snapshot is taken by the first read: after the wait for a worker who holds the
            // same effect key, and so it shows what that one did.
            Mode::Write => "start transaction",
        })?;
        self.in_transaction = true;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.usable()?;
        self.in_transaction = false;
        match self.waiter.wait(self.conn.query_drop("commit")) {
            Err(Interrupted::Failed(error)) => {
                self.lost = error.is_fatal();
                Err(classify_commit(error))
            }
            other => self.settle(other),
        }
    }

    fn rollback(&mut self) {
        self.in_transaction = false;
        // Best effort: the server rolls back by itself when the connection ends.
        let _ = self.batch("rollback");
    }

    fn run(&mut self, sql: &str, params: &[&str]) -> Result<u64, StoreError> {
        self.usable()?;
        if sql.starts_with("create index habeas_") {
            // It would end the transaction, even for a temporary table.
            if self.in_transaction {
                return Ok(0);
            }
            return match self.execute(sql, params) {
                Err(error) if NO_INDEX.contains(&&*error.code) => Ok(0),
                other => other,
            };
        }
        match Carry::of(sql) {
            Some(carry) if self.carries && self.in_transaction => self.carry(&carry, params),
            Some(_) | None => self.execute(sql, params),
        }
    }

    fn rows(
        &mut self,
        sql: &str,
        params: &[&str],
        each: &mut dyn FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.usable()?;
        let (sql, params) = bind(sql, params);
        let answer = read(&mut self.conn, &self.waiter, &sql, params, &mut |row| {
            each(values(row))
        });
        self.settle(answer)
    }
}
