//! Searches a store again after an erasure. What is still there is erased in a further pass, and
//! after three passes a person looks.

use habeas_connector::{EraseOrder, Remaining};
use habeas_storage::{
    queue,
    steps::{self, State, Step, Verb},
};

use super::{Failed, call::Seat, change};
use crate::{Engine, engine::internal, flow, result::StepResult};

const PASSES: usize = 3;

pub(super) async fn run(
    engine: &Engine,
    step: &Step,
    seat: Seat<EraseOrder, Remaining>,
) -> Result<(), Failed> {
    engine.connector(&step.store)?;
    let id = step.request;
    let erasures = engine
        .read(move |tx| Ok(steps::of_request(tx, id)?))
        .await?;
    let erased = erasures
        .into_iter()
        .find(|other| {
            other.verb == Verb::Erase && other.store == step.store && other.slot == step.slot
        })
        .ok_or_else(|| internal("a read-back follows an erasure"))?;
    let order = change::order(engine, &erased).await?;
    let remaining = seat.order(order).await?;
    engine.cut("read back");

    let left: u64 = remaining.rows.iter().map(|rows| rows.rows).sum();
    let pass: usize = step
        .slot
        .parse()
        .map_err(|_| internal("a pass has a number"))?;
    if left > 0 && pass >= PASSES {
        return Err(Failed::parked(
            "rows_remain",
            format!(
                "{left} rows are still there after {PASSES} passes; something writes them anew"
            ),
        ));
    }
    let result = StepResult::ReadBack {
        remaining: remaining.rows,
        level: remaining.level,
    };
    let outcome = if left == 0 { "verified" } else { "rows_remain" };
    let store = step.store.clone();
    engine
        .finish(
            step,
            State::Done,
            outcome,
            Some(result),
            move |_, tx, request, now| {
                if left == 0 {
                    return Ok(queue::mark_verified(tx, erased.id, now)?);
                }
                let detail =
                    format!("{left} rows had appeared in {store}; they are erased as well");
                flow::fact(tx, request, "engine", "erase.repeated", detail, now)?;
                flow::enqueue(tx, request, &store, Verb::Erase, &(pass + 1).to_string())
            },
        )
        .await
}
