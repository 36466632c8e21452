//! The questions that are put to the data: reads only, each in a transaction of its own, within the
//! time that all of them have together.

use std::time::{Duration, Instant};

use habeas_connector::{StoreError, Value};

use crate::{Dialect, Session, TableName, quote};

/// For one question.
pub(super) const STATEMENT: Duration = Duration::from_secs(5);
/// For all of them.
const WHOLE: Duration = Duration::from_secs(60);

pub(super) struct Reader<'a, S> {
    session: &'a mut S,
    end: Instant,
}

impl<'a, S: Session> Reader<'a, S> {
    pub fn new(session: &'a mut S) -> Self {
        Self {
            session,
            end: Instant::now() + WHOLE,
        }
    }

    pub fn dialect(&self) -> &'static dyn Dialect {
        self.session.dialect()
    }

    /// `None` where the store does not answer, or not in time: a look is worth no failure.
    pub fn ask(&mut self, sql: &str, params: &[&str]) -> Option<Vec<Vec<Value>>> {
        if Instant::now() >= self.end {
            return None;
        }
        let mut rows = Vec::new();
        self.session.begin().ok()?;
        let read: Result<(), StoreError> = self.session.rows(sql, params, &mut |row| {
            rows.push(row);
            Ok(())
        });
        // Nothing was written; this also ends a transaction in which the query failed.
        self.session.rollback();
        read.ok().map(|()| rows)
    }
}

pub(super) fn from(table: &TableName) -> String {
    format!("{}.{}", quote(&table.schema), quote(&table.name))
}
