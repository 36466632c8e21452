//! The words that the promises are written in.

use futures::StreamExt as _;
use habeas_domain::{
    Identifier, RequestId, Right,
    outcome::CollectionRows,
    plan::{Answer, Input, PlannedStep, plan},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::World;
use crate::{Access, AccessItem, EraseOrder, Located, Record, Subject, SuppressOrder};

pub(super) const NO_CAP: u64 = 1_000_000;

pub(super) fn subject(identifier: &Identifier) -> Subject {
    Subject::new(RequestId::fresh(), vec![identifier.clone()])
}

/// A subject of the world by position.
pub(super) fn person(world: &dyn World, n: usize) -> Subject {
    subject(&world.persons()[n].identifier)
}

pub(super) async fn locate_one(world: &dyn World, subject: &Subject) -> Located {
    let answers = world.connector().locate(std::slice::from_ref(subject)).await;
    let mut answers = answers.expect("the store answers");
    assert_eq!(answers.len(), 1, "one answer for one subject");
    answers.remove(0).expect("the subject is served")
}

/// Locates until nothing new appears, as the engine does.
pub(super) async fn widen(world: &dyn World, subject: &mut Subject) -> Located {
    loop {
        let located = locate_one(world, subject).await;
        if located.further.is_empty() {
            return located;
        }
        subject.further.extend(located.further);
    }
}

/// The step that the planner makes of what the store answers now.
pub(super) async fn planned(world: &dyn World, right: Right, subject: &mut Subject) -> PlannedStep {
    let located = widen(world, subject).await;
    let answer = Answer::Found {
        rows: located.rows,
        obstacles: located.obstacles,
    };
    let input = Input {
        request: subject.request,
        right,
        law: "eu@test",
        stores: vec![(world.connector().map(), &answer)],
        holds: &[],
        row_cap: NO_CAP,
    };
    plan(&input).expect("the right has a plan").steps.remove(0)
}

pub(super) async fn erase_order(world: &dyn World, n: usize) -> EraseOrder {
    let mut subject = person(world, n);
    let plan = planned(world, Right::Erasure, &mut subject).await;
    EraseOrder {
        subject,
        effect_key: Uuid::new_v4(),
        plan,
    }
}

pub(super) async fn suppress_order(world: &dyn World, n: usize) -> SuppressOrder {
    let mut subject = person(world, n);
    let plan = planned(world, Right::OptOut, &mut subject).await;
    SuppressOrder {
        subject,
        effect_key: Uuid::new_v4(),
        plan,
    }
}

/// What one subject's part of a stream held.
#[derive(Debug, Default)]
pub(super) struct Export {
    pub rows: Vec<(String, Record)>,
    pub ended: Option<Vec<CollectionRows>>,
}

pub(super) async fn export(world: &dyn World, subjects: Vec<Subject>) -> Vec<Export> {
    let mut exports: Vec<Export> = subjects.iter().map(|_| Export::default()).collect();
    let access = Access {
        subjects,
        cancel: CancellationToken::new(),
    };
    let mut stream = world.connector().access(access).await.expect("the stream begins");
    while let Some(item) = stream.next().await {
        match item.expect("the stream goes on") {
            AccessItem::Row {
                subject,
                collection,
                record,
            } => {
                assert!(exports[subject].ended.is_none(), "no row after the end");
                exports[subject].rows.push((collection.to_string(), record));
            }
            AccessItem::End { subject, sent } => {
                let before = exports[subject].ended.replace(sent);
                assert!(before.is_none(), "a subject ends once");
            }
        }
    }
    exports
}

/// Total of a count over collections.
pub(super) fn total(rows: &[CollectionRows]) -> u64 {
    rows.iter().map(|collection| collection.rows).sum()
}
