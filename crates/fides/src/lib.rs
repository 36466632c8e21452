//! Takes over what has been written for Fides: a dataset file becomes a data map, with a report of
//! what a person has to decide.
//!
//! It reads the public format of fideslang datasets and nothing else: no policies, no rules, no
//! connection, no database of Fides. It never guesses in favour of more: what is doubtful is found
//! less, followed less and erased less, and stands in the report.

mod columns;
mod convert;
mod erase;
mod format;
mod graph;
mod report;
mod treat;

use habeas_domain::{
    StoreId,
    data_map::{self, DataMap, MapError},
};

pub use erase::Rows;
pub use report::{Remark, Report, Taken};

use format::{Dataset, File};

/// What the file does not say.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the store is called from now on.
    pub store: StoreId,
    /// The `fides_key` of the dataset, where the file holds several.
    pub dataset: Option<String>,
    pub rows: Rows,
}

/// A data map and the account of how it came about.
#[derive(Debug, Clone)]
pub struct Import {
    /// The map as YAML. It passes when the report names no fault.
    pub yaml: String,
    pub report: Report,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Unreadable(#[from] MapError),
    #[error("{file}: holds no dataset; a file of Fides begins with 'dataset:'")]
    Empty { file: String },
    #[error("{file}: holds several datasets ({}); choose one of them", keys.join(", "))]
    Several { file: String, keys: Vec<String> },
    #[error("{file}: holds no dataset '{key}'; there are {}", keys.join(", "))]
    Unknown {
        file: String,
        key: String,
        keys: Vec<String>,
    },
}

/// Reads a dataset file; `file` is named in errors and in the report.
pub fn import(file: &str, text: &str, options: &Options) -> Result<Import, ImportError> {
    let found: File = data_map::read(file, text)?;
    let index = choose(file, &found.dataset, options.dataset.as_deref())?;
    let mut notes = report::Notes::of(text);
    let (map, taken) = convert::dataset(&found.dataset[index], index, options, &mut notes);
    let (decisions, told) = notes.sorted();
    let yaml = format!(
        "# From the Fides dataset '{}'. The report of the import says what is to be decided.\n{}",
        found.dataset[index].fides_key,
        map.to_yaml()?
    );
    let faults = match DataMap::parse("map.yaml", &yaml) {
        Ok(_) => Vec::new(),
        Err(error) => error.faults,
    };
    Ok(Import {
        yaml,
        report: Report {
            dataset: found.dataset[index].fides_key.clone(),
            file: file.to_owned(),
            taken,
            decisions,
            told,
            faults,
        },
    })
}

fn choose(file: &str, datasets: &[Dataset], asked: Option<&str>) -> Result<usize, ImportError> {
    let file = file.to_owned();
    let keys = || datasets.iter().map(|it| it.fides_key.clone()).collect();
    match (datasets, asked) {
        ([], _) => Err(ImportError::Empty { file }),
        ([_], None) => Ok(0),
        (_, None) => Err(ImportError::Several { file, keys: keys() }),
        (_, Some(key)) => {
            let found = datasets.iter().position(|dataset| dataset.fides_key == key);
            found.ok_or_else(|| ImportError::Unknown {
                file,
                key: key.to_owned(),
                keys: keys(),
            })
        }
    }
}
