//! Error numbers as classes. MariaDB quotes values of rows in its messages, so only the number and
//! the names of constraints are passed on.

use habeas_connector::{ErrorClass, StoreError};
use mysql_async::{DriverError, Error, IoError, ServerError};

/// The SQLSTATE that asks for the whole transaction again.
const NOT_SERIALISED: &str = "40001";

pub(crate) fn classify(error: Error) -> StoreError {
    let (class, code, message) = match &error {
        Error::Server(server) => {
            let (class, words) = words(server.code);
            let code = match server.code {
                // Deadlock, and a row that somebody changed since this transaction began to read.
                1213 | 1020 => NOT_SERIALISED.to_owned(),
                code => code.to_string(),
            };
            (class, code, format!("{words}{}", constraint(server)))
        }
        Error::Io(IoError::Io(io)) if io.kind() == std::io::ErrorKind::InvalidData => untrusted(),
        Error::Io(IoError::Tls(_)) => untrusted(),
        Error::Io(IoError::Io(_)) | Error::Driver(DriverError::ConnectionClosed) => {
            let message = "the database does not answer".to_owned();
            (ErrorClass::Transient, UNREACHABLE.to_owned(), message)
        }
        Error::Driver(DriverError::NoClientSslFlagFromServer) => {
            let message = "the URL demands TLS, which the server does not offer".to_owned();
            (ErrorClass::Permanent, TLS.to_owned(), message)
        }
        Error::Driver(
            DriverError::UnknownAuthPlugin { .. }
            | DriverError::CleartextPluginDisabled
            | DriverError::MysqlOldPasswordDisabled,
        ) => {
            let message = "the database asks for credentials of a kind that is not supported";
            (
                ErrorClass::Auth,
                "credentials".to_owned(),
                message.to_owned(),
            )
        }
        Error::Driver(_) | Error::Other(_) | Error::Url(_) => {
            let message = "the database answered in a way that is not understood".to_owned();
            (ErrorClass::Permanent, "protocol".to_owned(), message)
        }
    };
    StoreError {
        class,
        code,
        message,
        source: Some(Box::new(error)),
    }
}

const UNREACHABLE: &str = "unreachable";
const TLS: &str = "tls";

fn untrusted() -> (ErrorClass, String, String) {
    let message = "the server's certificate is not trusted, or is not one for its name; see ssl-ca \
                   and ssl-mode in the URL";
    (ErrorClass::Permanent, TLS.to_owned(), message.to_owned())
}

/// A commit that was not answered may have happened.
pub(crate) fn classify_commit(error: Error) -> StoreError {
    let decided = match &error {
        Error::Server(server) => !is_end(server.code),
        Error::Driver(_) | Error::Io(_) | Error::Other(_) | Error::Url(_) => false,
    };
    let error = classify(error);
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

/// The connection or the server ended in the middle.
fn is_end(code: u16) -> bool {
    matches!(
        code,
        1053 | 1077 | 1080 | 1152..=1161 | 1184 | 1317 | 1927 | 2006 | 2013
    )
}

fn words(code: u16) -> (ErrorClass, &'static str) {
    use ErrorClass::{Auth, Capacity, Permanent, Transient};
    match code {
        1213 => (Transient, "two transactions waited for each other"),
        1020 => (Transient, "somebody else changed the same rows"),
        1205 => (Transient, "rows are locked by somebody else"),
        1206 | 1037 | 1038 | 1041 => (Capacity, "the database has no memory left"),
        1021 | 1114 | 1296 => (Capacity, "the database has no room left"),
        1040 | 1203 | 1226 => (Transient, "the database takes no more connections"),
        1129 => (
            Auth,
            "the database has blocked this host after failed connections",
        ),
        1969 | 3024 | 1317 | 1028 => (Transient, "the query was cancelled or took too long"),
        1053 | 1077 | 1080 => (Transient, "the database is going down or coming up"),
        code if is_end(code) => (Transient, "the connection was lost"),
        1045 | 1698 | 1130 | 1820 | 4151 | 1862 => {
            (Auth, "the database does not accept our credentials")
        }
        1044 | 1142 | 1143 | 1227 | 1370 | 1410 | 1419 => {
            (Auth, "the database user may not do this")
        }
        1049 => (Permanent, "there is no database of this name"),
        1054 | 1072 | 1109 | 1146 | 1356 => {
            (Permanent, "a table or column is gone; check the data map")
        }
        1290 | 1792 | 1836 => (Permanent, "the database only reads"),
        1216 | 1217 | 1451 | 1452 | 1557 | 1761 | 1762 => (
            Permanent,
            "a foreign key forbids the change; all was undone",
        ),
        1022 | 1048 | 1062 | 1169 | 1364 | 1406 | 1264 | 1265 | 1366 | 1292 | 3819 | 4025 => (
            Permanent,
            "a constraint of the store forbids the change; all was undone",
        ),
        1644 => (
            Permanent,
            "a trigger of the store forbids the change; all was undone",
        ),
        _ => (Permanent, "the statement does not fit the database"),
    }
}

/// The name of the constraint. Where a message quotes a value, the value stands before it.
fn constraint(error: &ServerError) -> String {
    let after = |mark: &str, end: char| {
        let (_, rest) = error.message.rsplit_once(mark)?;
        let (name, _) = rest.split_once(end)?;
        Some(format!(" (constraint {name})"))
    };
    let name = match error.code {
        1451 | 1452 | 4025 => after("CONSTRAINT `", '`'),
        1062 => after("' for key '", '\''),
        _ => None,
    };
    name.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(code: u16, message: &str) -> Error {
        Error::Server(ServerError {
            code,
            message: message.to_owned(),
            state: "HY000".to_owned(),
        })
    }

    #[test]
    fn the_class_says_who_acts_next() {
        let class = |code| classify(server(code, "")).class;
        for code in [1205, 1213, 1020, 1040, 1969, 3024, 1317, 1927, 2013, 1053] {
            assert_eq!(class(code), ErrorClass::Transient, "{code}");
        }
        for code in [1045, 1142, 1044, 1698] {
            assert_eq!(class(code), ErrorClass::Auth, "{code}");
        }
        assert_eq!(class(1114), ErrorClass::Capacity);
        for code in [1451, 1452, 1290, 1146, 1062, 1064] {
            assert_eq!(class(code), ErrorClass::Permanent, "{code}");
        }
    }

    #[test]
    fn a_transaction_that_met_another_is_asked_for_again() {
        assert_eq!(classify(server(1213, "")).code, "40001");
        assert_eq!(classify(server(1020, "")).code, "40001");
    }

    #[test]
    fn a_commit_that_was_not_answered_is_in_doubt_and_one_that_was_refused_is_not() {
        let class = |code| classify_commit(server(code, "")).class;
        assert_eq!(class(1927), ErrorClass::InDoubt);
        assert_eq!(class(1213), ErrorClass::Transient);
        let closed = Error::Driver(DriverError::ConnectionClosed);
        assert_eq!(classify_commit(closed).class, ErrorClass::InDoubt);
    }

    #[test]
    fn a_constraint_is_named_and_a_value_is_not() {
        let said = |code, message| classify(server(code, message)).to_string();
        let error = said(
            1062,
            "Duplicate entry 'x' for key 'ada@example.org' for key 'payer_once'",
        );
        assert!(
            error.contains("payer_once") && !error.contains("ada"),
            "{error}"
        );
        let error = said(
            1451,
            "Cannot delete or update a parent row: a foreign key constraint fails (`shop`.`badge`, \
             CONSTRAINT `badge_person` FOREIGN KEY (`person`) REFERENCES `person` (`id`))",
        );
        assert!(error.contains("constraint badge_person"), "{error}");
        let error = said(
            1366,
            "Incorrect integer value: 'ada@example.org' for column 'id'",
        );
        assert!(!error.contains("ada"), "{error}");
    }
}
