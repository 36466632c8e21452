//! The worker: claims steps, carries each out, and records how it ended.
//!
//! Nothing here is remembered between two steps. A worker that is killed at any point leaves rows
//! that another one takes back, and every step may run again from its beginning.

mod access;
mod call;
mod change;
mod failure;
mod letter;
mod locate;
mod package;
mod plan;
mod read_back;
mod receipt;

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use habeas_connector::{Connector, Subject};
use habeas_domain::{StoreId, WorkerId, plan::PlannedStep, right::Lane};
use habeas_storage::{
    Tx, identifiers, plans,
    queue::{self, Lease, Order, Recovered},
    requests::{self, Request},
    steps::{State, Step, Verb},
};
use habeas_vault::DataKey;
use jiff::Timestamp;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, error, info_span, warn};

use crate::{
    Crash, Engine, UseCaseError,
    engine::{DESK, MAIL, internal, open_identifier, seal},
    flow,
    result::{PURPOSE_RESULT, StepResult},
};
use failure::Failed;

/// The longest that a queued step waits for a worker that missed its wake-up.
const POLL: Duration = Duration::from_secs(1);
/// What a worker that is told to stop gives to calls that may have changed a store.
const DRAIN: Duration = Duration::from_secs(25);
/// Calls to stores at the same time.
const SLOTS: usize = 8;

impl Engine {
    /// Works until told to stop, then gives back what it holds.
    pub async fn work(&self, stop: CancellationToken) -> Result<(), UseCaseError> {
        let engine = self.clone();
        let _listens = self.0.db.listen(move || engine.0.wake.notify_waiters());
        while !stop.is_cancelled() {
            let me = self.register().await?;
            // Lost when another worker has declared this one dead: all its work stops, and it
            // begins again under a new name.
            let lost = stop.child_token();
            let heart = tokio::spawn(heartbeat(self.clone(), me, lost.clone()));
            self.take_steps(me, &stop, &lost).await;
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
            for call in claimed {
                count += call.len();
                self.carry_out(call, &CancellationToken::new()).await;
            }
        }
        self.write(move |tx| Ok(queue::retire(tx, me)?)).await?;
        Ok(count)
    }

    async fn register(&self) -> Result<WorkerId, UseCaseError> {
        let (me, engine) = (WorkerId::fresh(), self.clone());
        let lease = self.0.rules.lease;
        let host = format!("process {}", std::process::id());
        self.write(move |tx| {
            let version = env!("CARGO_PKG_VERSION");
            let now = engine.shared_now(tx)?;
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

    /// Calls to stores that are due: each goes to one store and carries steps of one verb.
    async fn claim(&self, me: WorkerId, slots: usize) -> Result<Vec<Vec<Step>>, UseCaseError> {
        let order = Order {
            me,
            stores: self
                .0
                .connectors
                .keys()
                .map(ToString::to_string)
                .chain([DESK.to_owned(), MAIL.to_owned()])
                .collect(),
            slots,
            patience: self.0.rules.patience,
        };
        let engine = self.clone();
        let calls: Vec<Vec<Step>> = self
            .write(move |tx| {
                let now = engine.shared_now(tx)?;
                Ok(queue::claim(tx, &order, now)?)
            })
            .await?;
        for call in &calls {
            if let Some(step) = call.first() {
                self.0.meter.claimed(&step.store, call.len() as u64);
            }
        }
        Ok(calls)
    }

    async fn take_steps(&self, me: WorkerId, told: &CancellationToken, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        let mut recover = tokio::time::interval(self.part_of_lease(6));
        loop {
            // Armed before the look at the queue, so that what comes in meanwhile is not missed.
            let mut woken = pin!(self.0.wake.notified());
            woken.as_mut().enable();
            if running.len() < SLOTS {
                match self.claim(me, SLOTS - running.len()).await {
                    Ok(claimed) => {
                        for call in claimed {
                            let (engine, stop) = (self.clone(), stop.clone());
                            running.spawn(async move { engine.carry_out(call, &stop).await });
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
        // Told to stop, it sees through what may have changed a store, for a while. Declared dead,
        // it does nothing more: others have its steps.
        let grace = if told.is_cancelled() {
            DRAIN
        } else {
            Duration::ZERO
        };
        let drained = tokio::time::timeout(grace, async {
            while running.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            warn!(
                calls = running.len(),
                "calls that did not end in time are given up"
            );
            running.shutdown().await;
        }
    }

    /// Takes back the steps of workers whose lease has run out; gives back how many.
    pub async fn recover_now(&self) -> Result<usize, UseCaseError> {
        Ok(self.lost_steps().await?.len())
    }

    async fn lost_steps(&self) -> Result<Vec<Recovered>, UseCaseError> {
        let engine = self.clone();
        self.write(move |tx| {
            let now = engine.shared_now(tx)?;
            Ok(queue::recover(tx, now)?)
        })
        .await
    }

    async fn recover(&self) {
        match self.lost_steps().await {
            Ok(recovered) => {
                self.0.meter.recovered(recovered.len() as u64);
                for lost in recovered {
                    warn!(step.id = %lost.step, parked = lost.parked, "a step was taken back");
                }
            }
            Err(error) => warn!(error = %error, "lost steps could not be looked for"),
        }
    }

    /// One attempt at each step of a call, recorded whatever happens. The steps share what is
    /// asked of the store, and nothing else.
    async fn carry_out(&self, steps: Vec<Step>, stop: &CancellationToken) {
        self.cut("claimed");
        let Some(Step { verb, store, .. }) = steps.first() else {
            return;
        };
        let connector = self.connector(store).ok();
        let count = steps.len();
        // Seats for steps that are asked together. Without a connector no step comes to ask.
        macro_rules! seats {
            ($ask:ident) => {{
                let connector = connector.clone();
                call::seats(self, store, count, move |orders: Vec<_>| {
                    let connector = connector.clone();
                    Box::pin(async move {
                        match connector {
                            Some(connector) => connector.$ask(&orders).await,
                            None => Ok(Vec::new()),
                        }
                    })
                })
            }};
        }
        match verb {
            Verb::Locate => {
                let seated = steps.iter().zip(seats!(locate));
                let attempts = seated.map(|(step, seat)| locate::run(self, step, seat).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Access => {
                let ask = move |subjects| access::open(connector.clone(), subjects).boxed();
                let seated = steps.iter().zip(call::seats(self, store, count, ask));
                let attempts = seated.map(|(step, seat)| access::run(self, step, seat).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Erase => {
                let seated = steps.iter().zip(seats!(erase));
                let attempts = seated.map(|(step, seat)| change::erase(self, step, seat).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Suppress => {
                let seated = steps.iter().zip(seats!(suppress));
                let attempts =
                    seated.map(|(step, seat)| change::suppress(self, step, seat).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Verify => {
                let seated = steps.iter().zip(seats!(verify));
                let attempts = seated.map(|(step, seat)| read_back::run(self, step, seat).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Plan => {
                let attempts = steps.iter().map(|step| plan::run(self, step).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Package => {
                let attempts = steps.iter().map(|step| package::run(self, step).boxed());
                self.attend(&steps, attempts, stop).await;
            }
            Verb::Letter => {
                let attempts = steps.iter().map(|step| letter::run(self, step).boxed());
                self.attend(&steps, attempts, stop).await;
            }
        }
    }

    async fn attend<'a>(
        &self,
        steps: &'a [Step],
        attempts: impl Iterator<Item = BoxFuture<'a, Result<(), Failed>>>,
        stop: &CancellationToken,
    ) {
        let attempts = steps.iter().zip(attempts);
        let attempts = attempts.map(|(step, attempt)| self.see_through(step, attempt, stop));
        join_all(attempts).await;
    }

    /// One attempt at one step, recorded whatever happens.
    async fn see_through(
        &self,
        step: &Step,
        attempt: BoxFuture<'_, Result<(), Failed>>,
        stop: &CancellationToken,
    ) {
        let patience = Duration::try_from(self.0.rules.patience).unwrap_or(POLL);
        let span = info_span!(
            "step", otel.name = format!("{} {}", step.verb, step.store), step.id = %step.id,
            request.id = %step.request, store = step.store, verb = %step.verb
        );
        let attempt = tokio::time::timeout(patience, attempt).instrument(span);
        let attempt = AssertUnwindSafe(attempt).catch_unwind();
        let attempt = tokio::select! {
            attempt = attempt => match attempt {
                Ok(Ok(attempt)) => attempt,
                Ok(Err(_)) => Err(Failed::timed_out(step.verb)),
                Err(panic) if panic.is::<Crash>() => resume_unwind(panic),
                Err(_) => Err(Failed::parked("poison", "the worker panicked over this step")),
            },
            // Work that only reads can stop at once; a change that was sent is seen through.
            () = stop.cancelled(), if !changes_the_world(step.verb) => return,
        };
        let Err(failed) = attempt else { return };
        if failed.is_fenced() {
            self.0.meter.lease_lost();
            warn!(step.id = %step.id, "the lease was lost; this result does not count");
            return;
        }
        warn!(
            step.id = %step.id, request.id = %step.request, store = step.store,
            verb = %step.verb, failure = %failed, "step {} failed", step.id
        );
        let class = failed.class().as_str();
        self.0.meter.outcome(&step.store, step.verb, class);
        if step.verb == Verb::Letter {
            self.0.meter.letter(false);
        }
        if let Some(trouble) = failed.own_trouble(step.verb) {
            self.troubled(&step.store, trouble).await;
        }
        let (engine, id, step) = (self.clone(), step.id, step.clone());
        let recorded = self
            .write(move |tx| failed.record(&engine, tx, &step))
            .await;
        if let Err(error) = recorded {
            // The lease runs out, and the step is taken back.
            error!(step.id = %id, error = %error, "a failure could not be recorded");
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
        let store = step.store.clone();
        self.0
            .db
            .write(move |tx| -> Result<(), Failed> {
                // Request before step, as officers and subjects lock them.
                let request = requests::lock(tx, request)?;
                queue::complete(tx, lease, state, &outcome, sealed.as_deref(), now)?;
                queue::served(tx, &store)?;
                also(&engine, tx, &request, now)?;
                Ok(flow::settle(tx, request.id, now)?)
            })
            .await?;
        self.0.wake.notify_waiters();
        self.0.meter.outcome(&step.store, step.verb, state.as_str());
        self.cut("after the end is written");
        Ok(())
    }

    fn connector(&self, store: &str) -> Result<Arc<dyn Connector>, Failed> {
        let id: StoreId = store.parse().map_err(|_| internal("a store has a name"))?;
        let found = self.0.connectors.get(&id).cloned();
        found.ok_or_else(|| Failed::parked("unregistered", "this store is not configured any more"))
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
    let mut renewed = since_boot();
    // Stops by itself before anybody else may take its steps back.
    let patience = engine.part_of_lease(3) * 2;
    loop {
        tokio::select! {
            () = lost.cancelled() => return,
            _ = beat.tick() => {}
        }
        let began = since_boot();
        let renewal = engine.clone();
        let renewal = engine.write(move |tx| {
            let until = renewal.shared_now(tx)? + renewal.0.rules.lease;
            Ok(queue::renew(tx, me, until)?)
        });
        // An answer that does not come is no renewal either.
        let renewal = tokio::time::timeout(patience, renewal);
        match renewal.await.unwrap_or_else(|_| Err(internal("no answer"))) {
            // The lease counts from before it was asked for.
            Ok(()) => renewed = began,
            Err(UseCaseError::Stale) => {
                engine.0.meter.lease_lost();
                error!(worker.id = %me, "this worker was declared dead; it stops its work");
                return lost.cancel();
            }
            Err(error) => warn!(error = %error, "the lease could not be renewed"),
        }
        if since_boot().saturating_sub(renewed) > patience {
            engine.0.meter.lease_lost();
            error!(worker.id = %me, "the lease could not be renewed in time; all work stops");
            return lost.cancel();
        }
    }
}

/// Time that passes while the machine sleeps too: a lease runs out then as well.
fn since_boot() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::try_from(now).unwrap_or_default()
}
