//! The page that a person begins with: what was asked, what was found where, in plain words.

use std::io::Write;

use askama::Template;
use habeas_domain::{
    Personal, Right,
    outcome::{EvidenceLevel, Outcome},
};

use crate::{About, CollectionInfo, PackageError, Receipt, StoreReceipt};

/// A collection whose files are in the package.
pub(crate) struct Written {
    pub info: CollectionInfo,
    /// Path of its files below the base folder, without ending.
    pub path: String,
    pub records: u64,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Index<'a> {
    title: &'static str,
    asked_for: &'static str,
    summary: String,
    failed: usize,
    /// Whether the person asked for a copy of the data.
    is_copy: bool,
    receipt: &'a Receipt,
    subject: Option<&'a Personal<String>>,
    contact: Option<&'a str>,
    stores: Vec<StoreView<'a>>,
    levels: [(&'static str, &'static str); 4],
    vkey: &'a str,
}

struct StoreView<'a> {
    receipt: &'a StoreReceipt,
    sentence: String,
    tone: &'static str,
    failed: bool,
    level: Option<(&'static str, &'static str)>,
    /// Whether the table of counts says anything.
    has_counts: bool,
    collections: Vec<&'a Written>,
}

/// Writes `index.html`.
pub(crate) fn write_index(
    out: &mut dyn Write,
    about: &About,
    receipt: &Receipt,
    written: &[Written],
    vkey: &str,
) -> Result<(), PackageError> {
    let is_copy = match receipt.right {
        Right::Access | Right::Portability => true,
        Right::Erasure
        | Right::Rectification
        | Right::OptOut
        | Right::Limit
        | Right::Restriction
        | Right::Objection
        | Right::AutomatedDecision
        | Right::Complaint
        | Right::Appeal => false,
    };
    let (title, asked_for) = words(receipt.right);
    let page = Index {
        title,
        asked_for,
        summary: summary(receipt, is_copy),
        failed: receipt
            .stores
            .iter()
            .filter(|store| store.outcome == Outcome::Failed)
            .count(),
        is_copy,
        receipt,
        subject: about.subject.as_ref(),
        contact: about.contact.as_deref(),
        stores: receipt
            .stores
            .iter()
            .map(|store| StoreView {
                receipt: store,
                sentence: sentence(store),
                tone: tone(store.outcome),
                failed: store.outcome == Outcome::Failed,
                level: store.level.map(level),
                has_counts: !is_copy && !store.collections.is_empty(),
                collections: written
                    .iter()
                    .filter(|w| w.info.store == store.store)
                    .collect(),
            })
            .collect(),
        levels: [
            EvidenceLevel::Attested,
            EvidenceLevel::VendorReported,
            EvidenceLevel::ReadBackVerified,
            EvidenceLevel::ReVerifiedLater,
        ]
        .map(level),
        vkey,
    };
    page.write_into(&mut IoWriter(out))
        .map_err(PackageError::Write)
}

/// The title of the page, and what was asked for.
fn words(right: Right) -> (&'static str, &'static str) {
    match right {
        Right::Access => ("Your data", "a copy of your data"),
        Right::Portability => (
            "Your data, to take with you",
            "your data in a form that moves",
        ),
        Right::Erasure => ("Receipt of erasure", "the erasure of your data"),
        Right::Rectification => ("Receipt of correction", "the correction of your data"),
        Right::OptOut => ("Receipt of your opt-out", "no sale or sharing of your data"),
        Right::Limit => (
            "Receipt of limited use",
            "limited use of your sensitive data",
        ),
        Right::Restriction => ("Receipt of restriction", "the restriction of processing"),
        Right::Objection => (
            "Receipt of your objection",
            "no further processing, as you objected",
        ),
        Right::AutomatedDecision => (
            "About an automated decision",
            "an explanation of an automated decision",
        ),
        Right::Complaint => ("Answer to your complaint", "an answer to your complaint"),
        Right::Appeal => ("Answer to your appeal", "a second look at a decision"),
    }
}

/// Whoever reads only this has read how it ended.
fn summary(receipt: &Receipt, is_copy: bool) -> String {
    let held = receipt
        .stores
        .iter()
        .filter(|store| store.located > 0)
        .count();
    let sum = |pick: fn(&StoreReceipt) -> u64| receipt.stores.iter().map(pick).sum::<u64>();
    let located = sum(|store| store.located);
    let (affected, kept) = (sum(|store| store.affected), sum(|store| store.kept));
    let suppressed = receipt
        .stores
        .iter()
        .filter(|store| store.outcome == Outcome::Suppressed)
        .count();
    let result = match (is_copy, suppressed) {
        (true, _) if located == 0 => String::new(),
        (true, _) => format!(" {} in this package.", counted(affected, "is", "are")),
        (false, 1..) => format!(" Your choice is in force in {suppressed} of them."),
        (false, 0) if affected == 0 && kept == 0 => String::new(),
        (false, 0) => format!(
            " {} erased or overwritten, {} kept.",
            counted(affected, "was", "were"),
            counted(kept, "was", "were"),
        ),
    };
    format!(
        "{} asked; {held} of them held {} about you.{result}",
        counted(receipt.stores.len() as u64, "system was", "systems were"),
        counted(located, "record", "records"),
    )
}

fn sentence(store: &StoreReceipt) -> String {
    let found = counted(store.located, "record", "records");
    let kept = match store.kept {
        0 => String::new(),
        kept => format!(" {kept} kept, for the reason given."),
    };
    match store.outcome {
        Outcome::Exported => {
            format!(
                "We found {found} about you; {} in this package.{kept}",
                counted(store.affected, "is", "are")
            )
        }
        Outcome::Erased => {
            format!(
                "We found {found} about you; {} erased or overwritten.{kept}",
                counted(store.affected, "was", "were")
            )
        }
        Outcome::Replaced => format!(
            "We found {found} about you. No record was deleted; in {} the fields about you were overwritten.{kept}",
            store.affected
        ),
        Outcome::Suppressed => {
            format!(
                "Your choice is in force here. It covers {}.",
                counted(store.affected, "record", "records")
            )
        }
        Outcome::Kept => {
            format!("We found {found} about you. All of it is kept, for the reason given.")
        }
        Outcome::Absent => "We searched this system and found nothing about you.".to_owned(),
        Outcome::Failed if store.located == 0 => "This could not be completed.".to_owned(),
        Outcome::Failed => format!("This could not be completed. Found so far: {found}."),
    }
}

fn tone(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Exported | Outcome::Erased | Outcome::Suppressed => "good",
        Outcome::Replaced | Outcome::Kept => "warn",
        Outcome::Absent => "soft",
        Outcome::Failed => "bad",
    }
}

/// A level and what it means.
fn level(level: EvidenceLevel) -> (&'static str, &'static str) {
    let meaning = match level {
        EvidenceLevel::Attested => "a person says that it was done; nothing else shows it.",
        EvidenceLevel::VendorReported => "the system itself answered that it was done.",
        EvidenceLevel::ReadBackVerified => {
            "afterwards the system was searched again, and it was as stated here."
        }
        EvidenceLevel::ReVerifiedLater => {
            "days later the system was searched once more, and it was still as stated here."
        }
    };
    (level.in_words(), meaning)
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// askama asks for a sized writer.
struct IoWriter<'a>(&'a mut dyn Write);

impl Write for IoWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

mod filters {
    use std::fmt::Display;

    use askama::Values;
    use jiff::{Timestamp, civil::Date, tz::TimeZone};

    /// A date or an instant in words. A text that is neither is shown as it is.
    #[askama::filter_fn]
    pub fn when(value: impl Display, _: &dyn Values) -> askama::Result<String> {
        let text = value.to_string();
        Ok(if let Ok(instant) = text.parse::<Timestamp>() {
            instant
                .to_zoned_datetime(TimeZone::UTC)
                .strftime("%-d %B %Y, %H:%M UTC")
                .to_string()
        } else if let Ok(date) = text.parse::<Date>() {
            date.strftime("%-d %B %Y").to_string()
        } else {
            text
        })
    }
}
