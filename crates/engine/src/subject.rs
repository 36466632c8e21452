//! What the subject may do with a request: look, withdraw, fetch the answer.

use std::io::Read;

use habeas_domain::{Phase, law, personal::Personal, phase::Artifact};
use habeas_mail::{Letter, Withdrawn};
use habeas_storage::{
    ReadTx,
    access::{self, Purpose},
    audit,
    requests::{self, Request},
    steps::{self, State, Step, Verb},
};
use habeas_vault::BlobName;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use crate::{
    Download, DownloadInfo, Engine, Event, Reference, Refusal, StatusView, StoreStatus,
    UseCaseError,
    engine::{blocking, internal},
    flow, intake,
    result::StepResult,
    secret,
};

pub(crate) const PURPOSE_ARTIFACT: &str = "artifact";
const CHUNK: usize = 64 * 1024;

impl Engine {
    /// The request that this capability opens. An unknown reference and a wrong capability look
    /// the same.
    fn opened(
        &self,
        tx: &mut ReadTx<'_>,
        reference: &str,
        capability: &str,
    ) -> Result<Request, UseCaseError> {
        let request = requests::by_reference(tx, reference)?;
        if access::opens(tx, request.id, &secret::token_hash(capability))? {
            Ok(request)
        } else {
            Err(UseCaseError::NotFound)
        }
    }

    pub async fn status(
        &self,
        reference: &Reference,
        capability: &str,
    ) -> Result<StatusView, UseCaseError> {
        let (engine, reference) = (self.clone(), reference.clone());
        let capability = Personal::from(capability);
        self.read(move |tx| {
            let request = engine.opened(tx, reference.as_str(), capability.reveal())?;
            let steps = steps::of_request(tx, request.id)?;
            let stores = engine.store_states(&request, &steps)?;
            let events = engine.events(tx, &request)?;
            Ok(StatusView {
                reference,
                right: request.right,
                law_title: engine.law_title(&request),
                phase: request.phase.name(),
                received_at: request.received_at,
                due: request.due_on,
                days_left: law::days_left(request.due_on, engine.today()),
                stores,
                events: events
                    .into_iter()
                    .filter(|event| is_for_the_subject(&event.event))
                    .collect(),
                download: engine.download_info(&request),
                can_withdraw: request.phase.clone().withdraw(request.received_at).is_ok(),
                refusal: engine.refusal(&request),
            })
        })
        .await
    }

    pub(crate) fn law_title(&self, request: &Request) -> String {
        let day = self.date_of(request.received_at);
        self.0
            .law
            .profile(&request.law_profile, day)
            .map_or_else(|_| request.law_profile.clone(), |p| p.title.clone())
    }

    pub(crate) fn remedies(&self, request: &Request) -> Vec<String> {
        let day = self.date_of(request.received_at);
        self.0
            .law
            .profile(&request.law_profile, day)
            .map(|profile| profile.remedies.iter().map(|r| r.text.clone()).collect())
            .unwrap_or_default()
    }

    pub(crate) fn refusal(&self, request: &Request) -> Option<Refusal> {
        match &request.phase {
            Phase::Refused { reason, .. } => Some(Refusal {
                reason: reason.clone(),
                remedies: self.remedies(request),
            }),
            _ => None,
        }
    }

    pub(crate) fn download_info(&self, request: &Request) -> Option<DownloadInfo> {
        let (artifact, until) = self.fetchable(request)?;
        Some(DownloadInfo {
            bytes: artifact.bytes,
            sha256: artifact.sha256.clone(),
            until,
            count: request.downloads,
        })
    }

    /// The released file and the instant until which it can be fetched, while it still can.
    fn fetchable<'r>(&self, request: &'r Request) -> Option<(&'r Artifact, Timestamp)> {
        let (artifact, at) = match &request.phase {
            Phase::Released { artifact, at, .. } | Phase::Closed { artifact, at, .. } => {
                (artifact, *at)
            }
            _ => return None,
        };
        let until = at + SignedDuration::from_hours(24 * self.0.rules.download_days);
        (self.now() < until).then_some((artifact, until))
    }

    fn store_states(
        &self,
        request: &Request,
        steps: &[Step],
    ) -> Result<Vec<StoreStatus>, UseCaseError> {
        if matches!(request.phase, Phase::Received) {
            return Ok(Vec::new());
        }
        let key = self.key(request.id)?;
        self.0
            .connectors
            .iter()
            .map(|(store, connector)| {
                let done = steps.iter().rfind(|step| {
                    step.store == store.as_str()
                        && matches!(step.verb, Verb::Access | Verb::Erase | Verb::Suppress)
                });
                let (state, rows) = match done {
                    Some(step) if step.state.is_final() => {
                        let result = StepResult::of(&key, step)?;
                        let rows = result.iter().flat_map(StepResult::collections);
                        let word = step.outcome.clone().unwrap_or_else(|| "failed".to_owned());
                        (word, rows.map(|c| c.located).sum())
                    }
                    Some(_) | None => ("waiting".to_owned(), 0),
                };
                Ok(StoreStatus {
                    title: connector.map().title.clone(),
                    state,
                    rows,
                })
            })
            .collect()
    }

    pub(crate) fn events(
        &self,
        tx: &mut ReadTx<'_>,
        request: &Request,
    ) -> Result<Vec<Event>, UseCaseError> {
        Ok(audit::of_request(tx, request.id)?
            .into_iter()
            .map(|fact| Event {
                at: fact.at,
                event: fact.event,
                text: fact.detail,
                actor: fact.actor,
            })
            .collect())
    }

    /// Takes the request back, as long as nothing was done to the data.
    pub async fn withdraw(
        &self,
        reference: &Reference,
        capability: &str,
    ) -> Result<(), UseCaseError> {
        let (now, engine, reference) = (self.now(), self.clone(), reference.clone());
        let capability = Personal::from(capability);
        self.write(move |tx| {
            let request = engine.opened(tx, reference.as_str(), capability.reveal())?;
            engine.withdraw_request(tx, &request, "subject", now)
        })
        .await
    }

    pub(crate) fn withdraw_request(
        &self,
        tx: &mut habeas_storage::Tx<'_>,
        request: &Request,
        actor: &str,
        now: Timestamp,
    ) -> Result<(), UseCaseError> {
        let request = requests::lock(tx, request.id)?;
        let phase = request.phase.clone().withdraw(now)?;
        // First the steps: the database lets no request end that has work open.
        steps::withdraw_open(tx, request.id, now)?;
        let request = requests::advance(tx, &request, &phase, now)?;
        let key = self.key(request.id)?;
        let to = self.address(tx, &key, request.id)?;
        let letter = Letter::Withdrawn(Withdrawn {
            about: self.about(&request.reference, request.right),
        });
        self.queue_letter(tx, &key, &request, "withdrawn", &to, letter)?;
        let detail = "the request was taken back".to_owned();
        flow::fact(tx, &request, actor, "request.withdrawn", detail, now)
    }

    /// Sends a fresh code for the download to the address on file.
    pub async fn send_download_code(
        &self,
        reference: &Reference,
        capability: &str,
    ) -> Result<(), UseCaseError> {
        let (now, engine, reference) = (self.now(), self.clone(), reference.clone());
        let capability = Personal::from(capability);
        let code = intake::fresh_code().await?;
        self.write(move |tx| {
            let request = engine.opened(tx, reference.as_str(), capability.reveal())?;
            if engine.fetchable(&request).is_none() {
                return Err(UseCaseError::NotFound);
            }
            let key = engine.key(request.id)?;
            let to = engine.address(tx, &key, request.id)?;
            engine.queue_code(tx, &key, &request, Purpose::Download, &to, code, now)
        })
        .await
    }

    /// Streams the released file. The link alone is not enough: a fresh code must come with it,
    /// and counts once.
    pub async fn download(
        &self,
        reference: &Reference,
        capability: &str,
        code: &str,
    ) -> Result<Download, UseCaseError> {
        let (engine, asked) = (self.clone(), reference.clone());
        let capability = Personal::from(capability);
        self.read(move |tx| {
            let request = engine.opened(tx, asked.as_str(), capability.reveal())?;
            engine
                .fetchable(&request)
                .map(|_| ())
                .ok_or(UseCaseError::NotFound)
        })
        .await?;
        let (id, challenge) = self.try_code(reference, Purpose::Download, code).await?;
        let (now, engine) = (self.now(), self.clone());
        let request = self
            .write(move |tx| {
                access::end_challenge(tx, &challenge, now)?;
                let request = requests::lock(tx, id)?;
                requests::count_download(tx, id)?;
                let detail = "the answer was fetched".to_owned();
                flow::fact(tx, &request, "subject", "answer.fetched", detail, now)?;
                engine
                    .fetchable(&request)
                    .map(|_| ())
                    .ok_or(UseCaseError::NotFound)?;
                Ok(request)
            })
            .await?;
        self.artifact(&request).await
    }

    /// The finished file of a request as a stream of chunks.
    pub(crate) async fn artifact(&self, request: &Request) -> Result<Download, UseCaseError> {
        let artifact = request
            .phase
            .artifact()
            .ok_or(UseCaseError::NotFound)?
            .clone();
        let key = self.key(request.id)?;
        let name: BlobName = artifact.blob.parse().map_err(internal)?;
        let vault = self.0.vault.clone();
        let mut reader = blocking(move || Ok(vault.open(&key, &name, PURPOSE_ARTIFACT)?)).await?;
        let (sender, chunks) = mpsc::channel(4);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut chunk = vec![0; CHUNK];
                let piece = match reader.read(&mut chunk) {
                    Ok(0) => return,
                    Ok(length) => {
                        chunk.truncate(length);
                        Ok(chunk)
                    }
                    Err(error) => Err(error),
                };
                let failed = piece.is_err();
                // The receiver is gone when the person stopped the download.
                if sender.blocking_send(piece).is_err() || failed {
                    return;
                }
            }
        });
        Ok(Download {
            file_name: format!("{}.zip", request.reference),
            bytes: artifact.bytes,
            chunks,
        })
    }
}

/// The subject's timeline tells the course of things, not the housekeeping.
fn is_for_the_subject(event: &str) -> bool {
    matches!(
        event,
        "request.submitted"
            | "identity.confirmed"
            | "request.located"
            | "plan.approved"
            | "plan.executed"
            | "answer.ready"
            | "answer.released"
            | "answer.fetched"
            | "request.refused"
            | "request.withdrawn"
            | "request.closed"
    )
}

/// Whether a step has ended well enough to be counted as done in a list.
pub(crate) fn has_ended(step: &Step) -> bool {
    step.state.is_final() && step.state != State::Withdrawn
}
