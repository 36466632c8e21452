//! SQLSTATEs as classes. PostgreSQL quotes values of rows in its messages, so only the code and
//! the names of tables and constraints are passed on.

use habeas_connector::{ErrorClass, StoreError};
use tokio_postgres::{Error, error::DbError};

pub(crate) fn classify(error: Error) -> StoreError {
    let (class, code, message) = match error.as_db_error() {
        Some(db) => {
            let code = db.code().code().to_owned();
            let (class, words) = words(&code);
            (class, code, format!("{words}{}", place(db)))
        }
        None => lost(&error),
    };
    StoreError {
        class,
        code,
        message,
        source: Some(Box::new(error)),
    }
}

/// A commit that was not answered may have happened.
pub(crate) fn classify_commit(error: Error) -> StoreError {
    let error = classify(error);
    let decided = error.code.len() == 5 && !["08", "57"].contains(&&error.code[..2]);
    if decided {
        return error;
    }
    StoreError {
        class: ErrorClass::InDoubt,
        message: "the connection was lost while committing; whether it took effect is not known"
            .to_owned(),
        ..error
    }
}

fn lost(error: &Error) -> (ErrorClass, String, String) {
    let text = error.to_string();
    if text.starts_with("error performing TLS handshake") {
        let message = "the server does not speak TLS, or its certificate is not of a trusted \
                       authority, has expired or names another host; see sslrootcert";
        return (ErrorClass::Permanent, "tls".to_owned(), message.to_owned());
    }
    let io = std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>());
    if io || error.is_closed() || text.starts_with("error connecting") {
        let message = "the database does not answer".to_owned();
        return (ErrorClass::Transient, "unreachable".to_owned(), message);
    }
    if text.starts_with("authentication error") || text.starts_with("invalid configuration") {
        let message = "the database asks for credentials that were not given".to_owned();
        return (ErrorClass::Auth, "credentials".to_owned(), message);
    }
    let message = "the database answered in a way that is not understood".to_owned();
    (ErrorClass::Permanent, "protocol".to_owned(), message)
}

fn words(code: &str) -> (ErrorClass, &'static str) {
    use ErrorClass::{Auth, Capacity, Permanent, Transient};
    match code {
        "40001" => (Transient, "somebody else changed the same rows"),
        "40P01" => (Transient, "two transactions waited for each other"),
        "53100" => (Capacity, "the database has no room left on its disk"),
        "53200" => (Capacity, "the database has no memory left"),
        "53300" => (Transient, "the database takes no more connections"),
        "55P03" => (Transient, "rows are locked by somebody else"),
        "57014" => (Transient, "the query was cancelled or took too long"),
        "57P01" | "57P02" | "57P03" => (Transient, "the database is going down or coming up"),
        "42501" => (Auth, "the database user may not do this"),
        "23503" => (
            Permanent,
            "a foreign key forbids the change; all was undone",
        ),
        "25006" => (Permanent, "the database only reads"),
        "42P01" | "42703" => (Permanent, "a table or column is gone; check the data map"),
        "3D000" => (Permanent, "there is no database of this name"),
        code if code.starts_with("08") => (Transient, "the connection was lost"),
        code if code.starts_with("28") => (Auth, "the database does not accept our credentials"),
        code if code.starts_with("23") => (
            Permanent,
            "a constraint of the store forbids the change; all was undone",
        ),
        _ => (Permanent, "the statement does not fit the database"),
    }
}

fn place(db: &DbError) -> String {
    let parts = [
        ("table", db.table()),
        ("column", db.column()),
        ("constraint", db.constraint()),
    ];
    let named: Vec<String> = parts
        .iter()
        .filter_map(|(kind, name)| Some(format!("{kind} {}", (*name)?)))
        .collect();
    if named.is_empty() {
        String::new()
    } else {
        format!(" ({})", named.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_says_who_acts_next() {
        let class = |code| words(code).0;
        for code in ["08006", "40001", "40P01", "53300", "57P01", "55P03"] {
            assert_eq!(class(code), ErrorClass::Transient, "{code}");
        }
        assert_eq!(class("28P01"), ErrorClass::Auth);
        assert_eq!(class("53100"), ErrorClass::Capacity);
        for code in ["42P01", "23503", "22P02", "XX000"] {
            assert_eq!(class(code), ErrorClass::Permanent, "{code}");
        }
    }
}
