//! Check: what does not fit, what would fail, what would do more than the plan says, and what has
//! changed since the map was made.

use habeas_connector::{CheckReport, Finding};
use habeas_domain::data_map::DataMap;

use crate::{
    Catalogue, TableName, drift, effects,
    layout::{Layout, Place},
};

pub(crate) fn report(
    map: &DataMap,
    catalogue: &Catalogue,
    seen: Option<&Catalogue>,
    connection: Vec<String>,
) -> CheckReport {
    let mut findings: Vec<Finding> = connection
        .into_iter()
        .map(|message| warning(String::new(), message))
        .collect();
    match Layout::of(map, catalogue) {
        Err(missing) => findings.extend(missing),
        Ok(layout) => {
            let mapped: Vec<&TableName> = layout
                .places
                .iter()
                .map(|place| &place.table.name)
                .collect();
            for place in &layout.places {
                findings.extend(advice(place));
                findings.extend(effects::of(place, catalogue, &mapped));
            }
            findings.extend(layout.faults);
        }
    }
    CheckReport {
        findings,
        drift: drift::of(map, catalogue, seen),
        schema: serde_json::to_value(catalogue).ok(),
    }
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
    if !place.table.is_view() && !place.table.is_unique(key) {
        findings.push(warning(
            format!("{}.key", place.path()),
            format!(
                "the store does not promise that {} names one row",
                key.join(", ")
            ),
        ));
    }
    for pointing in place
        .pointing
        .iter()
        .filter(|pointing| pointing.declared.is_none())
    {
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
