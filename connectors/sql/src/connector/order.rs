//! What the orders of the changing verbs have in common, and how one of them is tried.

use habeas_connector::{EraseOrder, StoreError, SuppressOrder};
use habeas_domain::plan::{PlannedStep, Verb};

use crate::{Session, compile::Compiler, search};

/// Two workers with the same order meet at the effect key, and the later one is told that it could
/// not be serialised: asked again, it finds the counts of the first.
const ATTEMPTS: usize = 3;

pub(super) fn attempt<S: Session, O, T>(
    session: &mut S,
    compiler: Compiler,
    order: &O,
    remember: bool,
    work: &impl Fn(&mut S, Compiler, &O, bool) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 1..ATTEMPTS {
        match work(session, compiler, order, remember) {
            Err(error) if error.code == "40001" => session.rollback(),
            Err(error) => {
                session.rollback();
                return Err(error);
            }
            done => return done,
        }
    }
    work(session, compiler, order, remember)
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
