//! Proving control of an address: one code, the same pages whether or not the address is known.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Form, Path, Query},
};
use askama::Template;
use habeas_domain::Personal;
use habeas_engine::{Engine, Reference, UseCaseError};
use serde::Deserialize;

use super::{Ref, may_send_letter};
use crate::{
    fault::Fault,
    page::{self, Errors, Frame},
    routes::Limits,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/r/{reference}/code")
                .route(web::get().to(show))
                .route(web::post().to(confirm)),
        )
        .service(web::resource("/r/{reference}/code/again").route(web::post().to(again)));
}

#[derive(Template)]
#[template(path = "portal/code.html")]
struct CodePage {
    frame: Frame,
    errors: Errors,
    reference: Reference,
    sent_again: bool,
}

#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    sent: bool,
}

async fn show(
    engine: Data<Engine>,
    path: Path<Ref>,
    shown: Query<Shown>,
) -> Result<HttpResponse, Fault> {
    page::ok(&CodePage {
        frame: Frame::of(&engine),
        errors: Errors::default(),
        reference: path.into_inner().0,
        sent_again: shown.sent,
    })
}

#[derive(Deserialize)]
pub(super) struct CodeField {
    #[serde(with = "habeas_domain::personal::revealed")]
    code: Personal<String>,
}

impl CodeField {
    /// The digits alone, or what to say: people type spaces and hyphens between the groups.
    pub fn digits(&self) -> Result<String, Errors> {
        let typed = self.code.reveal();
        let separators = |c: char| c.is_whitespace() || c == '-';
        let digits: String = typed.chars().filter(|c| !separators(*c)).collect();
        if digits.is_empty() {
            return Err(Errors::one("code", "Type the code from our letter"));
        }
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Errors::one("code", "Type the 8 digits from our letter"));
        }
        Ok(digits)
    }
}

/// What a wrong code says on the page; other failures are not about the code. A request that does
/// not exist says what a wrong code says.
pub(super) fn code_errors(error: UseCaseError) -> Result<Errors, Fault> {
    match error {
        UseCaseError::BadCode | UseCaseError::NotFound | UseCaseError::WrongPhase(_) => {
            Ok(Errors::one(
                "code",
                "This code is wrong, was used before, or is older than 10 minutes. Check it, or \
                 ask for a new one",
            ))
        }
        UseCaseError::TooManyTries => Ok(Errors::one(
            "code",
            "Too many wrong codes. Ask for a new code",
        )),
        error @ (UseCaseError::Invalid { .. }
        | UseCaseError::PlanChanged
        | UseCaseError::KeyReused
        | UseCaseError::BadLogin
        | UseCaseError::Stale
        | UseCaseError::Unavailable(_)
        | UseCaseError::Internal(_)) => Err(Fault::from(error)),
    }
}

async fn confirm(
    engine: Data<Engine>,
    path: Path<Ref>,
    field: Form<CodeField>,
) -> Result<HttpResponse, Fault> {
    let reference = path.into_inner().0;
    let errors = match field.digits() {
        Err(errors) => errors,
        Ok(digits) => match engine.confirm(&reference, &digits).await {
            Ok(capability) => {
                let secret = capability.0.reveal();
                return Ok(page::see(format!("/r/{reference}/s/{secret}/confirmed")));
            }
            Err(error) => code_errors(error)?,
        },
    };
    let page = CodePage {
        frame: Frame::of(&engine),
        errors,
        reference,
        sent_again: false,
    };
    page::html(page.errors.status(), &page)
}

async fn again(
    request: HttpRequest,
    engine: Data<Engine>,
    limits: Data<Limits>,
    path: Path<Ref>,
) -> Result<HttpResponse, Fault> {
    may_send_letter(&request, &limits)?;
    let reference = path.into_inner().0;
    match engine.send_code(&reference).await {
        // Nobody learns which references exist, or how far a request is.
        Ok(()) | Err(UseCaseError::NotFound | UseCaseError::WrongPhase(_)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(page::see(format!("/r/{reference}/code?sent=true")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_with_or_without_its_gap() {
        let digits = |typed: &str| {
            let field = CodeField {
                code: Personal::from(typed),
            };
            field.digits().ok()
        };
        for good in ["12345678", "1234 5678", " 1234-5678 ", "1234\u{a0}5678"] {
            assert_eq!(digits(good), Some("12345678".to_owned()), "{good}");
        }
        for bad in [
            "",
            "  ",
            "1234",
            "123456789",
            "1234567a",
            "１２３４５６７８",
        ] {
            assert_eq!(digits(bad), None, "{bad}");
        }
    }
}
