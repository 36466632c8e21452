//! The statement of the controller: what was asked, and what became of it in each store.
//!
//! `receipt.json` holds integers and strings only, its keys are sorted, and it is hashed as the bytes
//! that it is: a verifier never writes it again, so no two ways to write it can disagree. It names
//! no fact about the person beyond what the caller puts into the texts.

use std::{collections::BTreeMap, fmt::Write};

use habeas_domain::{
    Right,
    outcome::{EvidenceLevel, Outcome},
};
use serde::{Deserialize, Serialize};

/// The version of the format that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// What the controller states. Instants are RFC 3339 in UTC, dates are ISO 8601, texts are words
/// for the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub receipt_id: String,
    /// The reference of the request, as the person knows it.
    pub reference: String,
    pub controller: String,
    pub right: Right,
    /// The law and the article, such as `EU GDPR, Art. 17`.
    pub law: String,
    pub received_at: String,
    /// How the person proved who they are. Absent where no proof may be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    pub due: String,
    pub completed_at: String,
    /// Such as `granted`, `granted in part`, `refused`.
    pub decision: String,
    /// The hash of the approved plan, lower-case hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_sha256: Option<String>,
    pub stores: Vec<StoreReceipt>,
    /// Further sentences for the person: when backups expire, how to complain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What became of the request in one store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreReceipt {
    /// The name of the store; the folder of its files in the package.
    pub store: String,
    pub title: String,
    /// Name and version of the connector.
    pub connector: String,
    /// Such as `access`, `erase`, `suppress`.
    pub verb: String,
    pub outcome: Outcome,
    /// Rows that belong to the person.
    pub located: u64,
    /// Rows exported, erased, replaced or suppressed.
    pub affected: u64,
    pub kept: u64,
    /// How far the outcome is proved. Absent where nothing was done that could be proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<EvidenceLevel>,
    /// How it was done, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executed_at: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<String>,
    /// Why it failed, or why something is kept, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<CollectionReceipt>,
}

/// What became of one collection (a table, a list of objects), in rows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionReceipt {
    pub name: String,
    pub title: String,
    pub located: u64,
    /// Rows in this package.
    pub exported: u64,
    pub erased: u64,
    /// Rows that stay, with fields emptied or overwritten.
    pub replaced: u64,
    pub kept: u64,
    /// Rows of others whose pointer to an erased row was emptied.
    pub detached: u64,
    /// Why rows are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<String>,
    /// How fields were replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// The file that the receipt lies in, up to the receipt itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// How many bytes of the zip file come before the entry `receipt.json`.
    pub bytes: u64,
    /// SHA-256 of these bytes, lower-case hex.
    pub sha256: String,
    /// SHA-256 of each file before the receipt that is not data. The manifest among them covers the
    /// data, so an unpacked package can be checked as well.
    pub files: BTreeMap<String, String>,
}

/// `receipt.json` as a whole.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Document {
    pub version: u32,
    pub statement: Receipt,
    pub contents: Contents,
}

impl Document {
    /// Keys sorted at every depth, two spaces of indent, a newline at the end.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let mut value = serde_json::to_value(self)?;
        // Objects may keep the order of insertion if some crate of the build asks for that.
        value.sort_all_objects();
        let mut bytes = serde_json::to_vec_pretty(&value)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

const NOTE_TITLE: &str = "Habeas receipt, version 1";
const NOTE_DIGEST: &str = "SHA-256 of receipt.json: ";

/// The text that is signed: the receipt in short, and the digest of the whole.
pub(crate) fn note_text(receipt: &Receipt, receipt_sha256: &str) -> String {
    let mut text = format!("{NOTE_TITLE}\n");
    for (label, value) in [
        ("Reference", &receipt.reference),
        ("Controller", &receipt.controller),
        ("Law", &receipt.law),
        ("Received", &receipt.received_at),
        ("Due", &receipt.due),
        ("Completed", &receipt.completed_at),
        ("Decision", &receipt.decision),
    ] {
        line(&mut text, format_args!("{label}: {value}"));
    }
    line(&mut text, format_args!("Right: {}", receipt.right));
    for store in &receipt.stores {
        let level = store
            .level
            .map_or(String::new(), |level| format!("; {}", level.in_words()));
        line(
            &mut text,
            format_args!(
                "Store {}: {}; {} found, {} affected, {} kept{level}",
                store.store, store.outcome, store.located, store.affected, store.kept
            ),
        );
    }
    line(&mut text, format_args!("{NOTE_DIGEST}{receipt_sha256}"));
    text
}

/// The digest that a signed text names.
pub(crate) fn digest_in_note(text: &str) -> Option<&str> {
    let body = text
        .strip_prefix(NOTE_TITLE)?
        .strip_prefix('\n')?
        .strip_suffix('\n')?;
    body.lines().last()?.strip_prefix(NOTE_DIGEST)
}

/// One line, whatever the values hold: a line break inside a name must not look like a statement.
fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    let start = text.len();
    text.write_fmt(content)
        .expect("writing to a string cannot fail");
    let plain = text[start..].replace(
        |c: char| c.is_control() || c == '\u{2028}' || c == '\u{2029}',
        " ",
    );
    text.truncate(start);
    text.push_str(&plain);
    text.push('\n');
}
