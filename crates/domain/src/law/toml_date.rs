//! Reads a TOML date (`2027-01-31`, unquoted) as a civil date, and nothing else.

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error};

pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let found = toml::value::Datetime::deserialize(deserializer)?;
    match (found.date, found.time, found.offset) {
        (Some(day), None, None) => found
            .to_string()
            .parse()
            .map_err(|_| D::Error::custom(format!("no such date: {day}"))),
        _ => Err(D::Error::custom("expected a date without a time")),
    }
}
