//! Orders for many subjects at once, as the engine makes them: widened together, planned one by
//! one. Included by the tests of each SQL store.

use habeas_connector::{Connector, EraseOrder, Located, Subject, conformance::script};
use habeas_domain::{
    Identifier, Right,
    plan::{Answer, Input, plan},
};
use uuid::Uuid;

/// Subjects who have proven these addresses.
pub fn persons<'a>(emails: impl IntoIterator<Item = &'a str>) -> Vec<Subject> {
    let person = |email: &str| script::subject(&Identifier::email(email).expect("an address"));
    emails.into_iter().map(person).collect()
}

/// Locates until nothing new appears for anybody.
pub async fn widen(connector: &dyn Connector, subjects: &mut [Subject]) -> Vec<Located> {
    loop {
        let answers = connector.locate(subjects).await.expect("the store answers");
        let located: Result<Vec<Located>, _> = answers.into_iter().collect();
        let located = located.expect("every subject is served");
        if located.iter().all(|located| located.further.is_empty()) {
            return located;
        }
        for (subject, located) in subjects.iter_mut().zip(located) {
            subject.further.extend(located.further);
        }
    }
}

/// What the planner makes of an answer.
pub fn order(connector: &dyn Connector, subject: Subject, located: Located) -> EraseOrder {
    let answer = Answer::Found {
        rows: located.rows,
        obstacles: located.obstacles,
    };
    let input = Input {
        request: subject.request,
        right: Right::Erasure,
        law: "eu@test",
        stores: vec![(connector.map(), &answer)],
        holds: &[],
        row_cap: script::NO_CAP,
    };
    let plan = plan(&input).expect("an erasure has a plan");
    EraseOrder {
        subject,
        effect_key: Uuid::new_v4(),
        plan: plan.steps.into_iter().next().expect("one store, one step"),
    }
}

/// Orders for everybody of these addresses, in their order.
pub async fn orders<'a>(
    connector: &dyn Connector,
    emails: impl IntoIterator<Item = &'a str>,
) -> Vec<EraseOrder> {
    let mut subjects = persons(emails);
    let located = widen(connector, &mut subjects).await;
    let both = subjects.into_iter().zip(located);
    both.map(|(subject, located)| order(connector, subject, located))
        .collect()
}
