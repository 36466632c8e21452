//! What a collection says of its columns: keys, filters, categories, parts of JSON values.

use super::{check_category, did_you_mean, repeated};
use crate::data_map::{Collection, Column, JsonPath, RowTreatment, fault::Faults};

/// A century: more is a slip.
const MOST_MONTHS: u32 = 1200;

pub(super) fn check(path: &str, collection: &Collection, faults: &mut Faults) {
    let mapped = |place: String, column: &str, faults: &mut Faults| {
        if !collection.columns.contains_key(column) {
            faults.add(place, missing(column, collection));
        }
    };
    if collection.columns.is_empty() {
        faults.add(format!("{path}.columns"), "name at least one column");
    }
    if collection.key.is_empty() {
        faults.add(
            format!("{path}.key"),
            "name the columns that identify a row",
        );
    }
    for (i, column) in collection.key.iter().enumerate() {
        mapped(format!("{path}.key[{i}]"), column, faults);
    }
    for (i, column) in repeated(&collection.key) {
        faults.add(
            format!("{path}.key[{i}]"),
            format!("'{column}' is named twice"),
        );
    }
    for column in collection.suppress.keys() {
        mapped(format!("{path}.suppress.{column}"), column, faults);
        if collection.key.contains(column) {
            let message = "a key column cannot be written";
            faults.add(format!("{path}.suppress.{column}"), message);
        }
    }
    if collection.erase == RowTreatment::Derived && !collection.suppress.is_empty() {
        let message = "nothing is written to a view; name the columns of its tables";
        faults.add(format!("{path}.suppress"), message);
    }
    for (i, column) in collection.ignore.iter().enumerate() {
        if collection.columns.contains_key(column) {
            let message = format!("'{column}' is mapped in 'columns'; it is one or the other");
            faults.add(format!("{path}.ignore[{i}]"), message);
        }
    }
    for (i, column) in repeated(&collection.ignore) {
        faults.add(
            format!("{path}.ignore[{i}]"),
            format!("'{column}' is named twice"),
        );
    }
    for (column, values) in &collection.only {
        let place = format!("{path}.where.{column}");
        if values.0.is_empty() {
            faults.add(&place, "name at least one value");
        }
        if let Some((_, value)) = repeated(&values.0).next() {
            faults.add(place, format!("'{value}' is named twice"));
        }
    }
    if let Some(lookback) = &collection.lookback {
        mapped(format!("{path}.lookback.column"), &lookback.column, faults);
        if !(1..=MOST_MONTHS).contains(&lookback.months) {
            let message = format!("use 1 to {MOST_MONTHS}");
            faults.add(format!("{path}.lookback.months"), message);
        }
    }
    for (name, column) in &collection.columns {
        each(&format!("{path}.columns.{name}"), column, faults);
    }
}

/// `no column 'mail' in 'columns'; did you mean 'email'?`
pub(super) fn missing(column: &str, collection: &Collection) -> String {
    let near = did_you_mean(column, collection.columns.keys().map(String::as_str));
    format!("no column '{column}' in 'columns'{near}")
}

fn each(path: &str, column: &Column, faults: &mut Faults) {
    check_category(path, &column.category, faults);
    for (part, field) in &column.fields {
        let path = format!("{path}.fields.{part}");
        check_category(&path, &field.category, faults);
        if let Err(fault) = part.parse::<JsonPath>() {
            faults.add(path, fault.to_string());
        }
    }
}
