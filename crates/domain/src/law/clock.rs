//! The clock of a request: what it says, and which law, calendar and zone it is reckoned with. The
//! steps are in `reckoning`. A clock says when, never whether: refusing, extending or closing is
//! decided elsewhere.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Calendar, Facts, LawBook, LawError, Profile, Reason, Received, Review, Rule, reckoning, zone,
};
use crate::Right;

/// Every date that follows from the facts. A date is absent when the law has no such rule, or when
/// it cannot be known yet; `derivation` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Id of the law profile, and the first day of the version that holds for this request.
    pub profile: String,
    pub version: Date,
    pub right: Right,
    /// `None` when only the weekend is known.
    pub calendar: Option<String>,
    /// IANA name of the zone in which all dates are meant.
    pub timezone: String,
    /// Whether every rule used was compared with its source.
    pub review: Review,
    /// Civil date of receipt.
    pub d0: Date,
    /// The day from which the period runs, itself not counted. `None` while the law waits for
    /// something before it starts.
    pub start: Option<Date>,
    /// Last day to acknowledge; the latest that one could argue for.
    pub ack: Option<Date>,
    pub ack_outer: Option<Date>,
    /// The end of the period before it is moved to a working day.
    pub nominal: Option<Date>,
    /// The deadline, without extension.
    pub due: Option<Date>,
    /// The deadline if the pause does not hold; present when there is a pause.
    pub due_without_pause: Option<Date>,
    /// Last instant of `due`.
    pub due_at: Option<Timestamp>,
    /// The latest date one could argue for. To be shown, never to be planned on.
    pub outer: Option<Date>,
    /// The day to aim for.
    pub plan: Option<Date>,
    /// Last day to announce an extension.
    pub notice_by: Option<Date>,
    /// `nominal` and `due` with the extension.
    pub max_nominal: Option<Date>,
    pub max: Option<Date>,
    /// Calendar days that did not count.
    pub pause_days: i64,
    /// Set while an answer is missing and the clock stands.
    pub paused_since: Option<Date>,
    pub waiting_for: Option<Reason>,
    /// The day on which our own systems act.
    pub effective: Option<Date>,
    /// First day on which consent may be asked for again.
    pub reask_from: Option<Date>,
    /// Last day to clear archives and backups.
    pub backups_by: Option<Date>,
    /// The reckoning, one sentence per step.
    pub derivation: Vec<String>,
}

impl LawBook {
    /// Reckons the clock of one request under the version in force on the day it came in.
    /// `calendar` and `timezone` override those of the profile. An enforced date outside the
    /// calendar is an error; `outer` and the dates of an extension are then left out instead.
    pub fn clock(
        &self,
        profile: &str,
        right: Right,
        calendar: Option<&str>,
        timezone: Option<&str>,
        facts: &Facts,
    ) -> Result<Clock, LawError> {
        let (profile, timezone, d0) = self.receipt(profile, timezone, facts.received)?;
        let rule = profile.rule(right)?;
        let weekends = Calendar::weekends_only();
        let calendar_id = calendar.or(profile.calendar.as_deref());
        let calendar = match calendar_id {
            Some(id) => self.calendar(id)?,
            None => &weekends,
        };
        if let Some(event) = facts.events.iter().find(|event| event.on < d0) {
            return Err(LawError::Event {
                event: event.event,
                on: event.on,
                problem: "is before receipt",
            });
        }
        if let Some(signal) = facts.signal.filter(|signal| !rule.signals.contains(signal)) {
            return Err(LawError::Signal {
                signal,
                right,
                profile: profile.id.clone(),
            });
        }
        let clock = Clock::blank(profile, rule, calendar_id, timezone, d0);
        reckoning::reckon(profile, rule, calendar, facts, clock)
    }

    /// The version in force on the day of receipt. The day depends on the zone and the zone may
    /// depend on the version, so each version is asked, newest first.
    fn receipt<'a>(
        &'a self,
        id: &str,
        timezone: Option<&'a str>,
        received: Received,
    ) -> Result<(&'a Profile, &'a str, Date), LawError> {
        let mut earliest = None;
        for profile in self.versions(id)?.values().rev() {
            let timezone = timezone.unwrap_or(&profile.timezone);
            let d0 = match received {
                Received::Date(date) => date,
                Received::Instant(at) => zone::local_date(at, timezone)?,
            };
            if profile.valid_from <= d0 {
                return Ok((profile, timezone, d0));
            }
            earliest = Some((profile.valid_from, d0));
        }
        let (from, on) = earliest.expect("a law has a version");
        Err(LawError::NotInForce {
            profile: id.to_owned(),
            on,
            from,
        })
    }
}

impl Clock {
    fn blank(
        profile: &Profile,
        rule: &Rule,
        calendar: Option<&str>,
        timezone: &str,
        d0: Date,
    ) -> Self {
        Self {
            profile: profile.id.clone(),
            version: profile.valid_from,
            right: rule.right,
            calendar: calendar.map(str::to_owned),
            timezone: timezone.to_owned(),
            review: rule.review,
            d0,
            start: None,
            ack: None,
            ack_outer: None,
            nominal: None,
            due: None,
            due_without_pause: None,
            due_at: None,
            outer: None,
            plan: None,
            notice_by: None,
            max_nominal: None,
            max: None,
            pause_days: 0,
            paused_since: None,
            waiting_for: None,
            effective: None,
            reask_from: None,
            backups_by: None,
            derivation: Vec::new(),
        }
    }
}
