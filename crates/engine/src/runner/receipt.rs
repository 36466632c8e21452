//! What the receipt says: a pure account of the plan and of how its steps ended.

use habeas_connector::Capabilities;
use habeas_domain::{
    data_map::DataMap,
    outcome::{CollectionOutcome, EvidenceLevel, Outcome},
    plan::{PlannedStep, Verb as PlanVerb},
};
use habeas_proof::{CollectionReceipt, StoreReceipt};
use habeas_storage::steps::{State, Step, Verb};
use jiff::Timestamp;

use crate::result::StepResult;

/// A step of the request with what it left behind.
pub(super) struct Ended<'a> {
    pub step: &'a Step,
    pub result: Option<StepResult>,
}

/// What happened in one store, over all passes.
pub(super) fn store(
    planned: &PlannedStep,
    map: &DataMap,
    connector: &Capabilities,
    ended: &[Ended<'_>],
) -> StoreReceipt {
    let work: Vec<&Ended<'_>> = ended
        .iter()
        .filter(|e| matches!(e.step.verb, Verb::Access | Verb::Erase | Verb::Suppress))
        .collect();
    let collections = merged(&work);
    let sum = |pick: fn(&CollectionOutcome) -> u64| collections.iter().map(pick).sum::<u64>();
    let failure = ended.iter().find(|e| e.step.state == State::Failed);
    let done = failure.is_none();
    let outcome = match planned.verb {
        _ if work.iter().any(|e| e.step.state == State::Failed) => Outcome::Failed,
        PlanVerb::Access if sum(|c| c.exported) > 0 => Outcome::Exported,
        PlanVerb::Access => Outcome::Absent,
        PlanVerb::Erase => Outcome::of_erasure(&collections),
        PlanVerb::Suppress if sum(|c| c.replaced) > 0 => Outcome::Suppressed,
        PlanVerb::Suppress => Outcome::Absent,
    };
    let affected = match planned.verb {
        PlanVerb::Access => sum(|c| c.exported),
        PlanVerb::Erase | PlanVerb::Suppress => sum(|c| c.erased + c.replaced),
    };
    let read_back = ended.iter().rfind(|e| e.step.verb == Verb::Verify);
    let at = |step: &Step| step.outcome_at.map(rfc3339);
    let acted = outcome != Outcome::Failed && !work.iter().all(|e| e.step.attempts == 0);
    StoreReceipt {
        store: planned.store.to_string(),
        title: planned.title.clone(),
        connector: format!("{} {}", connector.connector, connector.version),
        verb: planned.verb.as_str().to_owned(),
        outcome,
        located: sum(|c| c.located),
        affected,
        kept: sum(|c| c.kept),
        level: acted.then(|| level(planned.verb, &work, read_back, done)),
        method: method(planned.verb, outcome, sum(|c| c.replaced) > 0),
        executed_at: work.last().filter(|_| acted).and_then(|e| at(e.step)),
        verified_at: read_back
            .filter(|e| e.step.state == State::Done)
            .and_then(|e| at(e.step)),
        reason: failure
            .and_then(|e| e.step.last_message.clone())
            .or_else(|| {
                let kept = work.iter().find(|e| e.step.state == State::Kept)?;
                kept.step.last_message.clone()
            }),
        collections: collections
            .into_iter()
            .map(|c| CollectionReceipt {
                title: map.collections.get(&c.collection).map_or_else(
                    || c.collection.clone(),
                    |m| m.title(&c.collection).to_owned(),
                ),
                name: c.collection,
                located: c.located,
                exported: c.exported,
                erased: c.erased,
                replaced: c.replaced,
                kept: c.kept,
                detached: c.detached,
                ground: c.ground,
                method: c.method,
            })
            .collect(),
    }
}

/// How far the outcome is proved: never more than what was seen.
fn level(
    verb: PlanVerb,
    work: &[&Ended<'_>],
    read_back: Option<&Ended<'_>>,
    done: bool,
) -> EvidenceLevel {
    let of = |ended: &Ended<'_>| ended.result.as_ref().and_then(StepResult::level);
    match verb {
        PlanVerb::Access => EvidenceLevel::VendorReported,
        PlanVerb::Suppress => work
            .last()
            .and_then(|e| of(e))
            .unwrap_or(EvidenceLevel::VendorReported),
        PlanVerb::Erase => read_back
            .filter(|e| done && e.step.outcome.as_deref() == Some("verified"))
            .and_then(of)
            .unwrap_or(EvidenceLevel::VendorReported),
    }
}

/// What was done, and no more than that: how many transactions it took is the store's affair.
fn method(verb: PlanVerb, outcome: Outcome, overwritten: bool) -> Option<String> {
    let words = match (verb, outcome) {
        (_, Outcome::Failed | Outcome::Absent | Outcome::Kept) => return None,
        (PlanVerb::Access, _) => "read from the live store",
        (PlanVerb::Erase, Outcome::Erased) if overwritten => {
            "rows deleted, fields of other rows overwritten"
        }
        (PlanVerb::Erase, Outcome::Erased) => "rows deleted",
        (PlanVerb::Erase, _) => "fields overwritten",
        (PlanVerb::Suppress, _) => "opt-out written to the person's rows",
    };
    Some(words.to_owned())
}

/// Counts of several passes added up; texts of the latest.
fn merged(work: &[&Ended<'_>]) -> Vec<CollectionOutcome> {
    let mut merged: Vec<CollectionOutcome> = Vec::new();
    for outcome in work
        .iter()
        .flat_map(|e| e.result.iter().flat_map(StepResult::collections))
    {
        match merged
            .iter_mut()
            .find(|m| m.collection == outcome.collection)
        {
            None => merged.push(outcome.clone()),
            Some(earlier) => {
                // A row that is kept is found again in each pass and counts once.
                let changed = outcome.erased + outcome.exported;
                earlier.located += changed;
                earlier.exported += outcome.exported;
                earlier.erased += outcome.erased;
                earlier.replaced = earlier.replaced.max(outcome.replaced);
                earlier.kept = earlier.kept.max(outcome.kept);
                earlier.detached += outcome.detached;
                earlier.ground = outcome.ground.clone().or(earlier.ground.take());
                earlier.method = outcome.method.clone().or(earlier.method.take());
            }
        }
    }
    merged
}

/// `granted`, or what is missing.
pub(super) fn decision(stores: &[StoreReceipt]) -> &'static str {
    let failed = stores
        .iter()
        .filter(|s| s.outcome == Outcome::Failed)
        .count();
    let kept = stores.iter().any(|s| s.kept > 0);
    match (failed, kept) {
        (0, false) => "granted",
        (failed, _) if failed == stores.len() => "not carried out",
        _ => "granted in part",
    }
}

pub(super) fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
