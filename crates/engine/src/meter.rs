//! What this process has done since it began, counted: cheap to tell, read by whoever watches.
//!
//! Stores, verbs and classes only; nothing about a request or a person can be told to it. How the
//! figures are shown is not its business, and what the database knows is not counted here.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use habeas_storage::steps::Verb;

/// Counters of one process. Cheap to clone; every clone counts into the same figures.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    claims: Labelled<String>,
    outcomes: Labelled<(String, Verb, &'static str)>,
    leases_lost: AtomicU64,
    recovered: AtomicU64,
    letters_sent: AtomicU64,
    letters_failed: AtomicU64,
    packages: AtomicU64,
    package_bytes: AtomicU64,
    writes: Histogram,
}

/// Every figure at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Steps that were claimed, by store.
    pub claims: BTreeMap<String, u64>,
    /// How attempts ended, by store, verb and class: a final state, or the class of a failure.
    pub outcomes: BTreeMap<(String, Verb, &'static str), u64>,
    /// Leases of this process that ran out before their work was done.
    pub leases_lost: u64,
    /// Steps that were taken back from workers that had gone.
    pub recovered: u64,
    pub letters_sent: u64,
    pub letters_failed: u64,
    pub packages: u64,
    pub package_bytes: u64,
    /// How long writes to the control database took, the wait for their turn included.
    pub writes: Durations,
}

/// A histogram, as it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations {
    /// How many took at most as long as [`BOUNDS`] says at the same place and longer than the bound
    /// before; the last are those that took longer than any.
    pub counts: Vec<u64>,
    pub sum: Duration,
}

/// The bounds of [`Durations`].
pub const BOUNDS: [Duration; 12] = [
    Duration::from_micros(500),
    Duration::from_millis(1),
    Duration::from_micros(2500),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

impl Meter {
    /// So many steps of a store were claimed.
    pub fn claimed(&self, store: &str, steps: u64) {
        self.0.claims.add(store.to_owned(), steps);
    }

    /// An attempt ended: in a final state (`done`, `kept` …), or in a failure of this class.
    pub fn outcome(&self, store: &str, verb: Verb, class: &'static str) {
        self.0.outcomes.add((store.to_owned(), verb, class), 1);
    }

    /// The lease on a step, or on the whole worker, ran out before the work was done.
    pub fn lease_lost(&self) {
        self.0.leases_lost.fetch_add(1, Relaxed);
    }

    /// So many steps were taken back from workers that had gone.
    pub fn recovered(&self, steps: u64) {
        self.0.recovered.fetch_add(steps, Relaxed);
    }

    /// A letter was handed to the mail server, or could not be.
    pub fn letter(&self, sent: bool) {
        let counter = match sent {
            true => &self.0.letters_sent,
            false => &self.0.letters_failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// A package of so many bytes was sealed.
    pub fn package(&self, bytes: u64) {
        self.0.packages.fetch_add(1, Relaxed);
        self.0.package_bytes.fetch_add(bytes, Relaxed);
    }

    /// A write to the control database was answered after this long.
    pub fn written(&self, took: Duration) {
        self.0.writes.add(took);
    }

    pub fn read(&self) -> Counts {
        let counters = &self.0;
        Counts {
            claims: counters.claims.read(),
            outcomes: counters.outcomes.read(),
            leases_lost: counters.leases_lost.load(Relaxed),
            recovered: counters.recovered.load(Relaxed),
            letters_sent: counters.letters_sent.load(Relaxed),
            letters_failed: counters.letters_failed.load(Relaxed),
            packages: counters.packages.load(Relaxed),
            package_bytes: counters.package_bytes.load(Relaxed),
            writes: counters.writes.read(),
        }
    }
}

/// One counter for each key. Keys come from the configuration and from our own enums, so there are
/// never many; once a key is known, counting takes no exclusive lock.
#[derive(Debug)]
struct Labelled<K>(RwLock<BTreeMap<K, AtomicU64>>);

impl<K> Default for Labelled<K> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Ord + Clone> Labelled<K> {
    fn add(&self, key: K, more: u64) {
        // A counter is whole even when somebody panicked while holding the lock.
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(counter) = known.get(&key) {
            counter.fetch_add(more, Relaxed);
            return;
        }
        drop(known);
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_default().fetch_add(more, Relaxed);
    }

    fn read(&self) -> BTreeMap<K, u64> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .map(|(key, counter)| (key.clone(), counter.load(Relaxed)))
            .collect()
    }
}

#[derive(Debug, Default)]
struct Histogram {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum_micros: AtomicU64,
}

impl Histogram {
    fn add(&self, took: Duration) {
        let place = BOUNDS.partition_point(|bound| *bound < took);
        self.counts[place].fetch_add(1, Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_micros.fetch_add(micros, Relaxed);
    }

    fn read(&self) -> Durations {
        Durations {
            counts: self
                .counts
                .iter()
                .map(|count| count.load(Relaxed))
                .collect(),
            sum: Duration::from_micros(self.sum_micros.load(Relaxed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clone_counts_into_the_same_figures() {
        let meter = Meter::default();
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let meter = meter.clone();
                std::thread::spawn(move || {
                    for _ in 0..100 {
                        meter.claimed("shop", 2);
                        meter.outcome("shop", Verb::Erase, "done");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().unwrap();
        }
        let counts = meter.read();
        assert_eq!(counts.claims["shop"], 800);
        assert_eq!(
            counts.outcomes[&("shop".to_owned(), Verb::Erase, "done")],
            400
        );
    }

    #[test]
    fn a_duration_counts_under_the_first_bound_that_holds_it() {
        let meter = Meter::default();
        for micros in [500, 501, 1000, 5_000_000, 5_000_001] {
            meter.written(Duration::from_micros(micros));
        }
        let writes = meter.read().writes;
        assert_eq!(writes.counts, [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(writes.sum, Duration::from_micros(10_002_002));
    }

    #[test]
    fn letters_that_failed_are_told_from_those_that_went_out() {
        let meter = Meter::default();
        meter.letter(true);
        meter.letter(true);
        meter.letter(false);
        meter.package(10);
        meter.package(5);
        let counts = meter.read();
        assert_eq!((counts.letters_sent, counts.letters_failed), (2, 1));
        assert_eq!((counts.packages, counts.package_bytes), (2, 15));
    }
}
