//! What the orders of the changing verbs have in common, and how one of them is tried.

use habeas_connector::{EraseOrder, StoreError, SuppressOrder};
use habeas_domain::plan::{PlannedStep, Verb};

use crate::{Session, effect::NOT_SERIALISED, search};

/// Two workers with the same order meet at the effect key, and the later one is told that it could
/// not be serialised: asked again, it finds the counts of the first.
const ATTEMPTS: usize = 3;

/// Tries a transaction, again when it met another one; rolls back what fails.
pub(super) fn serialised<S: Session, T>(
    session: &mut S,
    work: impl Fn(&mut S) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 1..ATTEMPTS {
        match work(session) {
            Err(error) if error.code == NOT_SERIALISED => session.rollback(),
            done => return done.inspect_err(|_| session.rollback()),
        }
    }
    work(session).inspect_err(|_| session.rollback())
}

/// What an erase order and a suppress order have in common.
pub(super) trait Order: Clone + Send + Sync + 'static {
    const VERB: Verb;
    fn plan(&self) -> &PlannedStep;
}

impl Order for EraseOrder {
    const VERB: Verb = Verb::Erase;
    fn plan(&self) -> &PlannedStep {
        &self.plan
    }
}

impl Order for SuppressOrder {
    const VERB: Verb = Verb::Suppress;
    fn plan(&self) -> &PlannedStep {
        &self.plan
    }
}

/// Puts answers into the slots that no refusal fills.
pub(super) fn settle<T>(
    refusals: Vec<Option<StoreError>>,
    answers: Vec<T>,
) -> Vec<Result<T, StoreError>> {
    let mut answers = answers.into_iter();
    refusals
        .into_iter()
        .map(|refusal| match refusal {
            Some(refusal) => Err(refusal),
            None => answers.next().ok_or_else(search::unexpected),
        })
        .collect()
}
