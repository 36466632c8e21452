//! What an officer sees and does.

use habeas_domain::{
    Personal, Phase, RequestId, Right, StepId,
    data_map::Ground,
    law,
    outcome::{CollectionOutcome, Outcome},
    phase::{Approver, IdentityProof},
    plan::{Decision, Plan, PlanHash, PlannedStep, Verb as PlanVerb},
    right::Lane,
};
use habeas_mail::{Erased, Letter, OptedOut, Ready, Refused};
use habeas_storage::{
    ReadTx, Tx, identifiers, plans, queue,
    requests::{self, Filter, Request},
    steps::{self, State, Step, Verb},
};
use habeas_vault::DataKey;
use jiff::{SignedDuration, Timestamp};

use crate::{
    Actor, Engine, NextAction, PlanView, QueueRow, Reference, RequestView, StepView, UseCaseError,
    engine::{internal, seal},
    flow,
    result::{PURPOSE_RESULT, StepResult},
    subject,
};

/// Which requests the queue shows.
#[derive(Debug, Clone, Default)]
pub struct QueueFilter {
    pub open_only: bool,
    pub right: Option<Right>,
    pub phase: Option<String>,
}

impl Engine {
    /// Requests by urgency, at most 500.
    pub async fn queue(&self, filter: QueueFilter) -> Result<Vec<QueueRow>, UseCaseError> {
        let engine = self.clone();
        self.read(move |tx| {
            let filter = Filter {
                open_only: filter.open_only,
                right: filter.right,
                phase: filter.phase,
            };
            requests::list(tx, &filter)?
                .into_iter()
                .map(|request| {
                    let steps = steps::of_request(tx, request.id)?;
                    engine.row(&request, &steps)
                })
                .collect()
        })
        .await
    }

    pub async fn find(&self, reference: &Reference) -> Result<RequestId, UseCaseError> {
        let reference = reference.clone();
        self.read(move |tx| Ok(requests::by_reference(tx, reference.as_str())?.id))
            .await
    }

    fn row(&self, request: &Request, steps: &[Step]) -> Result<QueueRow, UseCaseError> {
        let on_stores: Vec<&Step> = steps.iter().filter(|s| is_on_a_store(s.verb)).collect();
        let count = |wanted: &dyn Fn(&Step) -> bool| {
            u64::try_from(on_stores.iter().filter(|step| wanted(step)).count()).unwrap_or(u64::MAX)
        };
        let parked = steps.iter().filter(|s| s.state == State::Parked).count();
        Ok(QueueRow {
            id: request.id,
            reference: request.reference.parse().map_err(internal)?,
            right: request.right,
            law: self.law_title(request),
            phase: request.phase.name(),
            received_at: request.received_at,
            due: request.due_on,
            days_left: law::days_left(request.due_on, self.today()),
            steps_done: count(&subject::has_ended),
            steps: count(&|_| true),
            parked: u64::try_from(parked).unwrap_or(u64::MAX),
            next: match &request.phase {
                _ if parked > 0 => Some(NextAction::LookAtParked),
                Phase::Planned { .. } => Some(NextAction::Approve),
                Phase::Confirmed { .. } => Some(NextAction::Release),
                _ => None,
            },
        })
    }

    pub async fn request(&self, id: RequestId) -> Result<RequestView, UseCaseError> {
        let engine = self.clone();
        self.read(move |tx| engine.view(tx, id)).await
    }

    fn view(&self, tx: &mut ReadTx<'_>, id: RequestId) -> Result<RequestView, UseCaseError> {
        let request = requests::get(tx, id)?;
        let steps = steps::of_request(tx, id)?;
        let key = self.key(id)?;
        let plan = request
            .phase
            .plan_ref()
            .map(|plan| plans::get(tx, plan.id))
            .transpose()?;
        let hint = match self.address(tx, &key, id) {
            Ok(address) => masked(&address),
            Err(_) => "unknown".to_owned(),
        };
        let phase = &request.phase;
        Ok(RequestView {
            row: self.row(&request, &steps)?,
            clock: serde_json::from_str(&request.clock).map_err(internal)?,
            subject_hint: hint,
            identity: identity_in_words(tx, &request)?,
            plan: plan.map(|stored| PlanView {
                hash: stored.hash,
                plan: stored.plan,
                made_at: stored.made_at,
            }),
            steps: steps
                .iter()
                .map(|step| self.step_view(&key, step))
                .collect::<Result<_, _>>()?,
            events: self.events(tx, &request)?,
            artifact: self.download_info(&request),
            can_approve: matches!(phase, Phase::Planned { .. }),
            can_refuse: phase
                .clone()
                .refuse(
                    String::new(),
                    habeas_domain::OfficerId::fresh(),
                    request.received_at,
                )
                .is_ok(),
            can_release: matches!(phase, Phase::Confirmed { .. }),
            can_search_again: matches!(phase, Phase::Planned { .. }),
            refusal: self.refusal(&request),
        })
    }

    fn step_view(&self, key: &DataKey, step: &Step) -> Result<StepView, UseCaseError> {
        let result = StepResult::of(key, step)?;
        let title = step
            .store
            .parse()
            .ok()
            .and_then(|id| self.0.connectors.get(&id))
            .map_or_else(|| gate_title(&step.store), |c| c.map().title.clone());
        let words = |text: &Option<String>| text.clone().unwrap_or_default();
        Ok(StepView {
            id: step.id,
            store: step.store.clone(),
            title,
            verb: step.verb.to_string(),
            state: step.state.to_string(),
            attempts: step.attempts,
            not_before: step.not_before,
            last_error: step.last_message.as_ref().map(|message| {
                format!(
                    "{} {}: {message}",
                    words(&step.last_class),
                    words(&step.last_code)
                )
                .trim_start_matches([' ', ':'])
                .to_owned()
            }),
            outcome: step.outcome.as_deref().and_then(outcome_of),
            level: result.as_ref().and_then(StepResult::level),
            collections: result.map_or_else(Vec::new, |r| r.collections().to_vec()),
        })
    }

    /// Approves exactly the plan with this hash, and queues what it says in the same transaction.
    pub async fn approve(
        &self,
        actor: &Actor,
        id: RequestId,
        hash: &PlanHash,
    ) -> Result<(), UseCaseError> {
        let approver = match actor {
            Actor::Officer(officer) => Approver::Officer {
                officer: officer.id,
            },
            Actor::Subject | Actor::Engine => {
                return Err(UseCaseError::Invalid {
                    field: "actor",
                    message: "only an officer approves a plan".to_owned(),
                });
            }
        };
        let (now, engine, hash, name) = (self.now(), self.clone(), hash.clone(), actor.name());
        self.write(move |tx| {
            let request = requests::lock(tx, id)?;
            if let Phase::Planned { plan } = &request.phase
                && plan.hash != hash
            {
                return Err(UseCaseError::PlanChanged);
            }
            engine.approve_plan(tx, &request, approver, &name, now)
        })
        .await
    }

    /// The part of an approval that an officer and the open lane share.
    pub(crate) fn approve_plan(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        approver: Approver,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let phase = request.phase.clone().approve(approver, now)?;
        let request = requests::advance(tx, request, &phase, now)?;
        let plan = phase
            .plan_ref()
            .ok_or_else(|| internal("an approved request has a plan"))?;
        let stored = plans::get(tx, plan.id)?;
        let detail = format!("plan {} was approved", stored.hash);
        flow::fact(tx, &request, actor, "plan.approved", detail, now)?;
        self.queue_plan(tx, &request, &stored.plan, now)?;
        flow::settle(tx, request.id, now)
    }

    fn queue_plan(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        plan: &Plan,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let key = self.key(request.id)?;
        for planned in &plan.steps {
            let new = flow::new_step(request, planned.store.as_str(), verb(planned.verb), "1");
            match &planned.decision {
                Decision::Act | Decision::Absent => {
                    steps::enqueue(tx, &new)?;
                }
                Decision::Keep { ground } => {
                    let result = StepResult::Changed {
                        collections: kept(planned, ground),
                        level: habeas_domain::outcome::EvidenceLevel::Attested,
                    };
                    let sealed = seal(&key, PURPOSE_RESULT, &result)?;
                    let words = format!("{}: {}", ground.article, ground.reason);
                    steps::record_decided(
                        tx,
                        &new,
                        State::Kept,
                        "kept",
                        &words,
                        Some(&sealed),
                        now,
                    )?;
                }
                Decision::Stop { reasons } => {
                    let words = reasons.join("; ");
                    steps::record_decided(tx, &new, State::Failed, "failed", &words, None, now)?;
                }
            }
        }
        Ok(())
    }

    /// Refuses with a reason; the letter names the remedies of the law.
    pub async fn refuse(
        &self,
        actor: &Actor,
        id: RequestId,
        reason: &str,
    ) -> Result<(), UseCaseError> {
        let Actor::Officer(officer) = actor else {
            return Err(UseCaseError::Invalid {
                field: "actor",
                message: "only an officer refuses".to_owned(),
            });
        };
        let reason = reason_given(reason)?;
        let (now, engine, officer, name) = (self.now(), self.clone(), officer.id, actor.name());
        self.write(move |tx| {
            let request = requests::lock(tx, id)?;
            let phase = request.phase.clone().refuse(reason.clone(), officer, now)?;
            steps::withdraw_open(tx, id, now)?;
            let request = requests::advance(tx, &request, &phase, now)?;
            let key = engine.key(id)?;
            let to = engine.address(tx, &key, id)?;
            let letter = Letter::Refused(Refused {
                about: engine.about(&request.reference, request.right),
                reasons: vec![reason],
                remedies: engine.remedies(&request),
            });
            engine.queue_letter(tx, &key, &request, "refused", &to, letter)?;
            let detail = "the request was refused; the letter gives the reason".to_owned();
            flow::fact(tx, &request, &name, "request.refused", detail, now)
        })
        .await
    }

    /// Lets the subject have the answer: the letter with the link goes out.
    pub async fn release(&self, actor: &Actor, id: RequestId) -> Result<(), UseCaseError> {
        let (now, engine, name) = (self.now(), self.clone(), actor.name());
        self.write(move |tx| {
            let request = requests::lock(tx, id)?;
            engine.release_answer(tx, &request, &name, now)
        })
        .await
    }

    pub(crate) fn release_answer(
        &self,
        tx: &mut Tx<'_>,
        request: &Request,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let phase = request.phase.clone().release(now)?;
        let request = requests::advance(tx, request, &phase, now)?;
        let key = self.key(request.id)?;
        let to = self.address(tx, &key, request.id)?;
        let capability = self.grant(tx, request.id, now)?;
        let (kept, gaps) = self.kept_and_gaps(tx, &key, &request)?;
        let status = self.status_link(&request.reference, &capability);
        let about = self.about(&request.reference, request.right);
        let last = now + SignedDuration::from_hours(24 * self.0.rules.download_days);
        let until = self.date_of(last).yesterday().unwrap_or(self.date_of(last));
        let letter = match PlanVerb::of(request.right) {
            Some(PlanVerb::Erase) => Letter::Erased(Erased {
                about,
                kept,
                gaps,
                status,
                until,
            }),
            Some(PlanVerb::Suppress) => Letter::OptedOut(OptedOut {
                about,
                gaps: gaps.into_iter().chain(kept).collect(),
                status,
            }),
            Some(PlanVerb::Access) | None => Letter::Ready(Ready {
                about,
                status,
                until,
                gaps,
            }),
        };
        self.queue_letter(tx, &key, &request, "answer", &to, letter)?;
        let detail = "the answer was released".to_owned();
        flow::fact(tx, &request, actor, "answer.released", detail, now)
    }

    /// Sentences for the letter: what was kept and why, what could not be done and why.
    fn kept_and_gaps(
        &self,
        tx: &mut Tx<'_>,
        key: &DataKey,
        request: &Request,
    ) -> Result<(Vec<String>, Vec<String>), UseCaseError> {
        let (mut kept, mut gaps) = (Vec::new(), Vec::new());
        for step in steps::of_request(tx, request.id)? {
            let Some(connector) = step
                .store
                .parse()
                .ok()
                .and_then(|id| self.0.connectors.get(&id))
            else {
                continue;
            };
            let title = &connector.map().title;
            if step.state == State::Failed && is_on_a_store(step.verb) {
                let why = step.last_message.clone().unwrap_or_default();
                gaps.push(format!("{title}: {why}."));
            }
            let result = StepResult::of(key, &step)?;
            for outcome in result.iter().flat_map(StepResult::collections) {
                // Columns that stay inside a replaced row have a ground and no kept row.
                if outcome.kept == 0 && outcome.ground.is_none() {
                    continue;
                }
                let name = connector
                    .map()
                    .collections
                    .get(&outcome.collection)
                    .map_or(outcome.collection.as_str(), |c| {
                        c.title(&outcome.collection)
                    });
                let ground = outcome
                    .ground
                    .as_deref()
                    .unwrap_or("no ground was recorded");
                kept.push(format!(
                    "{title}, {name} ({}): {ground}.",
                    outcome.kept.max(outcome.replaced)
                ));
            }
        }
        Ok((kept, gaps))
    }

    /// Throws an unapproved plan away and searches every store anew.
    pub async fn search_again(&self, actor: &Actor, id: RequestId) -> Result<(), UseCaseError> {
        let (now, engine, name) = (self.now(), self.clone(), actor.name());
        self.write(move |tx| {
            let request = requests::lock(tx, id)?;
            let proof = match proven_kind(tx, id)? {
                Some(identifier_kind) => IdentityProof::CodeReturned { identifier_kind },
                None => IdentityProof::NotAsked,
            };
            let phase = request.phase.clone().search_again(proof, now)?;
            let request = requests::advance(tx, &request, &phase, now)?;
            let detail = "the stores are searched again".to_owned();
            flow::fact(tx, &request, &name, "request.searched_again", detail, now)?;
            let round = flow::next_round(tx, id)?;
            for store in engine.0.connectors.keys() {
                flow::enqueue_locate(tx, &request, store.as_str(), round)?;
            }
            Ok(())
        })
        .await
    }

    /// Lets a parked or waiting step run now.
    pub async fn retry_step(
        &self,
        actor: &Actor,
        id: StepId,
        reason: &str,
    ) -> Result<(), UseCaseError> {
        let (by, words) = (actor.name(), "runs again");
        self.move_step(&by, id, reason, "step.retried", words, queue::unpark)
            .await
    }

    /// Ends a parked step as failed. The answer will name it and the reason.
    pub async fn give_up_step(
        &self,
        actor: &Actor,
        id: StepId,
        reason: &str,
    ) -> Result<(), UseCaseError> {
        let reason = reason_given(reason)?;
        let (now, name) = (self.now(), actor.name());
        self.write(move |tx| {
            let step = steps::get(tx, id)?;
            let request = requests::lock(tx, step.request)?;
            queue::give_up(tx, id, &reason, now)?;
            let detail = format!("{} on {} was given up: {reason}", step.verb, step.store);
            flow::fact(tx, &request, &name, "step.given_up", detail, now)?;
            flow::settle(tx, request.id, now)
        })
        .await
    }
}

/// A reason is part of the audit trail, so it is asked for and bounded.
pub(crate) fn reason_given(reason: &str) -> Result<String, UseCaseError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > 2000 {
        return Err(UseCaseError::Invalid {
            field: "reason",
            message: "give a reason of 1 to 2000 characters".to_owned(),
        });
    }
    Ok(reason.to_owned())
}

fn verb(planned: PlanVerb) -> Verb {
    match planned {
        PlanVerb::Access => Verb::Access,
        PlanVerb::Erase => Verb::Erase,
        PlanVerb::Suppress => Verb::Suppress,
    }
}

pub(crate) fn is_on_a_store(verb: Verb) -> bool {
    match verb {
        Verb::Locate | Verb::Access | Verb::Erase | Verb::Suppress | Verb::Verify => true,
        Verb::Plan | Verb::Package | Verb::Letter => false,
    }
}

fn kept(planned: &PlannedStep, ground: &Ground) -> Vec<CollectionOutcome> {
    planned
        .collections
        .iter()
        .map(|collection| CollectionOutcome {
            collection: collection.name.clone(),
            located: collection.rows,
            kept: collection.rows,
            ground: Some(format!("{}: {}", ground.article, ground.reason)),
            ..CollectionOutcome::default()
        })
        .collect()
}

fn outcome_of(word: &str) -> Option<Outcome> {
    serde_json::from_value(word.into()).ok()
}

fn gate_title(gate: &str) -> String {
    match gate {
        crate::engine::DESK => "Habeas".to_owned(),
        crate::engine::MAIL => "Mail".to_owned(),
        other => other.to_owned(),
    }
}

/// The first letter and the domain: enough to recognise, too little to copy.
fn masked(address: &Personal<String>) -> String {
    match address.reveal().rsplit_once('@') {
        Some((local, domain)) => {
            let first = local.chars().next().map(String::from).unwrap_or_default();
            format!("{first}•••@{domain}")
        }
        None => "•••".to_owned(),
    }
}

/// The kind of the identifier that a code has proven, if one has.
pub(crate) fn proven_kind(
    tx: &mut ReadTx<'_>,
    request: RequestId,
) -> Result<Option<String>, UseCaseError> {
    let proven = identifiers::of_request(tx, request)?
        .into_iter()
        .find(|identifier| identifier.proven_at.is_some());
    Ok(proven.map(|identifier| identifier.kind.to_string()))
}

fn identity_in_words(tx: &mut ReadTx<'_>, request: &Request) -> Result<String, UseCaseError> {
    Ok(match (proven_kind(tx, request.id)?, request.right.lane()) {
        (Some(kind), _) => format!("control of the {kind} address was shown by a code"),
        (None, Lane::Open) => "not asked for: this right needs no identity check".to_owned(),
        (None, Lane::Verified) => "not shown yet".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_recognisable_and_not_readable() {
        let mask = |text: &str| masked(&Personal::from(text));
        assert_eq!(mask("mary.smith@example.org"), "m•••@example.org");
        assert_eq!(mask("é@example.org"), "é•••@example.org");
        assert_eq!(mask("nonsense"), "•••");
    }

    #[test]
    fn a_reason_is_asked_for_and_bounded() {
        assert_eq!(reason_given("  late  ").unwrap(), "late");
        assert!(reason_given("   ").is_err());
        assert!(reason_given(&"x".repeat(2001)).is_err());
    }
}
