//! What the law asks and by when: law profiles and calendars read from TOML, and the clock of a
//! request computed from them.
//!
//! No period, holiday or citation is written in Rust: a jurisdiction is added by adding a file.
//! Nothing here reads the wall clock, decides whether a request is justified, or gives legal
//! advice. A date that the data does not cover is an error, never a guess.

mod book;
mod builtin;
mod calendar;
mod clock;
mod error;
mod facts;
mod pause;
mod period;
mod profile;
mod profile_file;
mod reckoning;
mod toml_date;
mod words;
mod zone;

#[cfg(test)]
mod tests;

pub use book::LawBook;
pub use calendar::{Calendar, Holiday};
pub use clock::Clock;
pub use error::LawError;
pub use facts::{Event, EventKind, Facts, Reason, Received, Signal};
pub use period::{Period, Roll, Unit};
pub use profile::{Count, Pause, Profile, Remedy, Review, Rule, Start};
pub use words::{days_left, days_left_in_words, in_words};
pub use zone::local_date;
