//! What this process knows about its own serving: the requests that it answered, and whether it was
//! told to stop. Routes are counted by their pattern: a path may hold a capability.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Cheap to clone; every clone is about the same process.
#[derive(Debug, Clone, Default)]
pub struct Vitals(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    draining: AtomicBool,
    answers: Mutex<BTreeMap<Answer, u64>>,
}

/// One kind of answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Answer {
    /// A method of ours, or `other`.
    pub method: &'static str,
    /// The route's pattern, such as `/s/{capability}`, or `unmatched`.
    pub route: String,
    pub status: u16,
}

impl Vitals {
    /// From now on the process is not ready: whoever sends work here should send it elsewhere.
    pub fn drain(&self) {
        self.0.draining.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.0.draining.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self, answer: Answer) {
        let mut answers = self.answers();
        *answers.entry(answer).or_default() += 1;
    }

    pub(crate) fn answered(&self) -> BTreeMap<Answer, u64> {
        self.answers().clone()
    }

    fn answers(&self) -> std::sync::MutexGuard<'_, BTreeMap<Answer, u64>> {
        // A count is whole even when somebody panicked while holding the lock.
        self.0
            .answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
