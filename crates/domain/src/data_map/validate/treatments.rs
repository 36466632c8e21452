//! What an erasure does to rows and columns: everything personal has a fate, and a fate that fits.

use crate::data_map::{
    Coarser, Collection, Column, ColumnTreatment, Ground, Identity, RowTreatment, category,
    fault::Faults,
};

/// Nothing said about a personal value in a row that stays.
pub(in crate::data_map) const NO_TREATMENT: &str = "the row stays, so say what happens to this: \
    'null', fixed, random, pseudonymise, generalise, detach or keep";

/// Categories of values that are never a date.
const NO_DATES: [&str; 8] = [
    "user.account.username",
    "user.authorization",
    "user.contact",
    "user.device.ip_address",
    "user.financial.bank_account",
    "user.government_id",
    "user.name",
    "user.unique_id",
];

/// Categories of values that let somebody in. A coarser or hashed one is still an attempt at it.
const SECRETS: [&str; 3] = ["user.authorization", "user.biometric", "user.biometrics"];

pub(super) fn check(path: &str, collection: &Collection, faults: &mut Faults) {
    let keeps = collection.erase == RowTreatment::Keep;
    ground(path, keeps, collection.ground.as_ref(), faults);
    if collection.erase == RowTreatment::Derived && !collection.also_used_by.is_empty() {
        let message = "a view has no rows of its own that others could use";
        faults.add(format!("{path}.also_used_by"), message);
    }
    for (name, column) in &collection.columns {
        let here = Value {
            path: &format!("{path}.columns.{name}"),
            category: &column.category,
            identity: column.identity.as_ref(),
            treatment: column.erase.as_ref(),
            ground: column.ground.as_ref(),
            is_pointer: points(collection, name),
        };
        let rows_stay = collection.erase == RowTreatment::Columns;
        value(&here, rows_stay, faults);
        if rows_stay {
            whole(&here, name, collection, column, faults);
        }
        parts(here.path, rows_stay, column, faults);
    }
}

/// A column or a part of one.
struct Value<'a> {
    path: &'a str,
    category: &'a str,
    identity: Option<&'a Identity>,
    treatment: Option<&'a ColumnTreatment>,
    ground: Option<&'a Ground>,
    /// Named in an edge or a reference.
    is_pointer: bool,
}

fn value(it: &Value<'_>, rows_stay: bool, faults: &mut Faults) {
    let place = format!("{}.erase", it.path);
    ground(
        it.path,
        it.treatment == Some(&ColumnTreatment::Keep),
        it.ground,
        faults,
    );
    let Some(treatment) = it.treatment else {
        return;
    };
    if !rows_stay {
        faults.add(&place, "only where the collection has 'erase: columns'");
    }
    let within = |list: &[&str]| {
        list.iter()
            .any(|general| category::is_within(it.category, general))
    };
    match treatment {
        ColumnTreatment::Generalise(Coarser::First(0)) => {
            faults.add(place, "the first 0 letters are none; use 'null'");
        }
        ColumnTreatment::Generalise(_) | ColumnTreatment::Pseudonymise if within(&SECRETS) => {
            let message = format!(
                "'{}' lets somebody in and is not made coarser or hashed; use 'null', fixed or random",
                it.category
            );
            faults.add(place, message);
        }
        ColumnTreatment::Generalise(Coarser::Year | Coarser::Month | Coarser::Day)
            if within(&NO_DATES) =>
        {
            let message = format!(
                "'{}' is no date; use 'first' with a number of letters, or 'null'",
                it.category
            );
            faults.add(place, message);
        }
        ColumnTreatment::Fixed(_) if it.identity.is_some_and(|it| it.names_one_person) => {
            let message = "afterwards several people share the value, though it says \
                           'names_one_person'; use 'null' or random";
            faults.add(place, message);
        }
        ColumnTreatment::Detach
            if !it.is_pointer
                && category::is_within(it.category, "user")
                && !category::is_within(it.category, "user.unique_id") =>
        {
            let message =
                "detach empties a pointer, and this is a fact about the person; use 'null'";
            faults.add(place, message);
        }
        ColumnTreatment::Null
        | ColumnTreatment::Fixed(_)
        | ColumnTreatment::Random
        | ColumnTreatment::Pseudonymise
        | ColumnTreatment::Generalise(_)
        | ColumnTreatment::Detach
        | ColumnTreatment::Keep => {}
    }
}

/// A column as a whole, in a row that stays.
fn whole(
    it: &Value<'_>,
    name: &str,
    collection: &Collection,
    column: &Column,
    faults: &mut Faults,
) {
    let place = format!("{}.erase", it.path);
    let Some(treatment) = it.treatment else {
        if column.is_personal() && column.fields.is_empty() {
            faults.add(place, NO_TREATMENT);
        }
        return;
    };
    if !treatment.replaces() {
        return;
    }
    if collection.key.iter().any(|key| key == name) {
        faults.add(
            &place,
            "a key column cannot be replaced; keep it, or erase the row",
        );
    }
    if collection.only.contains_key(name) {
        let message = "'where' tells the rows by this column, so it cannot be replaced";
        faults.add(&place, message);
    }
    if column.fields.values().any(|field| field.erase.is_some()) {
        faults.add(
            place,
            "this treats the whole column; treat it or its fields, not both",
        );
    }
}

fn parts(path: &str, rows_stay: bool, column: &Column, faults: &mut Faults) {
    let mut treated: Vec<&str> = Vec::new();
    for (part, field) in &column.fields {
        let it = Value {
            path: &format!("{path}.fields.{part}"),
            category: &field.category,
            identity: field.identity.as_ref(),
            treatment: field.erase.as_ref(),
            ground: field.ground.as_ref(),
            is_pointer: false,
        };
        value(&it, rows_stay, faults);
        let personal = category::is_within(&field.category, "user");
        if rows_stay && column.erase.is_none() && field.erase.is_none() && personal {
            faults.add(format!("{}.erase", it.path), NO_TREATMENT);
        }
        if field.erase.is_some() {
            let clash = treated.iter().find(|other| overlap(part, other));
            if let Some(other) = clash {
                let message = format!("one of this and '{other}' lies inside the other; treat one");
                faults.add(format!("{}.erase", it.path), message);
            }
            treated.push(part);
        }
    }
}

/// One path leads to, or through, the other.
fn overlap(one: &str, other: &str) -> bool {
    let inside = |long: &str, short: &str| {
        long.strip_prefix(short)
            .is_some_and(|rest| rest.starts_with(['.', '[']))
    };
    inside(one, other) || inside(other, one)
}

fn ground(path: &str, keeps: bool, ground: Option<&Ground>, faults: &mut Faults) {
    let place = format!("{path}.ground");
    match ground {
        None if keeps => faults.add(
            place,
            "'erase: keep' needs a ground with article and reason",
        ),
        Some(_) if !keeps => faults.add(place, "a ground stands only beside 'erase: keep'"),
        Some(ground) => {
            for (name, text) in [("article", &ground.article), ("reason", &ground.reason)] {
                if text.trim().is_empty() {
                    faults.add(format!("{place}.{name}"), "is empty; the subject reads it");
                }
            }
        }
        None => {}
    }
}

/// The column holds the key of another row, or is one that others hold.
fn points(collection: &Collection, column: &str) -> bool {
    let references = collection.refers_to.iter().map(|reference| &reference.on);
    collection
        .owners()
        .map(|edge| &edge.on)
        .chain(references)
        .any(|on| on.contains_key(column))
}
