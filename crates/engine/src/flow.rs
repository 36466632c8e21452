//! What follows what. The next move of a request is a pure function of its phase and its steps;
//! it is made in the transaction that ended the last step, so a request is never left between two
//! phases.

use habeas_domain::{Phase, RequestId, StepId};
use habeas_storage::{
    ReadTx, Tx,
    audit::{self, Fact},
    requests::{self, Request},
    steps::{self, NewStep, State, Step, Verb},
};
use jiff::{SignedDuration, Timestamp};

use crate::{UseCaseError, engine::DESK};

/// A move that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Move {
    /// Every store has answered the search, or was given up.
    Locate,
    /// Every step of the plan has ended and was read back, or was given up.
    Execute,
    /// The answer is out and nothing is left to do.
    Close,
}

/// Decides the next move, if one is due.
fn next(phase: &Phase, steps: &[(Verb, State)]) -> Option<Move> {
    let ended = |verbs: &[Verb]| {
        steps
            .iter()
            .filter(|(verb, _)| verbs.contains(verb))
            .all(|(_, state)| state.is_final())
    };
    match phase {
        Phase::Verified { .. } => ended(&[Verb::Locate]).then_some(Move::Locate),
        Phase::Approved { .. } => ended(&[Verb::Access, Verb::Erase, Verb::Suppress, Verb::Verify])
            .then_some(Move::Execute),
        Phase::Released { .. } => ended(Verb::ALL).then_some(Move::Close),
        Phase::Received
        | Phase::Located { .. }
        | Phase::Planned { .. }
        | Phase::Executed { .. }
        | Phase::Confirmed { .. }
        | Phase::Closed { .. }
        | Phase::Refused { .. }
        | Phase::Withdrawn { .. } => None,
    }
}

/// Makes every move that is due. Called at the end of each transaction that ended a step.
pub(crate) fn settle(tx: &mut Tx<'_>, id: RequestId, now: Timestamp) -> Result<(), UseCaseError> {
    loop {
        let request = requests::lock(tx, id)?;
        let steps: Vec<(Verb, State)> = steps::of_request(tx, id)?
            .iter()
            .map(|step| (step.verb, step.state))
            .collect();
        let Some(due) = next(&request.phase, &steps) else {
            return Ok(());
        };
        let phase = request.phase.clone();
        let (phase, event, detail) = match due {
            Move::Locate => (
                phase.locate(now)?,
                "request.located",
                "every store has answered",
            ),
            Move::Execute => (phase.execute(now)?, "plan.executed", "every step has ended"),
            Move::Close => (
                phase.close(now)?,
                "request.closed",
                "the answer was delivered",
            ),
        };
        let request = requests::advance(tx, &request, &phase, now)?;
        fact(tx, &request, "engine", event, detail.to_owned(), now)?;
        match due {
            Move::Locate => {
                let slot = search(tx, id)?.to_string();
                enqueue(tx, &request, DESK, Verb::Plan, &slot)?;
            }
            Move::Execute => enqueue(tx, &request, DESK, Verb::Package, "1")?,
            Move::Close => {}
        }
    }
}

/// Number of the search that is under way: one more than the plans that were made.
fn search(tx: &mut ReadTx<'_>, id: RequestId) -> Result<usize, UseCaseError> {
    let steps = steps::of_request(tx, id)?;
    Ok(1 + steps.iter().filter(|step| step.verb == Verb::Plan).count())
}

/// One round of one search: rounds follow each other as further identifiers turn up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Round {
    pub search: usize,
    pub round: usize,
}

/// Further identifiers of further identifiers end here.
const MOST_ROUNDS: usize = 5;

impl Round {
    pub(crate) fn slot(self) -> String {
        format!("{}.{}", self.search, self.round)
    }

    pub(crate) fn of(step: &Step) -> Option<Round> {
        let (search, round) = step.slot.split_once('.')?;
        Some(Round {
            search: search.parse().ok()?,
            round: round.parse().ok()?,
        })
    }

    /// The round after this one, unless it would go on too long.
    pub(crate) fn next(self) -> Option<Round> {
        (self.round < MOST_ROUNDS).then_some(Round {
            round: self.round + 1,
            ..self
        })
    }
}

/// The first round of the next search.
pub(crate) fn next_round(tx: &mut ReadTx<'_>, id: RequestId) -> Result<Round, UseCaseError> {
    Ok(Round {
        search: search(tx, id)?,
        round: 1,
    })
}

pub(crate) fn enqueue_locate(
    tx: &mut Tx<'_>,
    request: &Request,
    store: &str,
    round: Round,
) -> Result<(), UseCaseError> {
    enqueue(tx, request, store, Verb::Locate, &round.slot())
}

/// Queues a step of a request; asking twice queues once.
pub(crate) fn enqueue(
    tx: &mut Tx<'_>,
    request: &Request,
    store: &str,
    verb: Verb,
    slot: &str,
) -> Result<(), UseCaseError> {
    steps::enqueue(tx, &new_step(request, store, verb, slot))?;
    Ok(())
}

pub(crate) fn new_step(request: &Request, store: &str, verb: Verb, slot: &str) -> NewStep {
    NewStep {
        id: StepId::fresh(),
        request: request.id,
        store: store.to_owned(),
        verb,
        slot: slot.to_owned(),
        due_at: internal_due(request.received_at, request.due_at),
        not_before: None,
        payload: None,
    }
}

/// What review and delivery need before the law's date.
const RESERVE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// When the stores have to be done: three days before the due date, or a quarter of the time
/// before it where there is little.
fn internal_due(received: Timestamp, due: Timestamp) -> Timestamp {
    let quarter = due.duration_since(received) / 4;
    due - RESERVE.min(quarter.max(SignedDuration::ZERO))
}

/// Writes a fact about a request into the audit trail.
pub(crate) fn fact(
    tx: &mut Tx<'_>,
    request: &Request,
    actor: &str,
    event: &'static str,
    detail: String,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    audit::record(
        tx,
        &Fact {
            request: Some(request.id),
            step: None,
            actor: actor.to_owned(),
            event,
            detail,
        },
        now,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use habeas_domain::phase::IdentityProof;

    use super::*;

    fn verified() -> Phase {
        Phase::Received
            .verify(IdentityProof::NotAsked, Timestamp::UNIX_EPOCH)
            .unwrap()
    }

    #[test]
    fn the_search_ends_when_every_store_has_answered_or_was_given_up() {
        let locate = |state| (Verb::Locate, state);
        let ask = |states: &[State]| {
            let steps: Vec<_> = states.iter().copied().map(locate).collect();
            next(&verified(), &steps)
        };
        assert_eq!(ask(&[State::Done, State::Running]), None);
        assert_eq!(ask(&[State::Done, State::Parked]), None);
        assert_eq!(ask(&[State::Done, State::Failed]), Some(Move::Locate));
    }

    #[test]
    fn a_letter_on_its_way_does_not_hold_up_the_search() {
        let steps = [(Verb::Letter, State::Ready), (Verb::Locate, State::Absent)];
        assert_eq!(next(&verified(), &steps), Some(Move::Locate));
    }

    #[test]
    fn an_unfinished_step_of_any_kind_keeps_a_request_from_closing() {
        let artifact = habeas_domain::phase::Artifact {
            blob: String::new(),
            sha256: String::new(),
            bytes: 0,
        };
        let plan = habeas_domain::phase::PlanRef {
            id: habeas_domain::PlanId::fresh(),
            hash: habeas_domain::plan::PlanHash::of(b""),
        };
        let released = Phase::Released {
            plan,
            artifact,
            at: Timestamp::UNIX_EPOCH,
        };
        for verb in Verb::ALL {
            for state in State::ALL {
                let expected = state.is_final().then_some(Move::Close);
                assert_eq!(
                    next(&released, &[(*verb, *state)]),
                    expected,
                    "{verb} {state}"
                );
            }
        }
    }

    #[test]
    fn the_stores_are_done_in_time_for_review_and_delivery() {
        let received = Timestamp::UNIX_EPOCH;
        let after = |hours| received + SignedDuration::from_hours(hours);
        assert_eq!(internal_due(received, after(24 * 30)), after(24 * 27));
        assert_eq!(internal_due(received, after(24 * 4)), after(24 * 3));
        assert_eq!(internal_due(received, received), received);
    }

    #[test]
    fn rounds_follow_each_other_and_come_to_an_end() {
        let mut round = Round {
            search: 1,
            round: 1,
        };
        let mut count = 1;
        while let Some(after) = round.next() {
            assert!(after > round);
            round = after;
            count += 1;
        }
        assert_eq!((count, round.slot().as_str()), (MOST_ROUNDS, "1.5"));
    }
}
