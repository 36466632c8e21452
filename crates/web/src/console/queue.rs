//! The queue: what is open, the nearest deadline first. Filters are links, so a view has an
//! address that can be kept.

use actix_web::{
    HttpResponse,
    web::{self, Data, Query},
};
use askama::Template;
use habeas_domain::{Phase, Right};
use habeas_engine::{Engine, NextAction, QueueFilter, QueueRow, Reference};
use serde::Deserialize;

use super::{
    drift::{self, Warning},
    officer::SignedIn,
    outlook::{self, Outlook},
};
use crate::{
    fault::Fault,
    page::{self, Errors, Frame},
    words::{self, Days},
};

pub(super) fn configure(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/console").route(web::get().to(show)))
        .service(web::resource("/console/find").route(web::get().to(find)));
}

#[derive(Debug, Clone, Default, Deserialize)]
struct View {
    /// `all` shows closed requests too.
    show: Option<String>,
    right: Option<String>,
    phase: Option<String>,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
pub(super) struct QueuePage {
    pub frame: Frame,
    pub by: SignedIn,
    pub errors: Errors,
    pub counts: Vec<Count>,
    pub filters: Vec<Filter>,
    pub rows: Vec<Row>,
    pub filtered: bool,
    pub drift: Vec<Warning>,
    pub outlook: Outlook,
}

/// How many rows of the view need something.
pub(super) struct Count {
    pub title: &'static str,
    pub number: usize,
    pub band: &'static str,
}

pub(super) struct Filter {
    pub title: &'static str,
    pub links: Vec<Link>,
}

pub(super) struct Link {
    pub title: String,
    pub address: String,
    pub chosen: bool,
}

pub(super) struct Row {
    pub address: String,
    pub reference: String,
    pub right: &'static str,
    pub law: String,
    pub phase: String,
    pub stores: String,
    pub parked: u64,
    pub due: String,
    /// Absent for what is over.
    pub days: Option<Days>,
    /// A store will not be done in time.
    pub at_risk: bool,
    pub next: Option<&'static str>,
}

impl Row {
    pub fn new(row: &QueueRow) -> Self {
        Self {
            address: format!("/console/requests/{}", row.id),
            reference: row.reference.to_string(),
            right: words::short(row.right),
            law: row.law.clone(),
            phase: page::sentence(row.phase),
            stores: match row.steps {
                0 => "–".to_owned(),
                all => format!("{} of {all}", row.steps_done),
            },
            parked: row.parked,
            due: row.due.strftime("%-d %b %Y").to_string(),
            days: is_open(row).then(|| Days::left(row.days_left)),
            at_risk: false,
            next: row.next.map(next),
        }
    }
}

fn is_open(row: &QueueRow) -> bool {
    !["released", "closed", "refused", "withdrawn"].contains(&row.phase)
}

fn next(action: NextAction) -> &'static str {
    match action {
        NextAction::Approve => "Approve the plan",
        NextAction::Release => "Release the answer",
        NextAction::LookAtParked => "Look at stopped steps",
    }
}

pub(super) fn counts(rows: &[QueueRow]) -> Vec<Count> {
    let open: Vec<&QueueRow> = rows.iter().filter(|row| is_open(row)).collect();
    let due = |days: fn(i64) -> bool| open.iter().filter(|row| days(row.days_left)).count();
    let waits = |action| open.iter().filter(|row| row.next == Some(action)).count();
    let count = |title, number, band| Count {
        title,
        number,
        band,
    };
    vec![
        count("overdue", due(|days| days < 0), "overdue"),
        count("due today", due(|days| days == 0), "today"),
        count("to approve", waits(NextAction::Approve), "plain"),
        count("to release", waits(NextAction::Release), "plain"),
        count("stopped", waits(NextAction::LookAtParked), "plain"),
    ]
}

impl View {
    fn all(&self) -> bool {
        self.show.as_deref() == Some("all")
    }

    /// Unknown words in the address filter nothing.
    fn right(&self) -> Option<Right> {
        self.right.as_deref().and_then(|text| text.parse().ok())
    }

    fn phase(&self) -> Option<&'static str> {
        let asked = self.phase.as_deref()?;
        Phase::NAMES.into_iter().find(|name| *name == asked)
    }

    fn filter(&self) -> QueueFilter {
        QueueFilter {
            open_only: !self.all(),
            right: self.right(),
            phase: self.phase().map(str::to_owned),
        }
    }
}

fn address(all: bool, right: Option<Right>, phase: Option<&str>) -> String {
    let mut parts = Vec::new();
    if all {
        parts.push("show=all".to_owned());
    }
    parts.extend(right.map(|right| format!("right={right}")));
    parts.extend(phase.map(|phase| format!("phase={phase}")));
    if parts.is_empty() {
        "/console".to_owned()
    } else {
        format!("/console?{}", parts.join("&"))
    }
}

fn filters(view: &View) -> Vec<Filter> {
    let (all, right, phase) = (view.all(), view.right(), view.phase());
    let link = |title: &str, address: String, chosen| Link {
        title: title.to_owned(),
        address,
        chosen,
    };
    let show = vec![
        link("Open", address(false, right, phase), !all),
        link("All", address(true, right, phase), all),
    ];
    let rights = [
        Right::Access,
        Right::Erasure,
        Right::OptOut,
        Right::Objection,
    ];
    let rights = std::iter::once(link("Any", address(all, None, phase), right.is_none()))
        .chain(rights.map(|each| {
            link(
                words::short(each),
                address(all, Some(each), phase),
                right == Some(each),
            )
        }))
        .collect();
    let phases = ["received", "verified", "planned", "approved", "confirmed"];
    let phases = std::iter::once(link("Any", address(all, right, None), phase.is_none()))
        .chain(phases.map(|each| {
            link(
                &page::sentence(each),
                address(all, right, Some(each)),
                phase == Some(each),
            )
        }))
        .collect();
    vec![
        Filter {
            title: "Show",
            links: show,
        },
        Filter {
            title: "Right",
            links: rights,
        },
        Filter {
            title: "Phase",
            links: phases,
        },
    ]
}

async fn show(
    engine: Data<Engine>,
    by: SignedIn,
    view: Query<View>,
) -> Result<HttpResponse, Fault> {
    queue_page(&engine, by, &view, Errors::default()).await
}

async fn queue_page(
    engine: &Engine,
    by: SignedIn,
    view: &View,
    errors: Errors,
) -> Result<HttpResponse, Fault> {
    let rows = engine.queue(view.filter()).await?;
    let outlook = outlook::look(engine).await?;
    let page = QueuePage {
        frame: Frame::of(engine),
        by,
        errors,
        counts: counts(&rows),
        filters: filters(view),
        rows: rows
            .iter()
            .map(|row| Row {
                at_risk: is_open(row) && outlook.at_risk.contains(&row.id),
                ..Row::new(row)
            })
            .collect(),
        filtered: view.right().is_some() || view.phase().is_some(),
        drift: drift::warnings(engine).await?,
        outlook,
    };
    page::html(page.errors.status(), &page)
}

#[derive(Deserialize)]
struct Find {
    reference: String,
}

/// A reference says nothing about a person, so it may stand in an address.
async fn find(
    engine: Data<Engine>,
    by: SignedIn,
    find: Query<Find>,
) -> Result<HttpResponse, Fault> {
    let found = match find.reference.parse::<Reference>() {
        Ok(reference) => engine.find(&reference).await.ok(),
        Err(_) => None,
    };
    match found {
        Some(id) => Ok(page::see(format!("/console/requests/{id}"))),
        None => {
            let errors = Errors::one(
                "reference",
                "There is no request with this reference. It has the form HB-XXXXX-XXXXX",
            );
            queue_page(&engine, by, &View::default(), errors).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_link_changes_one_thing_and_keeps_the_rest() {
        let view = View {
            show: Some("all".into()),
            right: Some("erasure".into()),
            phase: Some("nonsense".into()),
        };
        let filters = filters(&view);
        let chosen: Vec<_> = filters
            .iter()
            .map(|f| f.links.iter().find(|l| l.chosen).unwrap().title.as_str())
            .collect();
        assert_eq!(chosen, ["All", "Erasure", "Any"]);
        assert_eq!(filters[0].links[0].address, "/console?right=erasure");
        assert_eq!(
            filters[2].links[3].address,
            "/console?show=all&right=erasure&phase=planned"
        );
    }
}
