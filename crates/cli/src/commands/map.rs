//! What the commands say about data maps: the schema for editors, and findings with the line of the
//! map that they are about.

use std::{fmt, fs, path::Path};

use habeas_domain::data_map::{DataMap, Fault, MapError, Place, Places};
use serde::Serialize;

use super::check::{Finding, Level};
use crate::{Context, End};

/// A line of a file, as editors and terminals open it: `maps/shop.yaml:41:7`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Spot {
    pub file: String,
    #[serde(flatten)]
    pub place: Place,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.place)
    }
}

/// `habeas store schema`. It is JSON either way.
pub fn schema(context: &Context) -> anyhow::Result<End> {
    let schema = DataMap::json_schema();
    let text = serde_json::to_string_pretty(&schema)?;
    context.out.result(&schema, |_| text.clone());
    Ok(End::Success)
}

/// Findings of a live check, each at its place in the map's file.
pub fn placed(mut findings: Vec<Finding>, file: &Path) -> Vec<Finding> {
    // It was read a moment ago; without it the paths still say what is meant.
    let places = Places::of(&fs::read_to_string(file).unwrap_or_default());
    for finding in &mut findings {
        let in_map = ["collections", "withhold", "ignore_tables"];
        if in_map.iter().any(|head| finding.path.starts_with(head)) {
            let file = file.display().to_string();
            let place = places.nearest(&finding.path);
            finding.spot = place.map(|place| Spot { file, place });
        }
    }
    findings
}

/// What is only worth a look in a map.
pub fn notes(about: &str, map: &DataMap) -> Vec<Finding> {
    let notes = map.notes(jiff::ZonedDateTime::now().date());
    let finding = |note: Fault| Finding {
        path: note.path,
        ..Finding::new(about, Level::Note, note.message)
    };
    notes.into_iter().map(finding).collect()
}

/// Why a store cannot be used: of a map that was refused every fault is a finding.
pub fn refused(error: anyhow::Error) -> Vec<Finding> {
    let Some(MapError { file, faults }) = error.downcast_ref() else {
        return vec![Finding::of("store", Err(error))];
    };
    let finding = |fault: &Fault| Finding {
        path: fault.path.clone(),
        spot: fault.place.map(|place| Spot {
            file: file.clone(),
            place,
        }),
        ..Finding::new("store", Level::Fatal, fault.message.clone())
    };
    faults.iter().map(finding).collect()
}
