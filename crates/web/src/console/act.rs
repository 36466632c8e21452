//! What an officer does to a request. Each act answers with the request's page; approving, refusing
//! and releasing ask once more on a page of their own.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path},
};
use askama::Template;
use habeas_domain::{StepId, plan::PlanHash};
use serde::Deserialize;

use super::{
    officer::{Act, Nothing, SignedIn},
    request::{RequestPage, Shown, request_id, shown},
};
use habeas_engine::Engine;

use crate::{
    fault::{Fault, Kind},
    page::{self, Errors, Frame},
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    let both = |path, show: actix_web::Route, act: actix_web::Route| {
        web::resource(path).route(show).route(act)
    };
    config
        .service(both(
            "/console/requests/{id}/approve",
            web::get().to(ask_approve),
            web::post().to(approve),
        ))
        .service(both(
            "/console/requests/{id}/refuse",
            web::get().to(ask_refuse),
            web::post().to(refuse),
        ))
        .service(both(
            "/console/requests/{id}/release",
            web::get().to(ask_release),
            web::post().to(release),
        ))
        .service(
            web::resource("/console/requests/{id}/search-again")
                .route(web::post().to(search_again)),
        )
        .service(
            web::resource("/console/requests/{id}/steps/{step}/retry").route(web::post().to(retry)),
        )
        .service(
            web::resource("/console/requests/{id}/steps/{step}/give-up")
                .route(web::post().to(give_up)),
        );
}

#[derive(Template)]
#[template(path = "console/approve.html")]
pub(super) struct ApprovePage {
    pub frame: Frame,
    pub by: SignedIn,
    pub errors: Errors,
    pub view: Shown,
}

#[derive(Template)]
#[template(path = "console/refuse.html")]
pub(super) struct RefusePage {
    pub frame: Frame,
    pub by: SignedIn,
    pub errors: Errors,
    pub view: Shown,
    pub reason: String,
}

#[derive(Template)]
#[template(path = "console/release.html")]
pub(super) struct ReleasePage {
    pub frame: Frame,
    pub by: SignedIn,
    pub errors: Errors,
    pub view: Shown,
}

fn back(id: &str, done: &str) -> HttpResponse {
    page::see(format!("/console/requests/{id}?done={done}"))
}

async fn ask_approve(
    engine: Data<Engine>,
    by: SignedIn,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    approve_page(&engine, by, &path, Errors::default()).await
}

async fn approve_page(
    engine: &Engine,
    by: SignedIn,
    id: &str,
    errors: Errors,
) -> Result<HttpResponse, Fault> {
    let view = shown(engine, request_id(id)?).await?;
    if view.plan.is_none() || !view.can_approve {
        return Err(Fault::new(Kind::WrongPhase));
    }
    let page = ApprovePage {
        frame: Frame::of(engine),
        by,
        errors,
        view,
    };
    page::html(page.errors.status(), &page)
}

#[derive(Deserialize)]
struct Approve {
    /// Of the plan that was on the page.
    hash: String,
    /// The reference, typed by the officer where something will be erased.
    #[serde(default)]
    typed: String,
}

async fn approve(
    engine: Data<Engine>,
    path: Path<String>,
    act: Act<Approve>,
) -> Result<HttpResponse, Fault> {
    let id = request_id(&path)?;
    let hash: PlanHash = act
        .form
        .hash
        .parse()
        .map_err(|_| Fault::new(Kind::PlanChanged))?;
    let view = shown(&engine, id).await?;
    if view.erases
        && !act
            .form
            .typed
            .trim()
            .eq_ignore_ascii_case(&view.row.reference)
    {
        let errors = Errors::one(
            "typed",
            "Type the reference as it stands at the top of this page",
        );
        return approve_page(&engine, act.by, &path, errors).await;
    }
    engine.approve(&act.by.actor(), id, &hash).await?;
    Ok(back(&path, "approved"))
}

async fn ask_refuse(
    engine: Data<Engine>,
    by: SignedIn,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let page = RefusePage {
        frame: Frame::of(&engine),
        view: shown(&engine, request_id(&path)?).await?,
        by,
        errors: Errors::default(),
        reason: String::new(),
    };
    if !page.view.can_refuse {
        return Err(Fault::new(Kind::WrongPhase));
    }
    page::ok(&page)
}

#[derive(Deserialize)]
struct WithReason {
    #[serde(default)]
    reason: String,
}

/// The longest reason, in characters. Said on the page.
const LONGEST_REASON: usize = 2000;

impl WithReason {
    fn checked(&self) -> Result<&str, &'static str> {
        let reason = self.reason.trim();
        if reason.is_empty() {
            return Err("Give a reason");
        }
        if reason.chars().count() > LONGEST_REASON {
            return Err("Use at most 2,000 characters");
        }
        Ok(reason)
    }
}

async fn refuse(
    engine: Data<Engine>,
    path: Path<String>,
    act: Act<WithReason>,
) -> Result<HttpResponse, Fault> {
    let id = request_id(&path)?;
    match act.form.checked() {
        Ok(reason) => {
            engine.refuse(&act.by.actor(), id, reason).await?;
            Ok(back(&path, "refused"))
        }
        Err(message) => {
            let page = RefusePage {
                frame: Frame::of(&engine),
                view: shown(&engine, id).await?,
                by: act.by,
                errors: Errors::one("reason", message),
                reason: act.form.reason,
            };
            page::html(page.errors.status(), &page)
        }
    }
}

async fn ask_release(
    engine: Data<Engine>,
    by: SignedIn,
    path: Path<String>,
) -> Result<HttpResponse, Fault> {
    let page = ReleasePage {
        frame: Frame::of(&engine),
        view: shown(&engine, request_id(&path)?).await?,
        by,
        errors: Errors::default(),
    };
    if !page.view.can_release {
        return Err(Fault::new(Kind::WrongPhase));
    }
    page::ok(&page)
}

async fn release(
    engine: Data<Engine>,
    path: Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, Fault> {
    engine.release(&act.by.actor(), request_id(&path)?).await?;
    Ok(back(&path, "released"))
}

async fn search_again(
    engine: Data<Engine>,
    path: Path<String>,
    act: Act<Nothing>,
) -> Result<HttpResponse, Fault> {
    engine
        .search_again(&act.by.actor(), request_id(&path)?)
        .await?;
    Ok(back(&path, "searching"))
}

fn step_id(text: &str) -> Result<StepId, Fault> {
    text.parse().map_err(|_| Fault::new(Kind::NotFound))
}

async fn retry(
    engine: Data<Engine>,
    path: Path<(String, String)>,
    act: Act<WithReason>,
) -> Result<HttpResponse, Fault> {
    let (id, step) = &*path;
    match act.form.checked() {
        Ok(reason) => {
            engine
                .retry_step(&act.by.actor(), step_id(step)?, reason)
                .await?;
            Ok(back(id, "retrying"))
        }
        Err(message) => step_page(&engine, act.by, id, message).await,
    }
}

async fn give_up(
    engine: Data<Engine>,
    path: Path<(String, String)>,
    act: Act<WithReason>,
) -> Result<HttpResponse, Fault> {
    let (id, step) = &*path;
    match act.form.checked() {
        Ok(reason) => {
            engine
                .give_up_step(&act.by.actor(), step_id(step)?, reason)
                .await?;
            Ok(back(id, "given_up"))
        }
        Err(message) => step_page(&engine, act.by, id, message).await,
    }
}

/// The request's page again, since the forms of its steps stand there.
async fn step_page(
    engine: &Engine,
    by: SignedIn,
    id: &str,
    message: &'static str,
) -> Result<HttpResponse, Fault> {
    let page = RequestPage {
        frame: Frame::of(engine),
        view: shown(engine, request_id(id)?).await?,
        by,
        errors: Errors::one("steps", message),
        notice: None,
    };
    page::html(page.errors.status(), &page)
}
