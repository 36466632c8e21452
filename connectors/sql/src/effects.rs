//! What a store would do beyond the plan: cascades, triggers, copies that are kept elsewhere.
//!
//! Pure, and only warns: a foreign key that nobody mapped stops an erasure where it has rows, and
//! what a trigger does cannot be seen from outside.

use habeas_connector::Finding;
use habeas_domain::data_map::RowTreatment;

use crate::{
    Action, Catalogue, Event, ForeignKey, Table, TableKind, TableName, Timing, Trigger,
    layout::Place,
};

pub(crate) fn of(place: &Place, catalogue: &Catalogue, mapped: &[&TableName]) -> Vec<Finding> {
    let mut findings = triggers(place);
    if place.spec.erase == RowTreatment::Delete {
        findings.extend(cascades(place, catalogue, mapped));
    }
    if !place.table.transactional {
        findings.push(warning(
            place,
            "the store cannot take back what is written here: an erasure that fails half-way stays \
             half done, and is gone on with later"
                .to_owned(),
        ));
    }
    findings.extend(kept_copies(place, catalogue));
    findings
}

fn triggers(place: &Place) -> Vec<Finding> {
    let deletes = place.spec.erase == RowTreatment::Delete;
    let updates = place.spec.erase == RowTreatment::Columns || !place.spec.suppress.is_empty();
    let runs = |trigger: &&Trigger| {
        let on = |event| trigger.events.contains(&event);
        deletes && on(Event::Delete) || updates && on(Event::Update)
    };
    let running = place.table.triggers.iter().filter(runs);
    running
        .map(|trigger| {
            let events: Vec<&str> = trigger.events.iter().map(|event| event.as_str()).collect();
            let when = match trigger.timing {
                Timing::Before => "before",
                Timing::After => "after",
                Timing::Instead => "instead of",
            };
            let message = format!(
                "the trigger '{}' runs {when} {} and may do more than the plan says: see whether it \
                 copies or changes other rows",
                trigger.name,
                events.join(" or ")
            );
            warning(place, message)
        })
        .collect()
}

/// Foreign keys of tables that are not mapped and act in silence, with all that they would reach.
fn cascades(place: &Place, catalogue: &Catalogue, mapped: &[&TableName]) -> Vec<Finding> {
    let unmapped = catalogue
        .pointing_at(&place.table.name)
        .filter(|(from, _)| !mapped.contains(&&from.name));
    unmapped
        .filter_map(|(from, key)| {
            let effect = effect(from, key)?;
            let mut message = format!("a delete here would {effect}");
            let further = further(catalogue, from, key);
            if !further.is_empty() {
                message += &format!(", and with them rows of {}", further.join(", "));
            }
            Some(warning(place, message))
        })
        .collect()
}

fn effect(from: &Table, key: &ForeignKey) -> Option<String> {
    let name = &from.name.name;
    let columns: Vec<&str> = key.on.iter().map(|(column, _)| column.as_str()).collect();
    let columns = columns.join(", ");
    match key.on_delete {
        Action::Cascade => Some(format!(
            "also delete rows of '{name}' that point by {columns}"
        )),
        Action::SetNull => Some(format!("also empty {columns} in rows of '{name}'")),
        Action::SetDefault => Some(format!(
            "also set {columns} to its default in rows of '{name}'"
        )),
        Action::NoAction | Action::Restrict => None,
    }
}

/// Tables whose rows go with rows of a table that a cascade deletes.
fn further(catalogue: &Catalogue, from: &Table, key: &ForeignKey) -> Vec<String> {
    if key.on_delete != Action::Cascade {
        return Vec::new();
    }
    let mut reached: Vec<&TableName> = vec![&from.name];
    let mut next = 0;
    while let Some(at) = reached.get(next).copied() {
        next += 1;
        for (table, key) in catalogue.pointing_at(at) {
            if key.on_delete == Action::Cascade && !reached.contains(&&table.name) {
                reached.push(&table.name);
            }
        }
    }
    reached[1..]
        .iter()
        .map(|table| format!("'{}'", table.name))
        .collect()
}

fn kept_copies(place: &Place, catalogue: &Catalogue) -> Vec<Finding> {
    let derives = |view: &&Table| {
        view.kind == TableKind::MaterialisedView && derives_from(catalogue, view, &place.table.name)
    };
    let copies = catalogue.tables.iter().filter(derives);
    copies
        .filter(|view| view.name != place.table.name)
        .map(|view| {
            let message = format!(
                "the materialised view '{}' keeps what it was made from until it is refreshed: \
                 refresh it after an erasure",
                view.name.name
            );
            warning(place, message)
        })
        .collect()
}

/// Also by way of other views.
fn derives_from(catalogue: &Catalogue, view: &Table, source: &TableName) -> bool {
    let mut reached: Vec<&TableName> = view.derives_from.iter().collect();
    let mut next = 0;
    while let Some(at) = reached.get(next).copied() {
        next += 1;
        let further = catalogue
            .table(at)
            .map_or(&[][..], |table| &table.derives_from);
        for table in further {
            if !reached.contains(&table) {
                reached.push(table);
            }
        }
    }
    reached.contains(&source)
}

fn warning(place: &Place, message: String) -> Finding {
    Finding {
        fatal: false,
        path: place.path(),
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        layout::Layout,
        sketch::{self, catalogue, name},
    };
    use habeas_domain::data_map::DataMap;

    const MAP: &str = "
habeas: 1
store: shop
title: Shop
collections:
  person:
    key: [id]
    columns:
      id: { category: user.unique_id }
      email: { category: user.contact.email, identity: { kind: email } }
";

    fn effects(map: &str, catalogue: &Catalogue) -> Vec<String> {
        let map = DataMap::parse("shop.yaml", map).unwrap();
        let layout = Layout::of(&map, catalogue).unwrap_or_else(|_| panic!("the map fits"));
        let mapped = vec![&layout.places[0].table.name];
        let found = of(&layout.places[0], catalogue, &mapped);
        found.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_cascade_is_named_with_all_that_it_reaches() {
        let drawn = catalogue(
            "
            person: id* email
            badge: id* person_id->person.id/cascade
            stamp: id* badge_id->badge.id/cascade
            dent: id* stamp_id->stamp.id/set_null
            seat: id* person_id->person.id/set_null
            order: id* person_id->person.id",
        );
        assert_eq!(
            effects(MAP, &drawn),
            [
                "a delete here would also delete rows of 'badge' that point by person_id, and with \
                 them rows of 'stamp'",
                "a delete here would also empty person_id in rows of 'seat'",
            ]
        );
    }

    #[test]
    fn a_trigger_is_named_where_it_would_run() {
        let trigger = |name: &str, events: &[Event]| Trigger {
            name: name.to_owned(),
            timing: Timing::After,
            events: events.to_vec(),
        };
        let drawn = sketch::with(catalogue("person: id* email"), "person", |table| {
            table.triggers = vec![
                trigger("log_new", &[Event::Insert]),
                trigger("log_change", &[Event::Update]),
                trigger("log_end", &[Event::Update, Event::Delete]),
            ];
        });
        let found = effects(MAP, &drawn);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("the trigger 'log_end' runs after update or delete"));
        let columns = MAP.replace(
            "identity: { kind: email } }",
            "identity: { kind: email }, erase: \"null\" }",
        );
        let columns = columns.replace(
            "unique_id }",
            "unique_id, erase: keep, ground: { article: A, reason: R } }",
        );
        let found = effects(&format!("{columns}    erase: columns\n"), &drawn);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn copies_that_outlive_an_erasure_are_named() {
        let drawn = catalogue(
            "
            person: id* email
            view list: id:int
            materialised totals: id:int",
        );
        let drawn = sketch::with(drawn, "list", |view| {
            view.derives_from = vec![name("person")]
        });
        let drawn = sketch::with(drawn, "totals", |view| {
            view.derives_from = vec![name("list")]
        });
        let drawn = sketch::with(drawn, "person", |table| table.transactional = false);
        let found = effects(MAP, &drawn);
        assert!(found[0].starts_with("the store cannot take back"));
        assert!(found[1].starts_with("the materialised view 'totals' keeps"));
        assert_eq!(found.len(), 2);
    }
}
