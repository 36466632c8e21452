//! Steps that change a store: erase and suppress. The intent is written before the call, the
//! result after it; what was in doubt is looked up or answered by the remembered effect, never
//! simply sent again.

use habeas_connector::{EraseOrder, Erased, Idempotency, StoreError, SuppressOrder, Suppressed};
use habeas_domain::{
    outcome::{CollectionOutcome, EvidenceLevel, Outcome},
    plan::PlannedStep,
};
use habeas_storage::{
    queue,
    steps::{State, Step, Verb},
};
use uuid::Uuid;

use super::{Failed, call::Seat, lease, planned};
use crate::{Engine, flow, result::StepResult};

/// The same for every attempt of a step, and for no other step.
fn effect_key(step: &Step) -> Uuid {
    Uuid::new_v5(&step.id.uuid(), step.verb.as_str().as_bytes())
}

/// True when an earlier attempt had come as far.
async fn intend(engine: &Engine, step: &Step) -> Result<bool, Failed> {
    engine.cut("before the intent is written");
    let (lease, key, now) = (lease(step), effect_key(step).to_string(), engine.now());
    let again = engine
        .0
        .db
        .write(move |tx| queue::intend(tx, lease, &key, now))
        .await?;
    engine.cut("after the intent is written");
    Ok(again)
}

/// What the order for a step is; the read-back makes the same one.
pub(super) async fn order(engine: &Engine, step: &Step) -> Result<EraseOrder, Failed> {
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    Ok(EraseOrder {
        subject: engine.subject(&request, &key).await?,
        effect_key: effect_key(step),
        plan: planned(engine, step, &request).await?,
    })
}

pub(super) async fn erase(
    engine: &Engine,
    step: &Step,
    seat: Seat<EraseOrder, Erased>,
) -> Result<(), Failed> {
    let connector = engine.connector(&step.store)?;
    let order = order(engine, step).await?;
    let in_doubt = intend(engine, step).await?;
    let forgets = connector.capabilities().idempotency == Idempotency::LookupThenAct;
    let erased = if in_doubt && forgets && nothing_left(engine, step, &order).await? {
        presumed(&order.plan)
    } else {
        seat.order(order).await?
    };
    engine.cut("erased in the store");
    let outcome = Outcome::of_erasure(&erased.collections);
    let result = StepResult::Changed {
        collections: erased.collections,
        level: EvidenceLevel::VendorReported,
    };
    let (id, store, pass) = (step.id, step.store.clone(), step.slot.clone());
    engine
        .finish(
            step,
            state(outcome),
            outcome.as_str(),
            Some(result),
            move |_, tx, request, now| {
                queue::confirm(tx, id, now)?;
                // Whatever the outcome, the store is searched again: absent is a claim as well.
                flow::enqueue(tx, request, &store, Verb::Verify, &pass)
            },
        )
        .await
}

async fn nothing_left(engine: &Engine, step: &Step, order: &EraseOrder) -> Result<bool, Failed> {
    let connector = engine.connector(&step.store)?;
    let answers = connector.verify(std::slice::from_ref(order)).await?;
    let remaining = answers.into_iter().next();
    let missing = || StoreError::permanent("no_answer", "the connector answered nothing");
    let remaining = remaining.ok_or_else(missing)??;
    Ok(remaining.rows.iter().all(|rows| rows.rows == 0))
}

/// The first call did its work and its answer was lost: the plan's counts stand in, and say so.
fn presumed(plan: &PlannedStep) -> Erased {
    use habeas_domain::data_map::RowTreatment;
    let collections = plan
        .collections
        .iter()
        .map(|c| {
            let of = |treatment| if c.fate == treatment { c.rows } else { 0 };
            CollectionOutcome {
                collection: c.name.clone(),
                located: c.rows,
                erased: of(RowTreatment::Delete),
                replaced: of(RowTreatment::Columns),
                kept: of(RowTreatment::Keep),
                ground: c.ground.as_ref().map(|ground| ground.article.clone()),
                method: Some("counts as planned: the store's first answer was lost".to_owned()),
                ..CollectionOutcome::default()
            }
        })
        .collect();
    Erased {
        collections,
        replayed: true,
    }
}

pub(super) async fn suppress(
    engine: &Engine,
    step: &Step,
    seat: Seat<SuppressOrder, Suppressed>,
) -> Result<(), Failed> {
    engine.connector(&step.store)?;
    let EraseOrder {
        subject,
        effect_key,
        plan,
    } = order(engine, step).await?;
    intend(engine, step).await?;
    let order = SuppressOrder {
        subject,
        effect_key,
        plan,
    };
    let suppressed = seat.order(order).await?;
    engine.cut("suppressed in the store");
    let changed: u64 = suppressed.collections.iter().map(|c| c.replaced).sum();
    let outcome = match changed {
        0 => Outcome::Absent,
        _ => Outcome::Suppressed,
    };
    let verified = suppressed.level >= EvidenceLevel::ReadBackVerified;
    let result = StepResult::Changed {
        collections: suppressed.collections,
        level: suppressed.level,
    };
    let id = step.id;
    engine
        .finish(
            step,
            state(outcome),
            outcome.as_str(),
            Some(result),
            move |_, tx, _, now| {
                queue::confirm(tx, id, now)?;
                if verified {
                    queue::mark_verified(tx, id, now)?;
                }
                Ok(())
            },
        )
        .await
}

fn state(outcome: Outcome) -> State {
    match outcome {
        Outcome::Exported | Outcome::Erased | Outcome::Replaced | Outcome::Suppressed => {
            State::Done
        }
        Outcome::Kept => State::Kept,
        Outcome::Absent => State::Absent,
        Outcome::Failed => State::Failed,
    }
}
