//! One version of one law, resolved and checked: what it grants and which periods apply. How it
//! looks in a file is `profile_file`'s business.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{LawError, Period, Reason, Signal};
use crate::Right;

/// A law as it stands from a day on.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name it goes by: `eu`, `us-ca-ccpa`.
    pub id: String,
    pub title: String,
    /// First day on which this version is in force; it also names the version.
    pub valid_from: Date,
    /// IANA name of the zone that turns a receipt into a date, unless a deployment names its own.
    pub timezone: String,
    /// The calendar, unless a deployment names its own. Without one only the weekend is known.
    pub calendar: Option<String>,
    /// Calendar days by which the plan stays ahead of the deadline.
    pub plan_buffer_days: u16,
    /// What a refusal tells the person to do next, in the order of the letter.
    pub remedies: Vec<Remedy>,
    pub(super) rules: Vec<Rule>,
}

impl Profile {
    /// What this law grants, in the order of its file.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter()
    }

    pub fn rule(&self, right: Right) -> Result<&Rule, LawError> {
        self.rules
            .iter()
            .find(|rule| rule.right == right)
            .ok_or_else(|| LawError::NoSuchRight {
                profile: self.id.clone(),
                version: self.valid_from,
                right,
            })
    }
}

/// One right under one law.
#[derive(Debug, Clone)]
pub struct Rule {
    pub right: Right,
    /// What the person asked for, as it follows "you asked for".
    pub title: String,
    /// The article that grants it.
    pub citation: String,
    /// Whether identity may be checked at all. Never for a right in the open lane.
    pub verify_identity: bool,
    pub start: Start,
    /// Period to acknowledge, from receipt.
    pub ack: Option<Period>,
    /// Period to answer, from the start. Absent where the law only says "without undue delay".
    pub respond: Option<Period>,
    pub pauses: Vec<Pause>,
    /// Set when our own systems act on the day of receipt: the rule that says so.
    pub at_once: Option<String>,
    /// How long consent may not be asked for again.
    pub no_reask: Option<Period>,
    /// Period to clear archives and backups, from verification.
    pub backups: Option<Period>,
    pub signals: Vec<Signal>,
    pub review: Review,
}

/// The day from which a period is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    Receipt,
    /// Receipt, or the last of these if it was asked for and came later.
    LatestOf(Vec<Reason>),
}

/// Days that do not count while the controller waits for an answer.
#[derive(Debug, Clone)]
pub struct Pause {
    pub reason: Reason,
    pub count: Count,
    /// A question put later than so many days after receipt pauses nothing.
    pub ask_within_days: Option<u16>,
    pub source: String,
    pub review: Review,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// From the day after the question to the day of the answer.
    AfterAsk,
    /// From the day of the question to the day of the answer.
    InclusiveBoth,
}

/// What a person may do about a refusal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remedy {
    /// Whole sentences, ready for a letter.
    pub text: String,
    pub source: String,
    pub review: Review,
}

/// Whether the dates that follow from a row were compared with the text of its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Review {
    Verified,
    Unverified,
}
