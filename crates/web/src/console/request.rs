//! One request: facts, clock, plan, steps, timeline, and what can be done now.

use actix_web::{
    HttpResponse,
    web::{self, Data, Path, Query},
};
use askama::Template;
use habeas_domain::{RequestId, law::Review};
use habeas_engine::{Engine, Refusal, RequestView, StepView};
use serde::Deserialize;

use super::{officer::SignedIn, plan, queue::Row};
use crate::{
    fault::{Fault, Kind},
    page::{self, Errors, Frame},
    words::{self, Local, When},
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config.service(web::resource("/console/requests/{id}").route(web::get().to(show)));
}

#[derive(Template)]
#[template(path = "console/request.html")]
pub(super) struct RequestPage {
    pub frame: Frame,
    pub by: SignedIn,
    pub errors: Errors,
    pub notice: Option<&'static str>,
    pub view: Shown,
}

/// A `RequestView` in words.
pub(super) struct Shown {
    pub row: Row,
    pub here: String,
    pub received: When,
    pub subject: String,
    pub identity: String,
    pub clock: Vec<(&'static str, String)>,
    pub derivation: Vec<String>,
    pub unverified_law: bool,
    pub plan: Option<plan::Shown>,
    /// What an officer looks for: stopped steps first, then what stores have done.
    pub steps: Vec<Step>,
    /// Searches, letters and the like that went well.
    pub chores: Vec<Step>,
    pub events: Vec<Event>,
    pub artifact: Option<Artifact>,
    pub refusal: Option<Refusal>,
    pub erases: bool,
    pub can_approve: bool,
    pub can_refuse: bool,
    pub can_release: bool,
    pub can_search_again: bool,
}

pub(super) struct Step {
    pub address: String,
    pub id: String,
    pub title: String,
    pub verb: String,
    pub state: String,
    pub band: &'static str,
    pub attempts: i64,
    pub not_before: Option<When>,
    pub last_error: Option<String>,
    pub outcome: Option<&'static str>,
    pub level: Option<&'static str>,
    pub collections: Vec<Counted>,
    pub parked: bool,
}

pub(super) struct Counted {
    pub name: String,
    pub words: String,
}

pub(super) struct Event {
    pub at: When,
    pub text: String,
    pub actor: String,
}

pub(super) struct Artifact {
    pub size: String,
    pub sha256: String,
    pub until: String,
    pub count: i64,
}

impl Shown {
    pub fn new(view: RequestView, local: &Local) -> Self {
        let row = Row::new(&view.row);
        let steps = view.steps.into_iter();
        let steps = steps.map(|step| Step::new(view.row.id, step, local));
        let (chores, mut steps): (Vec<Step>, Vec<Step>) = steps.partition(Step::is_chore);
        steps.sort_by_key(|step| !step.parked);
        Self {
            here: row.address.clone(),
            row,
            received: local.when(view.row.received_at),
            subject: view.subject_hint,
            identity: view.identity,
            clock: clock(&view.clock),
            derivation: view.clock.derivation.clone(),
            unverified_law: match view.clock.review {
                Review::Verified => false,
                Review::Unverified => true,
            },
            erases: view
                .plan
                .as_ref()
                .is_some_and(|plan| plan.plan.point_of_no_return().is_some()),
            plan: view.plan.map(|plan| plan::Shown::new(&plan, local)),
            steps,
            chores,
            events: view
                .events
                .into_iter()
                .map(|event| Event {
                    at: local.when(event.at),
                    text: page::sentence(&event.text),
                    actor: event.actor,
                })
                .collect(),
            artifact: view.artifact.map(|info| Artifact {
                size: words::size(info.bytes),
                sha256: info.sha256,
                until: local.when(info.until).words,
                count: info.count,
            }),
            refusal: view.refusal,
            can_approve: view.can_approve,
            can_refuse: view.can_refuse,
            can_release: view.can_release,
            can_search_again: view.can_search_again,
        }
    }

    pub fn can_do_something(&self) -> bool {
        self.can_approve || self.can_refuse || self.can_release || self.can_search_again
    }
}

fn clock(clock: &habeas_domain::law::Clock) -> Vec<(&'static str, String)> {
    let day = |title, date: Option<jiff::civil::Date>| {
        date.map(|date| (title, habeas_domain::law::in_words(date)))
    };
    let law = format!("{}, version of {}", clock.profile, clock.version);
    let days = match &clock.calendar {
        Some(calendar) => format!("{calendar}, {}", clock.timezone),
        None => format!("weekends only, {}", clock.timezone),
    };
    let paused = (clock.pause_days > 0).then(|| ("Days paused", clock.pause_days.to_string()));
    [
        Some(("Law", law)),
        Some(("Calendar and zone", days)),
        day("Received on", Some(clock.d0)),
        day("Acknowledge by", clock.ack),
        day("Aim for", clock.plan),
        day("Due", clock.due),
        day("Paused since", clock.paused_since),
        paused,
        day("Announce an extension by", clock.notice_by),
        day("Due when extended", clock.max),
        day("Takes effect", clock.effective),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Step {
    fn new(request: RequestId, step: StepView, local: &Local) -> Self {
        let parked = step.state == "parked";
        Self {
            address: format!("/console/requests/{request}/steps/{}", step.id),
            id: step.id.to_string(),
            title: step.title,
            verb: page::sentence(&step.verb),
            band: match step.state.as_str() {
                "done" | "absent" | "kept" => "good",
                "parked" | "failed" => "bad",
                _ => "plain",
            },
            state: match step.state.as_str() {
                "parked" => "Stopped: waits for an officer".to_owned(),
                state => page::sentence(state),
            },
            attempts: step.attempts,
            not_before: step.not_before.map(|at| local.when(at)),
            last_error: step.last_error,
            outcome: step.outcome.map(|outcome| outcome.as_str()),
            level: step.level.map(|level| level.in_words()),
            collections: step.collections.iter().map(counted).collect(),
            parked,
        }
    }
}

impl Step {
    /// It went well and there is nothing to read about it.
    fn is_chore(&self) -> bool {
        self.band == "good" && self.outcome.is_none() && self.level.is_none()
    }
}

/// "2 located, 2 erased" and why something was kept.
fn counted(outcome: &habeas_domain::outcome::CollectionOutcome) -> Counted {
    let counts = [
        (outcome.located, "found"),
        (outcome.exported, "copied"),
        (outcome.erased, "erased"),
        (outcome.replaced, "replaced"),
        (outcome.kept, "kept"),
        (outcome.detached, "rows of others detached"),
    ];
    let mut words: Vec<String> = counts
        .into_iter()
        .filter(|(n, what)| *n > 0 || *what == "found")
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    words.extend(outcome.method.clone());
    words.extend(outcome.ground.clone());
    Counted {
        name: outcome.collection.clone(),
        words: words.join(", "),
    }
}

/// What was just done, for the page that follows it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    Approved,
    Refused,
    Released,
    Searching,
    Retrying,
    GivenUp,
}

impl Done {
    fn words(self) -> &'static str {
        match self {
            Done::Approved => "You approved the plan. Reload this page to see how far it is.",
            Done::Refused => "You refused the request. A letter with your reason is on its way.",
            Done::Released => "You released the answer. A letter is on its way.",
            Done::Searching => "The stores are being searched again. The old plan is void.",
            Done::Retrying => "The step will be tried again.",
            Done::GivenUp => "The step was given up. The answer will name it as not done.",
        }
    }
}

#[derive(Deserialize)]
struct After {
    done: Option<Done>,
}

async fn show(
    engine: Data<Engine>,
    by: SignedIn,
    path: Path<String>,
    after: Query<After>,
) -> Result<HttpResponse, Fault> {
    let notice = after.done.map(Done::words);
    let page = RequestPage {
        frame: Frame::of(&engine),
        view: shown(&engine, request_id(&path)?).await?,
        by,
        errors: Errors::default(),
        notice,
    };
    page::ok(&page)
}

/// What cannot be an id is a page that does not exist.
pub(super) fn request_id(text: &str) -> Result<RequestId, Fault> {
    text.parse().map_err(|_| Fault::new(Kind::NotFound))
}

pub(super) async fn shown(engine: &Engine, id: RequestId) -> Result<Shown, Fault> {
    let view = engine.request(id).await?;
    Ok(Shown::new(view, &Local::new(&engine.site().timezone)))
}
