//! How an attempt fails, and what is written down about it.

use habeas_connector::{ErrorClass, StoreError};
use habeas_mail::{MailError, Trouble};
use habeas_proof::PackageError;
use habeas_storage::{
    DbError, Tx,
    audit::{self, Fact},
    queue::{self, Failure},
    requests,
    steps::{Step, Verb},
};

use super::lease;
use crate::{Engine, UseCaseError, retry, secret};

/// Why an attempt did not end its step.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("{0}")]
    UseCase(#[from] UseCaseError),
    #[error("{0}")]
    Db(#[from] DbError),
    #[error("{0}")]
    Mail(#[from] MailError),
    #[error("the package could not be written")]
    Package(#[source] PackageError),
    /// A person has to look; the code is one word.
    #[error("{message}")]
    Parked { code: &'static str, message: String },
    #[error("the attempt ran out of time")]
    TimedOut(ErrorClass),
}

impl From<habeas_vault::VaultError> for Failed {
    fn from(error: habeas_vault::VaultError) -> Self {
        Failed::UseCase(error.into())
    }
}

impl Failed {
    pub(super) fn parked(code: &'static str, message: impl Into<String>) -> Failed {
        Failed::Parked {
            code,
            message: message.into(),
        }
    }

    pub(super) fn timed_out(verb: Verb) -> Failed {
        Failed::TimedOut(if super::changes_the_world(verb) {
            ErrorClass::InDoubt
        } else {
            ErrorClass::Transient
        })
    }

    /// Somebody else owns the step by now.
    pub(super) fn is_fenced(&self) -> bool {
        matches!(
            self,
            Failed::Db(DbError::Fenced) | Failed::UseCase(UseCaseError::Stale)
        )
    }

    /// What the failure says about one of our own gates. What it says about a store, the call that
    /// carried the step has noted already.
    pub(super) fn own_trouble(&self, verb: Verb) -> Option<queue::Trouble> {
        let own = match verb {
            Verb::Plan | Verb::Package | Verb::Letter => true,
            Verb::Locate | Verb::Access | Verb::Erase | Verb::Suppress | Verb::Verify => false,
        };
        match self.class() {
            ErrorClass::Auth if own => Some(queue::Trouble::Refused),
            ErrorClass::Transient | ErrorClass::InDoubt if own => Some(queue::Trouble::Failed),
            ErrorClass::Auth
            | ErrorClass::Transient
            | ErrorClass::InDoubt
            | ErrorClass::Throttled { .. }
            | ErrorClass::Capacity
            | ErrorClass::Permanent => None,
        }
    }

    pub(super) fn class(&self) -> ErrorClass {
        match self {
            Failed::Store(error) => error.class,
            Failed::UseCase(UseCaseError::Unavailable(_) | UseCaseError::Stale) => {
                ErrorClass::Transient
            }
            Failed::UseCase(_) => ErrorClass::Permanent,
            Failed::Db(DbError::Retry(_) | DbError::Unavailable(_) | DbError::Stale) => {
                ErrorClass::Transient
            }
            Failed::Db(_) => ErrorClass::Permanent,
            Failed::Mail(MailError::Transient(Trouble::Login(_))) => ErrorClass::Auth,
            Failed::Mail(MailError::Transient(_)) => ErrorClass::Transient,
            Failed::Mail(
                MailError::Rejected { .. } | MailError::BadAddress | MailError::BadLetter(_),
            ) => ErrorClass::Permanent,
            Failed::Package(PackageError::Write(_) | PackageError::Records { .. }) => {
                ErrorClass::Transient
            }
            Failed::Package(_) | Failed::Parked { .. } => ErrorClass::Permanent,
            Failed::TimedOut(class) => *class,
        }
    }

    fn words(&self) -> Failure {
        let (code, message) = match self {
            Failed::Store(error) => (error.code.clone(), error.message.clone()),
            Failed::Parked { code, message } => ((*code).to_owned(), message.clone()),
            Failed::UseCase(_) | Failed::Db(_) => ("engine".to_owned(), self.to_string()),
            Failed::Mail(_) => ("mail".to_owned(), self.to_string()),
            Failed::Package(_) => ("package".to_owned(), self.to_string()),
            Failed::TimedOut(_) => ("timeout".to_owned(), self.to_string()),
        };
        Failure {
            class: self.class().as_str(),
            code,
            message,
        }
    }

    /// Gives the step back to the queue, or parks it, as the class says.
    pub(super) fn record(
        &self,
        engine: &Engine,
        tx: &mut Tx<'_>,
        step: &Step,
    ) -> Result<(), UseCaseError> {
        let now = engine.now();
        let words = self.words();
        let jitter = f64::from(u32::from_le_bytes(secret::random()?)) / f64::from(u32::MAX);
        let next = match self {
            Failed::Parked { code, .. } => retry::Next::Park(code),
            _ => retry::next(self.class(), step.attempts, jitter, step.due_at, now),
        };
        let request = requests::lock(tx, step.request)?;
        if words.code == queue::SPLIT {
            queue::give_back(tx, lease(step), queue::SPLIT, now)?;
            return Ok(());
        }
        match next {
            retry::Next::Later { at, spent } => {
                queue::fail(tx, lease(step), &words, at, spent, now)?;
            }
            retry::Next::Throttle { until } => {
                queue::throttle(tx, &step.store, until)?;
                queue::fail(tx, lease(step), &words, until, false, now)?;
            }
            retry::Next::Park(reason) => {
                queue::park(tx, lease(step), &words, reason, now)?;
                audit::record(
                    tx,
                    &Fact {
                        request: Some(request.id),
                        step: Some(step.id),
                        actor: "engine".to_owned(),
                        event: "step.parked",
                        detail: format!(
                            "{} on {} waits for an officer ({reason}, {}): {}",
                            step.verb, step.store, words.code, words.message
                        ),
                    },
                    now,
                )?;
            }
        }
        Ok(())
    }
}
