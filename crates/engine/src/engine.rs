//! The engine: what every use case and every step works with.

use std::{collections::BTreeMap, fmt, sync::Arc};

use habeas_connector::Connector;
use habeas_domain::{
    Identifier, Personal, RequestId, StoreId,
    law::{self, LawBook},
    plan::Hold,
};
use habeas_mail::Mailer;
use habeas_proof::Signer;
use habeas_storage::{
    Db, Location, ReadTx, clock,
    identifiers::SealedIdentifier,
    queue::{self, NewGate},
};
use habeas_vault::{BlindIndex, DataKey, Keyring, RootKey, Vault};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::{Meter, UseCaseError, error::BoxError};

/// The engine's own gates, beside those of the stores.
pub(crate) const DESK: &str = "habeas-desk";
pub(crate) const MAIL: &str = "habeas-mail";

/// What the clocks of a worker and of the database server may differ.
const MOST_APART: SignedDuration = SignedDuration::from_secs(2);

/// The most steps that share one call to a store, whatever it would take.
const STEPS_IN_A_CALL: usize = 100;

/// Who runs this installation, as pages and letters say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The controller's name.
    pub controller: String,
    /// Where the portal is reached, without a slash at the end.
    pub base_url: String,
    /// How to reach a person, in words.
    pub contact: String,
    /// Law profile id for requests that name none.
    pub default_law: String,
    /// Law profiles that can be chosen, with their titles.
    pub laws: Vec<(String, String)>,
    /// IANA zone of the handling establishment; decides the day of receipt.
    pub timezone: String,
}

/// What an operator decides.
#[derive(Debug, Clone)]
pub struct Rules {
    pub holds: Vec<Hold>,
    /// No step may touch more rows of one collection than this.
    pub row_cap: u64,
    /// Where warnings for officers go.
    pub officers_mail: Option<Personal<String>>,
    /// Steps that one store serves at the same time.
    pub max_running: i64,
    /// How long an attempt may take before it is given up and taken back.
    pub patience: SignedDuration,
    /// How long a worker that says nothing counts as alive; it renews four times as often.
    pub lease: SignedDuration,
    /// How long the answer can be fetched after release.
    pub download_days: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            holds: Vec::new(),
            row_cap: 10_000,
            officers_mail: None,
            max_running: 4,
            patience: SignedDuration::from_mins(15),
            lease: SignedDuration::from_secs(60),
            download_days: 14,
        }
    }
}

/// The time. Tests move it by hand.
pub trait TimeSource: Send + Sync {
    fn now(&self) -> Timestamp;

    /// Whether it is the time of the world, so that the clock of a database server may stand in for
    /// it where workers have to agree.
    fn is_real(&self) -> bool {
        true
    }
}

/// The clock of this machine, in whole microseconds as the databases keep them.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemTime;

impl TimeSource for SystemTime {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// What a test panics with at a cut to stand for the death of the process: it is not caught, while
/// any other panic parks the step that it came from.
#[derive(Debug, Clone, Copy)]
pub struct Crash;

/// Told the name of each place where a crash could cut a step. Production has none; a test ends
/// the process there, or panics with a [`Crash`].
pub type Cut = Arc<dyn Fn(&'static str) + Send + Sync>;

/// Everything an engine is made of.
#[allow(
    missing_debug_implementations,
    reason = "keys and connectors do not print"
)]
pub struct Parts {
    pub db: Db,
    pub root: RootKey,
    pub keyring: Keyring,
    pub vault: Vault,
    pub mailer: Mailer,
    pub signer: Signer,
    pub law: LawBook,
    pub connectors: Vec<Arc<dyn Connector>>,
    pub site: Site,
    pub rules: Rules,
    pub time: Arc<dyn TimeSource>,
    pub cut: Option<Cut>,
}

pub(crate) struct Inner {
    pub db: Db,
    pub root: RootKey,
    pub blind: BlindIndex,
    pub keyring: Keyring,
    pub vault: Vault,
    pub mailer: Mailer,
    pub signer: Signer,
    pub law: LawBook,
    pub connectors: BTreeMap<StoreId, Arc<dyn Connector>>,
    pub site: Site,
    pub rules: Rules,
    pub time: Arc<dyn TimeSource>,
    pub wake: Notify,
    pub meter: Meter,
    cut: Option<Cut>,
}

/// Use cases and the runner. Cheap to clone.
#[derive(Clone)]
pub struct Engine(pub(crate) Arc<Inner>);

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("stores", &self.0.connectors.keys())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Registers the stores and is ready to serve.
    pub async fn new(parts: Parts) -> Result<Engine, UseCaseError> {
        law::local_date(Timestamp::UNIX_EPOCH, &parts.site.timezone).map_err(|error| {
            UseCaseError::Invalid {
                field: "timezone",
                message: error.to_string(),
            }
        })?;
        let connectors: BTreeMap<StoreId, Arc<dyn Connector>> = parts
            .connectors
            .into_iter()
            .map(|connector| (connector.map().store.clone(), connector))
            .collect();
        let max_running = parts.rules.max_running;
        let gate = |store: String, batch: i64| NewGate {
            store,
            max_running,
            batch,
            rate: None,
        };
        let gates: Vec<NewGate> = connectors
            .iter()
            .map(|(store, connector)| {
                let batch = connector.capabilities().batch.clamp(1, STEPS_IN_A_CALL);
                gate(store.to_string(), batch as i64)
            })
            .chain([DESK, MAIL].map(|own| gate(own.to_owned(), 1)))
            .collect();
        let blind = BlindIndex::new(&parts.root);
        let engine = Engine(Arc::new(Inner {
            db: parts.db,
            root: parts.root,
            blind,
            keyring: parts.keyring,
            vault: parts.vault,
            mailer: parts.mailer,
            signer: parts.signer,
            law: parts.law,
            connectors,
            site: parts.site,
            rules: parts.rules,
            time: parts.time,
            wake: Notify::new(),
            meter: Meter::default(),
            cut: parts.cut,
        }));
        let embedded = matches!(engine.0.db.location(), Location::Sqlite(_));
        let lost = engine
            .write(move |tx| {
                for gate in &gates {
                    queue::register(tx, gate)?;
                }
                // The embedded database serves one process: whoever held a lease before is gone.
                let lost = if embedded {
                    queue::recover_all(tx)?.len()
                } else {
                    0
                };
                Ok(lost)
            })
            .await?;
        engine.check_itself().await?;
        engine.0.meter.recovered(lost as u64);
        if lost > 0 {
            tracing::info!(steps = lost, "steps of an earlier process were taken back");
        }
        Ok(engine)
    }

    /// Refuses to begin with a clock that the law's dates cannot rest on, and names what of the
    /// database server's settings could lose an acknowledged request.
    async fn check_itself(&self) -> Result<(), UseCaseError> {
        let before = self.now();
        let (server, weaknesses) = self
            .read(|tx| Ok((clock::server_time(tx)?, clock::weaknesses(tx)?)))
            .await?;
        for weakness in weaknesses {
            tracing::warn!("the control database is not safe: {weakness}");
        }
        let Some(server) = server.filter(|_| self.0.time.is_real()) else {
            return Ok(());
        };
        // However long the answer took, it was given between these two.
        let early = before.duration_since(server);
        let late = server.duration_since(self.now());
        let apart = early.max(late);
        if apart > MOST_APART {
            let message = format!(
                "the clocks of this machine and of the database are {} s apart; set them by NTP",
                apart.as_secs()
            );
            return Err(internal(message));
        }
        Ok(())
    }

    pub fn site(&self) -> &Site {
        &self.0.site
    }

    /// What this process has done since it began.
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// The key that receipts are signed with, to publish.
    pub fn verifier_key(&self) -> String {
        self.0.signer.vkey()
    }

    /// Whether our own database answers.
    pub async fn ready(&self) -> Result<(), UseCaseError> {
        self.read(|tx| Ok(habeas_storage::queue::is_idle(tx, Timestamp::UNIX_EPOCH)?))
            .await
            .map(|_| ())
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.time.now()
    }

    /// The time that all workers agree on: the database server's, where there is one.
    pub(crate) fn shared_now(&self, tx: &mut ReadTx<'_>) -> Result<Timestamp, UseCaseError> {
        if !self.0.time.is_real() {
            return Ok(self.now());
        }
        Ok(clock::server_time(tx)?.unwrap_or_else(|| self.now()))
    }

    /// Today's date where the requests are handled.
    pub(crate) fn today(&self) -> Date {
        self.date_of(self.now())
    }

    /// The civil date of an instant where the requests are handled.
    pub fn date_of(&self, at: Timestamp) -> Date {
        // The zone was checked when the engine was made.
        law::local_date(at, &self.0.site.timezone)
            .unwrap_or_else(|_| TimeZone::UTC.to_datetime(at).date())
    }

    pub(crate) fn cut(&self, place: &'static str) {
        if let Some(cut) = &self.0.cut {
            cut(place);
        }
    }

    pub(crate) async fn write<T, F>(&self, f: F) -> Result<T, UseCaseError>
    where
        F: FnOnce(&mut habeas_storage::Tx<'_>) -> Result<T, UseCaseError> + Send + 'static,
        T: Send + 'static,
    {
        let began = std::time::Instant::now();
        let outcome = self.0.db.write(f).await;
        self.0.meter.written(began.elapsed());
        // Steps may have been queued: a waiting worker need not wait for its next look.
        self.0.wake.notify_waiters();
        outcome
    }

    pub(crate) async fn read<T, F>(&self, f: F) -> Result<T, UseCaseError>
    where
        F: FnOnce(&mut habeas_storage::ReadTx<'_>) -> Result<T, UseCaseError> + Send + 'static,
        T: Send + 'static,
    {
        self.0.db.read(f).await
    }

    pub(crate) fn key(&self, request: RequestId) -> Result<DataKey, UseCaseError> {
        Ok(self.0.keyring.get(request.uuid())?)
    }

    pub(crate) fn blind(&self, identifier: &Identifier) -> Vec<u8> {
        self.0
            .blind
            .index(identifier.kind.as_str(), identifier.normalised().reveal())
            .to_vec()
    }

    /// The identifier as it is stored.
    pub(crate) fn seal_identifier(
        &self,
        key: &DataKey,
        request: RequestId,
        identifier: &Identifier,
        source: &str,
    ) -> Result<SealedIdentifier, UseCaseError> {
        Ok(SealedIdentifier {
            request,
            kind: identifier.kind.clone(),
            sealed: key.seal(PURPOSE_IDENTIFIER, identifier.value.reveal().as_bytes())?,
            blind: self.blind(identifier),
            source: source.to_owned(),
            proven_at: None,
        })
    }
}

const PURPOSE_IDENTIFIER: &str = "identifier";

pub(crate) fn open_identifier(
    key: &DataKey,
    sealed: &SealedIdentifier,
) -> Result<Identifier, UseCaseError> {
    let plain = key.open(PURPOSE_IDENTIFIER, &sealed.sealed)?;
    let text = std::str::from_utf8(&plain).map_err(internal)?;
    Ok(Identifier {
        kind: sealed.kind.clone(),
        value: Personal::from(text),
    })
}

/// Seals a value as JSON for a column.
pub(crate) fn seal<T: Serialize>(
    key: &DataKey,
    purpose: &str,
    value: &T,
) -> Result<Vec<u8>, UseCaseError> {
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(value).map_err(internal)?);
    Ok(key.seal(purpose, &plain)?)
}

/// Opens what `seal` sealed for the same purpose.
pub(crate) fn open<T: DeserializeOwned>(
    key: &DataKey,
    purpose: &str,
    sealed: &[u8],
) -> Result<T, UseCaseError> {
    let plain = key.open(purpose, sealed)?;
    // The parser's own error could quote what it read.
    serde_json::from_slice(&plain)
        .map_err(|_| internal(format!("a sealed {purpose} cannot be read")))
}

pub(crate) fn internal(error: impl Into<BoxError>) -> UseCaseError {
    UseCaseError::Internal(error.into())
}

/// Runs blocking work (files, sealing, slow hashes) beside the async threads.
pub(crate) async fn blocking<T, F>(f: F) -> Result<T, UseCaseError>
where
    F: FnOnce() -> Result<T, UseCaseError> + Send + 'static,
    T: Send + 'static,
{
    tokio::task::spawn_blocking(f)
        .await
        .unwrap_or_else(|_| Err(internal("a blocking task panicked")))
}
