//! A database of its own for each test, dropped with it.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use super::{programs::Programs, server::shared_url};
use crate::private::random_hex;

/// An empty database on a test server. Dropping it drops the database, also under connections that
/// are still open.
///
/// Every function here blocks and panics with the reason: it stands in the first lines of a test.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    server: String,
}

impl Database {
    /// A new empty database on the shared server.
    pub fn fresh() -> Database {
        let server = shared_url().unwrap_or_else(|error| panic!("{error}"));
        Database::on(server)
    }

    /// A new empty database on the server with this URL.
    pub fn on(server: &str) -> Database {
        // Random, since a run that was killed may have left its databases on a lasting server.
        let name = format!(
            "test_{}",
            random_hex().expect("the system gives random bytes")
        );
        ask(server, &format!("create database {name}"));
        Database {
            url: format!("{server}/{name}"),
            name,
            server: server.to_owned(),
        }
    }

    /// `mysql://…`, as a user who may do everything.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The name of the database; no other test has it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL statements in it, in a session with the server's own settings.
    pub fn run(&self, sql: &str) {
        ask(&self.url, sql);
    }

    /// Runs SQL and returns what it answers: rows as lines, columns parted by tabs.
    pub fn ask(&self, sql: &str) -> String {
        ask(&self.url, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A connection in a transaction would hold the database up.
        let open = format!(
            "select id from information_schema.processlist where db = '{}'",
            self.name
        );
        // A failing test is already telling its story; a second panic would abort it.
        let Ok(open) = try_ask(&self.server, &open) else {
            return;
        };
        for id in open.lines() {
            // It may have ended by itself.
            let _ = try_ask(&self.server, &format!("kill {id}"));
        }
        let _ = try_ask(&self.server, &format!("drop database {}", self.name));
    }
}

fn ask(url: &str, sql: &str) -> String {
    try_ask(url, sql).unwrap_or_else(|error| panic!("{error}: {sql}"))
}

fn try_ask(url: &str, sql: &str) -> Result<String, String> {
    let programs = Programs::find().map_err(|error| error.to_string())?;
    let (user, password, host, port, database) =
        parts(url).ok_or("the URL of the test server is mysql://user:password@host:port/name")?;
    let mut client = Command::new(programs.client())
        .args([
            "--no-defaults",
            "--protocol=tcp",
            "--batch",
            "--skip-column-names",
        ])
        .args([
            "--default-character-set=utf8mb4",
            "--host",
            host,
            "--port",
            port,
        ])
        .args(["--user", user, database])
        .env("MYSQL_PWD", password)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut stdin = client.stdin.take().expect("stdin is piped");
    let text = sql.to_owned();
    // On a thread of its own: answer and question may both be longer than a pipe.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = client
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    // A client that gave up stops reading; its own words say why.
    let _ = writer.join();
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// User, password, host, port and database.
fn parts(url: &str) -> Option<(&str, &str, &str, &str, &str)> {
    let (login, place) = url.strip_prefix("mysql://")?.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let (address, database) = place.split_once('/').unwrap_or((place, ""));
    let (host, port) = address.split_once(':')?;
    Some((user, password, host, port, database))
}
