//! The connector itself: opens sessions on blocking threads and lets the verbs run on them.
//!
//! The map is laid over the live catalogue once per connector and kept for reading; a catalogue that
//! does not fit is looked at again at the next call, and one that is about to be changed always.

mod batch;
mod order;
mod stream;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use habeas_connector::{
    Access, Answers, Capabilities, CheckReport, Connector, EraseOrder, Erased, Explanation,
    Idempotency, Located, Look, Proposal, RecordStream, Remaining, StoreError, Subject,
    SuppressOrder, Suppressed,
};
use habeas_domain::{StoreId, data_map::DataMap, outcome::EvidenceLevel};
use order::{Order, serialised, settle};
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::{
    Mode, Options, Session, Store, check, circles, compile::Compiler, discover as discovery,
    effect, erase, explain, layout::Layout, locate, search, suppress, trial, verify,
};

/// A [`Connector`] over any SQL store: the verbs, written once. Each database gives it a name of its
/// own, a type alias with its [`Store`].
pub struct SqlConnector<S> {
    inner: Arc<Inner<S>>,
}

struct Inner<S> {
    store: S,
    map: DataMap,
    digest: String,
    options: Options,
    layout: Mutex<Option<Arc<Layout>>>,
}

impl<S> std::fmt::Debug for SqlConnector<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let store = &self.inner.map.store;
        f.debug_struct("SqlConnector")
            .field("store", store)
            .finish_non_exhaustive()
    }
}

impl<S: Store + From<PathBuf>> SqlConnector<S> {
    /// Names a file; nothing is opened before the first verb.
    pub fn open(path: impl Into<PathBuf>, map: DataMap, options: Options) -> Self {
        Self::over(S::from(path.into()), map, options)
    }
}

impl<S: Store> SqlConnector<S> {
    /// Names the store as [`Store::at`] reads it; nothing is opened before the first verb.
    pub fn new(
        place: impl AsRef<S::Place>,
        map: DataMap,
        options: Options,
    ) -> Result<Self, StoreError> {
        Ok(Self::over(S::at(place.as_ref())?, map, options))
    }

    /// A first map of a store that has none yet.
    pub async fn discover_at(
        place: impl AsRef<S::Place>,
        id: StoreId,
        options: Options,
        look: Look,
    ) -> Result<Proposal, StoreError> {
        let store = S::at(place.as_ref())?;
        let cancel = CancellationToken::new();
        let _guard = cancel.clone().drop_guard();
        blocking(move || discovery::discover(&store, &options, id, look, &cancel)).await
    }

    fn over(store: S, map: DataMap, options: Options) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                digest: map.digest(),
                map,
                options,
                layout: Mutex::new(None),
            }),
        }
    }

    /// Runs a reading verb. Dropping the future ends the query.
    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut S::Session, &Layout) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inner = Arc::clone(&self.inner);
        let cancel = CancellationToken::new();
        let _guard = cancel.clone().drop_guard();
        blocking(move || {
            let mut session = inner.store.open(Mode::Read, &inner.options, &cancel)?;
            let layout = inner.layout(&mut session)?;
            work(&mut session, &layout)
        })
        .await
    }

    /// Runs the orders that are permitted one after another, each in its own transaction. Once
    /// begun it is not interrupted: dropping the future leaves the thread to finish.
    async fn write<O: Order, T: Send + 'static>(
        &self,
        orders: &[O],
        work: impl Fn(&mut S::Session, Compiler, &O, bool) -> Result<T, StoreError> + Send + 'static,
    ) -> Answers<T> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let inner = Arc::clone(&self.inner);
        let orders = orders.to_vec();
        blocking(move || {
            let mut session = Some(inner.open_writer()?);
            let answers = orders.iter().map(|order| {
                inner.permit(order)?;
                let (mut open, layout) = match session.take() {
                    Some(open) => open,
                    None => inner.open_writer()?,
                };
                let compiler = Compiler {
                    layout: &layout,
                    dialect: open.dialect(),
                };
                let remember = inner.options.effect_table;
                let answer = serialised(&mut open, |session| {
                    work(session, compiler, order, remember)
                });
                // After a failure the next order gets a fresh connection: this one may be gone.
                if answer.is_ok() {
                    session = Some((open, layout));
                }
                answer
            });
            Ok(answers.collect())
        })
        .await
    }
}

impl<S: Store> Inner<S> {
    fn layout(&self, session: &mut S::Session) -> Result<Arc<Layout>, StoreError> {
        let kept = || self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(layout) = kept().as_ref() {
            return Ok(Arc::clone(layout));
        }
        let layout = self.lay(session)?;
        *kept() = Some(Arc::clone(&layout));
        Ok(layout)
    }

    fn lay(&self, session: &mut S::Session) -> Result<Arc<Layout>, StoreError> {
        let catalogue = session.catalogue()?;
        let layout = Layout::of(&self.map, &catalogue).map_err(|findings| mismatch(&findings))?;
        Ok(Arc::new(layout))
    }

    /// A connection that is ready to carry out orders.
    fn open_writer(&self) -> Result<(S::Session, Arc<Layout>), StoreError> {
        let never = CancellationToken::new();
        let mut session = self.store.open(Mode::Write, &self.options, &never)?;
        // A foreign key that came since the last look could delete rows of others in silence.
        let layout = self.lay(&mut session)?;
        let compiler = Compiler {
            layout: &layout,
            dialect: session.dialect(),
        };
        search::prepare(&mut session, compiler)?;
        if self.options.effect_table {
            effect::ensure(&mut session, compiler)?;
        }
        Ok((session, layout))
    }

    /// Nothing stands in the way of changing rows.
    fn erasable(&self, layout: &Layout) -> Result<(), StoreError> {
        let keyless = trial::keyless(layout, &self.options);
        if layout.faults.is_empty() && keyless.is_empty() {
            return Ok(());
        }
        let faults: Vec<_> = layout.faults.iter().cloned().chain(keyless).collect();
        Err(mismatch(&faults))
    }

    fn permit<O: Order>(&self, order: &O) -> Result<(), StoreError> {
        erase::permit(order.plan(), O::VERB, &self.digest)
    }
}

/// The map does not fit the store. Names of tables and columns only.
fn mismatch(findings: &[habeas_connector::Finding]) -> StoreError {
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| format!("{}: {}", finding.path, finding.message))
        .collect();
    StoreError::permanent("map_mismatch", lines.join("; "))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    spawn_blocking(work).await.unwrap_or_else(|_| {
        Err(StoreError::permanent(
            "panic",
            "the connector failed inside",
        ))
    })
}

#[async_trait]
impl<S: Store> Connector for SqlConnector<S> {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            connector: S::CONNECTOR,
            version: env!("CARGO_PKG_VERSION"),
            batch: self.inner.options.batch.max(1),
            idempotency: if self.inner.options.effect_table {
                Idempotency::Remembered
            } else {
                Idempotency::LookupThenAct
            },
            evidence: EvidenceLevel::ReadBackVerified,
        }
    }

    fn map(&self) -> &DataMap {
        &self.inner.map
    }

    async fn check(&self) -> Result<CheckReport, StoreError> {
        let inner = Arc::clone(&self.inner);
        let cancel = CancellationToken::new();
        let _guard = cancel.clone().drop_guard();
        blocking(move || {
            let mut session = inner.store.open(Mode::Read, &inner.options, &cancel)?;
            let catalogue = session.catalogue()?;
            let seen = inner.options.seen.as_deref();
            let advice = inner.store.advice();
            let mut report = check::report(&inner.map, &catalogue, seen, advice);
            if let Ok(layout) = Layout::of(&inner.map, &catalogue) {
                let dialect = session.dialect();
                let compiler = Compiler {
                    layout: &layout,
                    dialect,
                };
                let options = &inner.options;
                report
                    .findings
                    .extend(circles::of(&layout, dialect, options));
                report.findings.extend(trial::keyless(&layout, options));
                report
                    .findings
                    .extend(trial::constraints(&mut session, compiler)?);
            }
            Ok(report)
        })
        .await
    }

    async fn discover(&self, look: Look) -> Result<Proposal, StoreError> {
        let inner = Arc::clone(&self.inner);
        let cancel = CancellationToken::new();
        let _guard = cancel.clone().drop_guard();
        blocking(move || {
            let store = inner.map.store.clone();
            discovery::discover(&inner.store, &inner.options, store, look, &cancel)
        })
        .await
    }

    async fn locate(&self, subjects: &[Subject]) -> Answers<Located> {
        if subjects.is_empty() {
            return Ok(Vec::new());
        }
        let subjects = subjects.to_vec();
        let share_cap = self.inner.options.share_cap;
        let located = self
            .read(move |session, layout| {
                let dialect = session.dialect();
                locate::locate(session, Compiler { layout, dialect }, &subjects, share_cap)
            })
            .await?;
        Ok(located.into_iter().map(Ok).collect())
    }

    async fn access(&self, access: Access) -> Result<RecordStream, StoreError> {
        Ok(stream::open(Arc::clone(&self.inner), access))
    }

    async fn erase(&self, orders: &[EraseOrder]) -> Answers<Erased> {
        let inner = Arc::clone(&self.inner);
        let orders = orders.to_vec();
        blocking(move || batch::erase(&inner, &orders)).await
    }

    async fn verify(&self, orders: &[EraseOrder]) -> Answers<Remaining> {
        let (refusals, permitted) = self.permitted(orders);
        if permitted.is_empty() {
            return Ok(settle(refusals, Vec::new()));
        }
        let pseudonyms = self.inner.options.pseudonym_key.clone();
        let remaining = self
            .read(move |session, layout| {
                let dialect = session.dialect();
                let orders: Vec<&EraseOrder> = permitted.iter().collect();
                let compiler = Compiler { layout, dialect };
                verify::verify(session, compiler, &orders, pseudonyms.as_ref())
            })
            .await?;
        Ok(settle(refusals, remaining))
    }

    async fn explain(&self, subject: &Subject) -> Result<Explanation, StoreError> {
        let subject = subject.clone();
        self.read(move |session, layout| {
            let dialect = session.dialect();
            explain::explain(session, Compiler { layout, dialect }, &subject)
        })
        .await
    }

    async fn suppress(&self, orders: &[SuppressOrder]) -> Answers<Suppressed> {
        let written = self.write(orders, suppress::suppress).await?;
        let done: Vec<SuppressOrder> = orders
            .iter()
            .zip(&written)
            .filter(|(_, answer)| answer.is_ok())
            .map(|(order, _)| order.clone())
            .collect();
        if done.is_empty() {
            let none = written.into_iter().filter_map(Result::err);
            return Ok(none.map(Err).collect());
        }
        let wrong = self
            .read(move |session, layout| {
                let dialect = session.dialect();
                let orders: Vec<&SuppressOrder> = done.iter().collect();
                suppress::read_back(session, Compiler { layout, dialect }, &orders)
            })
            .await?;
        let mut wrong = wrong.into_iter();
        let answers = written.into_iter().map(|answer| {
            let (collections, replayed) = answer?;
            match wrong.next() {
                Some(0) => Ok(Suppressed {
                    collections,
                    replayed,
                    level: EvidenceLevel::ReadBackVerified,
                }),
                rows => {
                    let rows = rows.unwrap_or_default();
                    let message = format!("{rows} rows hold other values again");
                    Err(StoreError::permanent("read_back", message))
                }
            }
        });
        Ok(answers.collect())
    }
}

impl<S: Store> SqlConnector<S> {
    /// Orders that may run, and one slot per order with the refusals filled in.
    fn permitted(&self, orders: &[EraseOrder]) -> (Vec<Option<StoreError>>, Vec<EraseOrder>) {
        let refusals: Vec<Option<StoreError>> = orders
            .iter()
            .map(|order| self.inner.permit(order).err())
            .collect();
        let permitted = orders
            .iter()
            .zip(&refusals)
            .filter(|(_, refusal)| refusal.is_none())
            .map(|(order, _)| order.clone())
            .collect();
        (refusals, permitted)
    }
}
