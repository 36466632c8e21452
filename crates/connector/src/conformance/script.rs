//! The words that the promises are written in, and that a connector's own stories may use: each
//! call must succeed, or the test ends here.

use futures::StreamExt as _;
use habeas_domain::{
    Identifier, RequestId, Right,
    outcome::CollectionRows,
    plan::{Answer, Input, PlannedStep, plan},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    Access, AccessItem, Connector, EraseOrder, Erased, Located, Record, Remaining, Subject,
    SuppressOrder, Suppressed,
};

/// No world has more rows.
pub const NO_CAP: u64 = 1_000_000;

/// A subject of whom one identifier is proven.
pub fn subject(identifier: &Identifier) -> Subject {
    Subject::new(RequestId::fresh(), vec![identifier.clone()])
}

/// One subject's search.
pub async fn locate_one(connector: &dyn Connector, subject: &Subject) -> Located {
    let answers = connector.locate(std::slice::from_ref(subject)).await;
    one(answers.expect("the store answers")).expect("the subject is served")
}

/// Locates until nothing new appears, as the engine does.
pub async fn widen(connector: &dyn Connector, subject: &mut Subject) -> Located {
    loop {
        let located = locate_one(connector, subject).await;
        if located.further.is_empty() {
            return located;
        }
        subject.further.extend(located.further);
    }
}

/// The step that the planner makes of what the store answers now.
pub async fn planned(
    connector: &dyn Connector,
    right: Right,
    subject: &mut Subject,
) -> PlannedStep {
    let located = widen(connector, subject).await;
    let answer = Answer::Found {
        rows: located.rows,
        obstacles: located.obstacles,
    };
    let input = Input {
        request: subject.request,
        right,
        law: "eu@test",
        stores: vec![(connector.map(), &answer)],
        holds: &[],
        row_cap: NO_CAP,
    };
    plan(&input).expect("the right has a plan").steps.remove(0)
}

pub async fn erase_order(connector: &dyn Connector, mut subject: Subject) -> EraseOrder {
    let plan = planned(connector, Right::Erasure, &mut subject).await;
    EraseOrder {
        subject,
        effect_key: Uuid::new_v4(),
        plan,
    }
}

pub async fn suppress_order(connector: &dyn Connector, mut subject: Subject) -> SuppressOrder {
    let plan = planned(connector, Right::OptOut, &mut subject).await;
    SuppressOrder {
        subject,
        effect_key: Uuid::new_v4(),
        plan,
    }
}

/// What one subject's part of a stream held.
#[derive(Debug, Default)]
pub struct Export {
    pub rows: Vec<(String, Record)>,
    pub ended: Option<Vec<CollectionRows>>,
}

pub async fn export(connector: &dyn Connector, subjects: Vec<Subject>) -> Vec<Export> {
    let mut exports: Vec<Export> = subjects.iter().map(|_| Export::default()).collect();
    let access = Access {
        subjects,
        cancel: CancellationToken::new(),
    };
    let mut stream = connector.access(access).await.expect("the stream begins");
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
pub fn total(rows: &[CollectionRows]) -> u64 {
    rows.iter().map(|collection| collection.rows).sum()
}

pub async fn erase_one(connector: &dyn Connector, order: &EraseOrder) -> Erased {
    let answers = connector.erase(std::slice::from_ref(order)).await;
    one(answers.expect("the store answers")).expect("the order is carried out")
}

pub async fn verify_one(connector: &dyn Connector, order: &EraseOrder) -> Remaining {
    let answers = connector.verify(std::slice::from_ref(order)).await;
    one(answers.expect("the store answers")).expect("the order is verified")
}

pub async fn suppress_one(connector: &dyn Connector, order: &SuppressOrder) -> Suppressed {
    let answers = connector.suppress(std::slice::from_ref(order)).await;
    one(answers.expect("the store answers")).expect("the order is carried out")
}

fn one<T>(mut answers: Vec<T>) -> T {
    assert_eq!(answers.len(), 1, "one answer for one subject");
    answers.remove(0)
}
