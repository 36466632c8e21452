//! A fault as RFC 9457 problem details.

use serde::Serialize;
use utoipa::ToSchema;

use crate::fault::Fault;

/// What went wrong, as RFC 9457 has it (`application/problem+json`).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Stable name of the kind of problem, listed in `docs/api.md`.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid")]
    kind: String,
    title: &'static str,
    status: u16,
    /// What to do about it. Never repeats a value that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Name of the key or header that could not be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    /// To quote when you ask us. Present with a 5xx only, which says nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

impl Problem {
    pub fn of(fault: &Fault) -> Self {
        let (status, slug, title) = fault.kind.facts();
        Self {
            kind: format!("/problems/{slug}"),
            title,
            status: status.as_u16(),
            detail: fault.detail.clone(),
            field: fault.field,
            request_id: fault.request_id.map(|id| id.to_string()),
        }
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a problem is always JSON")
    }
}
