//! Turns the answers of the stores into a plan. The deciding is done by the pure planner; this
//! gathers its input and stores what it says.

use std::collections::BTreeMap;

use habeas_domain::{
    PlanId, StoreId,
    phase::{Approver, PlanRef},
    plan::{self, Answer, Input},
    right::Lane,
};
use habeas_storage::{
    plans, requests,
    steps::{self, State, Step, Verb},
};
use habeas_vault::DataKey;

use super::Failed;
use crate::{Engine, UseCaseError, engine::internal, flow, flow::Round, result::StepResult};

pub(super) async fn run(engine: &Engine, step: &Step) -> Result<(), Failed> {
    let request = engine.request_of(step).await?;
    let key = engine.key(request.id)?;
    let id = request.id;
    let steps = engine
        .read(move |tx| Ok(steps::of_request(tx, id)?))
        .await?;
    let search: usize = step
        .slot
        .parse()
        .map_err(|_| internal("a plan step names its search"))?;
    let answers = answers(&key, &steps, search)?;
    let law = format!("{}@{}", request.law_profile, request.law_version);
    let silent = Answer::Unreachable {
        reason: "the store was not searched".to_owned(),
    };
    let input = Input {
        request: request.id,
        right: request.right,
        law: &law,
        stores: engine
            .0
            .connectors
            .iter()
            .map(|(store, connector)| (connector.map(), answers.get(store).unwrap_or(&silent)))
            .collect(),
        holds: &engine.0.rules.holds,
        row_cap: engine.0.rules.row_cap,
    };
    let plan = plan::plan(&input).map_err(|none| Failed::parked("no_verb", none.to_string()))?;
    let bytes = plan.to_bytes();
    engine
        .finish(
            step,
            State::Done,
            "planned",
            None,
            move |engine, tx, request, now| {
                let id = PlanId::fresh();
                let hash = plans::insert(tx, id, request.id, &bytes, now)?;
                let detail = format!("plan {hash} was made");
                let phase = request.phase.clone().plan(PlanRef { id, hash })?;
                let request = requests::advance(tx, request, &phase, now)?;
                flow::fact(tx, &request, "engine", "plan.made", detail, now)?;
                if request.right.lane() == Lane::Open {
                    let rule = "the open lane takes effect without delay".to_owned();
                    let approver = Approver::Rule { rule };
                    engine.approve_plan(tx, &request, approver, "engine", now)?;
                }
                Ok(())
            },
        )
        .await
}

/// The last answer of each store in this search: a later round knew all that an earlier one knew.
fn answers(
    key: &DataKey,
    steps: &[Step],
    search: usize,
) -> Result<BTreeMap<StoreId, Answer>, UseCaseError> {
    let mut last: BTreeMap<StoreId, (Round, Answer)> = BTreeMap::new();
    for step in steps.iter().filter(|step| step.verb == Verb::Locate) {
        let Some(round) = Round::of(step).filter(|round| round.search == search) else {
            continue;
        };
        let store: StoreId = step
            .store
            .parse()
            .map_err(|_| internal("a store has a name"))?;
        let answer = match StepResult::of(key, step)? {
            Some(StepResult::Located { rows, obstacles }) => Answer::Found { rows, obstacles },
            Some(_) | None => Answer::Unreachable {
                reason: step
                    .last_message
                    .clone()
                    .unwrap_or_else(|| "the store could not be searched".to_owned()),
            },
        };
        if last.get(&store).is_none_or(|(earlier, _)| *earlier < round) {
            last.insert(store, (round, answer));
        }
    }
    Ok(last
        .into_iter()
        .map(|(store, (_, answer))| (store, answer))
        .collect())
}
