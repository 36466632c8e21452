//! The worker: claims steps, carries each out, and records how it ended.
//!
//! Nothing here is remembered between two steps. A worker that is killed at any point leaves rows
//! that another one takes back, and every step may run again from its beginning.

mod access;
mod change;
mod failure;
mod letter;
mod locate;
mod package;
mod plan;
mod read_back;
mod receipt;

use std::{pin::pin, time::Duration};

use habeas_connector::{Connector, StoreError, Subject};
use habeas_domain::{StoreId, WorkerId, plan::PlannedStep, right::Lane};
use habeas_storage::{
    DbError, Tx, identifiers, plans,
    queue::{self, Lease, Recovered},
    requests::{self, Request},
    steps::{State, Step, Verb},
};
use habeas_vault::DataKey;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::{
    Engine, UseCaseError,
    engine::{DESK, MAIL, internal, open_identifier, seal},
    flow,
    result::{PURPOSE_RESULT, StepResult},
};
use failure::Failed;

/// The longest that a queued step waits for a worker that missed its wake-up.
const POLL: Duration = Duration::from_secs(1);
const SLOTS: usize = 8;

impl Engine {
    /// Works until told to stop, then gives back what it holds.
    pub async fn work(&self, stop: CancellationToken) -> Result<(), UseCaseError> {
        while !stop.is_cancelled() {
            let me = self.register().await?;
            // Lost when another worker has declared this one dead: all its work stops, and it
            // begins again under a new name.
            let lost = stop.child_token();
            let heart = tokio::spawn(heartbeat(self.clone(), me, lost.clone()));
            self.take_steps(me, &lost).await;
            lost.cancel();
            // A heart that was cut short has nothing to report.
            let _ = heart.await;
            self.write(move |tx| Ok(queue::retire(tx, me)?)).await?;
        }
        Ok(())
    }

    /// Carries out everything that is ready now, one step after the other, and returns how many
    /// there were. For tests and for `work --until-idle`.
    pub async fn work_until_idle(&self) -> Result<usize, UseCaseError> {
        let me = self.register().await?;
        let mut count = 0;
        loop {
            let claimed = self.claim(me, 1).await?;
            if claimed.is_empty() {
                break;
            }
            for step in claimed {
                self.carry_out(step, &CancellationToken::new()).await;
                count += 1;
            }
        }
        self.write(move |tx| Ok(queue::retire(tx, me)?)).await?;
        Ok(count)
    }

    async fn register(&self) -> Result<WorkerId, UseCaseError> {
        let (me, now) = (WorkerId::fresh(), self.now());
        let lease = self.0.rules.lease;
        let host = format!("process {}", std::process::id());
        self.write(move |tx| {
            let version = env!("CARGO_PKG_VERSION");
            Ok(queue::register_worker(
                tx,
                me,
                &host,
                version,
                now,
                now + lease,
            )?)
        })
        .await?;
        Ok(me)
    }

    fn part_of_lease(&self, parts: u32) -> Duration {
        Duration::try_from(self.0.rules.lease).unwrap_or(POLL) / parts
    }

    async fn claim(&self, me: WorkerId, slots: usize) -> Result<Vec<Step>, UseCaseError> {
        let gates: Vec<String> = self
            .0
            .connectors
            .keys()
            .map(ToString::to_string)
            .chain([DESK.to_owned(), MAIL.to_owned()])
            .collect();
        let (now, patience) = (self.now(), self.0.rules.patience);
        let slots = i64::try_from(slots).unwrap_or(i64::MAX);
        self.write(move |tx| Ok(queue::claim(tx, &gates, me, slots, patience, now)?))
            .await
    }

    async fn take_steps(&self, me: WorkerId, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        let mut recover = tokio::time::interval(self.part_of_lease(6));
        loop {
            // Armed before the look at the queue, so that what comes in meanwhile is not missed.
            let mut woken = pin!(self.0.wake.notified());
            woken.as_mut().enable();
            if running.len() < SLOTS {
                match self.claim(me, SLOTS - running.len()).await {
                    Ok(claimed) => {
                        for step in claimed {
                            let (engine, stop) = (self.clone(), stop.clone());
                            running.spawn(async move { engine.carry_out(step, &stop).await });
                        }
                    }
                    Err(error) => {
                        warn!(error = %error, "steps could not be claimed; trying again soon");
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = running.join_next() => {}
                () = woken => {}
                () = tokio::time::sleep(POLL) => {}
                _ = recover.tick() => self.recover().await,
            }
        }
        // What is under way may have changed a store: it ends by itself or is fenced.
        while running.join_next().await.is_some() {}
    }

    /// Takes back the steps of workers whose lease has run out; gives back how many.
    pub async fn recover_now(&self) -> Result<usize, UseCaseError> {
        Ok(self.lost_steps().await?.len())
    }

    async fn lost_steps(&self) -> Result<Vec<Recovered>, UseCaseError> {
        let now = self.now();
        self.write(move |tx| Ok(queue::recover(tx, now)?)).await
    }

    async fn recover(&self) {
        match self.lost_steps().await {
            Ok(recovered) => {
                for lost in recovered {
                    warn!(step.id = %lost.step, parked = lost.parked, "a step was taken back");
                }
            }
            Err(error) => warn!(error = %error, "lost steps could not be looked for"),
        }
    }

    /// One attempt at one step, recorded whatever happens.
    async fn carry_out(&self, step: Step, stop: &CancellationToken) {
        self.cut("claimed");
        let patience = Duration::try_from(self.0.rules.patience).unwrap_or(POLL);
        let attempt = tokio::select! {
            attempt = tokio::time::timeout(patience, self.attempt(&step)) => {
                attempt.unwrap_or_else(|_| Err(Failed::timed_out(step.verb)))
            }
            // Work that only reads can stop at once; a change that was sent is seen through.
            () = stop.cancelled(), if !changes_the_world(step.verb) => return,
        };
        let Err(failed) = attempt else { return };
        if failed.is_fenced() {
            warn!(step.id = %step.id, "the lease was lost; this result does not count");
            return;
        }
        warn!(
            step.id = %step.id, request.id = %step.request, store = step.store,
            verb = %step.verb, failure = %failed, "step {} failed", step.id
        );
        let engine = self.clone();
        let id = step.id;
        let recorded = self
            .write(move |tx| failed.record(&engine, tx, &step))
            .await;
        if let Err(error) = recorded {
            // The lease runs out, and the step is taken back.
            error!(step.id = %id, error = %error, "a failure could not be recorded");
        }
    }

    async fn attempt(&self, step: &Step) -> Result<(), Failed> {
        match step.verb {
            Verb::Locate => locate::run(self, step).await,
            Verb::Plan => plan::run(self, step).await,
            Verb::Access => access::run(self, step).await,
            Verb::Erase => change::erase(self, step).await,
            Verb::Suppress => change::suppress(self, step).await,
            Verb::Verify => read_back::run(self, step).await,
            Verb::Package => package::run(self, step).await,
            Verb::Letter => letter::run(self, step).await,
        }
    }

    /// Ends a step and makes every move that follows, in one transaction.
    async fn finish<F>(
        &self,
        step: &Step,
        state: State,
        outcome: &str,
        result: Option<StepResult>,
        also: F,
    ) -> Result<(), Failed>
    where
        F: FnOnce(&Engine, &mut Tx<'_>, &Request, Timestamp) -> Result<(), UseCaseError>
            + Send
            + 'static,
    {
        self.cut("before the end is written");
        let key = self.key(step.request)?;
        let sealed = result
            .map(|result| seal(&key, PURPOSE_RESULT, &result))
            .transpose()?;
        let (engine, now, lease) = (self.clone(), self.now(), lease(step));
        let (request, outcome) = (step.request, outcome.to_owned());
        self.0
            .db
            .write(move |tx| -> Result<(), Failed> {
                // Request before step, as officers and subjects lock them.
                let request = requests::lock(tx, request)?;
                queue::complete(tx, lease, state, &outcome, sealed.as_deref(), now)?;
                also(&engine, tx, &request, now)?;
                Ok(flow::settle(tx, request.id, now)?)
            })
            .await?;
        self.0.wake.notify_waiters();
        self.cut("after the end is written");
        Ok(())
    }

    fn connector(&self, step: &Step) -> Result<&dyn Connector, Failed> {
        let id: StoreId = step
            .store
            .parse()
            .map_err(|_| internal("a store has a name"))?;
        self.0
            .connectors
            .get(&id)
            .map(AsRef::as_ref)
            .ok_or_else(|| Failed::parked("unregistered", "this store is not configured any more"))
    }

    /// The person as the stores may know them: what was proven, and what followed from it. In the
    /// open lane what was given is enough.
    async fn subject(&self, request: &Request, key: &DataKey) -> Result<Subject, Failed> {
        let (id, open_lane) = (request.id, request.right.lane() == Lane::Open);
        let sealed = self
            .read(move |tx| Ok(identifiers::of_request(tx, id)?))
            .await?;
        let (given, read): (Vec<_>, Vec<_>) = sealed.iter().partition(|one| one.source == "asked");
        let trusted = given
            .into_iter()
            .filter(|one| open_lane || one.proven_at.is_some());
        let identifiers: Vec<_> = trusted
            .map(|one| open_identifier(key, one))
            .collect::<Result<_, _>>()?;
        if identifiers.is_empty() {
            return Err(Failed::parked("no_identifier", "no identifier is proven"));
        }
        let further = read.into_iter().map(|one| open_identifier(key, one));
        Ok(Subject {
            request: id,
            identifiers,
            further: further.collect::<Result<_, _>>()?,
        })
    }

    async fn request_of(&self, step: &Step) -> Result<Request, Failed> {
        let id = step.request;
        Ok(self.read(move |tx| Ok(requests::get(tx, id)?)).await?)
    }
}

/// The only answer of a batch of one.
fn first<T>(answers: Vec<Result<T, StoreError>>) -> Result<T, Failed> {
    let only = answers.into_iter().next();
    only.ok_or_else(|| StoreError::permanent("no_answer", "the connector answered nothing"))?
        .map_err(Failed::from)
}

/// What the approved plan says about this step's store.
async fn planned(engine: &Engine, step: &Step, request: &Request) -> Result<PlannedStep, Failed> {
    let plan = request
        .phase
        .plan_ref()
        .ok_or_else(|| internal("a step of a plan has a plan"))?
        .clone();
    let stored = engine.read(move |tx| Ok(plans::get(tx, plan.id)?)).await?;
    let found = stored
        .plan
        .steps
        .into_iter()
        .find(|planned| planned.store.as_str() == step.store);
    found.ok_or_else(|| internal("the plan names every store that has a step").into())
}

fn lease(step: &Step) -> Lease {
    Lease {
        step: step.id,
        epoch: step.lease_epoch,
    }
}

fn changes_the_world(verb: Verb) -> bool {
    match verb {
        Verb::Erase | Verb::Suppress | Verb::Letter => true,
        Verb::Locate | Verb::Plan | Verb::Access | Verb::Verify | Verb::Package => false,
    }
}

/// Renews the worker's lease; cancels `lost` when it cannot.
async fn heartbeat(engine: Engine, me: WorkerId, lost: CancellationToken) {
    let mut beat = tokio::time::interval(engine.part_of_lease(4));
    let mut renewed = tokio::time::Instant::now();
    // Stops by itself before anybody else may take its steps back.
    let patience = engine.part_of_lease(3) * 2;
    loop {
        tokio::select! {
            () = lost.cancelled() => return,
            _ = beat.tick() => {}
        }
        let until = engine.now() + engine.0.rules.lease;
        match engine
            .0
            .db
            .write(move |tx| queue::renew(tx, me, until))
            .await
        {
            Ok(()) => renewed = tokio::time::Instant::now(),
            Err(DbError::Fenced) => {
                error!(worker.id = %me, "this worker was declared dead; it stops its work");
                return lost.cancel();
            }
            Err(error) => warn!(error = %error, "the lease could not be renewed"),
        }
        if renewed.elapsed() > patience {
            error!(worker.id = %me, "the lease could not be renewed in time; all work stops");
            return lost.cancel();
        }
    }
}
