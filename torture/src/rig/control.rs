//! A look into the control database beside Habeas: it only reads, and takes every value as text.

use std::path::PathBuf;

use anyhow::Context as _;
use rusqlite::{Connection, OpenFlags, types::ValueRef};
use tokio::{sync::Mutex, task::spawn_blocking};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// One row; `None` is null.
pub type Row = Vec<Option<String>>;

#[derive(Debug)]
pub enum Control {
    Sqlite(PathBuf),
    /// A URL, and the connection that was used last. Never over a wire that may be cut.
    Postgres(String, Mutex<Option<Client>>),
}

impl Control {
    pub fn postgres(url: String) -> Control {
        Control::Postgres(url, Mutex::new(None))
    }

    /// Runs one query.
    pub async fn rows(&self, sql: &str) -> anyhow::Result<Vec<Row>> {
        match self {
            Control::Sqlite(path) => {
                let (path, sql) = (path.clone(), sql.to_owned());
                spawn_blocking(move || sqlite(&path, &sql)).await?
            }
            Control::Postgres(url, kept) => {
                let mut kept = kept.lock().await;
                let client = match kept.take().filter(|client| !client.is_closed()) {
                    Some(client) => client,
                    None => connect(url).await?,
                };
                let said = client.simple_query(sql).await?;
                *kept = Some(client);
                Ok(said.iter().filter_map(row).collect())
            }
        }
    }

    /// The only value of a query, if it has a row.
    pub async fn value(&self, sql: &str) -> anyhow::Result<Option<String>> {
        let rows = self.rows(sql).await?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next()?))
    }
}

pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected.context("the database does not answer")?;
    tokio::spawn(connection);
    Ok(client)
}

fn row(message: &SimpleQueryMessage) -> Option<Row> {
    match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len())
                .map(|n| row.get(n).map(str::to_owned))
                .collect(),
        ),
        _ => None,
    }
}

fn sqlite(path: &std::path::Path, sql: &str) -> anyhow::Result<Vec<Row>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        (0..columns)
            .map(|n| Ok(text(row.get_ref(n)?)))
            .collect::<rusqlite::Result<Row>>()
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}
