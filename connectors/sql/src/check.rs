//! Check: what does not fit, what would fail, and what looks forgotten.

use habeas_connector::{CheckReport, Finding};
use habeas_domain::data_map::DataMap;

use crate::{
    Catalogue,
    discover::personal_category,
    layout::{Layout, Place},
};

pub(crate) fn report(map: &DataMap, catalogue: &Catalogue, connection: Vec<String>) -> CheckReport {
    let mut findings: Vec<Finding> = connection
        .into_iter()
        .map(|message| warning(String::new(), message))
        .collect();
    match Layout::of(map, catalogue) {
        Err(missing) => findings.extend(missing),
        Ok(layout) => {
            for place in &layout.places {
                findings.extend(advice(place));
            }
            findings.extend(layout.faults);
        }
    }
    CheckReport { findings }
}

fn warning(path: String, message: String) -> Finding {
    Finding {
        fatal: false,
        path,
        message,
    }
}

fn advice(place: &Place) -> Vec<Finding> {
    let mut findings = Vec::new();
    let key = &place.spec.key;
    if !place.table.is_view && !place.table.is_unique(key) {
        findings.push(warning(
            format!("{}.key", place.path()),
            format!(
                "the store does not promise that {} names one row",
                key.join(", ")
            ),
        ));
    }
    for column in &place.table.columns {
        if place.spec.columns.contains_key(&column.name) {
            continue;
        }
        if let Some(category) = personal_category(&column.name, column.shape) {
            findings.push(warning(
                format!("{}.columns", place.path()),
                format!("'{}' looks like {category} and is not mapped", column.name),
            ));
        }
    }
    for pointing in place.pointing.iter().filter(|pointing| !pointing.declared) {
        let columns: Vec<&str> = pointing
            .on
            .iter()
            .map(|(column, _)| column.as_str())
            .collect();
        findings.push(warning(
            place.path(),
            format!(
                "rows of '{}' point at '{}' by {}; say how with belongs_to, refers_to or \
                 also_used_by, or an erasure stops whenever there are any",
                pointing.name,
                place.name,
                columns.join(", ")
            ),
        ));
    }
    findings
}
