//! Who is signed in. `SignedIn` is for pages; `Act` is the only way to take a form, so that no
//! form can forget its token.

use std::{future::Future, pin::Pin};

use actix_web::{
    Error, FromRequest, HttpRequest, HttpResponse, ResponseError,
    cookie::{Cookie, SameSite},
    dev::Payload,
    http::{StatusCode, header},
    web::{Data, Form},
};
use habeas_domain::Personal;
use habeas_engine::{Actor, Engine, Officer, Session};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    fault::{Fault, Kind},
    guard::same_secret,
    settings::WebSettings,
};

/// Name of the cookie. The prefix makes browsers refuse it without HTTPS, or from a sibling host.
fn cookie_name(settings: &WebSettings) -> &'static str {
    if settings.secure_cookies {
        "__Host-habeas"
    } else {
        "habeas"
    }
}

/// A cookie that ends with the browser; the engine ends the session earlier when it is idle.
pub(super) fn cookie(settings: &WebSettings, token: &Personal<String>) -> Cookie<'static> {
    Cookie::build(cookie_name(settings), token.reveal().clone())
        .path("/")
        .http_only(true)
        .secure(settings.secure_cookies)
        .same_site(SameSite::Strict)
        .finish()
}

pub(super) fn removal(settings: &WebSettings) -> Cookie<'static> {
    let mut cookie = cookie(settings, &Personal::from(""));
    cookie.make_removal();
    cookie
}

/// An officer with a live session.
#[derive(Debug)]
pub(super) struct SignedIn {
    pub officer: Officer,
    /// Goes into every form.
    pub csrf: String,
    pub token: Personal<String>,
}

impl SignedIn {
    pub fn actor(&self) -> Actor {
        Actor::Officer(self.officer.clone())
    }

    async fn read(request: &HttpRequest) -> Result<Self, Error> {
        let missing = || Fault::new(Kind::Internal);
        let engine = request.app_data::<Data<Engine>>().ok_or_else(missing)?;
        let settings = request
            .app_data::<Data<WebSettings>>()
            .ok_or_else(missing)?;
        let Some(cookie) = request.cookie(cookie_name(settings)) else {
            return Err(ToSignIn.into());
        };
        let token = Personal::from(cookie.value());
        let session = engine.session(token.reveal()).await.map_err(Fault::from)?;
        match session {
            Some(Session { officer, csrf }) => Ok(Self {
                officer,
                csrf,
                token,
            }),
            None => Err(ToSignIn.into()),
        }
    }
}

impl FromRequest for SignedIn {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Self::read(&request).await })
    }
}

/// A form of a signed-in officer whose token is right.
#[derive(Debug)]
pub(super) struct Act<F> {
    pub by: SignedIn,
    pub form: F,
}

#[derive(Deserialize)]
struct Signed<F> {
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    form: F,
}

impl<F: DeserializeOwned + 'static> FromRequest for Act<F> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let form = Form::<Signed<F>>::from_request(&request, payload);
        Box::pin(async move {
            let by = SignedIn::read(&request).await?;
            let Signed { csrf, form } = form.await?.into_inner();
            if !same_secret(&csrf, &by.csrf) {
                return Err(Fault::new(Kind::CrossSite).into());
            }
            Ok(Self { by, form })
        })
    }
}

/// A form without fields of its own.
#[derive(Debug, Deserialize)]
pub(super) struct Nothing {}

/// Sends whoever has no session to the sign-in page.
#[derive(Debug, thiserror::Error)]
#[error("not signed in")]
struct ToSignIn;

impl ResponseError for ToSignIn {
    fn status_code(&self) -> StatusCode {
        StatusCode::SEE_OTHER
    }

    fn error_response(&self) -> HttpResponse {
        HttpResponse::SeeOther()
            .insert_header((header::LOCATION, "/console/sign-in"))
            .finish()
    }
}
