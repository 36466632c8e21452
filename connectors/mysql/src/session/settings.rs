//! What a connection asks of its server first, and what it sets: nothing is left to how the server
//! happens to be configured.

use std::time::Duration;

use habeas_connector::StoreError;
use habeas_connector_sql::{Mode, Options};
use mysql_async::{Conn, Error, Opts, Row, prelude::Queryable};

use crate::dialect::EXACT;

/// How long the server waits for a reader who takes rows slowly.
const READER_PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// What the server says of itself.
pub(super) struct Found {
    version: String,
    pub identity: Identity,
    /// Writing a row that somebody changed since the snapshot can be made an error.
    snapshots: bool,
    /// The binary log repeats statements instead of rows.
    pub logs_statements: bool,
}

/// One connection of one server: behind a name there may be several servers.
pub(super) struct Identity {
    server: String,
    connection: u64,
}

const SERVER: &str = "concat_ws(' ', @@hostname, @@port, @@server_id, @@datadir)";

pub(super) async fn greet(conn: &mut Conn) -> Result<Found, Error> {
    let sql = format!(
        "select version(), connection_id(), {SERVER}, @@log_bin = 1 and @@binlog_format <> 'ROW'"
    );
    let row: Option<(String, u64, String, i64)> = conn.query_first(sql).await?;
    let (version, connection, server, logs) = row.unwrap_or_default();
    let variable = "show session variables like 'innodb\\_snapshot\\_isolation'";
    let snapshots: Option<Row> = conn.query_first(variable).await?;
    Ok(Found {
        version,
        identity: Identity { server, connection },
        snapshots: snapshots.is_some(),
        logs_statements: logs == 1,
    })
}

impl Found {
    /// Whether it has snapshots that writing respects; an error when it cannot be a store at all.
    pub fn supported(&self) -> Result<bool, StoreError> {
        if is_supported(&self.version) {
            return Ok(self.snapshots);
        }
        let message = "this server is not MariaDB 10.5 or later; MySQL itself is not supported, \
                       since it cannot read a temporary table twice in one statement";
        Err(StoreError::permanent("unsupported_server", message))
    }
}

/// Takes what `version()` says, such as `10.11.6-MariaDB-0+deb12u1-log`.
fn is_supported(version: &str) -> bool {
    let mut numbers = version
        .split(['.', '-'])
        .map_while(|part| part.parse::<u32>().ok());
    let version_number = (numbers.next(), numbers.next());
    version.contains("MariaDB") && version_number >= (Some(10), Some(5))
}

impl Identity {
    /// Ends the connection on the server, over another one. Not only its query: one that has not
    /// quite begun would begin after all.
    pub async fn kill(&self, opts: Opts) -> Result<(), Error> {
        let mut other = Conn::new(opts).await?;
        let server: Option<String> = other.query_first(format!("select {SERVER}")).await?;
        // Elsewhere the number would be the connection of somebody else.
        if server.as_ref() == Some(&self.server) {
            other
                .query_drop(format!("kill {}", self.connection))
                .await?;
        }
        other.disconnect().await
    }
}

/// The statements that prepare a session.
pub(super) fn of(mode: Mode, options: &Options, snapshots: bool) -> Vec<String> {
    let limit = match mode {
        // The pace is the reader's, and the token ends it when the reader goes.
        Mode::Stream => Duration::ZERO,
        Mode::Read | Mode::Write => options.statement_timeout,
    };
    let locks = whole_seconds(options.lock_timeout);
    let patience = READER_PATIENCE.as_secs();
    let isolation = match mode {
        Mode::Write if !snapshots => "serializable",
        Mode::Read | Mode::Stream | Mode::Write => "repeatable read",
    };
    let mut all = vec![
        format!("set names utf8mb4 collate {EXACT}"),
        format!(
            // A backslash is a letter, names stand in double quotes, and a value that does not fit
            // is an error instead of another value.
            "set session sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,\
             ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', \
             autocommit = 1, completion_type = 'NO_CHAIN', sql_auto_is_null = 0, \
             sql_safe_updates = 0, sql_big_selects = 1, sql_select_limit = default, \
             foreign_key_checks = 1, unique_checks = 1, check_constraint_checks = 1, \
             default_tmp_storage_engine = 'InnoDB', \
             max_statement_time = {}, innodb_lock_wait_timeout = {locks}, \
             lock_wait_timeout = {locks}, net_write_timeout = {patience}, \
             wait_timeout = {patience}",
            limit.as_secs_f64()
        ),
        format!("set session transaction isolation level {isolation}"),
    ];
    if snapshots {
        all.push("set session innodb_snapshot_isolation = 1".to_owned());
    }
    all
}

/// Rounded up: 0 would be no patience at all.
fn whole_seconds(time: Duration) -> u64 {
    time.as_millis()
        .div_ceil(1000)
        .try_into()
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_mariadb_that_is_not_too_old_is_a_store() {
        for (version, supported) in [
            ("10.11.6-MariaDB-0+deb12u1", true),
            ("10.5.0-MariaDB", true),
            ("11.4.2-MariaDB-log", true),
            ("10.4.34-MariaDB", false),
            ("5.5.5-10.1.1", false),
            ("8.4.2", false),
            ("", false),
        ] {
            assert_eq!(is_supported(version), supported, "{version}");
        }
    }

    #[test]
    fn a_server_without_writable_snapshots_locks_what_an_erasure_reads() {
        let isolation = |mode, snapshots| {
            let all = of(mode, &Options::default(), snapshots).join("; ");
            (
                all.contains("isolation level serializable"),
                all.contains("innodb_snapshot_isolation = 1"),
            )
        };
        assert_eq!(isolation(Mode::Write, false), (true, false));
        assert_eq!(isolation(Mode::Write, true), (false, true));
        assert_eq!(isolation(Mode::Read, false), (false, false));
    }

    #[test]
    fn patience_is_rounded_up() {
        assert_eq!(whole_seconds(Duration::from_millis(20)), 1);
        assert_eq!(whole_seconds(Duration::from_secs(10)), 10);
        assert_eq!(whole_seconds(Duration::ZERO), 0);
    }
}
