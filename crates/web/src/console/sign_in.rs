//! Signing in and out. The engine keeps sessions, compares passwords in constant time and slows
//! down per login; here a network that keeps failing is slowed down too.

use std::time::Instant;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Form},
};
use askama::Template;
use habeas_domain::Personal;
use habeas_engine::{Engine, UseCaseError};
use serde::Deserialize;

use super::officer::{Act, Nothing, cookie, removal};
use crate::{
    fault::{Fault, Kind},
    limiter::peer,
    page::{self, Errors, Frame},
    routes::Limits,
    settings::WebSettings,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/console/sign-in")
                .route(web::get().to(show))
                .route(web::post().to(sign_in)),
        )
        .service(web::resource("/console/sign-out").route(web::post().to(sign_out)));
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
pub(super) struct SignInPage {
    pub frame: Frame,
    pub errors: Errors,
    pub login: String,
}

async fn show(engine: Data<Engine>) -> Result<HttpResponse, Fault> {
    page::ok(&SignInPage {
        frame: Frame::of(&engine),
        errors: Errors::default(),
        login: String::new(),
    })
}

#[derive(Deserialize)]
struct Login {
    login: String,
    #[serde(with = "habeas_domain::personal::revealed")]
    password: Personal<String>,
}

async fn sign_in(
    request: HttpRequest,
    engine: Data<Engine>,
    settings: Data<WebSettings>,
    limits: Data<Limits>,
    form: Form<Login>,
) -> Result<HttpResponse, Fault> {
    let (peer, now) = (peer(&request), Instant::now());
    if limits.sign_ins.is_full(peer, now) {
        return Err(Fault::new(Kind::TooManyRequests));
    }
    let Login { login, password } = form.into_inner();
    match engine.sign_in(login.trim(), &password).await {
        // Always a new token: one that was planted before is worth nothing.
        Ok(signed_in) => {
            let mut answer = page::see("/console");
            answer
                .add_cookie(&cookie(&settings, &signed_in.token))
                .map_err(|error| Fault::ours(Kind::Internal, std::io::Error::other(error)))?;
            Ok(answer)
        }
        Err(error) => {
            let message = match error {
                UseCaseError::BadLogin => "The login or the password is wrong",
                UseCaseError::TooManyTries => "Too many wrong passwords. Wait 15 minutes",
                error => return Err(error.into()),
            };
            limits.sign_ins.count(peer, now);
            let page = SignInPage {
                frame: Frame::of(&engine),
                errors: Errors::one("login", message),
                login,
            };
            page::html(page.errors.status(), &page)
        }
    }
}

async fn sign_out(
    engine: Data<Engine>,
    settings: Data<WebSettings>,
    act: Act<Nothing>,
) -> Result<HttpResponse, Fault> {
    engine.sign_out(act.by.token.reveal()).await?;
    let mut answer = page::see("/console/sign-in");
    answer
        .add_cookie(&removal(&settings))
        .map_err(|error| Fault::ours(Kind::Internal, std::io::Error::other(error)))?;
    Ok(answer)
}
