//! The rules that tie the parts of a data map together. All faults are found in one pass, each with
//! its path inside the file. What only the live store can tell (types, lengths, NOT NULL) is the
//! connector's `check`.

mod columns;
mod edges;
mod reach;
mod tables;
mod treatments;

use super::{DataMap, category, fault::Faults, suggest::did_you_mean};

pub(super) use treatments::NO_TREATMENT;

pub(super) fn faults(map: &DataMap) -> Faults {
    let mut faults = Faults::default();
    head(map, &mut faults);
    for (name, collection) in &map.collections {
        let path = format!("collections.{name}");
        columns::check(&path, collection, &mut faults);
        treatments::check(&path, collection, &mut faults);
        edges::check(map, name, collection, &mut faults);
    }
    tables::check(map, &mut faults);
    // Whom the rows belong to can be told only when the edges are right.
    if faults.is_empty() {
        reach::check(map, &mut faults);
    }
    faults
}

fn head(map: &DataMap, faults: &mut Faults) {
    if map.habeas != 1 {
        let message = format!("version {} is unknown; use 1", map.habeas);
        faults.add("habeas", message);
    }
    if map.collections.is_empty() {
        faults.add("collections", "at least one is needed");
    }
    for (i, hidden) in map.withhold.iter().enumerate() {
        // A slip here would hand out what must never leave.
        if !category::is_known(hidden) && !map.categories().any(|used| used == hidden) {
            let near = did_you_mean(hidden, category::current());
            let message = format!("no category '{hidden}' is known or used in this map{near}");
            faults.add(format!("withhold[{i}]"), message);
        }
    }
}

/// A category that says neither `user` nor `system` would count as nothing.
fn check_category(path: &str, named: &str, faults: &mut Faults) {
    if !category::is_well_formed(named) {
        let near = did_you_mean(named, category::current());
        let message = format!(
            "'{named}' is no category: it begins with 'user', or with 'system' for what is no fact \
             about the person{near}"
        );
        faults.add(format!("{path}.category"), message);
    }
}

/// `[i]` of every element that stands in the list before.
fn repeated<T: PartialEq>(list: &[T]) -> impl Iterator<Item = (usize, &T)> {
    let seen = |i: usize, item: &T| list[..i].contains(item);
    list.iter()
        .enumerate()
        .filter(move |(i, item)| seen(*i, item))
}
