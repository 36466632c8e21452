//! `habeas store import`: takes over what was written for another tool. No store is touched.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use habeas_domain::StoreId;
use habeas_fides::{Options, Rows};
use serde_json::json;

use crate::{Context, End};

#[derive(Debug, clap::Subcommand)]
pub enum Import {
    /// A dataset file of Fides: prints a data map, and what is to be decided as comments below it
    Fides(Fides),
}

#[derive(Debug, clap::Args)]
pub struct Fides {
    /// A YAML file with 'dataset:'
    file: PathBuf,
    /// What to call the store
    #[arg(long, value_name = "NAME")]
    store: StoreId,
    /// Which dataset, where the file holds several
    #[arg(long, value_name = "KEY")]
    dataset: Option<String>,
    /// What an erasure does to rows that Fides would mask
    #[arg(long, value_enum, default_value = "stay")]
    rows: Fate,
    /// Write the map to a new file and print the report
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Fate {
    /// They stay, and every personal value is treated
    Stay,
    /// They go
    Delete,
}

pub fn run(context: &Context, Import::Fides(args): Import) -> anyhow::Result<End> {
    let file = args.file.display().to_string();
    let text = fs::read_to_string(&args.file).with_context(|| format!("cannot read {file}"))?;
    let options = Options {
        store: args.store,
        dataset: args.dataset,
        rows: match args.rows {
            Fate::Stay => Rows::Stay,
            Fate::Delete => Rows::Delete,
        },
    };
    let import = habeas_fides::import(&file, &text, &options)?;
    let sound = import.report.faults.is_empty();
    let value = json!({
        "sound": sound,
        "map": import.yaml,
        "report": import.report,
    });
    let words = match &args.out {
        Some(out) => {
            write_new(out, &import.yaml)?;
            import.report.in_words(&out.display().to_string())
        }
        // The map first, so that the lines that the report names are those of the output.
        None => {
            let report = import.report.in_words("this map");
            let comment = |line: &str| format!("# {line}").trim_end().to_owned() + "\n";
            let comments: String = report.lines().map(comment).collect();
            import.yaml + &comments
        }
    };
    context.out.result(&value, |_| words);
    Ok(if sound { End::Success } else { End::Failed })
}

/// A map may have been edited since: it is never overwritten.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let named = || format!("cannot write {}", path.display());
    let mut file = fs::File::create_new(path).with_context(named)?;
    file.write_all(text.as_bytes()).with_context(named)
}
