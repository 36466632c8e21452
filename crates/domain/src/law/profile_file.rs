//! A law profile as it is written in TOML, and the checks that make it a `Profile`: names resolved,
//! contradictions refused. Periods and pauses have names there, so that a right reads like a
//! sentence and no number stands twice.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use serde::Deserialize;

use super::{
    Count, LawError, Pause, Period, Profile, Reason, Remedy, Review, Roll, Rule, Signal, Start,
    Unit, toml_date,
};
use crate::{Right, right::Lane};

pub(super) fn parse(file: &str, text: &str) -> Result<Profile, LawError> {
    let found: ProfileFile =
        toml::from_str(text).map_err(|error| LawError::syntax(file, text, &error))?;
    found
        .check()
        .map_err(|(field, problem)| LawError::field(file, field, problem))
}

/// The field and what is wrong with it.
type Fault = (String, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileFile {
    id: String,
    title: String,
    #[serde(deserialize_with = "toml_date::deserialize")]
    valid_from: Date,
    timezone: String,
    calendar: Option<String>,
    plan_buffer_days: u16,
    #[serde(default)]
    period: BTreeMap<String, PeriodEntry>,
    #[serde(default)]
    pause: BTreeMap<Reason, PauseEntry>,
    #[serde(default)]
    remedy: Vec<Remedy>,
    right: Vec<RightEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodEntry {
    n: u16,
    unit: Unit,
    extended_to: Option<u16>,
    #[serde(default)]
    count_first_day: bool,
    #[serde(default)]
    roll: Roll,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PauseEntry {
    count: Count,
    ask_within_days: Option<u16>,
    source: String,
    review: Review,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RightEntry {
    right: Right,
    title: String,
    citation: String,
    verify_identity: bool,
    /// `start_latest_of = ["identity", "fee"]`; without it the clock starts with receipt.
    #[serde(default)]
    start_latest_of: Vec<Reason>,
    ack: Option<String>,
    respond: Option<String>,
    #[serde(default)]
    pauses: Vec<Reason>,
    at_once: Option<String>,
    no_reask: Option<String>,
    backups: Option<String>,
    #[serde(default)]
    signals: Vec<Signal>,
    review: Review,
}

impl ProfileFile {
    fn check(self) -> Result<Profile, Fault> {
        let lowercase = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.id.is_empty() || !self.id.chars().all(lowercase) {
            return Err(fault("id", "is not lowercase letters, digits and hyphens"));
        }
        if TimeZone::get(&self.timezone).is_err() {
            return Err(fault("timezone", "is not an IANA time zone"));
        }
        let mut periods = BTreeMap::new();
        for (name, entry) in self.period {
            let period = entry.check(&format!("period.{name}"))?;
            periods.insert(name, period);
        }
        let mut rules: Vec<Rule> = Vec::new();
        for entry in self.right {
            if rules.iter().any(|rule| rule.right == entry.right) {
                return Err(fault(&format!("right {}", entry.right), "is listed twice"));
            }
            rules.push(entry.check(&periods, &self.pause)?);
        }
        Ok(Profile {
            id: self.id,
            title: self.title,
            valid_from: self.valid_from,
            timezone: self.timezone,
            calendar: self.calendar,
            plan_buffer_days: self.plan_buffer_days,
            remedies: self.remedy,
            rules,
        })
    }
}

impl PeriodEntry {
    fn check(self, at: &str) -> Result<Period, Fault> {
        if self.n == 0 {
            return Err(fault(&format!("{at}.n"), "is not at least 1"));
        }
        if self.extended_to.is_some_and(|n| n <= self.n) {
            let problem = "is the whole period and must exceed n";
            return Err(fault(&format!("{at}.extended_to"), problem));
        }
        if self.count_first_day && self.unit != Unit::Day {
            let problem = "makes sense for days only";
            return Err(fault(&format!("{at}.count_first_day"), problem));
        }
        if self.unit == Unit::BusinessDay && self.roll != Roll::None {
            let problem = "has nothing to move: a business day never ends on a day off";
            return Err(fault(&format!("{at}.roll"), problem));
        }
        named(&self.source, &format!("{at}.source"))?;
        Ok(Period {
            n: self.n,
            unit: self.unit,
            extended_to: self.extended_to,
            count_first_day: self.count_first_day,
            roll: self.roll,
            source: self.source,
        })
    }
}

impl RightEntry {
    fn check(
        self,
        periods: &BTreeMap<String, Period>,
        pauses: &BTreeMap<Reason, PauseEntry>,
    ) -> Result<Rule, Fault> {
        let at = |field: &str| format!("right {}: {field}", self.right);
        let period = |name: Option<String>, field: &str| {
            name.map(|name| {
                let unknown = || (at(field), format!("no [period.{name}] in this file"));
                periods.get(&name).cloned().ok_or_else(unknown)
            })
            .transpose()
        };
        named(&self.title, &at("title"))?;
        named(&self.citation, &at("citation"))?;
        if self.verify_identity && self.right.lane() == Lane::Open {
            let problem = "is true, but this right is never gated by identity";
            return Err(fault(&at("verify_identity"), problem));
        }
        let waits = [&self.start_latest_of, &self.pauses];
        if !self.verify_identity && waits.iter().any(|list| list.contains(&Reason::Identity)) {
            let problem = "is false, yet the clock would wait for identity";
            return Err(fault(&at("verify_identity"), problem));
        }
        let mut paused = Vec::new();
        for reason in &self.pauses {
            let entry = pauses.get(reason).ok_or_else(|| {
                let problem = format!("nothing in this file defines a pause for {reason}");
                (at("pauses"), problem)
            })?;
            paused.push(Pause {
                reason: *reason,
                count: entry.count,
                ask_within_days: entry.ask_within_days,
                source: entry.source.clone(),
                review: entry.review,
            });
        }
        Ok(Rule {
            ack: period(self.ack, "ack")?,
            respond: period(self.respond, "respond")?,
            no_reask: period(self.no_reask, "no_reask")?,
            backups: period(self.backups, "backups")?,
            right: self.right,
            title: self.title,
            citation: self.citation,
            verify_identity: self.verify_identity,
            start: match self.start_latest_of {
                reasons if reasons.is_empty() => Start::Receipt,
                reasons => Start::LatestOf(reasons),
            },
            pauses: paused,
            at_once: self.at_once,
            signals: self.signals,
            review: self.review,
        })
    }
}

fn fault(field: &str, problem: &str) -> Fault {
    (field.to_owned(), problem.to_owned())
}

/// A rule without a source cannot be checked by anyone.
fn named(text: &str, field: &str) -> Result<(), Fault> {
    if text.trim().is_empty() {
        return Err(fault(field, "is empty"));
    }
    Ok(())
}
