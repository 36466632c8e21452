//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};

use habeas_engine::TimeSource;
use jiff::{SignedDuration, Timestamp};

/// Begins on Tuesday 24 November 2026, 10:00 UTC.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl Default for HandClock {
    fn default() -> Self {
        let start: Timestamp = "2026-11-24T10:00:00Z".parse().expect("a timestamp");
        Self(AtomicI64::new(start.as_microsecond()))
    }
}

impl HandClock {
    pub fn advance(&self, by: SignedDuration) {
        let micros = i64::try_from(by.as_micros()).expect("a test does not take 292,000 years");
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl TimeSource for HandClock {
    fn now(&self) -> Timestamp {
        // Never twice the same: rows that were made one after the other stay in order.
        let micros = self.0.fetch_add(1, Ordering::SeqCst);
        Timestamp::from_microsecond(micros).expect("within the calendar")
    }

    fn is_real(&self) -> bool {
        false
    }
}
