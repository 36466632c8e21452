//! From instants to civil dates and back. Deadlines are reckoned on civil dates only, so a change
//! to or from summer time never lengthens or shortens one.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use super::LawError;

/// The civil date of an instant in a zone (IANA name). Events and "today" must be taken in the
/// zone of the clock they are compared with.
pub fn local_date(at: Timestamp, timezone: &str) -> Result<Date, LawError> {
    Ok(find(timezone)?.to_datetime(at).date())
}

/// The last second of a day, which is not 23:59:59 everywhere on every day.
pub(super) fn last_second(date: Date, timezone: &str) -> Result<Timestamp, LawError> {
    let zone = find(timezone)?;
    date.tomorrow()
        .and_then(|next| next.to_zoned_datetime(zone))
        .and_then(|midnight| midnight.timestamp().checked_sub(1.second()))
        .map_err(|_| LawError::BeyondTime)
}

fn find(timezone: &str) -> Result<TimeZone, LawError> {
    TimeZone::get(timezone).map_err(|_| LawError::UnknownTimezone(timezone.to_owned()))
}
