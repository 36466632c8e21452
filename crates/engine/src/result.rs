//! What a step left behind, sealed in its row.

use habeas_domain::outcome::{CollectionOutcome, CollectionRows, EvidenceLevel, Obstacle};
use habeas_storage::steps::Step;
use habeas_vault::{BlobRef, DataKey};
use serde::{Deserialize, Serialize};

use crate::{UseCaseError, engine::open};

pub(crate) const PURPOSE_RESULT: &str = "result";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub(crate) enum StepResult {
    Located {
        rows: Vec<CollectionRows>,
        obstacles: Vec<Obstacle>,
    },
    Accessed {
        collections: Vec<CollectionOutcome>,
        parts: Vec<Part>,
    },
    Changed {
        collections: Vec<CollectionOutcome>,
        level: EvidenceLevel,
    },
    ReadBack {
        remaining: Vec<CollectionRows>,
        level: EvidenceLevel,
    },
}

/// The sealed rows of one collection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub collection: String,
    pub rows: u64,
    pub blob: BlobRef,
}

impl StepResult {
    pub(crate) fn of(key: &DataKey, step: &Step) -> Result<Option<StepResult>, UseCaseError> {
        step.result
            .as_deref()
            .map(|sealed| open(key, PURPOSE_RESULT, sealed))
            .transpose()
    }

    pub(crate) fn collections(&self) -> &[CollectionOutcome] {
        match self {
            StepResult::Accessed { collections, .. } | StepResult::Changed { collections, .. } => {
                collections
            }
            StepResult::Located { .. } | StepResult::ReadBack { .. } => &[],
        }
    }

    pub(crate) fn level(&self) -> Option<EvidenceLevel> {
        match self {
            StepResult::Changed { level, .. } | StepResult::ReadBack { level, .. } => Some(*level),
            StepResult::Located { .. } | StepResult::Accessed { .. } => None,
        }
    }
}
