//! Following a request by the secret link, and taking it back. A link that opens nothing is always
//! the same page that does not exist.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path},
};
use askama::Template;
use habeas_domain::{plan::Verb, right::Lane};
use habeas_engine::{Engine, Reference, Refusal, StatusView};

use super::Ref;
use crate::{
    fault::Fault,
    page::{self, Frame},
    words::{self, Days, Local, When},
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/status").route(web::get().to(explain)))
        .service(web::resource("/r/{reference}/s/{capability}").route(web::get().to(show)))
        .service(
            web::resource("/r/{reference}/s/{capability}/confirmed")
                .route(web::get().to(confirmed)),
        )
        .service(
            web::resource("/r/{reference}/s/{capability}/withdraw")
                .route(web::get().to(ask_withdraw))
                .route(web::post().to(withdraw)),
        );
}

#[derive(Template)]
#[template(path = "portal/explain.html")]
struct ExplainPage {
    frame: Frame,
    /// By which a signature is checked.
    key: String,
}

#[derive(Template)]
#[template(path = "portal/status.html")]
pub(super) struct StatusPage {
    pub frame: Frame,
    /// `/r/…/s/…`, the address of this page.
    pub here: String,
    pub view: Shown,
}

#[derive(Template)]
#[template(path = "portal/confirmed.html")]
pub(super) struct ConfirmedPage {
    pub frame: Frame,
    pub here: String,
    pub view: Shown,
}

#[derive(Template)]
#[template(path = "portal/withdraw.html")]
pub(super) struct WithdrawPage {
    pub frame: Frame,
    pub here: String,
    pub view: Shown,
}

/// A `StatusView` in words.
pub(super) struct Shown {
    pub reference: Reference,
    pub headline: &'static str,
    pub asked_for: &'static str,
    pub law: String,
    pub received: String,
    pub due: String,
    /// Absent when there is nothing left to wait for.
    pub days: Option<Days>,
    pub journey: Vec<Stage>,
    pub stores: Vec<Store>,
    /// Where the counts of the stores are explained.
    pub stores_note: Option<&'static str>,
    pub events: Vec<Event>,
    pub download: Option<Ready>,
    pub can_withdraw: bool,
    /// Nothing happens before the person returns the code.
    pub waits_for_code: bool,
    pub refusal: Option<Refusal>,
}

pub(super) struct Stage {
    pub title: &'static str,
    /// `done`, `current` or `todo`.
    pub state: &'static str,
}

pub(super) struct Store {
    pub title: String,
    pub state: &'static str,
    pub words: String,
}

pub(super) struct Event {
    pub at: When,
    pub text: String,
}

pub(super) struct Ready {
    pub title: &'static str,
    /// What the file is, as a sentence.
    pub what: &'static str,
    pub size: String,
    pub until: String,
    pub sha256: String,
    /// By which the signature is checked.
    pub key: String,
    pub fetched: String,
}

impl Shown {
    pub fn new(view: StatusView, engine: &Engine) -> Self {
        let local = Local::new(&engine.site().timezone);
        let verb = Verb::of(view.right);
        let over = ["released", "closed", "refused", "withdrawn"].contains(&view.phase);
        Self {
            headline: headline(&view),
            asked_for: words::asked_for(view.right),
            law: view.law_title,
            received: local.day(view.received_at),
            due: habeas_domain::law::in_words(view.due),
            days: (!over).then(|| Days::left(view.days_left)),
            waits_for_code: view.phase == "received" && view.right.lane() == Lane::Verified,
            stores_note: stores_note(verb, &view.stores),
            journey: journey(view.phase, view.right.lane() == Lane::Open),
            stores: match view.phase {
                // Nothing will happen in any of them.
                "refused" | "withdrawn" => Vec::new(),
                _ => view.stores.into_iter().map(store).collect(),
            },
            events: view
                .events
                .into_iter()
                .map(|event| Event {
                    at: local.when(event.at),
                    text: told(event),
                })
                .collect(),
            download: view.download.map(|info| Ready {
                title: match verb {
                    Some(Verb::Access) => "Your answer",
                    Some(Verb::Erase | Verb::Suppress) | None => "Your receipt",
                },
                what: match verb {
                    Some(Verb::Access) => "It holds your personal data.",
                    Some(Verb::Erase | Verb::Suppress) | None => {
                        "It is a signed receipt of what was done in each system."
                    }
                },
                key: engine.verifier_key(),
                size: words::size(info.bytes),
                until: local.last_whole_day(info.until),
                sha256: info.sha256,
                fetched: match info.count {
                    ..=0 => "not yet downloaded".to_owned(),
                    1 => "downloaded once".to_owned(),
                    n => format!("downloaded {n} times"),
                },
            }),
            can_withdraw: view.can_withdraw,
            refusal: view.refusal,
            reference: view.reference,
        }
    }
}

/// The engine's facts are written for an audit; a person reads what they mean. A fact without
/// words of its own is told as it stands.
fn told(event: habeas_engine::Event) -> String {
    let words = match event.event.as_str() {
        "request.submitted" => "We received your request.",
        "identity.confirmed" => "You confirmed your address with the code.",
        "request.located" => "We searched our systems.",
        "plan.approved" => "We decided what we will do.",
        "plan.executed" => "We carried it out.",
        "answer.ready" => "We put your answer together.",
        "answer.released" => "We sent you a letter with a link to your answer.",
        "answer.fetched" => "The answer was downloaded.",
        "request.refused" => "We refused the request and sent you the reason.",
        "request.withdrawn" => "You took the request back.",
        "request.closed" => "The request is closed.",
        _ => return page::sentence(&event.text),
    };
    words.to_owned()
}

fn headline(view: &StatusView) -> &'static str {
    match view.phase {
        "received" => "We have your request",
        "verified" => "We are searching our systems",
        "located" | "planned" => "We are checking what we found",
        "approved" => "We are carrying out your request",
        "executed" | "confirmed" => "Your answer is nearly ready",
        "refused" => "We cannot do what you asked",
        "withdrawn" => "You have taken your request back",
        _ if view.download.is_some() => result(view),
        _ => "Your request is closed",
    }
}

/// What became of it. Whoever reads only the headline must not believe more than is true.
fn result(view: &StatusView) -> &'static str {
    let all = |state| view.stores.iter().all(|store| store.state == state);
    let failed = view.stores.iter().any(|store| store.state == "failed");
    match Verb::of(view.right) {
        _ if failed => "We could not do all of it",
        _ if all("absent") => "We found nothing about you",
        _ if all("kept") => "We had to keep your data",
        Some(Verb::Access) | None => "Your answer is ready",
        Some(Verb::Erase | Verb::Suppress) => "It is done",
    }
}

/// The engine counts what it found in a store; only the receipt splits that into deleted and kept.
fn stores_note(verb: Option<Verb>, stores: &[habeas_engine::StoreStatus]) -> Option<&'static str> {
    let split = ["erased", "replaced", "kept"];
    let any = stores
        .iter()
        .any(|store| split.contains(&store.state.as_str()));
    (verb == Some(Verb::Erase) && any).then_some(
        "The receipt says, for each kind of data, what was deleted, what we had to keep, and why.",
    )
}

/// The stages a person follows; fewer than the phases the engine knows.
fn journey(phase: &str, open_lane: bool) -> Vec<Stage> {
    let reached = match phase {
        "received" => 1,
        "verified" => 2,
        "located" | "planned" => 3,
        "approved" => 4,
        "executed" | "confirmed" => 5,
        "released" | "closed" => 6,
        // Ended early: what was reached no longer matters.
        _ => return Vec::new(),
    };
    let stages = [
        ("Request received", true),
        ("Your address confirmed", !open_lane),
        ("Our systems searched", true),
        ("Checked by a person", !open_lane),
        ("Carried out", true),
        ("Answer ready", true),
    ];
    stages
        .into_iter()
        .enumerate()
        .filter(|(_, (_, shown))| *shown)
        .map(|(index, (title, _))| Stage {
            title,
            state: match index {
                index if index < reached => "done",
                index if index == reached => "current",
                _ => "todo",
            },
        })
        .collect()
}

fn store(store: habeas_engine::StoreStatus) -> Store {
    let found = words::records(store.rows);
    let (state, words) = match store.state.as_str() {
        "exported" => ("good", format!("{found} copied for you")),
        "erased" => ("good", format!("deletion done, {found} found")),
        "replaced" => ("good", format!("{found} found, made unrecognisable")),
        "suppressed" => ("good", "your choice is in force".to_owned()),
        "kept" => ("kept", format!("{found} found and kept")),
        "absent" => ("plain", "nothing found about you".to_owned()),
        "failed" => ("bad", "could not be done".to_owned()),
        _ if store.rows > 0 => ("plain", format!("{found} found, waiting")),
        _ => ("plain", "waiting".to_owned()),
    };
    Store {
        title: store.title,
        state,
        words,
    }
}

/// Where a request's pages live, and what the engine says about it.
pub(super) async fn opened(
    engine: &Engine,
    path: Path<(Ref, String)>,
) -> Result<(String, Reference, String, StatusView), Fault> {
    let (Ref(reference), capability) = path.into_inner();
    let view = engine.status(&reference, &capability).await?;
    let here = format!("/r/{reference}/s/{capability}");
    Ok((here, reference, capability, view))
}

async fn explain(engine: Data<Engine>) -> Result<HttpResponse, Fault> {
    page::ok(&ExplainPage {
        frame: Frame::of(&engine),
        key: engine.verifier_key(),
    })
}

async fn show(engine: Data<Engine>, path: Path<(Ref, String)>) -> Result<HttpResponse, Fault> {
    let (here, _, _, view) = opened(&engine, path).await?;
    page::ok(&StatusPage {
        frame: Frame::of(&engine),
        here,
        view: Shown::new(view, &engine),
    })
}

async fn confirmed(engine: Data<Engine>, path: Path<(Ref, String)>) -> Result<HttpResponse, Fault> {
    let (here, _, _, view) = opened(&engine, path).await?;
    page::ok(&ConfirmedPage {
        frame: Frame::of(&engine),
        here,
        view: Shown::new(view, &engine),
    })
}

async fn ask_withdraw(
    engine: Data<Engine>,
    path: Path<(Ref, String)>,
) -> Result<HttpResponse, Fault> {
    let (here, _, _, view) = opened(&engine, path).await?;
    page::ok(&WithdrawPage {
        frame: Frame::of(&engine),
        here,
        view: Shown::new(view, &engine),
    })
}

async fn withdraw(engine: Data<Engine>, path: Path<(Ref, String)>) -> Result<HttpResponse, Fault> {
    let (Ref(reference), capability) = path.into_inner();
    engine.withdraw(&reference, &capability).await?;
    Ok(page::see(format!("/r/{reference}/s/{capability}")))
}
