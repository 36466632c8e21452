//! The law's data and arithmetic, told as cases. The clock cases ask the built-in book; what no
//! built-in law uses yet is asked of `elsewhere.toml`, a made-up law.

mod calendars;
mod clock;
mod clock_waiting;
mod loading;
mod profiles;
mod properties;
mod vectors;
mod words;

use jiff::civil::Date;

use super::*;
use crate::Right;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn on(text: &str) -> Option<Date> {
    Some(day(text))
}

/// Facts of a request that came in on a date and was then asked back and answered.
fn facts(received: &str, events: &[(EventKind, &str)]) -> Facts {
    Facts {
        received: Received::Date(day(received)),
        events: events
            .iter()
            .map(|(event, on)| Event {
                event: *event,
                on: day(on),
            })
            .collect(),
        signal: None,
    }
}

fn eu(right: Right, calendar: &str, facts: &Facts) -> Clock {
    let book = LawBook::builtin().unwrap();
    book.clock("eu", right, Some(calendar), None, facts)
        .unwrap()
}

fn california(right: Right, received: &str) -> Clock {
    let book = LawBook::builtin().unwrap();
    let facts = facts(received, &[]);
    book.clock("us-ca-ccpa", right, None, None, &facts).unwrap()
}

/// The made-up law, with weekends for a calendar.
fn elsewhere(right: Right, facts: &Facts) -> Clock {
    let file = ("elsewhere.toml", include_str!("tests/elsewhere.toml"));
    let book = LawBook::parse(&[file], &[]).unwrap();
    book.clock("elsewhere", right, None, None, facts).unwrap()
}
