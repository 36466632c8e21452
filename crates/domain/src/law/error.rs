//! What can be wrong with the law's data, with a question put to it, or with the facts.

use jiff::civil::Date;

use super::{EventKind, Signal};
use crate::Right;

/// Why there is no answer. The first two are mended in a file, the others by asking differently.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LawError {
    /// Not TOML, an unknown or missing key, or a value of the wrong kind.
    #[error("{file}:{line}: {problem}")]
    Syntax {
        file: String,
        line: usize,
        problem: String,
    },
    /// Well-formed, but it contradicts itself or names something that does not exist.
    #[error("{file}: {field}: {problem}")]
    Field {
        file: String,
        field: String,
        problem: String,
    },
    #[error("unknown law profile '{id}'; known are {known}")]
    UnknownProfile { id: String, known: String },
    #[error("law profile '{profile}' is not in force on {on}; it starts on {from}")]
    NotInForce {
        profile: String,
        on: Date,
        from: Date,
    },
    #[error("law profile '{profile}' of {version} knows no right '{right}'")]
    NoSuchRight {
        profile: String,
        version: Date,
        right: Right,
    },
    #[error("unknown calendar '{id}'; known are {known}")]
    UnknownCalendar { id: String, known: String },
    #[error("unknown time zone '{0}'")]
    UnknownTimezone(String),
    #[error("calendar '{calendar}' covers {from} to {until} and says nothing about {date}")]
    OutsideCalendar {
        calendar: String,
        date: Date,
        from: Date,
        until: Date,
    },
    #[error("event '{event}' on {on} {problem}")]
    Event {
        event: EventKind,
        on: Date,
        problem: &'static str,
    },
    #[error("signal '{signal}' does not exercise the right '{right}' under '{profile}'")]
    Signal {
        signal: Signal,
        right: Right,
        profile: String,
    },
    #[error("the date lies beyond the years that can be computed")]
    BeyondTime,
}

impl LawError {
    /// A TOML error, brought down to one line with its place.
    pub(super) fn syntax(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let before = error
            .span()
            .and_then(|span| text.get(..span.start))
            .unwrap_or_default();
        LawError::Syntax {
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            problem: error.message().replace('\n', " "),
        }
    }

    pub(super) fn field(file: &str, field: impl Into<String>, problem: impl Into<String>) -> Self {
        LawError::Field {
            file: file.to_owned(),
            field: field.into(),
            problem: problem.into(),
        }
    }
}
