//! What people read for a right, a phase, a number of days or bytes: plain words, the same on every
//! page. Letters have their own words; dates come from `habeas_domain::law`.

use habeas_domain::Right;
use jiff::{Timestamp, tz::TimeZone};

/// A right as the person says it: "I want to …".
pub(crate) fn wish(right: Right) -> &'static str {
    match right {
        Right::Access => "Get a copy of my data",
        Right::Portability => "Get my data in a form I can take elsewhere",
        Right::Erasure => "Delete my data",
        Right::Rectification => "Correct my data",
        Right::OptOut => "Stop selling or sharing my data",
        Right::Limit => "Limit the use of my sensitive data",
        Right::Restriction => "Pause the use of my data",
        Right::Objection => "Object to a use of my data",
        Right::AutomatedDecision => "Have a person look at an automated decision",
        Right::Complaint => "Complain about how you use my data",
        Right::Appeal => "Have a decision looked at again",
    }
}

/// One sentence about what happens.
pub(crate) fn wish_hint(right: Right) -> &'static str {
    match right {
        Right::Access | Right::Portability => {
            "We search all our systems and give you one file to download."
        }
        Right::Erasure => "We delete what we may and tell you what the law makes us keep, and why.",
        Right::Rectification => "Tell us what is wrong and what is right.",
        Right::OptOut => "We stop passing your data on. You do not have to prove who you are.",
        Right::Limit => {
            "We use your sensitive data only where it is needed. You do not have to prove who you are."
        }
        Right::Restriction => "We keep your data but do not use it for the time being.",
        Right::Objection => {
            "We stop the use that you object to. You do not have to prove who you are."
        }
        Right::AutomatedDecision => "Somebody looks at it and tells you the reasons.",
        Right::Complaint => "Tell us what went wrong.",
        Right::Appeal => "Somebody else looks at our decision.",
    }
}

/// When, as far as it is known before a law is chosen: how long people here take is not ours to say.
pub(crate) fn how_soon(right: Right) -> &'static str {
    match right {
        Right::OptOut | Right::Limit | Right::Objection => "We start at once",
        Right::Access
        | Right::Portability
        | Right::Erasure
        | Right::Rectification
        | Right::Restriction
        | Right::AutomatedDecision
        | Right::Complaint
        | Right::Appeal => "We answer within the time that the law sets",
    }
}

/// Completes "You asked for …".
pub(crate) fn asked_for(right: Right) -> &'static str {
    match right {
        Right::Access => "a copy of your data",
        Right::Portability => "a copy of your data to take elsewhere",
        Right::Erasure => "the deletion of your data",
        Right::Rectification => "a correction of your data",
        Right::OptOut => "an end to the sale and sharing of your data",
        Right::Limit => "a limit on the use of your sensitive data",
        Right::Restriction => "a pause in the use of your data",
        Right::Objection => "an end to a use of your data, such as its sale or sharing",
        Right::AutomatedDecision => "a person to look at an automated decision",
        Right::Complaint => "an answer to your complaint",
        Right::Appeal => "a second look at our decision",
    }
}

/// A right in the queue, where space is short.
pub(crate) fn short(right: Right) -> &'static str {
    match right {
        Right::Access => "Access",
        Right::Portability => "Portability",
        Right::Erasure => "Erasure",
        Right::Rectification => "Rectification",
        Right::OptOut => "Opt-out",
        Right::Limit => "Limit",
        Right::Restriction => "Restriction",
        Right::Objection => "Objection",
        Right::AutomatedDecision => "Automated decision",
        Right::Complaint => "Complaint",
        Right::Appeal => "Appeal",
    }
}

/// How close a due date is: a class for colour, a glyph for shape, and words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days {
    pub band: &'static str,
    pub glyph: &'static str,
    pub words: String,
}

impl Days {
    /// Days until the due date; below zero when it has passed. Zero is "today": still on time.
    pub fn left(days: i64) -> Self {
        let (band, glyph) = match days {
            ..0 => ("overdue", "▲"),
            0 => ("today", "◆"),
            1..=5 => ("close", "●"),
            6..=10 => ("soon", "◐"),
            11.. => ("later", "○"),
        };
        let words = match days {
            -1 => "1 day overdue".to_owned(),
            ..0 => format!("{} days overdue", days.unsigned_abs()),
            0 => "today".to_owned(),
            1 => "1 day left".to_owned(),
            2.. => format!("{days} days left"),
        };
        Self { band, glyph, words }
    }
}

/// A size as people say it, in powers of 1000.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let mut tenths = bytes.div_ceil(100);
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = tenths.div_ceil(1000);
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// "3 records", for a person who does not know tables.
pub(crate) fn records(n: u64) -> String {
    match n {
        1 => "1 record".to_owned(),
        n => format!("{n} records"),
    }
}

/// "3 rows", for officers.
pub(crate) fn rows(n: u64) -> String {
    match n {
        1 => "1 row".to_owned(),
        n => format!("{n} rows"),
    }
}

/// Instants in the office's time zone.
#[derive(Debug, Clone)]
pub(crate) struct Local(TimeZone);

/// An instant for `<time>`: once for programs, once for people.
#[derive(Debug, Clone)]
pub(crate) struct When {
    pub machine: String,
    pub words: String,
}

impl Local {
    /// An unknown name counts as UTC, and the words say so.
    pub fn new(timezone: &str) -> Self {
        Self(TimeZone::get(timezone).unwrap_or(TimeZone::UTC))
    }

    pub fn when(&self, at: Timestamp) -> When {
        let local = at.to_zoned_datetime(self.0.clone());
        When {
            machine: at.to_string(),
            words: local.strftime("%-d %B %Y, %H:%M %Z").to_string(),
        }
    }

    pub fn day(&self, at: Timestamp) -> String {
        habeas_domain::law::in_words(self.date(at))
    }

    /// The last day that is over before this instant, so that "until" never promises too much. The
    /// letters name the same day.
    pub fn last_whole_day(&self, at: Timestamp) -> String {
        let date = self.date(at);
        habeas_domain::law::in_words(date.yesterday().unwrap_or(date))
    }

    fn date(&self, at: Timestamp) -> jiff::civil::Date {
        at.to_zoned_datetime(self.0.clone()).date()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_due_day_itself_is_today_and_never_blank() {
        let check = |days, band, words| {
            let left = Days::left(days);
            assert_eq!((left.band, left.words.as_str()), (band, words));
        };
        check(-2, "overdue", "2 days overdue");
        check(-1, "overdue", "1 day overdue");
        check(0, "today", "today");
        check(1, "close", "1 day left");
        check(5, "close", "5 days left");
        check(6, "soon", "6 days left");
        check(10, "soon", "10 days left");
        check(11, "later", "11 days left");
    }

    #[test]
    fn every_band_has_a_shape_of_its_own() {
        let glyphs: std::collections::HashSet<_> =
            [-1, 0, 1, 6, 11].map(|days| Days::left(days).glyph).into();
        assert_eq!(glyphs.len(), 5);
    }

    #[test]
    fn sizes_are_short_and_never_round_to_less() {
        assert_eq!(size(0), "0 bytes");
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1000), "1.0 kB");
        assert_eq!(size(48_213), "48.3 kB");
        assert_eq!(size(5_000_000), "5.0 MB");
    }

    #[test]
    fn an_instant_is_shown_in_the_zone_of_the_office() {
        let at = "2026-12-31T23:30:00Z".parse().unwrap();
        let berlin = Local::new("Europe/Berlin").when(at);
        assert_eq!(berlin.words, "1 January 2027, 00:30 CET");
        assert_eq!(
            Local::new("Nowhere").when(at).words,
            "31 December 2026, 23:30 UTC"
        );
        assert_eq!(
            Local::new("Europe/Berlin").last_whole_day(at),
            "Thursday 31 December 2026"
        );
    }
}
