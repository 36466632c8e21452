//! A database of its own for each test, dropped with it.

use std::{path::Path, thread};

use tokio_postgres::NoTls;

use super::{programs::Programs, server::shared_url};
use crate::private::random_hex;

/// An empty or copied database on the shared test server. Dropping it drops the database, also
/// under connections that are still open.
///
/// Every function here blocks and panics with the reason: it stands in the first lines of a test.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    server: &'static str,
}

impl Database {
    /// A new empty database.
    pub fn fresh() -> Database {
        let database = Database::unnamed();
        run(
            database.server,
            &[format!("CREATE DATABASE {}", database.name)],
        );
        database
    }

    /// A new database that begins as a copy of `template`, which the first test to ask makes by
    /// calling `fill` with the URL of an empty one. `fill` closes its connections. Faster than
    /// loading when many tests begin with the same data.
    ///
    /// `template` is lowercase letters, digits and underscores, and names what `fill` does: the
    /// template stays as long as the server.
    pub fn copy_of(template: &str, fill: impl FnOnce(&str)) -> Database {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(
            template.chars().all(plain),
            "{template:?} is no plain template name"
        );
        let database = Database::unnamed();
        // Tests are processes of their own; the lock is held until the connection ends.
        let server = database.server;
        let lock = Lock::take(server, template);
        let template = format!("template_{template}");
        if !exists(server, &template) {
            let filling = format!("filling_{template}");
            run(
                server,
                &[
                    format!("DROP DATABASE IF EXISTS {filling} WITH (FORCE)"),
                    format!("CREATE DATABASE {filling}"),
                ],
            );
            fill(&with_database(server, &filling));
            run(
                server,
                &[format!("ALTER DATABASE {filling} RENAME TO {template}")],
            );
        }
        run(
            server,
            &[format!(
                "CREATE DATABASE {} TEMPLATE {template}",
                database.name
            )],
        );
        drop(lock);
        database
    }

    /// `postgres://…`, as a superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a file of SQL in it by `psql`, so that dumps with `COPY … FROM stdin` load too.
    pub fn load(&self, file: impl AsRef<Path>) {
        load(&self.url, file.as_ref());
    }

    /// Runs SQL statements in it.
    pub fn run(&self, sql: &str) {
        run(&self.url, &[sql.to_owned()]);
    }

    fn unnamed() -> Database {
        let server = shared_url().unwrap_or_else(|error| panic!("{error}"));
        // Random, since a run that was killed may have left its databases on a lasting server.
        let name = format!(
            "test_{}",
            random_hex().expect("the system gives random bytes")
        );
        Database {
            url: with_database(server, &name),
            name,
            server,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A failing test is already telling its story; a second panic would abort it.
        let _ = try_run(self.server, &[sql]);
    }
}

/// Runs a file of SQL by `psql`; for [`Database::copy_of`].
pub fn load(url: &str, file: &Path) {
    let programs = Programs::find().unwrap_or_else(|error| panic!("{error}"));
    let output = programs
        .psql()
        .args([
            "--no-psqlrc",
            "--quiet",
            "-v",
            "ON_ERROR_STOP=1",
            "--dbname",
            url,
            "--file",
        ])
        .arg(file)
        .output()
        .expect("psql runs");
    assert!(
        output.status.success(),
        "psql could not load {}: {}",
        file.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn with_database(url: &str, name: &str) -> String {
    let (server, _) = url.rsplit_once('/').expect("a server URL names a database");
    format!("{server}/{name}")
}

/// An advisory lock on the server, held by a connection on a thread of its own.
struct Lock {
    release: Option<tokio::sync::oneshot::Sender<()>>,
    holder: Option<thread::JoinHandle<()>>,
}

impl Lock {
    fn take(server: &'static str, name: &str) -> Lock {
        let sql = format!("SELECT pg_advisory_lock(hashtext('habeas {name}'))");
        let (taken, wait) = std::sync::mpsc::channel();
        let (release, released) = tokio::sync::oneshot::channel::<()>();
        let holder = thread::spawn(move || {
            runtime().block_on(async move {
                let (client, connection) = tokio_postgres::connect(server, NoTls)
                    .await
                    .expect("the test server answers");
                tokio::spawn(connection);
                client
                    .batch_execute(&sql)
                    .await
                    .expect("the lock is granted");
                let _ = taken.send(());
                let _ = released.await;
            });
        });
        wait.recv().expect("the lock is granted");
        Lock {
            release: Some(release),
            holder: Some(holder),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        drop(self.release.take());
        if let Some(holder) = self.holder.take() {
            let _ = holder.join();
        }
    }
}

fn exists(server: &'static str, name: &str) -> bool {
    let sql = format!("SELECT FROM pg_database WHERE datname = '{name}'");
    let rows = thread::spawn(move || {
        runtime().block_on(async move {
            let (client, connection) = tokio_postgres::connect(server, NoTls).await?;
            tokio::spawn(connection);
            client.query(&sql, &[]).await
        })
    });
    let rows = rows.join().expect("the query ends");
    !rows.unwrap_or_else(|error| panic!("{error}")).is_empty()
}

fn run(url: &str, statements: &[String]) {
    try_run(url, statements).unwrap_or_else(|error| panic!("{error}: {statements:?}"));
}

/// On a thread of its own, since a test may stand in an async runtime already.
fn try_run(url: &str, statements: &[String]) -> Result<(), tokio_postgres::Error> {
    thread::scope(|scope| {
        let work = scope.spawn(|| {
            runtime().block_on(async {
                let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
                tokio::spawn(connection);
                // One by one: several statements in one message would be a transaction, in which
                // a database can be neither made nor dropped.
                for statement in statements {
                    client.batch_execute(statement).await?;
                }
                Ok(())
            })
        });
        work.join().expect("the statements end")
    })
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made")
}
