//! What is told of the stories. All of it comes out of the signed receipt in the person's hands,
//! not out of our own database.

use std::path::PathBuf;

use habeas_domain::{
    Right, law,
    outcome::{EvidenceLevel, Outcome},
};
use habeas_engine::{QueueRow, Reference};
use habeas_proof::Report;
use jiff::civil::Date;
use serde::Serialize;

use crate::Context;

#[derive(Debug, Serialize)]
pub struct Told {
    pub stories: Vec<Story>,
}

#[derive(Debug, Serialize)]
pub struct Story {
    #[serde(skip)]
    title: String,
    right: Right,
    reference: Reference,
    phase: &'static str,
    due: Date,
    stores: Vec<Store>,
    artifact: PathBuf,
    verified: bool,
    #[serde(skip)]
    checks: usize,
}

#[derive(Debug, Serialize)]
struct Store {
    store: String,
    #[serde(skip)]
    title: String,
    outcome: Outcome,
    located: u64,
    affected: u64,
    #[serde(skip)]
    kept: u64,
    evidence_level: Option<EvidenceLevel>,
}

impl Story {
    pub fn new(title: String, row: &QueueRow, artifact: PathBuf, report: &Report) -> Self {
        let receipts = report.receipt.iter().flat_map(|receipt| &receipt.stores);
        Self {
            title,
            right: row.right,
            reference: row.reference.clone(),
            phase: row.phase,
            due: row.due,
            stores: receipts
                .map(|receipt| Store {
                    store: receipt.store.clone(),
                    title: receipt.title.clone(),
                    outcome: receipt.outcome,
                    located: receipt.located,
                    affected: receipt.affected,
                    kept: receipt.kept,
                    evidence_level: receipt.level,
                })
                .collect(),
            artifact,
            verified: report.ok(),
            checks: report.checks.len(),
        }
    }

    fn is_well(&self) -> bool {
        let done = |store: &Store| store.outcome != Outcome::Failed && store.affected > 0;
        self.verified && self.phase == "closed" && self.stores.iter().all(done)
    }

    fn in_words(&self) -> String {
        let mut text = format!(
            "\n{}\n  reference  {}, due on {}, {}\n",
            self.title,
            self.reference,
            law::in_words(self.due),
            self.phase
        );
        for store in &self.stores {
            let level = store
                .evidence_level
                .map_or("not proved", EvidenceLevel::in_words);
            let kept = match store.kept {
                0 => String::new(),
                kept => format!(", {kept} kept with their ground"),
            };
            text += &format!(
                "  {:<13} {}: {} of {} rows{kept} ({level})\n",
                store.title, store.outcome, store.affected, store.located
            );
        }
        let verified = if self.verified {
            format!("verified: all {} checks hold", self.checks)
        } else {
            "NOT verified".to_owned()
        };
        text + &format!("  {}\n  {verified}\n", self.artifact.display())
    }
}

impl Told {
    /// Whether every story ended as it should.
    pub fn is_well(&self) -> bool {
        self.stories.iter().all(Story::is_well)
    }

    pub fn print(&self, context: &Context) {
        context.out.result(self, |told| {
            let stories: String = told.stories.iter().map(Story::in_words).collect();
            let check = told.stories.first().map_or_else(String::new, |story| {
                format!("\nCheck one yourself:\n  habeas verify {}\n", story.artifact.display())
            });
            format!("Larch & Linen: a shop and a support desk with 500 invented people\n{stories}{check}")
        });
    }
}
