//! Asks one store who this person is. Further identifiers that it hands back widen the search in
//! the other stores, round by round, until nothing new turns up.

use habeas_connector::{Located, Subject};
use habeas_domain::outcome::CollectionRows;
use habeas_storage::steps::{State, Step};

use super::{Failed, call::Seat};
use crate::{Engine, engine::internal, flow, flow::Round, result::StepResult};

pub(super) async fn run(
    engine: &Engine,
    step: &Step,
    seat: Seat<Subject, Located>,
) -> Result<(), Failed> {
    engine.connector(&step.store)?;
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    let subject = engine.subject(&request, &key).await?;
    let located = seat.order(subject).await?;
    engine.cut("located");

    let found: u64 = located
        .rows
        .iter()
        .map(|rows: &CollectionRows| rows.rows)
        .sum();
    let (state, outcome) = match found {
        0 => (State::Absent, "absent"),
        _ => (State::Done, "located"),
    };
    let result = StepResult::Located {
        rows: located.rows,
        obstacles: located.obstacles,
    };
    let round = Round::of(step).ok_or_else(|| internal("a search step has a round"))?;
    let source = step.store.clone();
    let further = located.further;
    engine
        .finish(
            step,
            state,
            outcome,
            Some(result),
            move |engine, tx, request, _| {
                let mut new_kinds = Vec::new();
                for identifier in &further {
                    let sealed = engine.seal_identifier(&key, request.id, identifier, &source)?;
                    if habeas_storage::identifiers::add(tx, &sealed)? {
                        new_kinds.push(identifier.kind.clone());
                    }
                }
                let Some(next) = round.next() else {
                    return Ok(());
                };
                for (store, connector) in &engine.0.connectors {
                    // A store that cannot search by any of the new kinds has nothing new to say.
                    let searchable = connector
                        .map()
                        .identities()
                        .any(|(_, _, identity)| new_kinds.contains(&identity.kind));
                    if searchable && store.as_str() != source {
                        flow::enqueue_locate(tx, request, store.as_str(), next)?;
                    }
                }
                Ok(())
            },
        )
        .await
}
