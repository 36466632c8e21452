//! `Db::read` and `Db::write`: a plain closure, run on a thread of the database's own inside one
//! transaction.
//!
//! The closure is not async, so waiting for the network inside a transaction does not compile. A
//! dropped future does not stop a closure that was queued: it still commits or rolls back as a
//! whole. On SQLite one thread writes, and closures that queued up during a flush share the next
//! transaction, each in a savepoint of its own (group commit).

use std::{
    fs::{File, TryLockError},
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, TransactionManager, TransactionManagerStatus},
};
use tokio::sync::oneshot;

use crate::{
    conn::Conn,
    crew::{Age, Crew},
    error::{BoxError, DbError},
    migrate, wake,
};

/// Where the control database lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file; one process at a time.
    Sqlite(PathBuf),
    /// A `postgres://` URL; any number of processes.
    Postgres(String),
}

/// Where it lives, for people: a URL may hold a password.
impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::Sqlite(path) => write!(f, "SQLite {}", path.display()),
            Location::Postgres(_) => f.write_str("PostgreSQL"),
        }
    }
}

/// A transaction that may only read.
#[derive(Debug)]
pub struct ReadTx<'a>(&'a mut Conn);

impl ReadTx<'_> {
    pub(crate) fn conn(&mut self) -> &mut Conn {
        self.0
    }
}

/// A transaction that may write. Everything that a `ReadTx` can do, it can do as well.
#[derive(Debug)]
pub struct Tx<'a> {
    read: ReadTx<'a>,
    /// Steps became ready: other workers are told when the transaction commits.
    wakes: bool,
}

impl Tx<'_> {
    pub(crate) fn wakes_workers(&mut self) {
        self.wakes = true;
    }
}

impl<'a> std::ops::Deref for Tx<'a> {
    type Target = ReadTx<'a>;
    fn deref(&self) -> &Self::Target {
        &self.read
    }
}

impl std::ops::DerefMut for Tx<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.read
    }
}

type Tell = Box<dyn FnOnce(Result<(), BoxError>) + Send>;

/// What a closure wants: keep its work or not, and how its caller learns the end.
struct Ran {
    keep: bool,
    tell: Tell,
}

type Run = Box<dyn FnOnce(&mut Conn) -> Ran + Send>;

/// Whether a closure that takes long has met a connection that says nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hurry {
    Ordinary,
    /// It is known to take long.
    None,
}

pub(crate) struct Job {
    hurry: Hurry,
    run: Run,
    lost: Option<oneshot::Sender<Lost>>,
}

/// The connection hears nothing: whether the transaction is committed nobody knows.
pub(crate) struct Lost;

impl Job {
    /// How the caller is told that its answer is lost.
    pub(crate) fn caller(&mut self) -> Option<oneshot::Sender<Lost>> {
        self.lost.take()
    }

    pub(crate) fn may_take_long(&self) -> bool {
        self.hurry == Hurry::None
    }
}

/// How long a caller waits for the answer of a database server.
const PATIENCE: Duration = Duration::from_secs(60);

/// Threads that take closures from one queue, each with a connection of its own.
#[derive(Debug, Clone)]
struct Lane {
    queue: mpsc::Sender<Job>,
    /// How long a caller waits for its answer; `None` on the embedded database.
    patience: Option<Duration>,
}

/// The control database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Db {
    write: Lane,
    read: Lane,
    location: Location,
    // Held as long as any clone lives: a second process on the same SQLite file is refused.
    _lock: Option<Arc<File>>,
}

const WRITERS_POSTGRES: usize = 4;
const READERS: usize = 2;
/// The most closures that share one SQLite transaction.
const GROUP: usize = 128;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{path} is in use by another process; stop it first, or use PostgreSQL for several")]
    InUse { path: PathBuf },
    #[error("cannot open {path}")]
    File {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot connect to the control database: {code}")]
    Connect {
        code: String,
        #[source]
        source: BoxError,
    },
    #[error("the migrations failed")]
    Migrate(#[source] BoxError),
    #[error("{path} is damaged: {found}; restore it from a backup")]
    Damaged { path: PathBuf, found: String },
    #[error("the database has migrations that this binary does not know: {0}; use a newer binary")]
    Newer(String),
}

impl Db {
    /// Opens the database and brings its schema up to date. Blocking.
    pub fn open(location: &Location) -> Result<Db, OpenError> {
        let lock = match location {
            Location::Sqlite(path) => Some(Arc::new(lock(path)?)),
            Location::Postgres(_) => None,
        };
        let unclean = was_cut(location);
        let mut first = connect(location, true)?;
        if let Some(path) = unclean {
            check_pages(&mut first, path)?;
        }
        migrate::run(&mut first)?;
        let (writers, group) = match location {
            Location::Sqlite(_) => (1, GROUP),
            Location::Postgres(_) => (WRITERS_POSTGRES, 1),
        };
        let age = Age::default();
        Ok(Db {
            write: Lane::start(location, writers, group, true, Some(first), age.clone()),
            read: Lane::start(location, READERS, 1, false, None, age),
            location: location.clone(),
            _lock: lock,
        })
    }

    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Runs `f` in one transaction, commits when it returns `Ok`, rolls back otherwise. `f` is
    /// run once: on [`DbError::Retry`] the caller decides whether to come again.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.write_at(Hurry::Ordinary, f).await
    }

    /// As [`Db::write`], for work that takes minutes by its nature.
    pub async fn write_long<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.write_at(Hurry::None, f).await
    }

    async fn write_at<T, E, F>(&self, hurry: Hurry, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.write
            .ask(hurry, |conn| {
                let mut tx = Tx {
                    read: ReadTx(conn),
                    wakes: false,
                };
                let outcome = f(&mut tx)?;
                if tx.wakes {
                    wake::tell(conn)?;
                }
                Ok(outcome)
            })
            .await
    }

    /// Runs `f` in one transaction that cannot change anything, on a connection that refuses to.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut ReadTx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.read
            .ask(Hurry::Ordinary, |conn| f(&mut ReadTx(conn)))
            .await
    }
}

impl Lane {
    fn start(
        location: &Location,
        threads: usize,
        group: usize,
        writes: bool,
        first: Option<Conn>,
        age: Age,
    ) -> Lane {
        let (queue, jobs) = mpsc::channel();
        let crew = Crew::new(location, jobs, group, writes, age);
        crew.hire(first);
        for _ in 1..threads {
            crew.hire(None);
        }
        let remote = matches!(location, Location::Postgres(_));
        if remote {
            crew.watch();
        }
        Lane {
            queue,
            patience: remote.then_some(PATIENCE),
        }
    }

    async fn ask<T, E, F>(&self, hurry: Hurry, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Conn) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel::<Result<T, E>>();
        let run: Run = Box::new(move |conn| {
            let outcome = match catch_unwind(AssertUnwindSafe(|| f(conn))) {
                Ok(outcome) => outcome,
                Err(_) => Err(DbError::Statement("a closure panicked".into()).into()),
            };
            let keep = outcome.is_ok();
            let tell: Tell = Box::new(move |committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    // What the closure thought it did never happened.
                    Err(error) => outcome.and_then(|_| Err(DbError::Unavailable(error).into())),
                };
                // The caller may have gone away; the transaction stands all the same.
                let _ = answer.send(outcome);
            });
            Ran { keep, tell }
        });
        let gone = || DbError::Unavailable("the database threads have ended".into());
        // As after any lost answer, nobody knows whether it was committed.
        let unanswered = || DbError::Unavailable("the database does not answer".into());
        let (lost, is_lost) = oneshot::channel();
        let job = Job {
            hurry,
            run,
            lost: Some(lost),
        };
        self.queue.send(job).map_err(|_| gone())?;
        let unheard = async {
            match is_lost.await {
                Ok(Lost) => {}
                // It ended, and the answer is there.
                Err(_) => std::future::pending().await,
            }
        };
        let late = async {
            match (self.patience, hurry) {
                (Some(patience), Hurry::Ordinary) => tokio::time::sleep(patience).await,
                (Some(_), Hurry::None) | (None, _) => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            answer = answered => answer.map_err(|_| gone())?,
            () = unheard => Err(unanswered().into()),
            () = late => Err(unanswered().into()),
        }
    }
}

/// Runs the jobs in one transaction. False when the connection should not be used again.
pub(crate) fn transaction(conn: &mut Conn, writes: bool, jobs: Vec<Job>) -> bool {
    let alone = jobs.len() == 1;
    if let Err(error) = begin(conn, writes) {
        tracing::error!(code = %short(&error), "a transaction could not begin");
        return false;
    }
    let mut tells = Vec::with_capacity(jobs.len());
    for job in jobs {
        if alone {
            let ran = (job.run)(conn);
            let ended = if ran.keep {
                commit(conn)
            } else {
                rollback(conn)
            };
            let sound = ended.is_ok();
            (ran.tell)(ended.map_err(Into::into));
            return sound;
        }
        if let Err(error) = savepoint(conn) {
            tracing::error!(code = %short(&error), "a savepoint could not be set");
            break;
        }
        let ran = (job.run)(conn);
        let ended = if ran.keep {
            commit(conn)
        } else {
            rollback(conn)
        };
        tells.push(ran.tell);
        if ended.is_err() {
            break;
        }
    }
    let ended = commit(conn).map_err(|error| short(&error));
    let sound = ended.is_ok();
    for tell in tells {
        tell(ended.clone().map_err(Into::into));
    }
    sound
}

fn short(error: &diesel::result::Error) -> String {
    match error {
        diesel::result::Error::DatabaseError(kind, _) => format!("{kind:?}"),
        _ => "broken connection".to_owned(),
    }
}

type Ended = Result<(), diesel::result::Error>;

fn begin(conn: &mut Conn, writes: bool) -> Ended {
    match conn {
        Conn::Postgres(c) => {
            let sql = if writes { "BEGIN" } else { "BEGIN READ ONLY" };
            AnsiTransactionManager::begin_transaction_sql(c, sql)
        }
        // Immediate, so that no transaction that began by reading has to wait to write.
        Conn::Sqlite(c) => {
            let sql = if writes { "BEGIN IMMEDIATE" } else { "BEGIN" };
            AnsiTransactionManager::begin_transaction_sql(c, sql)
        }
    }
}

fn savepoint(conn: &mut Conn) -> Ended {
    crate::conn::each!(conn, c => AnsiTransactionManager::begin_transaction(c))
}

fn commit(conn: &mut Conn) -> Ended {
    crate::conn::each!(conn, c => AnsiTransactionManager::commit_transaction(c))
}

fn rollback(conn: &mut Conn) -> Ended {
    crate::conn::each!(conn, c => {
        let broken = matches!(
            AnsiTransactionManager::transaction_manager_status_mut(c),
            TransactionManagerStatus::InError
        );
        if broken { return Err(diesel::result::Error::BrokenTransactionManager) }
        AnsiTransactionManager::rollback_transaction(c)
    })
}

/// Whether an embedded database was not closed in good order.
fn was_cut(location: &Location) -> Option<PathBuf> {
    let Location::Sqlite(path) = location else {
        return None;
    };
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let left = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    left.then(|| path.clone())
}

fn check_pages(conn: &mut Conn, path: PathBuf) -> Result<(), OpenError> {
    let found: String = diesel::dsl::sql::<diesel::sql_types::Text>("PRAGMA quick_check(1)")
        .get_result(conn)
        .map_err(|error| OpenError::Connect {
            code: "unreadable".to_owned(),
            source: error.into(),
        })?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(OpenError::Damaged { path, found }),
    }
}

fn lock(path: &Path) -> Result<File, OpenError> {
    let lock_path = path.with_extension("lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|source| OpenError::File {
            path: lock_path.clone(),
            source,
        })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse {
            path: path.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(OpenError::File {
            path: lock_path,
            source,
        }),
    }
}

/// The URL with limits on how long a server may say nothing, where it sets none itself.
fn heard(url: &str) -> String {
    let mut url = url.to_owned();
    for (name, value) in [
        ("connect_timeout", "10"),
        ("keepalives_idle", "10"),
        ("keepalives_interval", "5"),
        ("keepalives_count", "3"),
        ("tcp_user_timeout", "20000"),
    ] {
        if !url.contains(&format!("{name}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&format!("{name}={value}"));
        }
    }
    url
}

pub(crate) fn connect(location: &Location, writes: bool) -> Result<Conn, OpenError> {
    let failed = |source: BoxError| OpenError::Connect {
        code: "unreachable".to_owned(),
        source,
    };
    match location {
        Location::Sqlite(path) => {
            let text = path.to_string_lossy();
            let mut conn = SqliteConnection::establish(&text).map_err(|e| failed(e.into()))?;
            let mode = if writes { "OFF" } else { "ON" };
            // FULL: an acknowledged request survives a power cut.
            let pragmas = [
                "PRAGMA busy_timeout = 10000".to_owned(),
                "PRAGMA journal_mode = WAL".to_owned(),
                "PRAGMA synchronous = FULL".to_owned(),
                "PRAGMA foreign_keys = ON".to_owned(),
                "PRAGMA temp_store = MEMORY".to_owned(),
                format!("PRAGMA query_only = {mode}"),
            ];
            for pragma in pragmas {
                diesel::sql_query(pragma)
                    .execute(&mut conn)
                    .map_err(|e| failed(e.into()))?;
            }
            Ok(Conn::Sqlite(conn))
        }
        Location::Postgres(url) => {
            let mut conn = PgConnection::establish(&heard(url)).map_err(|error| {
                let text = error.to_string();
                // Words of the server itself, other than that it is about to come or go.
                let refused = text.contains("FATAL:")
                    && !text.contains("starting up")
                    && !text.contains("shutting down");
                OpenError::Connect {
                    code: if refused { "refused" } else { "unreachable" }.to_owned(),
                    source: error.into(),
                }
            })?;
            for setting in [
                "SET TIME ZONE 'UTC'",
                // An acknowledged request survives a power cut, whatever the server's default.
                "SET synchronous_commit = 'on'",
                "SET statement_timeout = '20s'",
                "SET lock_timeout = '10s'",
                "SET idle_in_transaction_session_timeout = '60s'",
            ] {
                diesel::sql_query(setting)
                    .execute(&mut conn)
                    .map_err(|e| failed(e.into()))?;
            }
            Ok(Conn::Postgres(conn))
        }
    }
}
