//! What every page shares: the frame around it, errors of a form, and the page for a fault.

use actix_web::{HttpResponse, http::StatusCode, http::header};
use askama::Template;
use habeas_engine::Engine;

use crate::{
    assets,
    fault::{Fault, Kind},
};

/// Head, foot and help line. The help is the same on each page (WCAG 3.2.6).
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub controller: String,
    pub contact: String,
    pub stylesheet: String,
}

impl Frame {
    pub fn of(engine: &Engine) -> Self {
        let site = engine.site();
        Self {
            controller: site.controller.clone(),
            contact: site.contact.clone(),
            stylesheet: assets::stylesheet(),
        }
    }

    /// The contact is an address that a mail program can open.
    pub fn contact_is_mail(&self) -> bool {
        self.contact.contains('@') && !self.contact.contains(char::is_whitespace)
    }
}

/// What is wrong with a form, by field. The name of a field is the id of its input.
#[derive(Debug, Default)]
pub(crate) struct Errors(Vec<FieldError>);

#[derive(Debug)]
pub(crate) struct FieldError {
    pub field: &'static str,
    pub text: String,
}

impl Errors {
    pub fn one(field: &'static str, text: impl Into<String>) -> Self {
        let mut errors = Self::default();
        errors.add(field, text);
        errors
    }

    pub fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push(FieldError {
            field,
            text: text.into(),
        });
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &FieldError> {
        self.0.iter()
    }

    pub fn on(&self, field: &str) -> Option<&str> {
        let error = self.0.iter().find(|error| error.field == field);
        error.map(|error| error.text.as_str())
    }

    /// A page with errors is no success, so that caches, tests and programs can tell.
    pub fn status(&self) -> StatusCode {
        if self.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::BAD_REQUEST
        }
    }
}

pub(crate) fn html(status: StatusCode, page: &impl Template) -> Result<HttpResponse, Fault> {
    Ok(HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .body(page.render()?))
}

pub(crate) fn ok(page: &impl Template) -> Result<HttpResponse, Fault> {
    html(StatusCode::OK, page)
}

/// After a form: the result is a page with an address of its own.
pub(crate) fn see(address: impl AsRef<str>) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, address.as_ref()))
        .finish()
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage {
    frame: Frame,
    console: bool,
    title: &'static str,
    advice: String,
    request_id: Option<String>,
}

/// The page for a fault. It says the same whoever asks and whatever exists.
pub(crate) fn fault(fault: &Fault, frame: Frame, console: bool) -> Result<HttpResponse, Fault> {
    let (status, _, title) = fault.kind.facts();
    let page = FaultPage {
        frame,
        console,
        title: match fault.kind {
            Kind::NotFound => "This page does not exist",
            _ if fault.field == Some("draft") => "Your answers have expired",
            // The titles of these are for programs.
            Kind::WrongMethod => "This page cannot be opened by itself",
            Kind::MalformedBody | Kind::WrongContentType => "We could not read what was sent",
            Kind::BodyTooLarge => "That was too long",
            _ => title,
        },
        advice: advice(fault, console),
        request_id: fault.request_id.map(|id| id.to_string()),
    };
    html(status, &page)
}

fn advice(fault: &Fault, console: bool) -> String {
    let own = match fault.kind {
        Kind::NotFound if console => "Nothing is at this address. Look in the queue.",
        Kind::NotFound => {
            "The link may be incomplete, or it may no longer work. Open the link in our latest \
             letter to you."
        }
        Kind::BadCode | Kind::TooManyTries => "Go back and ask for a new code.",
        Kind::WrongPhase => "The request has moved on since you opened the page.",
        Kind::PlanChanged => "Go back to the request and read the new plan.",
        Kind::Stale => "Go back and look at it again.",
        Kind::KeyReused => "Go back to the start and fill in the form again.",
        Kind::BadLogin => "Go back and try again.",
        Kind::NotSignedIn => "Sign in first.",
        Kind::CrossSite if console => {
            "Nothing was changed. Go back, reload the page, and send the form again."
        }
        Kind::WrongMethod => "It comes after a form. Go back, or begin again.",
        Kind::CrossSite => "Open this site itself and fill in the form there.",
        Kind::TooManyRequests => "Wait a minute, then try again.",
        Kind::BodyTooLarge => "Shorten what you typed, then try again.",
        Kind::Unavailable => "Try again in a few minutes. Nothing that you sent before is lost.",
        Kind::Internal => "Try again in a few minutes. If it stays like this, tell us.",
        Kind::Invalid | Kind::MalformedBody | Kind::WrongContentType => {
            return match &fault.detail {
                Some(detail) => format!("{}.", sentence(detail)),
                None => "Go back and try again.".to_owned(),
            };
        }
    };
    own.to_owned()
}

/// A lowercase fragment as the beginning of a sentence.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut letters = fragment.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}
