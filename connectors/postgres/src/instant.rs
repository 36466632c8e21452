//! Instants as RFC 3339 writes them, from the microseconds that PostgreSQL sends.
//!
//! Its range (4713 BC to the year 294276) is wider than that of any calendar library, so the few
//! lines of the proleptic Gregorian calendar are ours.

use std::{error::Error, fmt};

use tokio_postgres::types::{FromSql, Type};

/// A `timestamp` or `timestamptz`; the session's zone is UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Instant {
    /// Microseconds since the beginning of 2000; the ends of the range mean infinity.
    micros: i64,
    zoned: bool,
}

impl<'a> FromSql<'a> for Instant {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self {
            micros: i64::from_be_bytes(raw.try_into()?),
            zoned: *kind == Type::TIMESTAMPTZ,
        })
    }

    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::TIMESTAMP | Type::TIMESTAMPTZ)
    }
}

const MICROS_A_DAY: i64 = 86_400_000_000;

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.micros {
            i64::MAX => return f.write_str("infinity"),
            i64::MIN => return f.write_str("-infinity"),
            _ => {}
        }
        let (year, month, day) = date(self.micros.div_euclid(MICROS_A_DAY));
        let micros = self.micros.rem_euclid(MICROS_A_DAY);
        let seconds = micros / 1_000_000;
        // There is no year 0: what astronomers call so is 1 BC.
        let shown = if year > 0 { year } else { 1 - year };
        write!(
            f,
            "{shown:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        )?;
        let fraction = micros % 1_000_000;
        if fraction > 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        if self.zoned {
            f.write_str("+00:00")?;
        }
        if year > 0 { Ok(()) } else { f.write_str(" BC") }
    }
}

/// Days since the beginning of 2000 as year, month and day.
fn date(days: i64) -> (i64, i64, i64) {
    // Counted from the first of March of the year 0, leap days are the last of their year, and
    // 400 years have the same number of days wherever they begin.
    const TO_2000: i64 = 730_425;
    const IN_400_YEARS: i64 = 146_097;
    let days = days + TO_2000;
    let era = days.div_euclid(IN_400_YEARS);
    let mut left = days.rem_euclid(IN_400_YEARS);
    // A century's last year, and four years' last, take what is over.
    let centuries = (left / 36_524).min(3);
    left -= centuries * 36_524;
    let fours = (left / 1_461).min(24);
    left -= fours * 1_461;
    let ones = (left / 365).min(3);
    left -= ones * 365;
    // Months from March have 31, 30, 31, 30, 31 days, and again, and again.
    let month = (5 * left + 2) / 153;
    let day = left - (153 * month + 2) / 5 + 1;
    let year = era * 400 + centuries * 100 + fours * 4 + ones + i64::from(month >= 10);
    (year, (month + 2) % 12 + 1, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(micros: i64) -> String {
        let zoned = true;
        Instant { micros, zoned }.to_string()
    }

    #[test]
    fn instants_are_written_as_rfc_3339_does() {
        assert_eq!(shown(0), "2000-01-01T00:00:00+00:00");
        assert_eq!(shown(-1), "1999-12-31T23:59:59.999999+00:00");
        assert_eq!(shown(59 * MICROS_A_DAY), "2000-02-29T00:00:00+00:00");
        assert_eq!(shown(60 * MICROS_A_DAY), "2000-03-01T00:00:00+00:00");
        assert_eq!(shown(45_000_500_000), "2000-01-01T12:30:00.5+00:00");
        assert_eq!(shown(i64::MAX), "infinity");
        assert_eq!(shown(i64::MIN), "-infinity");
        let plain = Instant {
            micros: 0,
            zoned: false,
        };
        assert_eq!(plain.to_string(), "2000-01-01T00:00:00");
    }

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let mut before = date(-146_097);
        assert_eq!(before, (1600, 1, 1));
        for days in -146_096..=146_097 {
            let (year, month, day) = before;
            let length = match month {
                2 if leap(year) => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            let next = match (month, day) {
                (12, 31) => (year + 1, 1, 1),
                (_, day) if day == length => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
            assert_eq!(date(days), next);
            before = next;
        }
        assert_eq!(before, (2400, 1, 1));
    }
}
