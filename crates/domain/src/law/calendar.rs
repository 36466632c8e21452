//! Which days are working days. A calendar knows the days between two dates and refuses to speak
//! about any other; it computes no feast, it only reads the list in its file.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use serde::Deserialize;

use super::{LawError, toml_date};

/// The working days of one place.
#[derive(Debug, Clone)]
pub struct Calendar {
    pub id: String,
    /// For people.
    pub title: String,
    /// The legal base of the list.
    pub source: String,
    weekend: Vec<Weekday>,
    holidays: BTreeMap<Date, String>,
    /// First and last day the calendar may be asked about; `None` asks without limit.
    window: Option<(Date, Date)>,
}

/// A public holiday, whatever weekday it falls on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    #[serde(deserialize_with = "toml_date::deserialize")]
    pub date: Date,
    pub label: String,
}

impl Calendar {
    /// The calendar of a clock without one: Saturday and Sunday, no holidays, in every year.
    pub(super) fn weekends_only() -> Self {
        Self {
            id: "weekends".to_owned(),
            title: "Saturdays and Sundays".to_owned(),
            source: "none".to_owned(),
            weekend: vec![Weekday::Saturday, Weekday::Sunday],
            holidays: BTreeMap::new(),
            window: None,
        }
    }

    /// The holidays in ascending order.
    pub fn holidays(&self) -> impl Iterator<Item = (Date, &str)> {
        self.holidays.iter().map(|(date, label)| (*date, &**label))
    }

    /// Why nobody works on that day: the name of the holiday or of the weekday. `None` on a
    /// working day.
    pub fn day_off(&self, date: Date) -> Result<Option<String>, LawError> {
        if let Some((from, until)) = self.window
            && !(from..=until).contains(&date)
        {
            return Err(LawError::OutsideCalendar {
                calendar: self.id.clone(),
                date,
                from,
                until,
            });
        }
        Ok(match self.holidays.get(&date) {
            Some(label) => Some(label.clone()),
            None if self.weekend.contains(&date.weekday()) => {
                Some(format!("a {}", date.strftime("%A")))
            }
            None => None,
        })
    }

    /// The first working day on or after `date`.
    pub(super) fn next_working_day(&self, mut date: Date) -> Result<Date, LawError> {
        while self.day_off(date)?.is_some() {
            date = date.tomorrow().map_err(|_| LawError::BeyondTime)?;
        }
        Ok(date)
    }

    /// The `n`-th working day after `date`, which itself does not count.
    pub(super) fn working_days_after(&self, mut date: Date, n: u16) -> Result<Date, LawError> {
        for _ in 0..n {
            date = date.tomorrow().map_err(|_| LawError::BeyondTime)?;
            date = self.next_working_day(date)?;
        }
        Ok(date)
    }

    /// Reads every calendar of one file.
    pub(super) fn parse(file: &str, text: &str) -> Result<Vec<Calendar>, LawError> {
        let found: CalendarFile =
            toml::from_str(text).map_err(|error| LawError::syntax(file, text, &error))?;
        found
            .calendar
            .into_iter()
            .map(|entry| entry.check(file))
            .collect()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarFile {
    calendar: Vec<CalendarEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CalendarEntry {
    id: String,
    title: String,
    source: String,
    weekend: Vec<String>,
    #[serde(deserialize_with = "toml_date::deserialize")]
    valid_from: Date,
    #[serde(deserialize_with = "toml_date::deserialize")]
    valid_until: Date,
    holidays: Vec<Holiday>,
}

impl CalendarEntry {
    fn check(self, file: &str) -> Result<Calendar, LawError> {
        let at = |field: &str| format!("calendar {}: {field}", self.id);
        if self.valid_from > self.valid_until {
            return Err(LawError::field(
                file,
                at("valid_until"),
                "is before valid_from",
            ));
        }
        let mut weekend = Vec::new();
        for word in &self.weekend {
            let day = weekday(word).ok_or_else(|| {
                LawError::field(file, at("weekend"), format!("unknown weekday '{word}'"))
            })?;
            weekend.push(day);
        }
        // A week without a working day would never let a deadline come to rest.
        if (0..7).all(|n| weekend.contains(&Weekday::Monday.wrapping_add(n))) {
            return Err(LawError::field(
                file,
                at("weekend"),
                "leaves no working day",
            ));
        }
        let mut holidays = BTreeMap::new();
        for Holiday { date, label } in self.holidays {
            if !(self.valid_from..=self.valid_until).contains(&date) {
                let problem = format!("{date} is outside valid_from and valid_until");
                return Err(LawError::field(file, at("holidays"), problem));
            }
            if holidays.insert(date, label).is_some() {
                let problem = format!("{date} is listed twice");
                return Err(LawError::field(file, at("holidays"), problem));
            }
        }
        Ok(Calendar {
            id: self.id,
            title: self.title,
            source: self.source,
            weekend,
            holidays,
            window: Some((self.valid_from, self.valid_until)),
        })
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}
