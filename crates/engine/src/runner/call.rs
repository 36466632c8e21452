//! One call to a store that carries the steps of several requests.
//!
//! Each step prepares its own order, waits here until every other step of the call has prepared
//! its own or has ended without one, and gets its own answer. A call that fails as a whole because
//! of one of its orders is made again for each order alone, so that nobody waits for another's
//! fault. What a step does before and after is none of this module's business.

use std::{
    any::Any,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt as _, future::BoxFuture};
use habeas_connector::{ErrorClass, StoreError};
use habeas_storage::{
    audit::{self, Fact},
    queue::{self, Trouble},
};
use tokio::sync::oneshot;
use tracing::warn;

use super::Failed;
use crate::Engine;

/// What a store answers to the orders of one call, in their order.
pub(super) type Answers<A> = Result<Vec<Result<A, StoreError>>, StoreError>;

type Ask<Q, A> = dyn Fn(Vec<Q>) -> BoxFuture<'static, Answers<A>> + Send + Sync;

type Order<Q, A> = (Q, oneshot::Sender<Result<A, StoreError>>);

/// Where the steps of one call meet.
struct Table<Q, A> {
    engine: Engine,
    store: String,
    ask: Box<Ask<Q, A>>,
    waiting: Mutex<Waiting<Q, A>>,
}

struct Waiting<Q, A> {
    /// Steps that have neither ordered nor left.
    expected: usize,
    orders: Vec<Order<Q, A>>,
}

/// A step's place in a call. Dropped without an order, the others do not wait for it.
pub(super) struct Seat<Q, A>
where
    Q: Clone + Send + 'static,
    A: Send + 'static,
{
    table: Arc<Table<Q, A>>,
    taken: bool,
}

/// Places for so many steps in a call that `ask` makes.
pub(super) fn seats<Q, A, F>(engine: &Engine, store: &str, count: usize, ask: F) -> Vec<Seat<Q, A>>
where
    Q: Clone + Send + 'static,
    A: Send + 'static,
    F: Fn(Vec<Q>) -> BoxFuture<'static, Answers<A>> + Send + Sync + 'static,
{
    let table = Arc::new(Table {
        engine: engine.clone(),
        store: store.to_owned(),
        ask: Box::new(ask),
        waiting: Mutex::new(Waiting {
            expected: count,
            orders: Vec::new(),
        }),
    });
    let seat = |_| Seat {
        table: Arc::clone(&table),
        taken: true,
    };
    (0..count).map(seat).collect()
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Seat<Q, A> {
    /// Orders, and waits for the answer.
    pub async fn order(mut self, order: Q) -> Result<A, Failed> {
        let (sender, answer) = oneshot::channel();
        self.taken = false;
        Table::leave(&self.table, Some((order, sender)));
        let lost = || StoreError::in_doubt("no_answer", "the call ended without an answer");
        Ok(answer.await.unwrap_or_else(|_| Err(lost()))?)
    }
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Drop for Seat<Q, A> {
    fn drop(&mut self) {
        if self.taken {
            self.taken = false;
            Table::leave(&self.table, None);
        }
    }
}

impl<Q: Clone + Send + 'static, A: Send + 'static> Table<Q, A> {
    /// One step has ordered, or will not. The last one sends the call off: on a task of its own,
    /// since the step may be given up while the others still wait.
    fn leave(table: &Arc<Self>, order: Option<Order<Q, A>>) {
        let mut waiting = table.lock();
        waiting.expected -= 1;
        waiting.orders.extend(order);
        if waiting.expected == 0 && !waiting.orders.is_empty() {
            let orders = std::mem::take(&mut waiting.orders);
            tokio::spawn(Arc::clone(table).call(orders));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<Q, A>> {
        // Nothing that could panic is done under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn call(self: Arc<Self>, orders: Vec<Order<Q, A>>) {
        let (orders, askers): (Vec<Q>, Vec<_>) = orders.into_iter().unzip();
        let answers = self.answers(orders).await;
        if let Some(trouble) = trouble(&answers) {
            self.engine.troubled(&self.store, trouble).await;
        }
        for (asker, answer) in askers.into_iter().zip(answers) {
            // A step that was given up does not listen any more.
            let _ = asker.send(answer);
        }
    }

    /// As many answers as orders.
    async fn answers(&self, orders: Vec<Q>) -> Vec<Result<A, StoreError>> {
        let count = orders.len();
        let error = match self.guarded(orders.clone()).await {
            Ok(answers) if answers.len() == count => return answers,
            Ok(_) => StoreError::permanent("miscounted", "the connector answered too few orders"),
            Err(error) => error,
        };
        if count == 1 || error.class != ErrorClass::Permanent {
            return (0..count).map(|_| Err(copy(&error))).collect();
        }
        // One of the orders is at fault, and the others must not pay for it.
        warn!(
            store = self.store, orders = count, failure = %error,
            "a call failed as a whole; each of its orders is sent alone"
        );
        let mut answers = Vec::with_capacity(count);
        for order in orders {
            let alone = self.guarded(vec![order]).await;
            let missing = || StoreError::permanent("no_answer", "the connector answered nothing");
            answers.push(alone.and_then(|mut only| only.pop().unwrap_or_else(|| Err(missing()))));
        }
        answers
    }

    /// A connector that panics has failed, and takes nothing else with it.
    async fn guarded(&self, orders: Vec<Q>) -> Answers<A> {
        let panicked = |_: Box<dyn Any + Send>| {
            StoreError::permanent("panicked", "the connector panicked over this order")
        };
        AssertUnwindSafe(async { (self.ask)(orders).await })
            .catch_unwind()
            .await
            .unwrap_or_else(|panic| Err(panicked(panic)))
    }
}

/// What a call tells about the store itself: nothing, when any of its orders was answered.
fn trouble<A>(answers: &[Result<A, StoreError>]) -> Option<Trouble> {
    let mut found = None;
    for answer in answers {
        let error = answer.as_ref().err()?;
        match error.class {
            ErrorClass::Auth => return Some(Trouble::Refused),
            ErrorClass::Transient | ErrorClass::InDoubt => found = Some(Trouble::Failed),
            ErrorClass::Throttled { .. } | ErrorClass::Capacity | ErrorClass::Permanent => {}
        }
    }
    found
}

/// The same error for somebody else; its source stays with the first.
pub(super) fn copy(error: &StoreError) -> StoreError {
    StoreError::new(error.class, error.code.clone(), error.message.clone())
}

/// For a step that was in a call with one that is at fault: it goes again, alone.
pub(super) fn split() -> StoreError {
    let message = "another step of the same call failed; this one goes again, alone";
    StoreError::transient(queue::SPLIT, message)
}

impl Engine {
    /// Writes down that a store failed: after some failures in a row it is left alone for a while.
    pub(super) async fn troubled(&self, store: &str, trouble: Trouble) {
        let (name, now) = (store.to_owned(), self.now());
        let noted = self
            .write(move |tx| {
                let opened = queue::troubled(tx, &name, trouble, now)?;
                if opened {
                    let detail = match trouble {
                        Trouble::Failed => format!("{name} keeps failing and rests"),
                        Trouble::Refused => format!("{name} refuses our credentials and rests"),
                    };
                    let fact = Fact {
                        request: None,
                        step: None,
                        actor: "engine".to_owned(),
                        event: "store.rests",
                        detail,
                    };
                    audit::record(tx, &fact, now)?;
                }
                Ok(opened)
            })
            .await;
        match noted {
            Ok(true) => warn!(
                store,
                "the store keeps failing; it is left alone for a while"
            ),
            Ok(false) => {}
            Err(error) => warn!(store, error = %error, "a failure could not be noted"),
        }
    }
}
