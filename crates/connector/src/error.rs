//! How a call to a store can fail. Every failure has a class, and the class says who acts next.

use std::time::Duration;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What the engine does about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The same call may succeed later.
    Transient,
    /// The store asks for patience.
    Throttled { retry_after: Option<Duration> },
    /// The store does not accept our credentials: a person must act.
    Auth,
    /// The store, or our staging, has no room left.
    Capacity,
    /// The same call would fail again: the map, the schema or the configuration is wrong.
    Permanent,
    /// The call was sent and its answer was lost: it may or may not have taken effect.
    InDoubt,
}

impl ErrorClass {
    pub fn as_str(self) -> &'static str {
        match self {
            ErrorClass::Transient => "transient",
            ErrorClass::Throttled { .. } => "throttled",
            ErrorClass::Auth => "auth",
            ErrorClass::Capacity => "capacity",
            ErrorClass::Permanent => "permanent",
            ErrorClass::InDoubt => "in_doubt",
        }
    }
}

/// A failure of a store.
///
/// `code` is a short stable word (a SQLSTATE, an HTTP status, `unreachable`) and `message` says
/// what to do; neither ever holds a value of a row or an identifier, because both are logged and
/// shown. The source is for the connector's own use and is not printed.
#[derive(Debug, thiserror::Error)]
#[error("{} ({code}): {message}", class.as_str())]
pub struct StoreError {
    pub class: ErrorClass,
    pub code: String,
    pub message: String,
    /// Kept out of `Display`: a driver may quote a row in its own text.
    #[source]
    pub source: Option<BoxError>,
}

impl StoreError {
    pub fn new(class: ErrorClass, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            class,
            code: code.into(),
            message: message.into(),
            source: None,
        }
    }

    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Transient, code, message)
    }

    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Permanent, code, message)
    }

    pub fn in_doubt(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::InDoubt, code, message)
    }
}
