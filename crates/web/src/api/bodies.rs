//! What comes in and goes out, as JSON. The engine's own types may change; these may only grow.

use habeas_engine::{DownloadInfo, Event, QueueRow, RequestView, StatusView, StepView, Submitted};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRequest {
    /// `access`, `portability`, `erasure`, `opt_out`, `limit`, `objection`, …
    #[schema(example = "access")]
    pub right: String,
    /// Law profile such as `eu`; the configured default when absent.
    pub law: Option<String>,
    /// How the person can be found and reached. The first must be an e-mail address.
    #[schema(min_items = 1, max_items = 10)]
    pub identifiers: Vec<IdentifierBody>,
    /// For the salutation of letters; at most 100 characters.
    pub name: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct IdentifierBody {
    #[schema(example = "email")]
    pub kind: String,
    #[schema(example = "ada@example.org")]
    pub value: String,
}

/// The answer to a new request: the same whether or not the person is known.
#[derive(Serialize, ToSchema)]
pub(super) struct Accepted {
    pub reference: String,
    pub right: &'static str,
    /// RFC 3339.
    pub received_at: String,
    /// Last day on which the answer is on time, `2027-01-07`.
    pub due: String,
    /// A code was sent by mail and must come back. Never so for an opt-out, limit or objection.
    pub needs_code: bool,
}

impl From<Submitted> for Accepted {
    fn from(submitted: Submitted) -> Self {
        Self {
            reference: submitted.reference.to_string(),
            right: submitted.right.as_str(),
            received_at: submitted.received_at.to_string(),
            due: submitted.due.to_string(),
            needs_code: submitted.needs_code,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeBody {
    /// The eight digits of the letter; spaces are ignored.
    #[schema(example = "12345678")]
    pub code: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StatusToken {
    /// A secret: whoever has it sees the request. Send it as a bearer token.
    pub status_token: String,
}

/// What a status token shows.
#[derive(Serialize, ToSchema)]
pub(super) struct Status {
    pub reference: String,
    pub right: &'static str,
    /// Title of the law.
    pub law: String,
    pub phase: &'static str,
    pub received_at: String,
    pub due: String,
    /// Zero on the due day itself, negative afterwards.
    pub days_left: i64,
    pub stores: Vec<StoreBody>,
    pub events: Vec<EventBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub download: Option<DownloadBody>,
    pub can_withdraw: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalBody>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StoreBody {
    pub title: String,
    /// `waiting`, `exported`, `erased`, `replaced`, `suppressed`, `kept`, `absent` or `failed`.
    pub state: String,
    pub rows: u64,
}

/// One line of the timeline. Nothing in it is about the person.
#[derive(Serialize, ToSchema)]
pub(super) struct EventBody {
    pub at: String,
    /// Stable word such as `request.submitted`.
    pub event: String,
    pub text: String,
    pub actor: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DownloadBody {
    pub bytes: u64,
    pub sha256: String,
    pub until: String,
    /// How often it has been fetched.
    pub count: i64,
}

#[derive(Serialize, ToSchema)]
pub(super) struct RefusalBody {
    pub reason: String,
    pub remedies: Vec<String>,
}

impl From<Event> for EventBody {
    fn from(event: Event) -> Self {
        Self {
            at: event.at.to_string(),
            event: event.event,
            text: event.text,
            actor: event.actor,
        }
    }
}

impl From<DownloadInfo> for DownloadBody {
    fn from(info: DownloadInfo) -> Self {
        Self {
            bytes: info.bytes,
            sha256: info.sha256,
            until: info.until.to_string(),
            count: info.count,
        }
    }
}

impl From<habeas_engine::Refusal> for RefusalBody {
    fn from(refusal: habeas_engine::Refusal) -> Self {
        Self {
            reason: refusal.reason,
            remedies: refusal.remedies,
        }
    }
}

impl From<StatusView> for Status {
    fn from(view: StatusView) -> Self {
        Self {
            reference: view.reference.to_string(),
            right: view.right.as_str(),
            law: view.law_title,
            phase: view.phase,
            received_at: view.received_at.to_string(),
            due: view.due.to_string(),
            days_left: view.days_left,
            stores: view
                .stores
                .into_iter()
                .map(|store| StoreBody {
                    title: store.title,
                    state: store.state,
                    rows: store.rows,
                })
                .collect(),
            events: view.events.into_iter().map(Into::into).collect(),
            download: view.download.map(Into::into),
            can_withdraw: view.can_withdraw,
            refusal: view.refusal.map(Into::into),
        }
    }
}

/// A line of the queue.
#[derive(Serialize, ToSchema)]
pub(super) struct QueueBody {
    pub reference: String,
    pub right: &'static str,
    pub law: String,
    pub phase: &'static str,
    pub received_at: String,
    pub due: String,
    pub days_left: i64,
    /// Steps that have ended, of all steps on stores.
    pub steps_done: u64,
    pub steps: u64,
    /// Steps that wait for an officer.
    pub parked: u64,
    /// `approve`, `release`, `look_at_parked`, or absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<&'static str>,
}

impl From<QueueRow> for QueueBody {
    fn from(row: QueueRow) -> Self {
        use habeas_engine::NextAction;
        Self {
            reference: row.reference.to_string(),
            right: row.right.as_str(),
            law: row.law,
            phase: row.phase,
            received_at: row.received_at.to_string(),
            due: row.due.to_string(),
            days_left: row.days_left,
            steps_done: row.steps_done,
            steps: row.steps,
            parked: row.parked,
            next: row.next.map(|next| match next {
                NextAction::Approve => "approve",
                NextAction::Release => "release",
                NextAction::LookAtParked => "look_at_parked",
            }),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct QueueList {
    /// The nearest deadline first.
    pub requests: Vec<QueueBody>,
}

/// What an officer sees of one request.
#[derive(Serialize, ToSchema)]
pub(super) struct OfficerView {
    #[serde(flatten)]
    pub row: QueueBody,
    /// Masked, such as `m•••@example.org`.
    pub subject_hint: String,
    pub identity: String,
    /// How the due date was reckoned, one sentence per step.
    pub derivation: Vec<String>,
    /// Hash of the plan that lies before the officer, 64 hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    pub events: Vec<EventBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact: Option<DownloadBody>,
    pub can_approve: bool,
    pub can_refuse: bool,
    pub can_release: bool,
    pub can_search_again: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalBody>,
}

impl From<RequestView> for OfficerView {
    fn from(view: RequestView) -> Self {
        Self {
            row: view.row.into(),
            subject_hint: view.subject_hint,
            identity: view.identity,
            derivation: view.clock.derivation,
            plan_hash: view.plan.map(|plan| plan.hash.to_string()),
            events: view.events.into_iter().map(Into::into).collect(),
            artifact: view.artifact.map(Into::into),
            can_approve: view.can_approve,
            can_refuse: view.can_refuse,
            can_release: view.can_release,
            can_search_again: view.can_search_again,
            refusal: view.refusal.map(Into::into),
        }
    }
}

/// One request, as far as the bearer may see it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum OneRequest {
    Subject(Box<Status>),
    Officer(Box<OfficerView>),
}

/// A plan: what will happen, and the hash that an approval must name.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanBody {
    pub hash: String,
    pub made_at: String,
    /// Index of the first step that cannot be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point_of_no_return: Option<usize>,
    /// Store by store: decision, collections with rows and fate, columns with category and fate.
    #[schema(value_type = Object)]
    pub plan: serde_json::Value,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproveBody {
    /// Of the plan that was read, 64 hexadecimal digits.
    pub plan_hash: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefuseBody {
    /// Goes into the letter; 1 to 2000 characters.
    pub reason: String,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StepList {
    pub steps: Vec<StepBody>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct StepBody {
    pub id: String,
    pub store: String,
    pub title: String,
    pub verb: String,
    /// `ready`, `running`, `parked`, `done`, `absent`, `kept`, `failed` or `withdrawn`.
    pub state: String,
    pub attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// How far the outcome is proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evidence_level: Option<&'static str>,
    pub collections: Vec<CollectionBody>,
}

/// What happened to the rows of one collection. Counts only.
#[derive(Serialize, ToSchema)]
pub(super) struct CollectionBody {
    pub collection: String,
    pub located: u64,
    pub exported: u64,
    pub erased: u64,
    pub replaced: u64,
    pub kept: u64,
    pub detached: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

impl From<StepView> for StepBody {
    fn from(step: StepView) -> Self {
        let collection = |c: habeas_domain::outcome::CollectionOutcome| CollectionBody {
            collection: c.collection,
            located: c.located,
            exported: c.exported,
            erased: c.erased,
            replaced: c.replaced,
            kept: c.kept,
            detached: c.detached,
            ground: c.ground,
            method: c.method,
        };
        Self {
            id: step.id.to_string(),
            store: step.store,
            title: step.title,
            verb: step.verb,
            state: step.state,
            attempts: step.attempts,
            not_before: step.not_before.map(|at| at.to_string()),
            last_error: step.last_error,
            outcome: step.outcome.map(|outcome| outcome.as_str()),
            evidence_level: step.level.map(|level| level.in_words()),
            collections: step.collections.into_iter().map(collection).collect(),
        }
    }
}
