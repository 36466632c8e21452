//! The letters and what each one needs to know. They hold as little about the person as the letter
//! can do with; links and codes are secrets, so a stored letter is sealed first.

use habeas_domain::{Personal, Right, personal::revealed};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A letter, ready to be stored (sealed) and sent later. Tagged with `letter` when serialised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "letter", rename_all = "snake_case")]
pub enum Letter {
    Acknowledge(Acknowledge),
    Code(Code),
    Ready(Ready),
    Erased(Erased),
    OptedOut(OptedOut),
    Refused(Refused),
    Withdrawn(Withdrawn),
    /// The only letter that goes to officers.
    DueSoon(DueSoon),
}

/// What every letter to a subject says about the request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The organisation that holds the data, as the subject knows it.
    pub controller: String,
    /// The reference the subject quotes.
    pub reference: String,
    pub right: Right,
    /// How to reach a person: an address or a phone number.
    pub contact: String,
}

/// We have the request, and this is when you hear from us.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acknowledge {
    pub about: About,
    /// The last day on which the answer is still on time.
    pub due: Date,
    /// The status page; whoever has the link sees the request.
    #[serde(with = "revealed")]
    pub status: Personal<String>,
}

/// The code that proves control of an address on file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Code {
    pub about: About,
    /// Eight digits without spaces.
    #[serde(with = "revealed")]
    pub code: Personal<String>,
    /// For how many minutes the code works.
    pub minutes: u32,
}

/// The answer can be fetched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    pub about: About,
    /// The page to fetch the answer from.
    #[serde(with = "revealed")]
    pub status: Personal<String>,
    /// The last day on which the link works.
    pub until: Date,
    /// What could not be collected and why, one plain sentence each.
    pub gaps: Vec<String>,
}

/// The data is deleted, and this is what was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Erased {
    pub about: About,
    /// What was kept and on which ground, one plain sentence each; empty when nothing was kept.
    pub kept: Vec<String>,
    /// What could not be deleted yet and why, one plain sentence each.
    pub gaps: Vec<String>,
    /// The page to fetch the receipt from.
    #[serde(with = "revealed")]
    pub status: Personal<String>,
    /// The last day on which the link works.
    pub until: Date,
}

/// The opt-out, limit or objection is in force, but for the gaps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OptedOut {
    pub about: About,
    /// Where it is not in force and why, one plain sentence each.
    #[serde(default)]
    pub gaps: Vec<String>,
    #[serde(with = "revealed")]
    pub status: Personal<String>,
}

/// We will not do it: why, and what the subject can do about that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    pub about: About,
    /// One or more plain sentences (GDPR Art. 12(4), 11 CCR 7022 to 7024).
    pub reasons: Vec<String>,
    /// One or more ways to object: appeal, regulator, court.
    pub remedies: Vec<String>,
}

/// The request was taken back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub about: About,
}

/// A warning to officers: these requests are due soon, or late.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueSoon {
    /// One or more, the most urgent first.
    pub requests: Vec<Due>,
}

/// One line of the warning. It holds nothing about the person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Due {
    pub reference: String,
    pub right: Right,
    pub due: Date,
    /// Days until the due date; below zero when it has passed.
    pub days_left: i64,
}
