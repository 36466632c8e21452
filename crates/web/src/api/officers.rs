//! What officers' tools do: list, read the plan, approve it by its hash, refuse, release.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    web::{self, Data, Json, Path, Query},
};
use habeas_domain::{Phase, RequestId, Right, plan::PlanHash};
use habeas_engine::{Actor, Engine, Officer, QueueFilter};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    bodies::{ApproveBody, PlanBody, QueueList, RefuseBody, StepList},
    json,
    tokens::Tokens,
};
use crate::{
    fault::{Fault, Kind},
    guard::bearer,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/requests/{reference}/plan").route(web::get().to(plan)))
        .service(web::resource("/requests/{reference}/steps").route(web::get().to(steps)))
        .service(web::resource("/requests/{reference}/approve").route(web::post().to(approve)))
        .service(web::resource("/requests/{reference}/refuse").route(web::post().to(refuse)))
        .service(web::resource("/requests/{reference}/release").route(web::post().to(release)))
        .service(
            web::resource("/requests/{reference}/search-again").route(web::post().to(search_again)),
        );
}

/// The officer that a good bearer token names.
#[derive(Debug)]
pub(super) struct ByToken(Officer);

impl ByToken {
    fn actor(&self) -> Actor {
        Actor::Officer(self.0.clone())
    }
}

impl FromRequest for ByToken {
    type Error = Fault;
    type Future = Ready<Result<Self, Fault>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let officer = request.app_data::<Data<Tokens>>().and_then(|tokens| {
            let token = bearer(request.headers())?;
            tokens.officer(token.reveal()).ok()
        });
        ready(
            officer
                .map(Self)
                .ok_or_else(|| Fault::new(Kind::NotSignedIn)),
        )
    }
}

async fn find(engine: &Engine, reference: &str) -> Result<RequestId, Fault> {
    let reference = reference.parse().map_err(|_| Fault::new(Kind::NotFound))?;
    Ok(engine.find(&reference).await?)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Only requests in this phase; without it, only open ones.
    phase: Option<String>,
    right: Option<String>,
}

/// The queue, nearest deadline first.
#[utoipa::path(
    get, path = "/v1/requests", tag = "officers", params(ListQuery),
    responses(
        (status = 200, body = QueueList),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    _: ByToken,
    engine: Data<Engine>,
    query: Query<ListQuery>,
) -> Result<HttpResponse, Fault> {
    let right: Option<Right> = match query.right.as_deref().map(str::parse) {
        Some(Ok(right)) => Some(right),
        Some(Err(error)) => {
            let error: habeas_domain::right::UnknownRight = error;
            return Err(Fault::invalid("right", error.to_string()));
        }
        None => None,
    };
    let phase = query.phase.clone();
    if phase
        .as_deref()
        .is_some_and(|phase| !Phase::NAMES.contains(&phase))
    {
        let known = Phase::NAMES.join(", ");
        return Err(Fault::invalid("phase", format!("known phases are {known}")));
    }
    let filter = QueueFilter {
        open_only: phase.is_none(),
        right,
        phase,
    };
    let rows = engine.queue(filter).await?;
    let requests = rows.into_iter().map(Into::into).collect();
    json(HttpResponse::Ok(), &QueueList { requests })
}

/// The plan that lies before the officer.
#[utoipa::path(
    get, path = "/v1/requests/{reference}/plan", tag = "officers",
    params(("reference" = String, Path)),
    responses(
        (status = 200, body = PlanBody),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such request, or no plan yet", body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn plan(
    _: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = engine.request(find(&engine, &path).await?).await?;
    let view = view.plan.ok_or_else(|| Fault::new(Kind::NotFound))?;
    let body = PlanBody {
        hash: view.hash.to_string(),
        made_at: view.made_at.to_string(),
        point_of_no_return: view.plan.point_of_no_return(),
        plan: serde_json::to_value(&view.plan).map_err(|e| Fault::ours(Kind::Internal, e))?,
    };
    json(HttpResponse::Ok(), &body)
}

/// What has become of each step.
#[utoipa::path(
    get, path = "/v1/requests/{reference}/steps", tag = "officers",
    params(("reference" = String, Path)),
    responses(
        (status = 200, body = StepList),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn steps(
    _: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let view = engine.request(find(&engine, &path).await?).await?;
    let steps = view.steps.into_iter().map(Into::into).collect();
    json(HttpResponse::Ok(), &StepList { steps })
}

/// Lets the plan with this hash go ahead.
#[utoipa::path(
    post, path = "/v1/requests/{reference}/approve", tag = "officers",
    params(("reference" = String, Path)), request_body = ApproveBody,
    responses(
        (status = 204, description = "Its steps are queued"),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json"),
        (status = 409, description = "The plan has changed, or the request has moved on", body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn approve(
    officer: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
    body: Json<ApproveBody>,
) -> Result<HttpResponse, Fault> {
    let hash: PlanHash =
        body.plan_hash
            .parse()
            .map_err(|error: habeas_domain::plan::BadPlanHash| {
                Fault::invalid("plan_hash", error.to_string())
            })?;
    let id = find(&engine, &path).await?;
    engine.approve(&officer.actor(), id, &hash).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Refuses the request; the reason and the remedies go out by letter.
#[utoipa::path(
    post, path = "/v1/requests/{reference}/refuse", tag = "officers",
    params(("reference" = String, Path)), request_body = RefuseBody,
    responses(
        (status = 204, description = "Refused"),
        (status = 400, body = super::Problem, content_type = "application/problem+json"),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json"),
        (status = 409, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn refuse(
    officer: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
    body: Json<RefuseBody>,
) -> Result<HttpResponse, Fault> {
    let reason = body.reason.trim();
    if reason.is_empty() || reason.chars().count() > 2000 {
        return Err(Fault::invalid("reason", "use 1 to 2000 characters"));
    }
    let id = find(&engine, &path).await?;
    engine.refuse(&officer.actor(), id, reason).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Releases the answer to the subject.
#[utoipa::path(
    post, path = "/v1/requests/{reference}/release", tag = "officers",
    params(("reference" = String, Path)),
    responses(
        (status = 204, description = "The letter is queued"),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json"),
        (status = 409, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn release(
    officer: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let id = find(&engine, &path).await?;
    engine.release(&officer.actor(), id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Searches every store again and makes a new plan.
#[utoipa::path(
    post, path = "/v1/requests/{reference}/search-again", tag = "officers",
    params(("reference" = String, Path)),
    responses(
        (status = 204, description = "The search is queued"),
        (status = 401, body = super::Problem, content_type = "application/problem+json"),
        (status = 404, body = super::Problem, content_type = "application/problem+json"),
        (status = 409, body = super::Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn search_again(
    officer: ByToken,
    engine: Data<Engine>,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let id = find(&engine, &path).await?;
    engine.search_again(&officer.actor(), id).await?;
    Ok(HttpResponse::NoContent().finish())
}
