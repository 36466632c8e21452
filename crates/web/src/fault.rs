//! What can go wrong between a browser or a program and the engine, and what the caller is told:
//! the one place that turns a `UseCaseError` into HTTP. It renders nothing; `guard` shows a fault
//! as a page or as problem+json, depending on where it happened.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    body::MessageBody,
    dev::ServiceResponse,
    error::{JsonPayloadError, PathError, PayloadError, QueryPayloadError, UrlencodedError},
    http::StatusCode,
};
use habeas_engine::{BoxError, UseCaseError};
use uuid::Uuid;

/// Every answer that is not the one that was hoped for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Invalid,
    NotFound,
    WrongPhase,
    PlanChanged,
    KeyReused,
    BadCode,
    TooManyTries,
    BadLogin,
    Stale,
    Unavailable,
    Internal,
    MalformedBody,
    BodyTooLarge,
    WrongContentType,
    NotSignedIn,
    CrossSite,
    WrongMethod,
    TooManyRequests,
}

impl Kind {
    #[cfg(test)]
    pub const ALL: [Kind; 18] = [
        Kind::Invalid,
        Kind::NotFound,
        Kind::WrongPhase,
        Kind::PlanChanged,
        Kind::KeyReused,
        Kind::BadCode,
        Kind::TooManyTries,
        Kind::BadLogin,
        Kind::Stale,
        Kind::Unavailable,
        Kind::Internal,
        Kind::MalformedBody,
        Kind::BodyTooLarge,
        Kind::WrongContentType,
        Kind::NotSignedIn,
        Kind::CrossSite,
        Kind::WrongMethod,
        Kind::TooManyRequests,
    ];

    /// Status, last part of the problem type, and title.
    pub fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Kind::Invalid => (
                StatusCode::BAD_REQUEST,
                "invalid",
                "Something cannot be taken",
            ),
            Kind::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Kind::WrongPhase => (
                StatusCode::CONFLICT,
                "wrong-phase",
                "The request has moved on, or is not there yet",
            ),
            Kind::PlanChanged => (
                StatusCode::CONFLICT,
                "plan-changed",
                "The plan has changed since it was read",
            ),
            Kind::KeyReused => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "key-reused",
                "The idempotency key was used for another request",
            ),
            Kind::BadCode => (
                StatusCode::BAD_REQUEST,
                "bad-code",
                "The code is wrong or has expired",
            ),
            Kind::TooManyTries => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-tries",
                "Too many wrong codes",
            ),
            Kind::BadLogin => (
                StatusCode::FORBIDDEN,
                "bad-login",
                "Wrong login or password",
            ),
            Kind::Stale => (
                StatusCode::CONFLICT,
                "stale",
                "Somebody else changed this at the same moment",
            ),
            Kind::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "We cannot answer at the moment",
            ),
            Kind::Internal => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong on our side",
            ),
            Kind::MalformedBody => (
                StatusCode::BAD_REQUEST,
                "malformed-body",
                "The body is not what this address takes",
            ),
            Kind::BodyTooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                "The body is larger than 64 KiB",
            ),
            Kind::WrongContentType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "wrong-content-type",
                "The content type is not taken here",
            ),
            Kind::NotSignedIn => (
                StatusCode::UNAUTHORIZED,
                "not-signed-in",
                "A valid bearer token is needed",
            ),
            Kind::CrossSite => (
                StatusCode::FORBIDDEN,
                "cross-site",
                "The form was not sent from this site",
            ),
            Kind::WrongMethod => (
                StatusCode::METHOD_NOT_ALLOWED,
                "wrong-method",
                "The method is not taken here",
            ),
            Kind::TooManyRequests => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "Too many requests from your network",
            ),
        }
    }
}

/// A failure on its way to the caller.
#[derive(Debug)]
pub(crate) struct Fault {
    pub kind: Kind,
    /// What to do about it. Never a value that was sent.
    pub detail: Option<String>,
    /// Where in the body or form.
    pub field: Option<&'static str>,
    /// Set for what is our fault: quoted to the caller and logged.
    pub request_id: Option<Uuid>,
    source: Option<BoxError>,
}

impl Fault {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            detail: None,
            field: None,
            request_id: None,
            source: None,
        }
    }

    pub fn detailed(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::new(kind)
        }
    }

    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field: Some(field),
            ..Self::detailed(Kind::Invalid, message)
        }
    }

    /// A failure of ours: the caller learns an id, the log has the rest.
    pub fn ours(kind: Kind, source: impl Into<BoxError>) -> Self {
        Self {
            request_id: Some(Uuid::now_v7()),
            source: Some(source.into()),
            ..Self::new(kind)
        }
    }

    /// The causes, outermost first.
    pub fn causes(&self) -> String {
        let mut words = Vec::new();
        let mut cause = self.source.as_deref().map(|e| e as &dyn std::error::Error);
        while let Some(error) = cause {
            words.push(error.to_string());
            cause = error.source();
        }
        words.join(": ")
    }
}

impl From<UseCaseError> for Fault {
    fn from(error: UseCaseError) -> Self {
        match error {
            UseCaseError::Invalid { field, message } => Fault::invalid(field, message),
            UseCaseError::NotFound => Fault::new(Kind::NotFound),
            UseCaseError::WrongPhase(wrong) => Fault::detailed(Kind::WrongPhase, wrong.to_string()),
            UseCaseError::PlanChanged => Fault::detailed(Kind::PlanChanged, "look at it again"),
            UseCaseError::KeyReused => Fault::new(Kind::KeyReused),
            UseCaseError::BadCode => Fault::new(Kind::BadCode),
            UseCaseError::TooManyTries => Fault::detailed(Kind::TooManyTries, "ask for a new code"),
            UseCaseError::BadLogin => Fault::new(Kind::BadLogin),
            UseCaseError::Stale => Fault::detailed(Kind::Stale, "look at it again"),
            UseCaseError::Unavailable(source) => Fault::ours(Kind::Unavailable, source),
            UseCaseError::Internal(source) => Fault::ours(Kind::Internal, source),
        }
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Self {
        Fault::ours(Kind::Internal, error)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.facts().2)
    }
}

impl ResponseError for Fault {
    fn status_code(&self) -> StatusCode {
        self.kind.facts().0
    }

    /// Only the status: `guard` writes the words, since it knows where they will be read.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl Fault {
    /// The fault behind an answer, whether it came from a handler, an extractor or the router.
    pub fn behind<B: MessageBody>(answer: &ServiceResponse<B>) -> Option<Seen<'_>> {
        let status = answer.status();
        if !status.is_client_error() && !status.is_server_error() {
            return None;
        }
        let error = answer.response().error();
        if let Some(fault) = error.and_then(|error| error.as_error::<Fault>()) {
            return Some(Seen::Ours(fault));
        }
        let from_extractor = error.and_then(|error| {
            let json = error.as_error::<JsonPayloadError>().map(json_fault);
            let form = || error.as_error::<UrlencodedError>().map(form_fault);
            let body = || error.as_error::<PayloadError>().map(body_fault);
            let path = || {
                error
                    .as_error::<PathError>()
                    .map(|_| Fault::new(Kind::NotFound))
            };
            let query = || error.as_error::<QueryPayloadError>().map(query_fault);
            json.or_else(form)
                .or_else(body)
                .or_else(path)
                .or_else(query)
        });
        if let Some(fault) = from_extractor {
            return Some(Seen::Framework(fault));
        }
        // A page that we wrote ourselves with such a status is left alone.
        let empty = answer.response().body().size().is_eof();
        (error.is_some() || empty).then(|| {
            Seen::Framework(match status {
                StatusCode::NOT_FOUND => Fault::new(Kind::NotFound),
                StatusCode::METHOD_NOT_ALLOWED => Fault::new(Kind::WrongMethod),
                StatusCode::PAYLOAD_TOO_LARGE => Fault::new(Kind::BodyTooLarge),
                status if status.is_client_error() => Fault::new(Kind::MalformedBody),
                _ => Fault::ours(Kind::Internal, "an answer of the framework"),
            })
        })
    }
}

/// A fault that was returned by us, or read from an error of the framework.
pub(crate) enum Seen<'a> {
    Ours(&'a Fault),
    Framework(Fault),
}

impl std::ops::Deref for Seen<'_> {
    type Target = Fault;
    fn deref(&self) -> &Fault {
        match self {
            Seen::Ours(fault) => fault,
            Seen::Framework(fault) => fault,
        }
    }
}

fn json_fault(error: &JsonPayloadError) -> Fault {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => {
            Fault::new(Kind::BodyTooLarge)
        }
        JsonPayloadError::ContentType => {
            Fault::detailed(Kind::WrongContentType, "send application/json")
        }
        JsonPayloadError::Deserialize(error) => {
            Fault::detailed(Kind::MalformedBody, json_detail(error))
        }
        JsonPayloadError::Payload(error) => body_fault(error),
        // The enum is open: whatever is added is still a body that could not be read.
        _ => Fault::new(Kind::MalformedBody),
    }
}

/// Names the key where only a key is named. Other messages of the parser repeat values, and a value
/// may be a fact about a person.
fn json_detail(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let names_a_key = ["unknown field", "missing field", "duplicate field"];
    if error.is_data() && names_a_key.iter().any(|start| message.starts_with(start)) {
        return message;
    }
    let what = if error.is_data() {
        "a value has the wrong type"
    } else {
        "this is not JSON"
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

fn form_fault(error: &UrlencodedError) -> Fault {
    match error {
        UrlencodedError::Overflow { .. } => Fault::new(Kind::BodyTooLarge),
        UrlencodedError::ContentType => Fault::new(Kind::WrongContentType),
        UrlencodedError::Payload(error) => body_fault(error),
        // The enum is open, as above.
        _ => Fault::detailed(Kind::MalformedBody, "go back and fill in the form again"),
    }
}

fn body_fault(error: &PayloadError) -> Fault {
    match error {
        PayloadError::Overflow => Fault::new(Kind::BodyTooLarge),
        _ => Fault::new(Kind::MalformedBody),
    }
}

fn query_fault(_: &QueryPayloadError) -> Fault {
    Fault::detailed(Kind::MalformedBody, "the address has a wrong query")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_has_a_type_of_its_own_and_a_line_in_the_manual() {
        let manual = include_str!("../../../docs/api.md");
        let mut seen = HashSet::new();
        for kind in Kind::ALL {
            let (status, slug, _) = kind.facts();
            assert!(seen.insert(slug), "{slug} twice");
            let line = format!("| `/problems/{slug}` | {} |", status.as_u16());
            assert!(manual.contains(&line), "docs/api.md lacks: {line}");
        }
    }

    #[test]
    fn our_own_failures_carry_an_id_and_keep_their_causes_to_themselves() {
        let cause = std::io::Error::other("disk of ada@example.org is full");
        let fault = Fault::from(UseCaseError::Internal(cause.into()));
        assert!(fault.request_id.is_some() && fault.detail.is_none());
        assert!(!fault.to_string().contains("disk"));
        assert!(fault.causes().contains("disk"));
    }

    #[test]
    fn what_the_caller_did_wrong_is_named_by_field() {
        let fault = Fault::from(UseCaseError::Invalid {
            field: "law",
            message: "unknown law".into(),
        });
        assert_eq!((fault.kind, fault.field), (Kind::Invalid, Some("law")));
        assert!(fault.request_id.is_none());
    }

    #[test]
    fn a_json_error_never_repeats_a_value() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            #[allow(dead_code)]
            code: u32,
        }
        let detail = |text| json_detail(&serde_json::from_str::<Body>(text).unwrap_err());
        assert_eq!(
            detail(r#"{"code": "ada@example.org"}"#),
            "a value has the wrong type at line 1 column 26"
        );
        assert!(detail(r#"{"cod": 1}"#).starts_with("unknown field `cod`"));
        assert!(detail("{").starts_with("this is not JSON"));
    }
}
