//! What subjects and their agents do: ask, return the code, follow.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, Data, Json, Path},
};
use habeas_domain::{Identifier, IdentifierKind, Personal, Right};
use habeas_engine::{Channel, Engine, Reference, UseCaseError};

use super::{
    bodies::{Accepted, CodeBody, NewRequest, OneRequest, StatusToken},
    json,
    tokens::Tokens,
};
use crate::{
    fault::{Fault, Kind},
    guard::bearer,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/requests")
                .route(web::post().to(submit))
                .route(web::get().to(super::officers::list)),
        )
        .service(web::resource("/requests/{reference}").route(web::get().to(show)))
        .service(web::resource("/requests/{reference}/code").route(web::post().to(confirm)));
}

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// Makes a privacy request.
///
/// The request is on record when this answers; its clock runs. With the same `Idempotency-Key` and
/// the same body, a repeated call returns the first one's answer.
#[utoipa::path(
    post, path = "/v1/requests", tag = "requests", security(()),
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 visible ASCII characters")),
    request_body = NewRequest,
    responses(
        (status = 202, body = Accepted, headers(("Location" = String))),
        (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 422, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn submit(
    request: HttpRequest,
    engine: Data<Engine>,
    body: Json<NewRequest>,
) -> Result<HttpResponse, Fault> {
    let idempotency_key = idempotency_key(&request)?;
    let new = new_request(body.into_inner(), idempotency_key)?;
    let accepted = Accepted::from(engine.submit(new).await?);
    let mut answer = HttpResponse::Accepted();
    answer.insert_header((
        header::LOCATION,
        format!("/v1/requests/{}", accepted.reference),
    ));
    json(answer, &accepted)
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Fault> {
    let Some(value) = request.headers().get(IDEMPOTENCY_KEY) else {
        return Ok(None);
    };
    let visible = |key: &&str| {
        (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    match value.to_str().ok().filter(visible) {
        // Keys of programs and keys of the portal's forms never meet.
        Some(key) => Ok(Some(format!("api-{key}"))),
        None => Err(Fault::invalid(
            IDEMPOTENCY_KEY,
            "use 1 to 200 visible ASCII characters",
        )),
    }
}

fn new_request(
    body: NewRequest,
    idempotency_key: Option<String>,
) -> Result<habeas_engine::NewRequest, Fault> {
    let right: Right =
        body.right
            .parse()
            .map_err(|error: habeas_domain::right::UnknownRight| {
                Fault::invalid("right", error.to_string())
            })?;
    if !(1..=10).contains(&body.identifiers.len()) {
        return Err(Fault::invalid("identifiers", "give 1 to 10 identifiers"));
    }
    let identifiers = body
        .identifiers
        .into_iter()
        .map(|given| {
            let kind: IdentifierKind = given.kind.parse()?;
            Identifier::parse(kind, Personal::from(given.value).reveal())
        })
        .collect::<Result<_, _>>()
        .map_err(UseCaseError::from)?;
    let name = body.name.map(Personal::from);
    if name
        .as_ref()
        .is_some_and(|name| name.reveal().chars().count() > 100)
    {
        return Err(Fault::invalid("name", "use at most 100 characters"));
    }
    Ok(habeas_engine::NewRequest {
        right,
        law: body.law,
        identifiers,
        name,
        channel: Channel::Api,
        idempotency_key,
    })
}

/// Returns the code from the letter, and receives a token to follow the request with.
#[utoipa::path(
    post, path = "/v1/requests/{reference}/code", tag = "requests", security(()),
    params(("reference" = String, Path, example = "HB-7K2M9-4QX3T")),
    request_body = CodeBody,
    responses(
        (status = 200, body = StatusToken),
        (status = 400, description = "The code is wrong, was used, or has expired; or there is no such request", body = super::Problem, content_type = "application/problem+json"),
        (status = 429, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn confirm(
    engine: Data<Engine>,
    path: Path<String>,
    body: Json<CodeBody>,
) -> Result<HttpResponse, Fault> {
    let code: String = body.code.chars().filter(|c| !c.is_whitespace()).collect();
    // A reference that does not exist answers as a wrong code does.
    let wrong = || Fault::new(Kind::BadCode);
    let reference: Reference = path.parse().map_err(|_| wrong())?;
    match engine.confirm(&reference, &code).await {
        Ok(capability) => json(
            HttpResponse::Ok(),
            &StatusToken {
                status_token: capability.0.reveal().clone(),
            },
        ),
        Err(UseCaseError::NotFound | UseCaseError::WrongPhase(_)) => Err(wrong()),
        Err(error) => Err(error.into()),
    }
}

/// How far a request is, for whoever holds its status token or for an officer.
#[utoipa::path(
    get, path = "/v1/requests/{reference}", tag = "requests",
    params(("reference" = String, Path)),
    responses(
        (status = 200, body = OneRequest),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request, or not for this token", body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn show(
    request: HttpRequest,
    engine: Data<Engine>,
    tokens: Data<Tokens>,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let token = bearer(request.headers()).ok_or_else(|| Fault::new(Kind::NotSignedIn))?;
    let reference: Reference = path.parse().map_err(|_| Fault::new(Kind::NotFound))?;
    // A status token has no dots, a JWT has two.
    let view = if token.reveal().contains('.') {
        tokens
            .officer(token.reveal())
            .map_err(|_| Fault::new(Kind::NotSignedIn))?;
        let id = engine.find(&reference).await?;
        OneRequest::Officer(Box::new(engine.request(id).await?.into()))
    } else {
        OneRequest::Subject(Box::new(
            engine.status(&reference, token.reveal()).await?.into(),
        ))
    };
    json(HttpResponse::Ok(), &view)
}
