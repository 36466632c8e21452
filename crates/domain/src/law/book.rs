//! Every law and calendar that is loaded, and the way to find one. It decides nothing itself.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Calendar, LawError, Profile, builtin, profile_file};

/// The laws this process knows. Loaded once, then only read.
#[derive(Debug)]
pub struct LawBook {
    /// By id, and by the day from which a version is in force.
    profiles: BTreeMap<String, BTreeMap<Date, Profile>>,
    calendars: BTreeMap<String, Calendar>,
}

impl LawBook {
    /// The laws that come with Habeas.
    pub fn builtin() -> Result<Self, LawError> {
        Self::parse(builtin::PROFILES, builtin::CALENDARS)
    }

    /// Reads pairs of file name and TOML text. Unknown keys, unresolved names and contradictions
    /// are refused, with the file and the line or field.
    pub fn parse(profiles: &[(&str, &str)], calendars: &[(&str, &str)]) -> Result<Self, LawError> {
        let mut book = Self {
            profiles: BTreeMap::new(),
            calendars: BTreeMap::new(),
        };
        for (file, text) in calendars {
            for calendar in Calendar::parse(file, text)? {
                let id = calendar.id.clone();
                if book.calendars.insert(id.clone(), calendar).is_some() {
                    let field = format!("calendar {id}");
                    return Err(LawError::field(file, field, "is defined twice"));
                }
            }
        }
        for (file, text) in profiles {
            let profile = profile_file::parse(file, text)?;
            if let Some(id) = &profile.calendar {
                book.calendar(id)
                    .map_err(|error| LawError::field(file, "calendar", error.to_string()))?;
            }
            let versions = book.profiles.entry(profile.id.clone()).or_default();
            if versions.insert(profile.valid_from, profile).is_some() {
                let problem = "another file has this id from the same day";
                return Err(LawError::field(file, "valid_from", problem));
            }
        }
        Ok(book)
    }

    /// Every version of every law.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values().flat_map(BTreeMap::values)
    }

    /// Every calendar, by id.
    pub fn calendars(&self) -> impl Iterator<Item = &Calendar> {
        self.calendars.values()
    }

    /// The version in force on a day.
    pub fn profile(&self, id: &str, on: Date) -> Result<&Profile, LawError> {
        let versions = self.versions(id)?;
        match versions.range(..=on).next_back() {
            Some((_, profile)) => Ok(profile),
            None => Err(LawError::NotInForce {
                profile: id.to_owned(),
                on,
                from: *versions.keys().next().expect("a law has a version"),
            }),
        }
    }

    /// The versions of one law by their first day; never empty.
    pub(super) fn versions(&self, id: &str) -> Result<&BTreeMap<Date, Profile>, LawError> {
        self.profiles
            .get(id)
            .ok_or_else(|| LawError::UnknownProfile {
                id: id.to_owned(),
                known: listed(self.profiles.keys()),
            })
    }

    pub fn calendar(&self, id: &str) -> Result<&Calendar, LawError> {
        self.calendars
            .get(id)
            .ok_or_else(|| LawError::UnknownCalendar {
                id: id.to_owned(),
                known: listed(self.calendars.keys()),
            })
    }
}

fn listed<'a>(ids: impl Iterator<Item = &'a String>) -> String {
    ids.map(String::as_str).collect::<Vec<_>>().join(", ")
}
