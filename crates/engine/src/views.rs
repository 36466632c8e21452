//! What the engine takes from and shows to the outside: plain values, no rows of a database.

use std::{fmt, str::FromStr};

use habeas_domain::{
    Identifier, OfficerId, Personal, RequestId, Right, StepId,
    law::Clock,
    outcome::{CollectionOutcome, EvidenceLevel, Outcome},
    plan::{Plan, PlanHash},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// The name by which a subject and an officer speak of a request: `HB-` and ten characters that
/// cannot be mistaken for one another. It says nothing about the person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Reference(String);

/// Without I, L, O and U (Crockford's base 32).
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A text that is not a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a reference has the form HB-XXXXX-XXXXX")]
pub struct BadReference;

impl Reference {
    /// From ten random bytes.
    pub(crate) fn from_random(bytes: [u8; 10]) -> Self {
        let letters: String = bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
            .collect();
        Self(format!("HB-{}-{}", &letters[..5], &letters[5..]))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Reference {
    type Err = BadReference;
    fn from_str(text: &str) -> Result<Self, BadReference> {
        let text = text.trim().to_ascii_uppercase();
        let shape: Vec<&str> = text.split('-').collect();
        match shape[..] {
            ["HB", a, b]
                if a.len() == 5
                    && b.len() == 5
                    && [a, b].concat().bytes().all(|c| ALPHABET.contains(&c)) =>
            {
                Ok(Self(text))
            }
            _ => Err(BadReference),
        }
    }
}

/// A secret that opens the status page of one request; 128 random bits, shown once.
#[derive(Debug, Clone)]
pub struct Capability(pub Personal<String>);

/// What a form or the API asks for.
#[derive(Debug, Clone)]
pub struct NewRequest {
    pub right: Right,
    /// Law profile id such as `eu`; the configured default when absent.
    pub law: Option<String>,
    /// How the person can be found and reached. The first must be an e-mail address.
    pub identifiers: Vec<Identifier>,
    /// For the salutation of letters.
    pub name: Option<Personal<String>>,
    pub channel: Channel,
    /// Makes a repeated call return the first one's answer.
    pub idempotency_key: Option<String>,
}

/// Where a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Portal,
    Api,
    Cli,
}

/// The answer to a new request: the same whether or not the person is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    pub id: RequestId,
    pub reference: Reference,
    pub right: Right,
    pub received_at: Timestamp,
    /// Last day on which the answer is on time.
    pub due: Date,
    /// A code was sent and must come back. Never so in the open lane.
    pub needs_code: bool,
}

/// What the subject may see.
#[derive(Debug, Clone, PartialEq)]
pub struct StatusView {
    pub reference: Reference,
    pub right: Right,
    pub law_title: String,
    pub phase: &'static str,
    pub received_at: Timestamp,
    pub due: Date,
    pub days_left: i64,
    /// Title of each store with what has become of it; empty before the search.
    pub stores: Vec<StoreStatus>,
    pub events: Vec<Event>,
    /// Something can be downloaded now.
    pub download: Option<DownloadInfo>,
    pub can_withdraw: bool,
    /// Why it was refused, and what the person can do about it.
    pub refusal: Option<Refusal>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: String,
    pub remedies: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreStatus {
    pub title: String,
    /// In plain words: `waiting`, `exported`, `erased`, `kept`, `absent`, `failed`.
    pub state: String,
    pub rows: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownloadInfo {
    pub bytes: u64,
    pub sha256: String,
    pub until: Timestamp,
    /// How often it has been fetched.
    pub count: i64,
}

/// One line of a timeline, without personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    pub at: Timestamp,
    /// Stable word such as `request.submitted`.
    pub event: String,
    /// A sentence for people.
    pub text: String,
    pub actor: String,
}

/// A row of the officers' queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueRow {
    pub id: RequestId,
    pub reference: Reference,
    pub right: Right,
    pub law: String,
    pub phase: &'static str,
    pub received_at: Timestamp,
    pub due: Date,
    pub days_left: i64,
    /// Steps that have ended, of all steps on stores.
    pub steps_done: u64,
    pub steps: u64,
    /// Steps that wait for an officer.
    pub parked: u64,
    /// What an officer should do next, if anything.
    pub next: Option<NextAction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    Approve,
    Release,
    LookAtParked,
}

/// Everything an officer sees of one request.
#[derive(Debug, Clone)]
pub struct RequestView {
    pub row: QueueRow,
    pub clock: Clock,
    /// Masked, such as `m•••@example.org`.
    pub subject_hint: String,
    pub identity: String,
    pub plan: Option<PlanView>,
    pub steps: Vec<StepView>,
    pub events: Vec<Event>,
    pub artifact: Option<DownloadInfo>,
    pub can_approve: bool,
    pub can_refuse: bool,
    pub can_release: bool,
    pub can_search_again: bool,
    pub refusal: Option<Refusal>,
}

#[derive(Debug, Clone)]
pub struct PlanView {
    pub hash: PlanHash,
    pub plan: Plan,
    pub made_at: Timestamp,
}

/// One step as an officer sees it.
#[derive(Debug, Clone)]
pub struct StepView {
    pub id: StepId,
    pub store: String,
    pub title: String,
    pub verb: String,
    /// `ready`, `delayed`, `running`, `waiting`, `parked`, `done`, `absent`, `kept`, `failed`,
    /// `withdrawn`.
    pub state: String,
    pub attempts: i64,
    /// Next try, when it waits for one.
    pub not_before: Option<Timestamp>,
    /// Class, code and sentence of the last failure.
    pub last_error: Option<String>,
    pub outcome: Option<Outcome>,
    pub level: Option<EvidenceLevel>,
    pub collections: Vec<CollectionOutcome>,
}

/// A signed-in officer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Officer {
    pub id: OfficerId,
    pub login: String,
    pub name: String,
}

/// A fresh console session; the token goes into the cookie and is not kept.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub officer: Officer,
    pub token: Personal<String>,
    pub csrf: String,
}

/// What the cookie stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub officer: Officer,
    /// Goes into every form of the session.
    pub csrf: String,
}

/// Who acts, for the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    Officer(Officer),
    /// Whoever holds the capability of the request.
    Subject,
    /// The engine by itself, under a named rule.
    Engine,
}

impl Actor {
    pub fn name(&self) -> String {
        match self {
            Actor::Officer(officer) => format!("officer:{}", officer.login),
            Actor::Subject => "subject".to_owned(),
            Actor::Engine => "engine".to_owned(),
        }
    }
}

/// A plain file on its way to the subject: chunks from a blocking reader.
#[derive(Debug)]
pub struct Download {
    /// Such as `HB-XXXXX-XXXXX.zip`.
    pub file_name: String,
    pub bytes: u64,
    pub chunks: tokio::sync::mpsc::Receiver<Result<Vec<u8>, std::io::Error>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_however_it_is_typed() {
        let made = Reference::from_random([7; 10]);
        assert_eq!(made.as_str(), "HB-77777-77777");
        assert_eq!(" hb-77777-77777 ".parse(), Ok(made));
        for bad in ["", "HB", "HB-7777-777777", "HB-7777I-77777", "../etc"] {
            assert_eq!(bad.parse::<Reference>(), Err(BadReference), "{bad}");
        }
    }
}
