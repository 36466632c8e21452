//! What happened to a request, as far as a clock is concerned: when it came in, what was asked back
//! and when it was answered. Nothing about the person.

use std::fmt;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The facts a clock is computed from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub received: Received,
    /// In any order; the n-th answer belongs to the n-th question of its kind.
    #[serde(default)]
    pub events: Vec<Event>,
    /// Set when the request is a browser signal and not a form.
    #[serde(default)]
    pub signal: Option<Signal>,
}

impl Facts {
    /// A request that just came in: nothing has happened since.
    pub fn received(received: Received) -> Self {
        Self {
            received,
            events: Vec::new(),
            signal: None,
        }
    }
}

/// First receipt on any channel; of an appeal, the receipt of the appeal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Received {
    /// The civil date follows from the zone of the controller's handling establishment.
    Instant(Timestamp),
    /// For what came on paper, or when the zone was settled elsewhere.
    Date(Date),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub event: EventKind,
    pub on: Date,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    IdentityAsked,
    IdentityReceived,
    ClarificationAsked,
    ClarificationReceived,
    FeeCharged,
    FeePaid,
    /// Identity is settled. It moves no deadline, but some laws count other periods from it.
    Verified,
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EventKind::IdentityAsked => "identity_asked",
            EventKind::IdentityReceived => "identity_received",
            EventKind::ClarificationAsked => "clarification_asked",
            EventKind::ClarificationReceived => "clarification_received",
            EventKind::FeeCharged => "fee_charged",
            EventKind::FeePaid => "fee_paid",
            EventKind::Verified => "verified",
        })
    }
}

/// What a controller may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Identity,
    Clarification,
    Fee,
}

impl Reason {
    pub const ALL: [Reason; 3] = [Reason::Identity, Reason::Clarification, Reason::Fee];

    /// The question and its answer.
    pub(super) fn events(self) -> (EventKind, EventKind) {
        match self {
            Reason::Identity => (EventKind::IdentityAsked, EventKind::IdentityReceived),
            Reason::Clarification => (
                EventKind::ClarificationAsked,
                EventKind::ClarificationReceived,
            ),
            Reason::Fee => (EventKind::FeeCharged, EventKind::FeePaid),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Identity => "proof of identity",
            Reason::Clarification => "a clarification",
            Reason::Fee => "a fee",
        })
    }
}

/// A request made by a machine on the person's behalf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// Global Privacy Control.
    Gpc,
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Signal::Gpc => "gpc",
        })
    }
}
