//! One connection to a SQLite file.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use habeas_connector::{StoreError, Value};
use habeas_connector_sql::{Catalogue, Dialect, Mode, Options, Session};
use rusqlite::{Connection, OpenFlags, functions::FunctionFlags, types::ValueRef};
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue,
    dialect::{FOLD, Sqlite},
    error::classify,
};

/// Virtual machine steps between two looks at the token: some thousandths of a second.
const STEPS_BETWEEN_LOOKS: i32 = 100_000;

#[expect(missing_debug_implementations, reason = "nobody outside can name it")]
pub struct SqliteSession {
    connection: Connection,
    mode: Mode,
    patience: Duration,
    deadline: Arc<Mutex<Option<Instant>>>,
}

impl SqliteSession {
    pub(crate) fn open(
        path: &Path,
        mode: Mode,
        options: &Options,
        cancel: &CancellationToken,
    ) -> Result<Self, StoreError> {
        let access = match mode {
            Mode::Read | Mode::Stream => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Mode::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(classify)?;
        let deadline = Arc::default();
        let prepare = || -> rusqlite::Result<()> {
            connection.busy_timeout(options.lock_timeout)?;
            connection.execute_batch("pragma foreign_keys = on; pragma secure_delete = on;")?;
            let pure = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
            connection.create_scalar_function(FOLD, 1, pure, |call| {
                Ok(call
                    .get::<Option<String>>(0)?
                    .map(|text| text.to_lowercase()))
            })?;
            let (cancel, deadline) = (cancel.clone(), Arc::clone(&deadline));
            let late = move || read(&deadline).is_some_and(|deadline| Instant::now() > deadline);
            connection.progress_handler(
                STEPS_BETWEEN_LOOKS,
                Some(move || cancel.is_cancelled() || late()),
            )
        };
        prepare().map_err(classify)?;
        Ok(Self {
            connection,
            mode,
            patience: options.statement_timeout,
            deadline,
        })
    }

    /// Starts the clock of one statement.
    fn begin_statement(&self) {
        let deadline = match self.mode {
            // The pace is the reader's, and the token ends it when the reader goes.
            Mode::Stream => None,
            Mode::Read | Mode::Write => Instant::now().checked_add(self.patience),
        };
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = deadline;
    }
}

fn read(deadline: &Mutex<Option<Instant>>) -> Option<Instant> {
    *deadline.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session for SqliteSession {
    fn dialect(&self) -> &'static dyn Dialect {
        &Sqlite
    }

    fn catalogue(&mut self) -> Result<Catalogue, StoreError> {
        catalogue::read(&self.connection).map_err(classify)
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        let sql = match self.mode {
            Mode::Read | Mode::Stream => "begin deferred",
            // Taking the write lock at once cannot fail half-way for another writer.
            Mode::Write => "begin immediate",
        };
        self.connection.execute_batch(sql).map_err(classify)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.connection.execute_batch("commit").map_err(classify)
    }

    fn rollback(&mut self) {
        if !self.connection.is_autocommit() {
            // Best effort: closing the connection rolls back as well.
            let _ = self.connection.execute_batch("rollback");
        }
    }

    fn run(&mut self, sql: &str, params: &[&str]) -> Result<u64, StoreError> {
        self.begin_statement();
        let changed = self
            .connection
            .execute(sql, rusqlite::params_from_iter(params));
        changed.map(|rows| rows as u64).map_err(classify)
    }

    fn rows(
        &mut self,
        sql: &str,
        params: &[&str],
        each: &mut dyn FnMut(Vec<Value>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.begin_statement();
        let mut statement = self.connection.prepare(sql).map_err(classify)?;
        let columns = statement.column_count();
        let mut rows = statement
            .query(rusqlite::params_from_iter(params))
            .map_err(classify)?;
        while let Some(row) = rows.next().map_err(classify)? {
            let values = (0..columns).map(|n| row.get_ref(n).map(value));
            each(values.collect::<rusqlite::Result<_>>().map_err(classify)?)?;
        }
        Ok(())
    }
}

fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Number(digits(number)),
        // Text that is no UTF-8 stays what it is: bytes.
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Value::Text(text.to_owned()),
            Err(_) => Value::Bytes(bytes.to_vec()),
        },
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

/// The shortest text that names the same number, without a long row of noughts.
fn digits(number: f64) -> String {
    if number == 0.0 || (1e-5..1e15).contains(&number.abs()) {
        format!("{number}")
    } else {
        format!("{number:e}")
    }
}
