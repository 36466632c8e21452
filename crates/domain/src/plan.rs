//! The plan: everything that will happen to a person's data, decided before anything does.
//!
//! `plan` is a pure function of what was asked, what the data maps say and what the stores
//! answered. The result never changes; an officer approves its hash. It names collections, columns
//! and counts, never a value.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    RequestId, Right, StoreId,
    data_map::{Collection, ColumnTreatment, DataMap, Ground, RowTreatment},
    outcome::{CollectionRows, Obstacle},
};

/// What a step asks of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    Access,
    Erase,
    Suppress,
}

impl Verb {
    /// The verb that carries out a right, if a plan can.
    pub fn of(right: Right) -> Option<Verb> {
        match right {
            Right::Access | Right::Portability => Some(Verb::Access),
            Right::Erasure => Some(Verb::Erase),
            Right::OptOut | Right::Limit | Right::Objection => Some(Verb::Suppress),
            Right::Rectification
            | Right::Restriction
            | Right::AutomatedDecision
            | Right::Complaint
            | Right::Appeal => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Access => "access",
            Verb::Erase => "erase",
            Verb::Suppress => "suppress",
        }
    }
}

/// What one store said when it was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    Found {
        rows: Vec<CollectionRows>,
        obstacles: Vec<Obstacle>,
    },
    /// The store could not be searched and an officer let the request go on without it.
    Unreachable { reason: String },
}

/// A reason not to erase that lies outside the data map, such as a legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Every store unless one is named.
    #[serde(default)]
    pub store: Option<StoreId>,
    pub ground: Ground,
}

/// Everything the planner looks at.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    pub request: RequestId,
    pub right: Right,
    /// Law profile and version, such as `eu@2018-05-25`.
    pub law: &'a str,
    pub stores: Vec<(&'a DataMap, &'a Answer)>,
    pub holds: &'a [Hold],
    /// No step may touch more rows of one collection than this.
    pub row_cap: u64,
}

/// An immutable list of steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    pub version: u32,
    pub request: RequestId,
    pub right: Right,
    pub law: String,
    pub steps: Vec<PlannedStep>,
}

/// What will happen in one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    pub store: StoreId,
    pub title: String,
    pub verb: Verb,
    /// Digest of the data map that this step was planned with.
    pub map: String,
    pub decision: Decision,
    pub collections: Vec<PlannedCollection>,
    /// More rows than this in one collection stop the step.
    pub row_cap: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// It will be carried out.
    Act,
    /// Nothing was found. An erasure or access is still sent, in case rows have appeared.
    Absent,
    /// Everything stays, on this ground.
    Keep { ground: Ground },
    /// Nothing will be done, for these reasons; the answer will name it as failed.
    Stop { reasons: Vec<String> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCollection {
    pub name: String,
    pub title: String,
    /// Rows found when the plan was made.
    pub rows: u64,
    pub fate: RowTreatment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Shared with other persons: a row goes only when nobody else uses it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
    pub columns: Vec<PlannedColumn>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedColumn {
    pub name: String,
    pub category: String,
    /// What happens to it, in words: `exported`, `withheld`, `deleted`, `set to null`, `set to a
    /// fixed value`, `kept: GDPR Art. …`, `untouched`.
    pub fate: String,
    /// To be read by an officer before release.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub review: bool,
}

/// SHA-256 over the stored bytes of a plan.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlanHash(String);

impl PlanHash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(
            Sha256::digest(bytes)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect(),
        )
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a plan hash is 64 hexadecimal digits")]
pub struct BadPlanHash;

impl FromStr for PlanHash {
    type Err = BadPlanHash;
    fn from_str(text: &str) -> Result<Self, BadPlanHash> {
        let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        if text.len() == 64 && text.chars().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadPlanHash)
        }
    }
}

/// A right that no plan carries out yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the right '{0}' is handled by an officer, not by a plan")]
pub struct NoVerb(pub Right);

impl Plan {
    /// The bytes that are stored and hashed. They are read back as they are, never made again.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a plan is always JSON")
    }

    /// Index of the first step that cannot be undone, if any.
    pub fn point_of_no_return(&self) -> Option<usize> {
        self.steps.iter().position(|step| {
            let erases = |c: &PlannedCollection| {
                c.rows > 0 && matches!(c.fate, RowTreatment::Delete | RowTreatment::Columns)
            };
            step.verb == Verb::Erase
                && step.decision == Decision::Act
                && step.collections.iter().any(erases)
        })
    }
}

/// Decides what will be done, store by store, in the order in which they were given.
pub fn plan(input: &Input<'_>) -> Result<Plan, NoVerb> {
    let verb = Verb::of(input.right).ok_or(NoVerb(input.right))?;
    let steps = input
        .stores
        .iter()
        .map(|(map, answer)| step(input, verb, map, answer))
        .collect();
    Ok(Plan {
        version: 1,
        request: input.request,
        right: input.right,
        law: input.law.to_owned(),
        steps,
    })
}

fn step(input: &Input<'_>, verb: Verb, map: &DataMap, answer: &Answer) -> PlannedStep {
    let found: &[CollectionRows] = match answer {
        Answer::Found { rows, .. } => rows,
        Answer::Unreachable { .. } => &[],
    };
    let rows_of = |name: &str| {
        found
            .iter()
            .filter(|c| c.collection == name)
            .map(|c| c.rows)
            .sum()
    };
    let collections = map
        .collections
        .iter()
        .map(|(name, collection)| planned(verb, name, collection, rows_of(name)))
        .collect();
    PlannedStep {
        store: map.store.clone(),
        title: map.title.clone(),
        verb,
        map: map.digest(),
        decision: decide(input, verb, map, answer, found),
        collections,
        row_cap: input.row_cap,
    }
}

fn decide(
    input: &Input<'_>,
    verb: Verb,
    map: &DataMap,
    answer: &Answer,
    found: &[CollectionRows],
) -> Decision {
    let obstacles = match answer {
        Answer::Unreachable { reason } => {
            return Decision::Stop {
                reasons: vec![reason.clone()],
            };
        }
        Answer::Found { obstacles, .. } => obstacles,
    };
    let too_many = found
        .iter()
        .filter(|c| c.rows > input.row_cap)
        .map(|c| Obstacle::RowCap {
            collection: c.collection.clone(),
            rows: c.rows,
            cap: input.row_cap,
        });
    let stops = |obstacle: &Obstacle| match obstacle {
        // Reading somebody's data is not hindered by who else points at it.
        Obstacle::OthersDepend { .. } | Obstacle::OwnDepend { .. } => verb == Verb::Erase,
        // A runaway match is as wrong in an export as in an erasure.
        Obstacle::RowCap { .. } | Obstacle::ShareCap { .. } | Obstacle::Ambiguous { .. } => true,
    };
    let reasons: Vec<String> = obstacles
        .iter()
        .cloned()
        .chain(too_many)
        .filter(stops)
        .map(|obstacle| obstacle.to_string())
        .collect();
    if !reasons.is_empty() {
        return Decision::Stop { reasons };
    }
    let hold = input
        .holds
        .iter()
        .find(|hold| hold.store.as_ref().is_none_or(|store| *store == map.store));
    match hold {
        Some(hold) if verb == Verb::Erase => Decision::Keep {
            ground: hold.ground.clone(),
        },
        Some(_) | None if found.iter().all(|c| c.rows == 0) => Decision::Absent,
        Some(_) | None => Decision::Act,
    }
}

fn planned(verb: Verb, name: &str, collection: &Collection, rows: u64) -> PlannedCollection {
    let columns = collection
        .columns
        .iter()
        .flat_map(|(column, spec)| {
            let fate = |withheld: bool, treatment: Option<&ColumnTreatment>, ground| match verb {
                Verb::Access if withheld => "withheld".to_owned(),
                Verb::Access => "exported".to_owned(),
                Verb::Suppress if collection.suppress.contains_key(column) => {
                    "set to the opted-out value".to_owned()
                }
                Verb::Suppress => "untouched".to_owned(),
                Verb::Erase => erased_fate(collection, treatment, ground),
            };
            let whole = PlannedColumn {
                name: column.clone(),
                category: spec.category.clone(),
                fate: fate(spec.withhold, spec.erase.as_ref(), spec.ground.as_ref()),
                review: verb == Verb::Access && spec.free_text,
            };
            let parts = spec.fields.iter().map(move |(path, field)| PlannedColumn {
                name: format!("{column}: {path}"),
                category: field.category.clone(),
                fate: fate(
                    spec.withhold || field.withhold,
                    field.erase.as_ref().or(spec.erase.as_ref()),
                    field.ground.as_ref(),
                ),
                review: false,
            });
            std::iter::once(whole).chain(parts)
        })
        .collect();
    PlannedCollection {
        name: name.to_owned(),
        title: collection.title(name).to_owned(),
        rows,
        fate: match verb {
            Verb::Erase => collection.erase,
            Verb::Access => RowTreatment::Keep,
            Verb::Suppress if collection.suppress.is_empty() => RowTreatment::Keep,
            Verb::Suppress => RowTreatment::Columns,
        },
        ground: (verb == Verb::Erase)
            .then(|| collection.ground.clone())
            .flatten(),
        shared: !collection.also_used_by.is_empty(),
        columns,
    }
}

fn erased_fate(
    collection: &Collection,
    treatment: Option<&ColumnTreatment>,
    ground: Option<&Ground>,
) -> String {
    let kept = |ground: Option<&Ground>| match ground {
        Some(ground) => format!("kept: {}", ground.article),
        None => "untouched".to_owned(),
    };
    match (collection.erase, treatment) {
        (RowTreatment::Delete, _) => "deleted".to_owned(),
        (RowTreatment::Keep, _) => kept(collection.ground.as_ref()),
        (RowTreatment::Derived, _) => "goes with the rows that it is made of".to_owned(),
        (RowTreatment::Columns, None) => "untouched".to_owned(),
        (RowTreatment::Columns, Some(treatment)) => match treatment {
            ColumnTreatment::Keep => kept(ground),
            ColumnTreatment::Null
            | ColumnTreatment::Fixed(_)
            | ColumnTreatment::Random
            | ColumnTreatment::Pseudonymise
            | ColumnTreatment::Generalise(_)
            | ColumnTreatment::Detach => treatment.in_words().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "
habeas: 1
store: shop
title: Web shop
collections:
  customer:
    key: [id]
    columns:
      id: { category: system }
      email: { category: user.contact.email, identity: { kind: email } }
      note: { category: user.content, free_text: true }
  invoice:
    key: [id]
    columns:
      id: { category: system }
      customer_id: { category: system }
    belongs_to: [{ collection: customer, on: { customer_id: id } }]
    erase: keep
    ground: { article: GDPR Art. 17(3)(b), reason: The tax law asks us to keep invoices. }
";

    fn found(rows: &[(&str, u64)], obstacles: Vec<Obstacle>) -> Answer {
        let rows = rows
            .iter()
            .map(|(name, rows)| CollectionRows {
                collection: (*name).to_owned(),
                rows: *rows,
            })
            .collect();
        Answer::Found { rows, obstacles }
    }

    fn planned_for(right: Right, answer: &Answer, holds: &[Hold]) -> Plan {
        let map = DataMap::parse("shop.yaml", MAP).unwrap();
        plan(&Input {
            request: RequestId::from(uuid::Uuid::nil()),
            right,
            law: "eu@1",
            stores: vec![(&map, answer)],
            holds,
            row_cap: 50,
        })
        .unwrap()
    }

    fn depend() -> Vec<Obstacle> {
        vec![Obstacle::OthersDepend {
            collection: "customer".into(),
            dependents: "payment".into(),
            rows: 5,
        }]
    }

    #[test]
    fn the_same_facts_give_the_same_hash_and_other_facts_another() {
        let hash = |rows| {
            let answer = found(&[("customer", rows)], vec![]);
            PlanHash::of(&planned_for(Right::Erasure, &answer, &[]).to_bytes())
        };
        assert_eq!(hash(1), hash(1));
        assert_ne!(hash(1), hash(2));
    }

    #[test]
    fn an_erasure_names_what_goes_and_what_stays_and_why() {
        let answer = found(&[("customer", 1), ("invoice", 3)], vec![]);
        let plan = planned_for(Right::Erasure, &answer, &[]);
        assert_eq!(plan.steps[0].decision, Decision::Act);
        assert_eq!(plan.point_of_no_return(), Some(0));
        let [customer, invoice] = &plan.steps[0].collections[..] else {
            panic!("two collections");
        };
        assert_eq!((customer.rows, customer.fate), (1, RowTreatment::Delete));
        assert_eq!((invoice.rows, invoice.fate), (3, RowTreatment::Keep));
        assert_eq!(invoice.columns[0].fate, "kept: GDPR Art. 17(3)(b)");
    }

    #[test]
    fn rows_of_others_stop_an_erasure_and_not_an_access() {
        let answer = found(&[("customer", 1)], depend());
        let of = |right| planned_for(right, &answer, &[]).steps[0].decision.clone();
        assert!(matches!(of(Right::Erasure), Decision::Stop { .. }));
        assert_eq!(of(Right::Access), Decision::Act);
    }

    #[test]
    fn a_runaway_match_stops_everything() {
        let answer = found(&[("customer", 51)], vec![]);
        for right in [Right::Access, Right::Erasure, Right::OptOut] {
            let plan = planned_for(right, &answer, &[]);
            assert!(matches!(plan.steps[0].decision, Decision::Stop { .. }));
            assert_eq!(plan.point_of_no_return(), None);
        }
    }

    #[test]
    fn a_hold_keeps_and_does_not_hide() {
        let ground = Ground {
            article: "GDPR Art. 17(3)(e)".into(),
            reason: "A claim is pending.".into(),
            review: None,
        };
        let hold = Hold {
            store: None,
            ground: ground.clone(),
        };
        let answer = found(&[("customer", 1)], vec![]);
        let of = |right| {
            planned_for(right, &answer, std::slice::from_ref(&hold)).steps[0]
                .decision
                .clone()
        };
        assert_eq!(of(Right::Erasure), Decision::Keep { ground });
        assert_eq!(of(Right::Access), Decision::Act);
    }

    #[test]
    fn a_store_out_of_reach_is_a_named_gap() {
        let answer = Answer::Unreachable {
            reason: "store unreachable".into(),
        };
        let plan = planned_for(Right::Access, &answer, &[]);
        assert!(
            matches!(&plan.steps[0].decision, Decision::Stop { reasons } if reasons.len() == 1)
        );
    }

    #[test]
    fn free_text_is_marked_for_review_before_it_is_disclosed() {
        let answer = found(&[("customer", 1)], vec![]);
        let plan = planned_for(Right::Access, &answer, &[]);
        let note = &plan.steps[0].collections[0].columns[2];
        assert!(note.review && note.fate == "exported");
    }
}
