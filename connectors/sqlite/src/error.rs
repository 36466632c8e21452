//! SQLite's result codes as classes. No message of the driver is passed on: it may quote a row.

use habeas_connector::{ErrorClass, StoreError};
use rusqlite::{Error, ErrorCode};

pub(crate) fn classify(error: Error) -> StoreError {
    let (class, code, message) = words(&error);
    StoreError {
        class,
        code: code.into(),
        message: message.into(),
        source: Some(Box::new(error)),
    }
}

fn words(error: &Error) -> (ErrorClass, &'static str, &'static str) {
    use ErrorClass::{Auth, Capacity, Permanent, Transient};
    let Error::SqliteFailure(failure, _) = error else {
        return (Permanent, "sqlite", "the statement does not fit the file");
    };
    match failure.code {
        ErrorCode::DatabaseBusy => (Transient, "busy", "somebody else is writing the file"),
        ErrorCode::DatabaseLocked => (Transient, "locked", "a table of the file is locked"),
        ErrorCode::OperationInterrupted => (
            Transient,
            "cancelled",
            "the query was cancelled or took too long",
        ),
        ErrorCode::SystemIoFailure => (Transient, "io", "the file could not be read or written"),
        ErrorCode::OutOfMemory => (Capacity, "memory", "there is no memory left for the query"),
        ErrorCode::CannotOpen => (
            Transient,
            "unreachable",
            "the file is not there or cannot be opened",
        ),
        ErrorCode::DiskFull => (Capacity, "full", "there is no room left on the disk"),
        ErrorCode::PermissionDenied | ErrorCode::AuthorizationForStatementDenied => {
            (Auth, "denied", "the file may not be read or written")
        }
        ErrorCode::ReadOnly => (Auth, "read_only", "the file may not be written"),
        ErrorCode::NotADatabase => (
            Permanent,
            "not_a_database",
            "the file is no SQLite database",
        ),
        ErrorCode::DatabaseCorrupt => (Permanent, "corrupt", "the file is damaged"),
        ErrorCode::ConstraintViolation => (
            Permanent,
            "constraint",
            "a constraint of the store forbids the change; all was undone",
        ),
        // The driver's list may grow, and what is not known to pass needs a person.
        _ => (Permanent, "sqlite", "the statement does not fit the file"),
    }
}
