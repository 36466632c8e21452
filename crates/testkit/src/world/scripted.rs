//! A store that does as it is told and remembers every call: the oracle of engine tests.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use futures::stream;
use habeas_connector::{
    Access, AccessItem, Answers, Capabilities, CheckReport, Connector, Drift, EraseOrder, Erased,
    ErrorClass, Idempotency, Located, Look, Proposal, RecordStream, Remaining, StoreError, Subject,
    SuppressOrder, Suppressed, Value,
};
use habeas_domain::{
    Identifier,
    data_map::DataMap,
    outcome::{CollectionOutcome, CollectionRows, EvidenceLevel, Obstacle},
};
use uuid::Uuid;

/// A call that reached the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub verb: &'static str,
    pub effect_key: Option<Uuid>,
}

/// What the next call with a verb ends in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Fails before anything is done.
    Before(ErrorClass),
    /// Does its work, and the answer is lost.
    After,
}

#[derive(Default)]
struct State {
    /// Rows of each person, by address in lower case.
    rows: BTreeMap<String, u64>,
    further: BTreeMap<String, Identifier>,
    obstacles: Vec<Obstacle>,
    effects: BTreeMap<Uuid, Vec<CollectionOutcome>>,
    calls: Vec<Call>,
    faults: BTreeMap<&'static str, VecDeque<Fault>>,
    /// How often each person's rows were really deleted.
    erased: BTreeMap<String, u64>,
    reappear: u64,
    drift: Vec<Drift>,
    poison: Option<String>,
    batch: Option<usize>,
}

/// A store with one collection, `account`.
#[allow(missing_debug_implementations, reason = "rows are personal data")]
pub struct Scripted {
    map: DataMap,
    idempotency: Idempotency,
    state: Mutex<State>,
}

impl Scripted {
    pub fn new(name: &str) -> Arc<Scripted> {
        Self::with(name, Idempotency::Remembered)
    }

    pub fn with(name: &str, idempotency: Idempotency) -> Arc<Scripted> {
        let map = format!(
            "
habeas: 1
store: {name}
title: Store {name}
collections:
  account:
    title: Your account
    key: [id]
    columns:
      id: {{ category: system }}
      email: {{ category: user.contact.email, identity: {{ kind: email, match: ignore_case }} }}
      number: {{ category: user.unique_id, identity: {{ kind: number, names_one_person: true }} }}
      wanted: {{ category: user }}
    suppress: {{ wanted: 'no' }}
"
        );
        Arc::new(Scripted {
            map: DataMap::parse("scripted.yaml", &map).expect("the scripted map is sound"),
            idempotency,
            state: Mutex::default(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no test panics while it holds a store")
    }

    /// Gives a person rows.
    pub fn holds(&self, email: &str, rows: u64) {
        self.state().rows.insert(email.to_lowercase(), rows);
    }

    /// Rows of this person are found by this identifier as well, and it is handed on.
    pub fn hands_on(&self, email: &str, identifier: Identifier) {
        self.state()
            .further
            .insert(email.to_lowercase(), identifier);
    }

    pub fn has_obstacle(&self, obstacle: Obstacle) {
        self.state().obstacles.push(obstacle);
    }

    /// The next calls with this verb end so, in this order.
    pub fn fails(&self, verb: &'static str, faults: &[Fault]) {
        self.state().faults.entry(verb).or_default().extend(faults);
    }

    /// From now on it differs from its map in this way, and in no other.
    pub fn drifts(&self, drift: &[Drift]) {
        self.state().drift = drift.to_vec();
    }

    /// After each of the next so many erasures one row is written anew.
    pub fn reappears(&self, times: u64) {
        self.state().reappear = times;
    }

    /// Takes so many orders in one call; one, unless told.
    pub fn takes_together(&self, orders: usize) {
        self.state().batch = Some(orders);
    }

    /// From now on every call that carries this person's order panics.
    pub fn chokes_on(&self, email: &str) {
        self.state().poison = Some(email.to_lowercase());
    }

    fn choke<'a>(&self, mut subjects: impl Iterator<Item = &'a Subject>) {
        let poison = self.state().poison.clone();
        let poisoned = subjects.any(|subject| {
            let people = self.people(subject);
            people.iter().any(|email| poison.as_ref() == Some(email))
        });
        assert!(!poisoned, "told to choke on this person");
    }

    pub fn rows_of(&self, email: &str) -> u64 {
        self.state()
            .rows
            .get(&email.to_lowercase())
            .copied()
            .unwrap_or(0)
    }

    pub fn calls(&self, verb: &str) -> usize {
        self.state()
            .calls
            .iter()
            .filter(|call| call.verb == verb)
            .count()
    }

    pub fn ledger(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// How often rows of this person were really deleted.
    pub fn times_erased(&self, email: &str) -> u64 {
        self.state()
            .erased
            .get(&email.to_lowercase())
            .copied()
            .unwrap_or(0)
    }

    fn begin(&self, verb: &'static str, effect_key: Option<Uuid>) -> Result<bool, StoreError> {
        let mut state = self.state();
        state.calls.push(Call { verb, effect_key });
        match state.faults.get_mut(verb).and_then(VecDeque::pop_front) {
            None => Ok(false),
            Some(Fault::Before(class)) => Err(StoreError::new(class, "scripted", "told to fail")),
            Some(Fault::After) => Ok(true),
        }
    }

    fn lost() -> StoreError {
        StoreError::in_doubt("scripted", "told to lose the answer")
    }

    /// The people of this store whom the subject's identifiers name.
    fn people(&self, subject: &Subject) -> Vec<String> {
        let state = self.state();
        let known = subject.identifiers.iter().chain(&subject.further);
        let values: Vec<String> = known.map(|one| one.normalised().reveal().clone()).collect();
        let by_number = |email: &&String| {
            state
                .further
                .get(*email)
                .is_some_and(|one| values.contains(one.normalised().reveal()))
        };
        let mut people: Vec<String> = state
            .rows
            .keys()
            .filter(|email| values.contains(email) || by_number(email))
            .cloned()
            .collect();
        people.sort();
        people
    }

    fn count(&self, people: &[String]) -> u64 {
        people.iter().map(|email| self.rows_of(email)).sum()
    }
}

fn rows(rows: u64) -> Vec<CollectionRows> {
    vec![CollectionRows {
        collection: "account".to_owned(),
        rows,
    }]
}

#[async_trait]
impl Connector for Scripted {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            connector: "scripted",
            version: "1",
            batch: self.state().batch.unwrap_or(1),
            idempotency: self.idempotency,
            evidence: EvidenceLevel::ReadBackVerified,
        }
    }

    fn map(&self) -> &DataMap {
        &self.map
    }

    async fn check(&self) -> Result<CheckReport, StoreError> {
        self.begin("check", None)?;
        Ok(CheckReport {
            drift: self.state().drift.clone(),
            ..CheckReport::default()
        })
    }

    async fn discover(&self, _: Look) -> Result<Proposal, StoreError> {
        Ok(self.map.clone().into())
    }

    async fn locate(&self, subjects: &[Subject]) -> Answers<Located> {
        if self.begin("locate", None)? {
            return Err(Self::lost());
        }
        self.choke(subjects.iter());
        let answers = subjects.iter().map(|subject| {
            let people = self.people(subject);
            let state = self.state();
            let further = people
                .iter()
                .filter_map(|email| state.further.get(email).cloned());
            let found: u64 = people
                .iter()
                .filter_map(|email| state.rows.get(email))
                .sum();
            Ok(Located {
                rows: rows(found),
                further: further.collect(),
                obstacles: state.obstacles.clone(),
            })
        });
        Ok(answers.collect())
    }

    async fn access(&self, access: Access) -> Result<RecordStream, StoreError> {
        let cut = self.begin("access", None)?;
        self.choke(access.subjects.iter());
        let mut items = Vec::new();
        for (subject, who) in access.subjects.iter().enumerate() {
            let people = self.people(who);
            for email in &people {
                for number in 0..self.rows_of(email) {
                    items.push(Ok(AccessItem::Row {
                        subject,
                        collection: "account".into(),
                        record: vec![
                            ("id".into(), Value::Integer(number.cast_signed())),
                            ("email".into(), Value::Text(email.clone())),
                        ],
                    }));
                }
            }
            let sent = rows(self.count(&people));
            items.push(Ok(AccessItem::End { subject, sent }));
        }
        if cut {
            // The line broke on the way: no error, no end.
            items.pop();
        }
        Ok(Box::pin(stream::iter(items)))
    }

    async fn erase(&self, orders: &[EraseOrder]) -> Answers<Erased> {
        let key = orders.first().map(|order| order.effect_key);
        let lost = self.begin("erase", key)?;
        self.choke(orders.iter().map(|order| &order.subject));
        let mut answers = Vec::new();
        for order in orders {
            if self.idempotency == Idempotency::Remembered
                && let Some(known) = self.state().effects.get(&order.effect_key)
            {
                answers.push(Ok(Erased {
                    collections: known.clone(),
                    replayed: true,
                }));
                continue;
            }
            let people = self.people(&order.subject);
            let count = self.count(&people);
            let mut state = self.state();
            for email in people {
                if state.rows.insert(email.clone(), 0) != Some(0) {
                    *state.erased.entry(email.clone()).or_default() += 1;
                }
                if state.reappear > 0 {
                    state.reappear -= 1;
                    state.rows.insert(email, 1);
                }
            }
            let collections = vec![CollectionOutcome {
                collection: "account".to_owned(),
                located: count,
                erased: count,
                ..CollectionOutcome::default()
            }];
            state.effects.insert(order.effect_key, collections.clone());
            answers.push(Ok(Erased {
                collections,
                replayed: false,
            }));
        }
        if lost { Err(Self::lost()) } else { Ok(answers) }
    }

    async fn verify(&self, orders: &[EraseOrder]) -> Answers<Remaining> {
        if self.begin("verify", None)? {
            return Err(Self::lost());
        }
        let answers = orders.iter().map(|order| {
            Ok(Remaining {
                rows: rows(self.count(&self.people(&order.subject))),
                level: EvidenceLevel::ReadBackVerified,
            })
        });
        Ok(answers.collect())
    }

    async fn suppress(&self, orders: &[SuppressOrder]) -> Answers<Suppressed> {
        let key = orders.first().map(|order| order.effect_key);
        if self.begin("suppress", key)? {
            return Err(Self::lost());
        }
        let answers = orders.iter().map(|order| {
            let count = self.count(&self.people(&order.subject));
            Ok(Suppressed {
                collections: vec![CollectionOutcome {
                    collection: "account".to_owned(),
                    located: count,
                    replaced: count,
                    ..CollectionOutcome::default()
                }],
                replayed: false,
                level: EvidenceLevel::ReadBackVerified,
            })
        });
        Ok(answers.collect())
    }
}
