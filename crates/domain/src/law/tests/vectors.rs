//! Replays the worked examples that are shared between implementations, when they lie beside the
//! workspace (`shared/law`), and compares our calendars with theirs.

use std::{fs, path::PathBuf};

use jiff::ToSpan;
use serde::Deserialize;

use super::*;

/// A file of the shared folder, or `None` where there is none, which is said.
#[allow(clippy::print_stderr)]
fn shared(name: &str) -> Option<String> {
    let crate_folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let file = crate_folder
        .ancestors()
        .map(|folder| folder.join("shared/law").join(name))
        .find(|file| file.exists());
    if file.is_none() {
        eprintln!("left out: there is no shared/law/{name} beside the workspace");
    }
    file.map(|file| fs::read_to_string(file).unwrap())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    schema: u32,
    vector: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    id: String,
    profile: String,
    kind: String,
    calendar: Option<String>,
    timezone: Option<String>,
    received: Option<toml::value::Datetime>,
    signal: Option<Signal>,
    #[serde(default)]
    events: Vec<VectorEvent>,
    expect: toml::Table,
    #[serde(rename = "why")]
    _why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VectorEvent {
    event: String,
    on: toml::value::Datetime,
}

impl Vector {
    /// Their words for the rights. California's three requests about automated decisions are three
    /// of our rights, because they have three clocks.
    fn right(&self) -> Right {
        match self.kind.as_str() {
            "delete" => Right::Erasure,
            "correct" => Right::Rectification,
            "object" => Right::Objection,
            "restrict" => Right::Restriction,
            "adm" | "adm_opt_out" => Right::AutomatedDecision,
            "adm_access" => Right::Access,
            "adm_appeal" => Right::Appeal,
            other => other
                .parse()
                .unwrap_or_else(|_| panic!("unknown kind {other}")),
        }
    }

    /// What starts a clock is always its receipt, also when it is an appeal.
    fn facts(&self) -> Facts {
        let mut received = self.received;
        let mut events = Vec::new();
        for VectorEvent { event, on } in &self.events {
            if event == "appeal_received" {
                received = Some(*on);
                continue;
            }
            let event = serde_json::from_value(event.clone().into()).unwrap();
            events.push(Event {
                event,
                on: day(&on.to_string()),
            });
        }
        let received = received.expect("something starts the clock").to_string();
        let received = match received.parse() {
            Ok(instant) => Received::Instant(instant),
            Err(_) => Received::Date(day(&received)),
        };
        Facts {
            received,
            events,
            signal: self.signal,
        }
    }

    fn check(&self, book: &LawBook) {
        let calendar = self.calendar.as_deref();
        let timezone = self.timezone.as_deref();
        let clock = book.clock(
            &self.profile,
            self.right(),
            calendar,
            timezone,
            &self.facts(),
        );
        let clock = clock.unwrap_or_else(|error| panic!("{}: {error}", self.id));
        let found = serde_json::to_value(&clock).unwrap();
        for (key, expected) in &self.expect {
            let found = found
                .get(key)
                .unwrap_or_else(|| panic!("{}: unknown key {key}", self.id));
            let expected = match expected {
                toml::Value::Integer(n) => serde_json::Value::from(*n),
                other => serde_json::Value::from(other.to_string()),
            };
            let steps = clock.derivation.join("\n  ");
            assert_eq!(*found, expected, "{} {key}\n  {steps}", self.id);
        }
    }
}

#[test]
#[allow(clippy::print_stderr)]
fn the_shared_worked_examples_come_out_as_written() {
    let Some(text) = shared("vectors.toml") else {
        return;
    };
    let vectors: Vectors = toml::from_str(&text).unwrap();
    assert_eq!(vectors.schema, 1);
    let book = LawBook::builtin().unwrap();
    let known = |vector: &&Vector| book.profiles().any(|p| p.id == vector.profile);
    let (ours, others): (Vec<_>, Vec<_>) = vectors.vector.iter().partition(known);
    for vector in &ours {
        vector.check(&book);
    }
    assert!(ours.len() >= 22, "only {} replayed", ours.len());
    let named: Vec<_> = others
        .iter()
        .map(|v| format!("{} {}", v.id, v.profile))
        .collect();
    eprintln!(
        "{} replayed; {} left out, no such law yet: {}",
        ours.len(),
        others.len(),
        named.join(", ")
    );
}

#[test]
fn the_shared_calendars_agree_with_ours_on_every_day_they_cover() {
    let Some(text) = shared("calendars.toml") else {
        return;
    };
    // One key of theirs says which shape the file has; the shape itself is ours, too.
    let text = text.replacen("schema = 1\n", "", 1);
    let theirs = LawBook::parse(&[], &[("calendars.toml", &text)]).unwrap();
    let book = LawBook::builtin().unwrap();
    let mut compared = 0;
    for their in theirs.calendars() {
        let Ok(our) = book.calendar(&their.id) else {
            continue;
        };
        for date in day("2026-01-01").series(1.day()).take(5 * 365) {
            if let Ok(theirs) = their.day_off(date) {
                let ours = our.day_off(date).unwrap();
                assert_eq!(ours.is_some(), theirs.is_some(), "{} {date}", their.id);
                compared += 1;
            }
        }
    }
    assert!(compared > 5 * 360);
}
