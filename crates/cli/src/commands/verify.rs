//! `habeas verify`: checks a file offline, whoever made it. It needs no configuration.

use std::{fs::File, io::BufReader, path::PathBuf};

use anyhow::Context as _;
use habeas_proof::{Report, VerifierKey};
use serde_json::json;

use crate::{Context, End};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The package or receipt (.zip)
    file: PathBuf,
    /// The key that the controller publishes; without it, the one inside the file
    #[arg(long, value_name = "VKEY")]
    key: Option<VerifierKey>,
}

pub fn run(context: &Context, args: &Args) -> anyhow::Result<End> {
    let file =
        File::open(&args.file).with_context(|| format!("cannot open {}", args.file.display()))?;
    let key = args.key.as_ref().map(ToString::to_string);
    let report = habeas_proof::verify(BufReader::new(file), key.as_deref());
    context
        .out
        .result(&as_json(&report), |_| in_words(&report, key.is_some()));
    Ok(if report.ok() {
        End::Success
    } else {
        End::Failed
    })
}

fn as_json(report: &Report) -> serde_json::Value {
    let checks = report.checks.iter();
    json!({
        "ok": report.ok(),
        "checks": checks
            .map(|check| json!({ "name": check.name, "ok": check.ok, "detail": check.detail }))
            .collect::<Vec<_>>(),
        "key": report.vkey,
        // What does not hold is not repeated as if it were known.
        "receipt": report.receipt.as_ref().filter(|_| report.ok()),
    })
}

fn in_words(report: &Report, trusted: bool) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let mark = if check.ok { "ok " } else { "NOT" };
        text += &format!("{mark}  {}: {}\n", check.name, check.detail);
    }
    let Some(receipt) = report.receipt.as_ref().filter(|_| report.ok()) else {
        return text + "\nThis file does not hold. Do not rely on it.";
    };
    text += &format!(
        "\n{} states about {} ({}, {}): {}, completed {}\n",
        receipt.controller,
        receipt.reference,
        receipt.right,
        receipt.law,
        receipt.decision,
        receipt.completed_at,
    );
    for store in &receipt.stores {
        let level = store
            .level
            .map_or("nothing to prove", |level| level.in_words());
        text += &format!(
            "  {}: {} ({} found, {} affected, {} kept; {level})\n",
            store.title, store.outcome, store.located, store.affected, store.kept
        );
    }
    text += "\nEverything holds.";
    if !trusted {
        text +=
            " Whose key it is only the controller can say: compare it, or pass theirs with --key.";
    }
    text
}
