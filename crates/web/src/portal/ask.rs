//! Asking: choose a right, say where you live, say how to reach you, check, send. The open lane
//! has two pages only, since nothing may stand before an opt-out.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{self, Data, Form, Query},
};
use askama::Template;
use habeas_domain::{Right, right::Lane};
use habeas_engine::{Engine, Site, Submitted};
use serde::{Deserialize, Serialize};

use super::{
    answers::{Answers, Fields},
    may_send_letter,
};
use crate::{
    fault::{Fault, Kind},
    page::{self, Errors, Frame},
    routes::Limits,
    words,
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/").route(web::get().to(start)))
        .service(web::resource("/ask/law").route(web::get().to(law)))
        .service(web::resource("/ask/details").route(web::get().to(details)))
        .service(web::resource("/ask/check").route(web::post().to(check)))
        .service(web::resource("/ask/change").route(web::post().to(change)))
        .service(web::resource("/requests").route(web::post().to(send)))
        .service(web::resource("/requests/sent").route(web::get().to(sent)));
}

/// What the start page offers. Other rights have a link of their own: `/ask/law?right=…`.
const OFFERED: [Right; 3] = [Right::Access, Right::Erasure, Right::OptOut];

#[derive(Template)]
#[template(path = "portal/start.html")]
struct StartPage {
    frame: Frame,
    errors: Errors,
    choices: Vec<Choice>,
    /// Set when a person comes back from "check your answers".
    draft: Option<String>,
}

struct Choice {
    value: &'static str,
    title: &'static str,
    hint: &'static str,
    time: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "portal/law.html")]
struct LawPage {
    frame: Frame,
    errors: Errors,
    right: Right,
    laws: Vec<Law>,
    draft: Option<String>,
}

struct Law {
    id: String,
    title: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "portal/details.html")]
struct DetailsPage {
    frame: Frame,
    errors: Errors,
    right: Right,
    open_lane: bool,
    /// Asked here in the open lane only.
    laws: Vec<Law>,
    draft: String,
    email: String,
    name: String,
}

#[derive(Template)]
#[template(path = "portal/check.html")]
struct CheckPage {
    frame: Frame,
    right: Right,
    law: String,
    email: String,
    name: String,
    open_lane: bool,
    draft: String,
}

#[derive(Template)]
#[template(path = "portal/sent.html")]
struct SentPage {
    frame: Frame,
    reference: String,
    right: Right,
    due: String,
}

#[derive(Deserialize)]
struct Asked {
    right: Option<String>,
    law: Option<String>,
}

impl Asked {
    fn right(&self) -> Option<Right> {
        self.right.as_deref()?.parse().ok()
    }
}

async fn start(engine: Data<Engine>, asked: Query<Asked>) -> Result<HttpResponse, Fault> {
    start_page(&engine, Errors::default(), asked.right(), None)
}

fn start_page(
    engine: &Engine,
    errors: Errors,
    chosen: Option<Right>,
    draft: Option<String>,
) -> Result<HttpResponse, Fault> {
    let choices = OFFERED.map(|right| Choice {
        value: right.as_str(),
        title: words::wish(right),
        hint: words::wish_hint(right),
        time: words::how_soon(right),
        chosen: chosen == Some(right),
    });
    let page = StartPage {
        frame: Frame::of(engine),
        choices: choices.into(),
        draft,
        errors,
    };
    page::html(page.errors.status(), &page)
}

async fn law(engine: Data<Engine>, asked: Query<Asked>) -> Result<HttpResponse, Fault> {
    let Some(right) = asked.right() else {
        let errors = Errors::one("right", "Choose what you want to do");
        return start_page(&engine, errors, None, None);
    };
    // One law is no question, and the open lane asks everything on one page.
    if engine.site().laws.len() == 1 || right.lane() == Lane::Open {
        return Ok(page::see(format!("/ask/details?right={right}")));
    }
    law_page(&engine, Errors::default(), right, None, None)
}

fn law_page(
    engine: &Engine,
    errors: Errors,
    right: Right,
    chosen: Option<&str>,
    draft: Option<String>,
) -> Result<HttpResponse, Fault> {
    let page = LawPage {
        frame: Frame::of(engine),
        right,
        laws: laws(engine.site(), chosen),
        draft,
        errors,
    };
    page::html(page.errors.status(), &page)
}

fn laws(site: &Site, chosen: Option<&str>) -> Vec<Law> {
    let chosen = chosen.unwrap_or(&site.default_law);
    let law = |(id, title): &(String, String)| Law {
        id: id.clone(),
        title: title.clone(),
        chosen: id == chosen,
    };
    site.laws.iter().map(law).collect()
}

async fn details(engine: Data<Engine>, asked: Query<Asked>) -> Result<HttpResponse, Fault> {
    let Some(right) = asked.right() else {
        let errors = Errors::one("right", "Choose what you want to do");
        return start_page(&engine, errors, None, None);
    };
    let site = engine.site();
    let law = asked.into_inner().law;
    let answers = Answers::new(right, law.unwrap_or_else(|| site.default_law.clone()))?;
    details_page(&engine, Errors::default(), &answers).await
}

async fn details_page(
    engine: &Engine,
    errors: Errors,
    answers: &Answers,
) -> Result<HttpResponse, Fault> {
    let page = DetailsPage {
        frame: Frame::of(engine),
        right: answers.right,
        open_lane: answers.open_lane(),
        laws: laws(engine.site(), Some(&answers.law)),
        draft: answers.seal(engine).await?,
        email: answers.email.reveal().clone(),
        name: answers.name.reveal().clone(),
        errors,
    };
    page::html(page.errors.status(), &page)
}

async fn check(engine: Data<Engine>, fields: Form<Fields>) -> Result<HttpResponse, Fault> {
    let answers = Answers::with(&engine, fields.into_inner()).await?;
    let errors = answers.errors(engine.site());
    if !errors.is_empty() {
        return ask_again(&engine, errors, &answers).await;
    }
    let site = engine.site();
    let law = site.laws.iter().find(|(id, _)| *id == answers.law);
    let page = CheckPage {
        frame: Frame::of(&engine),
        right: answers.right,
        law: law.map(|(_, title)| title.clone()).unwrap_or_default(),
        email: answers.email.reveal().clone(),
        name: answers.name.reveal().clone(),
        open_lane: answers.open_lane(),
        draft: answers.seal(&engine).await?,
    };
    page::ok(&page)
}

/// Shows the page that asked for what is wrong.
async fn ask_again(
    engine: &Engine,
    errors: Errors,
    answers: &Answers,
) -> Result<HttpResponse, Fault> {
    if errors.on("law").is_some() && !answers.open_lane() {
        let draft = answers.seal(engine).await?;
        return law_page(
            engine,
            errors,
            answers.right,
            Some(&answers.law),
            Some(draft),
        );
    }
    details_page(engine, errors, answers).await
}

#[derive(Deserialize)]
struct Change {
    draft: String,
    page: ChangePage,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangePage {
    Right,
    Law,
    Details,
}

async fn change(engine: Data<Engine>, change: Form<Change>) -> Result<HttpResponse, Fault> {
    let Change { draft, page } = change.into_inner();
    let answers = Answers::open(&engine, &draft).await?;
    let errors = Errors::default();
    match page {
        ChangePage::Right => start_page(&engine, errors, Some(answers.right), Some(draft)),
        ChangePage::Law => law_page(
            &engine,
            errors,
            answers.right,
            Some(&answers.law),
            Some(draft),
        ),
        ChangePage::Details => details_page(&engine, errors, &answers).await,
    }
}

async fn send(
    request: HttpRequest,
    engine: Data<Engine>,
    limits: Data<Limits>,
    fields: Form<Fields>,
) -> Result<HttpResponse, Fault> {
    let answers = Answers::with(&engine, fields.into_inner()).await?;
    let errors = answers.errors(engine.site());
    if !errors.is_empty() {
        return ask_again(&engine, errors, &answers).await;
    }
    may_send_letter(&request, &limits)?;
    let submitted = match submit(&engine, &answers).await {
        Ok(submitted) => submitted,
        Err(fault) => return refused(&engine, fault, &answers).await,
    };
    if submitted.needs_code {
        return Ok(page::see(format!("/r/{}/code", submitted.reference)));
    }
    let receipt = Receipt {
        reference: submitted.reference.to_string(),
        right: submitted.right,
        due: submitted.due,
    };
    let plain = serde_json::to_vec(&receipt).map_err(|e| Fault::ours(Kind::Internal, e))?;
    let sealed = engine.seal_draft(&plain).await?;
    Ok(page::see(format!("/requests/sent?receipt={sealed}")))
}

/// Sends the request under the name that the chosen law has for the wish: "stop selling or sharing
/// my data" is an opt-out in California and an objection in Europe. Whoever wants it to stop need
/// not know.
async fn submit(engine: &Engine, answers: &Answers) -> Result<Submitted, Fault> {
    let offered = engine.offered(&answers.law);
    let named = other_name(answers.right)
        .filter(|other| !offered.contains(&answers.right) && offered.contains(other));
    let answers = Answers {
        right: named.unwrap_or(answers.right),
        ..answers.clone()
    };
    Ok(engine.submit(answers.into_request()?).await?)
}

fn other_name(right: Right) -> Option<Right> {
    match right {
        Right::OptOut => Some(Right::Objection),
        Right::Objection => Some(Right::OptOut),
        Right::Access
        | Right::Portability
        | Right::Erasure
        | Right::Rectification
        | Right::Limit
        | Right::Restriction
        | Right::AutomatedDecision
        | Right::Complaint
        | Right::Appeal => None,
    }
}

/// The engine may refuse what this page could not know, such as a right that a law does not grant.
async fn refused(engine: &Engine, fault: Fault, answers: &Answers) -> Result<HttpResponse, Fault> {
    let message = fault.detail.as_deref().map(page::sentence);
    match (fault.kind, fault.field, message) {
        (Kind::Invalid, Some("email" | "identifier" | "identifiers" | "kind"), Some(message)) => {
            details_page(engine, Errors::one("email", message), answers).await
        }
        (Kind::Invalid, Some("name"), Some(message)) => {
            details_page(engine, Errors::one("name", message), answers).await
        }
        (Kind::Invalid, Some("law"), Some(message)) => {
            ask_again(engine, Errors::one("law", message), answers).await
        }
        (Kind::Invalid, Some("right"), _) => {
            let message = format!(
                "“{}” cannot be asked for here under this law. Write to {}",
                words::wish(answers.right),
                engine.site().contact
            );
            ask_again(engine, Errors::one("law", message), answers).await
        }
        _ => Err(fault),
    }
}

/// What the confirmation page of the open lane shows. It travels sealed in the address, so nobody
/// can make up a page; nothing in it is about the person.
#[derive(Serialize, Deserialize)]
struct Receipt {
    reference: String,
    right: Right,
    due: jiff::civil::Date,
}

#[derive(Deserialize)]
struct Sent {
    receipt: String,
}

async fn sent(engine: Data<Engine>, sent: Query<Sent>) -> Result<HttpResponse, Fault> {
    let plain = engine.open_draft(&sent.receipt).await?;
    let receipt: Receipt =
        serde_json::from_slice(&plain).map_err(|_| Fault::new(Kind::NotFound))?;
    page::ok(&SentPage {
        frame: Frame::of(&engine),
        reference: receipt.reference,
        right: receipt.right,
        due: habeas_domain::law::in_words(receipt.due),
    })
}
