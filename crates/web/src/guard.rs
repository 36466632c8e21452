//! What surrounds every handler: headers, the time limit, the check that a form came from this
//! site, and faults put into words. It decides nothing about requests.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::{ErrorRequestTimeout, InternalError},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use futures::{StreamExt as _, stream};
use habeas_domain::Personal;
use habeas_engine::Engine;

use crate::{
    api::Problem,
    fault::{Fault, Kind},
    page::{self, Frame},
    settings::WebSettings,
};

/// Largest body that is read, in bytes.
pub(crate) const BODY_CAP: usize = 64 * 1024;

/// A body that trickles in holds a worker's memory; a whole request has this long to be answered.
/// A download goes on for as long as it takes, since its answer has already begun.
const REQUEST_TIME: Duration = Duration::from_secs(30);

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

const CSP: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
                   frame-ancestors 'none'; base-uri 'none'";

/// Headers that every answer has. Everything is `no-store` unless the handler says otherwise.
pub(crate) async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let secure = request
        .app_data::<Data<WebSettings>>()
        .is_some_and(|settings| settings.secure_cookies);
    let mut answer = next.call(request).await?.map_into_boxed_body();
    let headers = answer.headers_mut();
    let mut always = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    always(header::CONTENT_SECURITY_POLICY, CSP);
    always(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    always(header::REFERRER_POLICY, "no-referrer");
    always(
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    );
    always(
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    always(
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    if secure {
        always(
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(answer)
}

/// Ends a request that takes too long. A body that is waited for and does not arrive is the sender's doing: the
/// connection is of no more use, and the answer is a bare 408. Whatever else is slow is ours, and
/// the answer is a bare 503.
pub(crate) async fn in_time(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let waiting = Arc::new(AtomicBool::new(false));
    let waits = Arc::clone(&waiting);
    let mut body = request.take_payload();
    let watched = stream::poll_fn(move |context| {
        let polled = body.poll_next_unpin(context);
        waits.store(polled.is_pending(), Ordering::Relaxed);
        polled
    });
    request.set_payload(Payload::Stream {
        payload: Box::pin(watched),
    });
    match tokio::time::timeout(REQUEST_TIME, next.call(request)).await {
        Ok(answer) => Ok(answer?.map_into_boxed_body()),
        Err(_) if !waiting.load(Ordering::Relaxed) => {
            let late = HttpResponse::ServiceUnavailable()
                .insert_header((header::RETRY_AFTER, "30"))
                .finish();
            Err(InternalError::from_response("the answer took too long", late).into())
        }
        Err(_) => Err(ErrorRequestTimeout("the request took too long to arrive")),
    }
}

/// Refuses a form that another site sent. It stands beside the token in the form, and beside the
/// cookie's `SameSite=Strict`.
pub(crate) async fn from_this_site(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if reads || same_site(request.headers()) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    Ok(request
        .error_response(Fault::new(Kind::CrossSite))
        .map_into_boxed_body())
}

/// `Sec-Fetch-Site` decides where a browser sends it, which is wherever HTTPS or loopback is.
/// `Origin: null` says nothing, since our own `no-referrer` makes browsers send it. A program that
/// sends neither is no browser and cannot be made to send a cookie.
fn same_site(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(SEC_FETCH_SITE) {
        // `none`: the person reloaded the page.
        return site == "same-origin" || site == "none";
    }
    match text(header::ORIGIN) {
        None | Some("null") => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST)
        }
    }
}

/// Shows a fault to a program, as RFC 9457 asks.
pub(crate) async fn faults_as_problems(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let answer = next.call(request).await?;
    let Some(fault) = Fault::behind(&answer) else {
        return Ok(answer.map_into_boxed_body());
    };
    log(&fault, &answer);
    let mut shown = HttpResponse::build(fault.kind.facts().0)
        .content_type("application/problem+json")
        .body(Problem::of(&fault).to_json());
    hints(fault.kind, answer.headers(), shown.headers_mut());
    drop(fault);
    Ok(answer.into_response(shown))
}

/// Shows a fault to a person.
pub(crate) async fn faults_as_pages(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let engine = request.app_data::<Data<Engine>>().cloned();
    let answer = next.call(request).await?;
    let Some(fault) = Fault::behind(&answer) else {
        return Ok(answer.map_into_boxed_body());
    };
    log(&fault, &answer);
    let console = answer.request().path().starts_with("/console");
    let frame = engine.map(|engine| Frame::of(&engine));
    let shown = frame.and_then(|frame| page::fault(&fault, frame, console).ok());
    // Only a broken template or a missing engine leads here; the status still stands.
    let mut shown = shown.unwrap_or_else(|| HttpResponse::new(fault.kind.facts().0));
    hints(fault.kind, answer.headers(), shown.headers_mut());
    drop(fault);
    Ok(answer.into_response(shown))
}

/// Headers that belong to a status.
fn hints(kind: Kind, from: &HeaderMap, to: &mut HeaderMap) {
    match kind {
        Kind::NotSignedIn => {
            to.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        Kind::Unavailable | Kind::TooManyRequests | Kind::TooManyTries => {
            to.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        Kind::WrongMethod => {
            if let Some(allow) = from.get(header::ALLOW) {
                to.insert(header::ALLOW, allow.clone());
            }
        }
        Kind::Invalid
        | Kind::NotFound
        | Kind::WrongPhase
        | Kind::PlanChanged
        | Kind::KeyReused
        | Kind::BadCode
        | Kind::BadLogin
        | Kind::Stale
        | Kind::Internal
        | Kind::MalformedBody
        | Kind::BodyTooLarge
        | Kind::WrongContentType
        | Kind::CrossSite => {}
    }
}

/// Once per failure of ours, here where it is handled. The route's pattern, never the path: a path
/// may hold a capability.
fn log<B>(fault: &Fault, answer: &ServiceResponse<B>) {
    if let Some(id) = fault.request_id {
        let route = answer.request().match_pattern().unwrap_or_default();
        tracing::error!(
            request.id = %id,
            route,
            error = fault.causes(),
            "could not answer HTTP request {id}"
        );
    }
}

/// Constant in the contents; texts of different length differ at once, which tells nobody anything.
pub(crate) fn same_secret(given: &str, kept: &str) -> bool {
    use subtle::ConstantTimeEq;
    given.as_bytes().ct_eq(kept.as_bytes()).into()
}

/// Reads the token of a header `Authorization: Bearer …`.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<Personal<String>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
        .then(|| Personal::from(token.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().cloned();
        pairs
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_form_of_another_site_is_told_from_our_own() {
        use header::{HOST, ORIGIN};
        let here = (HOST, "privacy.example:8443");
        let check = |more: &[(HeaderName, &'static str)], expected: bool| {
            let all: Vec<_> = std::iter::once(here.clone())
                .chain(more.iter().cloned())
                .collect();
            assert_eq!(same_site(&headers(&all)), expected, "{more:?}");
        };
        check(&[], true);
        check(&[(SEC_FETCH_SITE, "same-origin"), (ORIGIN, "null")], true);
        check(&[(SEC_FETCH_SITE, "none")], true);
        check(&[(SEC_FETCH_SITE, "same-site")], false);
        check(&[(SEC_FETCH_SITE, "cross-site")], false);
        check(
            &[
                (SEC_FETCH_SITE, "cross-site"),
                (ORIGIN, "https://privacy.example:8443"),
            ],
            false,
        );
        check(&[(ORIGIN, "https://privacy.example:8443")], true);
        check(&[(ORIGIN, "https://privacy.example")], false);
        check(&[(ORIGIN, "https://evil.example")], false);
        check(&[(ORIGIN, "nonsense")], false);
        check(&[(ORIGIN, "null")], true);
    }

    #[actix_web::test]
    async fn a_failure_of_ours_tells_an_id_and_nothing_else() {
        use actix_web::{App, middleware::from_fn, test, web};
        let broken = || async {
            let cause = std::io::Error::other("disk of ada@example.org is full");
            Err::<&str, _>(Fault::ours(Kind::Internal, cause))
        };
        let app = App::new()
            .wrap(from_fn(faults_as_problems))
            .route("/", web::get().to(broken));
        let app = test::init_service(app).await;
        let answer = test::call_service(&app, test::TestRequest::get().to_request()).await;
        assert_eq!(answer.status(), 500);
        let body: serde_json::Value = test::read_body_json(answer).await;
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["request_id", "status", "title", "type"]);
        assert!(!body.to_string().contains("ada"), "{body}");
    }

    #[test]
    fn a_bearer_token_is_read_from_its_header_only_in_that_form() {
        let read = |value: &'static str| {
            bearer(&headers(&[(header::AUTHORIZATION, value)])).map(|token| token.reveal().clone())
        };
        assert_eq!(read("Bearer abc"), Some("abc".to_owned()));
        assert_eq!(read("bearer abc"), Some("abc".to_owned()));
        for bad in ["Bearer", "Bearer ", "Basic abc", "abc"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn secrets_are_equal_only_when_they_are() {
        assert!(same_secret("abc", "abc"));
        assert!(!same_secret("abc", "abd") && !same_secret("ab", "abc") && !same_secret("", "a"));
    }
}
