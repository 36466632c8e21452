//! The arithmetic of one period: n days, business days or months from a date, and where its end
//! comes to rest. Pauses and extensions are not its business.

use std::fmt;

use jiff::{ToSpan, civil::Date};

use super::{Calendar, LawError};

/// A period as a law states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// At least 1.
    pub n: u16,
    pub unit: Unit,
    /// The whole period with the extension, in the same unit and from the same start: 3 for "one
    /// month, extendable by two". Adding to an end that was already clamped or rolled would be
    /// wrong, and stating the whole keeps it from being written at all.
    pub extended_to: Option<u16>,
    /// Whether the start is itself the first day (days only).
    pub count_first_day: bool,
    pub roll: Roll,
    /// Where the period is written.
    pub source: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Day,
    BusinessDay,
    Month,
}

/// What happens to an end on a day off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Roll {
    #[default]
    None,
    NextWorkingDay,
}

impl Period {
    /// The last day of the period from `start`, not yet rolled. In a month that is too short, a
    /// period of months ends on its last day (Reg. 1182/71 Art. 3(2)(c)).
    pub(super) fn end(&self, start: Date, calendar: &Calendar) -> Result<Date, LawError> {
        let first = u16::from(self.count_first_day);
        count(start, self.n - first, self.unit, calendar)
    }

    /// The same without counting the first day, however the law is read: for the latest date that
    /// one could argue for.
    pub(super) fn end_at_latest(&self, start: Date, calendar: &Calendar) -> Result<Date, LawError> {
        count(start, self.n, self.unit, calendar)
    }

    /// The whole extended period, if there is one.
    pub(super) fn extended(&self) -> Option<Period> {
        self.extended_to.map(|n| Period { n, ..self.clone() })
    }

    /// The first day after a *minimum* hold: when the day does not exist in the last month, the
    /// hold lasts until the first of the next.
    pub(super) fn first_day_after(
        &self,
        start: Date,
        calendar: &Calendar,
    ) -> Result<Date, LawError> {
        let end = count(start, self.n, self.unit, calendar)?;
        match self.unit {
            Unit::Month if end.day() != start.day() => {
                end.tomorrow().map_err(|_| LawError::BeyondTime)
            }
            Unit::Month | Unit::Day | Unit::BusinessDay => Ok(end),
        }
    }

    /// Where an end comes to rest.
    pub(super) fn rest(&self, end: Date, calendar: &Calendar) -> Result<Date, LawError> {
        match self.roll {
            Roll::None => Ok(end),
            Roll::NextWorkingDay => calendar.next_working_day(end),
        }
    }
}

fn count(start: Date, n: u16, unit: Unit, calendar: &Calendar) -> Result<Date, LawError> {
    let span = match unit {
        Unit::Day => i64::from(n).days(),
        Unit::Month => i64::from(n).months(),
        Unit::BusinessDay => return calendar.working_days_after(start, n),
    };
    start.checked_add(span).map_err(|_| LawError::BeyondTime)
}

/// "45 days", "1 month", "10 business days".
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Day => "day",
            Unit::BusinessDay => "business day",
            Unit::Month => "month",
        };
        let plural = if self.n == 1 { "" } else { "s" };
        write!(f, "{} {unit}{plural}", self.n)
    }
}
