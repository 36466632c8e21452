//! How a database call fails, by who acts next.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Somebody else was first; the caller still has the input and may try again.
    #[error("the database asks to try again")]
    Retry(#[source] BoxError),
    /// No connection, no room, or shutting down.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),
    /// The row is not in the state that the caller saw.
    #[error("the row has changed since it was read")]
    Stale,
    /// The row does not exist.
    #[error("no such row")]
    NotFound,
    /// A row with the same unique key exists; `0` names the constraint.
    #[error("a row with the same key exists ({0})")]
    Conflict(String),
    /// The lease was lost: another worker owns the step now, this result does not count.
    #[error("the lease on this step was lost")]
    Fenced,
    /// A stored value cannot be read.
    #[error("the column {column} holds what it may not")]
    Corrupt { column: &'static str },
    /// A bug in a statement, or a rule of the database that was broken.
    #[error("a statement failed")]
    Statement(#[source] BoxError),
}

pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
pub type DbResult<T> = Result<T, DbError>;

impl From<Diesel> for DbError {
    fn from(error: Diesel) -> Self {
        match &error {
            Diesel::NotFound => DbError::NotFound,
            Diesel::DatabaseError(kind, info) => match kind {
                DatabaseErrorKind::UniqueViolation => DbError::Conflict(
                    info.constraint_name()
                        .or(info.column_name())
                        .unwrap_or("unique key")
                        .to_owned(),
                ),
                DatabaseErrorKind::SerializationFailure => DbError::Retry(Box::new(error)),
                DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                    DbError::Unavailable(Box::new(error))
                }
                // SQLite tells these by their text only.
                _ if info.message().contains("database is locked")
                    || info.message().contains("deadlock detected") =>
                {
                    DbError::Retry(Box::new(error))
                }
                _ if info.message().contains("disk is full") => {
                    DbError::Unavailable(Box::new(error))
                }
                _ => DbError::Statement(Box::new(error)),
            },
            Diesel::BrokenTransactionManager | Diesel::AlreadyInTransaction => {
                DbError::Unavailable(Box::new(error))
            }
            _ => DbError::Statement(Box::new(error)),
        }
    }
}
