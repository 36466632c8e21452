//! What whoever runs the machines sees and does: whether the engine can work, figures about the
//! queue, and steps and stores that are stopped or started by hand.
//!
//! Every act names who did it and why, in the audit trail. Decisions about requests are not made
//! here: those are an officer's, in `desk`.

use std::{fmt, time::Duration};

use habeas_domain::StepId;
use habeas_storage::{
    Tx,
    audit::{self, Fact},
    figures, listing, queue, requests, steps,
};
use jiff::Timestamp;

use crate::{Engine, UseCaseError, desk::reason_given, flow};

pub use figures::{Figures, Steps as StepFigures};
pub use habeas_storage::steps::{State as StepState, Verb as StepVerb};
pub use listing::{Filter as StepFilter, Listed as ListedStep};

/// Why the engine cannot work now. Its word is what a probe is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unready {
    /// The control database does not answer.
    Database,
    /// The control database has other migrations than this binary.
    Schema,
    /// The process was told to stop.
    Draining,
}

impl fmt::Display for Unready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unready::Database => "database",
            Unready::Schema => "schema",
            Unready::Draining => "draining",
        })
    }
}

/// Who runs the machines, such as `cli:ada`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator(String);

impl Operator {
    /// Somebody at a terminal, by the name of their account.
    pub fn at_terminal(account: &str) -> Self {
        Self(format!("cli:{account}"))
    }
}

/// What an operator's act is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stores {
    All,
    /// A registered store, or one of the engine's own gates.
    One(String),
}

impl Stores {
    fn name(&self) -> Option<&str> {
        match self {
            Stores::All => None,
            Stores::One(store) => Some(store),
        }
    }

    fn in_words(&self) -> &str {
        self.name().unwrap_or("every store")
    }
}

/// A database that says nothing for this long does not answer.
const PATIENCE: Duration = Duration::from_secs(3);

impl Engine {
    /// Whether the control database answers and has the schema of this binary.
    ///
    /// # Errors
    /// The first reason why not.
    pub async fn readiness(&self) -> Result<(), Unready> {
        let asked = self.read(|tx| Ok(figures::schema_is_ours(tx)?));
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Unready::Schema),
            Ok(Err(_)) | Err(_) => Err(Unready::Database),
        }
    }

    /// How much waits where and what is late, with the moment for which it holds.
    ///
    /// # Errors
    /// When the control database does not answer.
    pub async fn figures(&self) -> Result<(Timestamp, Figures), UseCaseError> {
        let now = self.now();
        let figures = self.read(move |tx| Ok(figures::read(tx, now)?)).await?;
        Ok((now, figures))
    }

    /// Steps of all requests, earliest due first, at most [`listing::PAGE`].
    ///
    /// # Errors
    /// When the control database does not answer.
    pub async fn list_steps(&self, filter: StepFilter) -> Result<Vec<ListedStep>, UseCaseError> {
        self.read(move |tx| Ok(listing::steps(tx, &filter)?)).await
    }

    /// Lets a parked or waiting step run now.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] without such a step, [`UseCaseError::Stale`] when it runs or has
    /// ended.
    pub async fn run_step_again(
        &self,
        by: &Operator,
        id: StepId,
        reason: &str,
    ) -> Result<(), UseCaseError> {
        self.move_step(
            &by.0,
            id,
            reason,
            "step.retried",
            "runs again",
            queue::unpark,
        )
        .await
    }

    /// Stops a step that does not run now, until somebody lets it run again.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] without such a step, [`UseCaseError::Stale`] when it runs or has
    /// ended.
    pub async fn park_step(
        &self,
        by: &Operator,
        id: StepId,
        reason: &str,
    ) -> Result<(), UseCaseError> {
        let park = queue::park_by_officer;
        self.move_step(&by.0, id, reason, "step.parked", "was stopped", park)
            .await
    }

    pub(crate) async fn move_step(
        &self,
        by: &str,
        id: StepId,
        reason: &str,
        event: &'static str,
        words: &'static str,
        act: fn(&mut Tx<'_>, StepId) -> habeas_storage::DbResult<()>,
    ) -> Result<(), UseCaseError> {
        let reason = reason_given(reason)?;
        let (now, by) = (self.now(), by.to_owned());
        self.write(move |tx| {
            let step = steps::get(tx, id)?;
            let request = requests::lock(tx, step.request)?;
            act(tx, id)?;
            let detail = format!("{} on {} {words}: {reason}", step.verb, step.store);
            flow::fact(tx, &request, &by, event, detail, now)
        })
        .await
    }

    /// Sends nothing more to these stores until [`Engine::resume`]; what runs goes on to its end.
    /// Gives back how many were not stopped already.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] without such a store.
    pub async fn pause(
        &self,
        by: &Operator,
        stores: Stores,
        reason: &str,
    ) -> Result<usize, UseCaseError> {
        let reason = reason_given(reason)?;
        let (now, by) = (self.now(), by.0.clone());
        self.write(move |tx| {
            known(tx, &stores)?;
            let stopped = queue::pause(tx, stores.name(), &by, &reason, now)?;
            let detail = format!("{} was paused: {reason}", stores.in_words());
            record(tx, by, "store.paused", detail, now)?;
            Ok(stopped)
        })
        .await
    }

    /// Lets calls go to these stores again. Gives back how many were stopped.
    ///
    /// # Errors
    /// [`UseCaseError::NotFound`] without such a store.
    pub async fn resume(&self, by: &Operator, stores: Stores) -> Result<usize, UseCaseError> {
        let (now, by) = (self.now(), by.0.clone());
        self.write(move |tx| {
            known(tx, &stores)?;
            let resumed = queue::resume(tx, stores.name())?;
            let detail = format!("{} goes on", stores.in_words());
            record(tx, by, "store.resumed", detail, now)?;
            Ok(resumed)
        })
        .await
    }
}

fn known(tx: &mut Tx<'_>, stores: &Stores) -> Result<(), UseCaseError> {
    let found = match stores {
        Stores::All => true,
        Stores::One(store) => queue::gates(tx)?.iter().any(|gate| gate.store == *store),
    };
    found.then_some(()).ok_or(UseCaseError::NotFound)
}

/// A fact about no request in particular.
fn record(
    tx: &mut Tx<'_>,
    actor: String,
    event: &'static str,
    detail: String,
    now: Timestamp,
) -> Result<(), UseCaseError> {
    let fact = Fact {
        request: None,
        step: None,
        actor,
        event,
        detail,
    };
    Ok(audit::record(tx, &fact, now)?)
}
