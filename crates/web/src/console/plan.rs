//! A plan in words: store by store, collection by collection, column by column.

use habeas_domain::{
    data_map::{Ground, RowTreatment},
    plan::{Decision, Plan, PlannedCollection, PlannedStep, Verb},
};
use habeas_engine::PlanView;

use crate::words::{self, Local, When};

pub(super) struct Shown {
    pub hash: String,
    pub made: When,
    pub steps: Vec<Step>,
    /// Something that an officer reads before release.
    pub review: bool,
}

pub(super) struct Step {
    pub store: String,
    pub title: String,
    pub verb: &'static str,
    /// `act`, `absent`, `keep` or `stop`.
    pub decision: &'static str,
    pub decision_words: &'static str,
    pub reasons: Vec<String>,
    pub rows: String,
    /// Everything up to here can be stopped; from here on nothing can be brought back.
    pub no_return: bool,
    pub collections: Vec<Collection>,
}

pub(super) struct Collection {
    pub title: String,
    pub name: String,
    pub rows: u64,
    pub fate: &'static str,
    pub ground: Option<String>,
    pub shared: bool,
    pub columns: Vec<Column>,
}

pub(super) struct Column {
    pub name: String,
    pub category: String,
    pub fate: String,
    pub review: bool,
}

impl Shown {
    pub fn new(view: &PlanView, local: &Local) -> Self {
        let no_return = view.plan.point_of_no_return();
        let steps = steps(&view.plan, no_return);
        Self {
            hash: view.hash.to_string(),
            made: local.when(view.made_at),
            review: steps
                .iter()
                .flat_map(|step| &step.collections)
                .any(|c| c.rows > 0 && c.columns.iter().any(|column| column.review)),
            steps,
        }
    }
}

fn steps(plan: &Plan, no_return: Option<usize>) -> Vec<Step> {
    plan.steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let (decision, decision_words, reasons) = match &step.decision {
                Decision::Act => ("act", "Will be carried out", Vec::new()),
                Decision::Absent => ("absent", "Nothing found", Vec::new()),
                Decision::Keep { ground } => ("keep", "Everything stays", vec![words_of(ground)]),
                Decision::Stop { reasons } => ("stop", "Will not be done", reasons.clone()),
            };
            Step {
                store: step.store.to_string(),
                title: step.title.clone(),
                verb: verb(step.verb),
                decision,
                decision_words,
                reasons,
                rows: words::rows(step.collections.iter().map(|c| c.rows).sum()),
                no_return: no_return == Some(index),
                collections: step
                    .collections
                    .iter()
                    .map(|each| collection(step, each))
                    .collect(),
            }
        })
        .collect()
}

fn collection(step: &PlannedStep, planned: &PlannedCollection) -> Collection {
    // What the columns would have gone through does not matter where nothing is done.
    let untouched = match step.decision {
        Decision::Act | Decision::Absent => None,
        Decision::Keep { .. } => Some("rows kept"),
        Decision::Stop { .. } => Some("untouched"),
    };
    Collection {
        title: planned.title.clone(),
        name: planned.name.clone(),
        rows: planned.rows,
        fate: untouched.unwrap_or(match (step.verb, planned.fate) {
            (Verb::Access, _) => "copied",
            (Verb::Erase, RowTreatment::Delete) => "rows deleted",
            (Verb::Erase, RowTreatment::Columns) => "rows stay, columns treated",
            (Verb::Erase, RowTreatment::Keep) => "rows kept",
            (Verb::Suppress, RowTreatment::Columns) => "marked as opted out",
            (Verb::Erase, RowTreatment::Derived) => "rows go with those they are made of",
            (Verb::Suppress, RowTreatment::Keep | RowTreatment::Delete | RowTreatment::Derived) => {
                "untouched"
            }
        }),
        ground: planned.ground.as_ref().map(words_of),
        shared: planned.shared,
        columns: planned
            .columns
            .iter()
            .filter(|_| untouched.is_none())
            .map(|column| Column {
                name: column.name.clone(),
                category: column.category.clone(),
                fate: column.fate.clone(),
                review: column.review,
            })
            .collect(),
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Access => "Copy",
        Verb::Erase => "Erase",
        Verb::Suppress => "Stop use",
    }
}

fn words_of(ground: &Ground) -> String {
    match ground.review {
        Some(day) => format!(
            "{}: {} (looked at again on {day})",
            ground.article, ground.reason
        ),
        None => format!("{}: {}", ground.article, ground.reason),
    }
}
