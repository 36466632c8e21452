//! Whether a treatment can be written into its column at all. Pure: types, lengths and keys; what a
//! CHECK constraint says is tried on the live store by `check`.

use habeas_connector::Finding;
use habeas_domain::data_map::{Coarser, Column, ColumnTreatment, RowTreatment};

use super::{Place, fatal};
use crate::{Catalogue, LiveColumn, Made, Shape, Table, TableKind, treat::PSEUDONYM_LENGTH};

pub(super) fn treatment_faults(place: &Place, catalogue: &Catalogue) -> Vec<Finding> {
    let mut faults: Vec<Finding> = row_fault(place)
        .map(|message| fatal(format!("{}.erase", place.path()), message))
        .into_iter()
        .collect();
    for (name, spec) in &place.spec.columns {
        let path = format!("{}.columns.{name}", place.path());
        for (part, field) in &spec.fields {
            if field.identity.is_some() && part.contains("[]") {
                let message = "nobody can be found by an element of an array; name a field";
                faults.push(fatal(format!("{path}.fields.{part}"), message.to_owned()));
            }
        }
        if place.spec.erase != RowTreatment::Columns {
            continue;
        }
        let live = place.column(name);
        let fault = column_fault(place, catalogue, live, spec);
        faults.extend(fault.map(|message| fatal(format!("{path}.erase"), message)));
    }
    for (name, value) in &place.spec.suppress {
        let live = place.column(name);
        let fault = fixed_fault(live, value).or_else(|| generated(live));
        let path = format!("{}.suppress.{name}", place.path());
        faults.extend(fault.map(|message| fatal(path, message)));
    }
    faults
}

fn row_fault(place: &Place) -> Option<String> {
    let table = &place.table;
    let changes = matches!(
        place.spec.erase,
        RowTreatment::Delete | RowTreatment::Columns
    );
    match table.kind {
        TableKind::View | TableKind::MaterialisedView if changes => Some(format!(
            "'{}' is a view, and its rows cannot be changed; use 'erase: derived' and map what it \
             is made of",
            table.name.name
        )),
        TableKind::Table | TableKind::Partitioned | TableKind::Foreign
            if place.spec.erase == RowTreatment::Derived =>
        {
            Some(format!(
                "'{}' is no view; 'derived' would leave its rows where they are",
                table.name.name
            ))
        }
        TableKind::Table
        | TableKind::Partitioned
        | TableKind::Foreign
        | TableKind::View
        | TableKind::MaterialisedView => (changes && !table.transactional).then(|| {
            format!(
                "the engine of '{}' knows no transactions, so an erasure could stop half-way; \
                 convert the table",
                table.name.name
            )
        }),
    }
}

fn column_fault(
    place: &Place,
    catalogue: &Catalogue,
    live: &LiveColumn,
    spec: &Column,
) -> Option<String> {
    let name = &live.name;
    let parts = spec.fields.values().any(|field| field.erase.is_some());
    let Some(treatment) = &spec.erase else {
        let json = matches!(live.shape, Shape::Text | Shape::Other);
        return (parts && !json).then(|| format!("'{name}' holds no JSON in the store"));
    };
    if *treatment == ColumnTreatment::Keep {
        return None;
    }
    let others = catalogue
        .pointing_at(&place.table.name)
        .any(|(_, key)| key.on.iter().any(|(_, column)| column == name));
    if others {
        return Some(format!(
            "other rows point at '{name}' by a foreign key, so it cannot be replaced"
        ));
    }
    generated(live).or_else(|| match treatment {
        ColumnTreatment::Null | ColumnTreatment::Detach => (!live.nullable)
            .then(|| format!("'{name}' cannot be null in the store; use a fixed value")),
        ColumnTreatment::Fixed(value) => fixed_fault(live, value)
            .or_else(|| unique(&place.table, name))
            .or_else(|| pointer(&place.table, name)),
        ColumnTreatment::Random => (!matches!(live.shape, Shape::Text | Shape::Integer))
            .then(|| {
                format!(
                    "'{name}' is {}; 'random' needs text or a whole number",
                    live.declared
                )
            })
            .or_else(|| pointer(&place.table, name)),
        ColumnTreatment::Pseudonymise => {
            pseudonym_fault(live).or_else(|| pointer(&place.table, name))
        }
        ColumnTreatment::Generalise(to) => generalise_fault(live, *to)
            .or_else(|| unique(&place.table, name))
            .or_else(|| pointer(&place.table, name)),
        ColumnTreatment::Keep => None,
    })
}

fn generated(live: &LiveColumn) -> Option<String> {
    (live.made == Made::Generated).then(|| {
        format!(
            "the store computes '{}' itself, so it cannot be written",
            live.name
        )
    })
}

fn pointer(table: &Table, name: &str) -> Option<String> {
    table
        .foreign_keys
        .iter()
        .any(|key| key.on.iter().any(|(column, _)| column == name))
        .then(|| format!("'{name}' is part of a foreign key; use 'detach' or 'null'"))
}

/// The same value in every erased row breaks a unique key at the second person.
fn unique(table: &Table, name: &str) -> Option<String> {
    table
        .is_unique(&[name.to_owned()])
        .then(|| format!("'{name}' is unique in the store; use 'random', 'pseudonymise' or 'null'"))
}

fn fixed_fault(live: &LiveColumn, value: &str) -> Option<String> {
    let fits = match live.shape {
        Shape::Integer => value.parse::<i64>().is_ok(),
        Shape::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
        Shape::Bool => matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "0" | "1" | "t" | "f" | "yes" | "no" | "on" | "off"
        ),
        Shape::Time => value
            .get(..4)
            .is_some_and(|year| year.bytes().all(|b| b.is_ascii_digit())),
        Shape::Text | Shape::Bytes | Shape::Other => true,
    };
    if !fits {
        return Some(format!(
            "the value does not fit '{}', which is {}",
            live.name, live.declared
        ));
    }
    too_long(live, value.chars().count() as u64, "the value")
}

fn pseudonym_fault(live: &LiveColumn) -> Option<String> {
    if live.shape != Shape::Text {
        return Some(format!(
            "'{}' is {}; 'pseudonymise' needs text",
            live.name, live.declared
        ));
    }
    too_long(live, PSEUDONYM_LENGTH as u64, "a pseudonym")
}

fn too_long(live: &LiveColumn, needed: u64, what: &str) -> Option<String> {
    let most = live.max_length.filter(|most| *most < needed)?;
    Some(format!(
        "{what} has {needed} characters and '{}' takes {most}",
        live.name
    ))
}

fn generalise_fault(live: &LiveColumn, to: Coarser) -> Option<String> {
    let date = matches!(live.shape, Shape::Time | Shape::Text) || live.declared == "date";
    match to {
        Coarser::First(_) => (live.shape != Shape::Text)
            .then(|| format!("'{}' is {}; 'first' needs text", live.name, live.declared)),
        Coarser::Year | Coarser::Month | Coarser::Day => (!date).then(|| {
            format!(
                "'{}' is {}; this needs a date or an instant",
                live.name, live.declared
            )
        }),
    }
}
