//! Drift: what has changed in a store since its map was made.
//!
//! Pure. The map itself remembers which columns were looked at: it names them, or ignores them, and
//! whatever is neither is drift. Types, foreign keys, triggers and partitions are compared with the
//! catalogue that was kept beside the map, if one was.

use std::collections::BTreeSet;

use habeas_connector::{Drift, DriftKind};
use habeas_domain::data_map::DataMap;

use crate::{
    Catalogue, ForeignKey, Table, TableKind, TableName,
    discover::{personal_category, tables_of_people},
};

pub(crate) fn of(map: &DataMap, live: &Catalogue, seen: Option<&Catalogue>) -> Vec<Drift> {
    let known = Known::of(map, live);
    let mut drift = Vec::new();
    for table in &known.mapped {
        match live.table(table) {
            None => drift.push(of_table(
                DriftKind::Gone,
                table,
                "the table is not there any more",
            )),
            Some(live) => drift.extend(columns(&known, live)),
        }
    }
    drift.extend(tables(&known, live, seen));
    if let Some(seen) = seen {
        for table in &known.mapped {
            if let (Some(before), Some(now)) = (seen.table(table), live.table(table)) {
                drift.extend(changes(before, now));
            }
            drift.extend(pointers(table, seen, live));
        }
    }
    drift
}

/// What the map's author has looked at.
struct Known<'a> {
    map: &'a DataMap,
    default_schema: &'a str,
    /// Each table once, in the order of the map.
    mapped: Vec<TableName>,
}

impl<'a> Known<'a> {
    fn of(map: &'a DataMap, live: &'a Catalogue) -> Known<'a> {
        let mut mapped = Vec::new();
        for (name, spec) in &map.collections {
            let table = live.place(spec.schema.as_deref(), spec.table(name));
            if !mapped.contains(&table) {
                mapped.push(table);
            }
        }
        Known {
            map,
            default_schema: &live.default_schema,
            mapped,
        }
    }

    /// Columns that some collection of the table names or ignores.
    fn columns(&self, table: &TableName) -> BTreeSet<&'a str> {
        let own = self.map.collections.iter().filter(|(name, spec)| {
            spec.schema.as_deref().unwrap_or(self.default_schema) == table.schema
                && spec.table(name) == table.name
        });
        own.flat_map(|(_, spec)| {
            let lookback = spec.lookback.iter().map(|lookback| &lookback.column);
            let named = spec.columns.keys().chain(spec.only.keys());
            named.chain(&spec.ignore).chain(lookback)
        })
        .map(String::as_str)
        .collect()
    }

    /// Mapped, ignored, or named as one that uses a mapped row.
    fn has(&self, table: &TableName) -> bool {
        let ignored = self.map.ignore_tables.iter().any(|name| {
            *name == table.to_string() || *name == table.name && table.schema == self.default_schema
        });
        let uses = self.map.collections.values().any(|spec| {
            spec.also_used_by.iter().any(|user| {
                user.table == table.name
                    && user.schema.as_deref().unwrap_or(self.default_schema) == table.schema
            })
        });
        ignored || uses || self.mapped.contains(table)
    }
}

fn columns(known: &Known<'_>, live: &Table) -> Vec<Drift> {
    let named = known.columns(&live.name);
    let gone = named
        .iter()
        .filter(|column| live.column(column).is_none())
        .map(|column| {
            let message = "the map names it, and it is not there any more";
            of_column(DriftKind::Gone, &live.name, column, message)
        });
    let fresh = live
        .columns
        .iter()
        .filter(|column| !named.contains(column.name.as_str()))
        .map(|column| match personal_category(live, &column.name) {
            Some(category) => of_column(
                DriftKind::Personal,
                &live.name,
                &column.name,
                &format!(
                    "looks like {category} and is not mapped: it is left out of answers; map it, or \
                     list it under 'ignore'"
                ),
            ),
            None => of_column(
                DriftKind::Column,
                &live.name,
                &column.name,
                "is not mapped: map it, or list it under 'ignore'",
            ),
        });
    gone.chain(fresh).collect()
}

fn tables(known: &Known<'_>, live: &Catalogue, seen: Option<&Catalogue>) -> Vec<Drift> {
    let people = tables_of_people(live);
    let unknown = live
        .tables
        .iter()
        .filter(|table| keeps_rows(table) && !known.has(&table.name));
    unknown
        .filter_map(|table| {
            if people.contains(&table.name) {
                let message = format!(
                    "{} and is not mapped: it is left out of answers; map it, or list it under \
                     'ignore_tables'",
                    looks(table, known)
                );
                return Some(of_table(DriftKind::Personal, &table.name, &message));
            }
            let ours = table.name.name == "habeas_effect";
            let fresh = seen.is_some_and(|seen| seen.table(&table.name).is_none());
            (fresh && !ours).then(|| {
                let message = "is new; nothing in it looks personal";
                of_table(DriftKind::Table, &table.name, message)
            })
        })
        .collect()
}

/// A plain view keeps nothing; a materialised one keeps what may be gone elsewhere.
fn keeps_rows(table: &Table) -> bool {
    match table.kind {
        TableKind::View => false,
        TableKind::Table
        | TableKind::Partitioned
        | TableKind::MaterialisedView
        | TableKind::Foreign => true,
    }
}

/// Why a table seems to hold persons' rows.
fn looks(table: &Table, known: &Known<'_>) -> String {
    if table.is_view() {
        return "is a materialised view that seems to keep rows of persons".to_owned();
    }
    let pointer = table
        .foreign_keys
        .iter()
        .find(|key| known.mapped.contains(&key.to));
    if let Some(key) = pointer {
        let columns: Vec<&str> = key.on.iter().map(|(column, _)| column.as_str()).collect();
        return format!("points at '{}' by {}", key.to.name, columns.join(", "));
    }
    let telling = table.columns.iter().find_map(|column| {
        let category = personal_category(table, &column.name)?;
        Some(format!(
            "has a column '{}' that looks like {category}",
            column.name
        ))
    });
    telling.unwrap_or_else(|| "seems to belong to persons, by the names of its columns".to_owned())
}

fn changes(before: &Table, now: &Table) -> Vec<Drift> {
    let mut drift = Vec::new();
    for column in &now.columns {
        let Some(old) = before.column(&column.name) else {
            continue;
        };
        if old.declared != column.declared || old.max_length != column.max_length {
            let length = |length: Option<u64>| match length {
                Some(most) => format!(" of at most {most}"),
                None => String::new(),
            };
            let message = format!(
                "was {}{} and is {}{} now: look at how it is erased",
                old.declared,
                length(old.max_length),
                column.declared,
                length(column.max_length)
            );
            drift.push(of_column(
                DriftKind::Type,
                &now.name,
                &column.name,
                &message,
            ));
        }
        if old.nullable != column.nullable {
            let message = if column.nullable {
                "may be null now"
            } else {
                "cannot be null any more: it cannot be emptied or detached"
            };
            drift.push(of_column(
                DriftKind::Nullable,
                &now.name,
                &column.name,
                message,
            ));
        }
    }
    for trigger in &now.triggers {
        if !before.triggers.contains(trigger) {
            let message = format!(
                "the trigger '{}' is new or has changed: see what it does to other rows",
                trigger.name
            );
            drift.push(of_table(DriftKind::Trigger, &now.name, &message));
        }
    }
    for trigger in &before.triggers {
        if !now.triggers.iter().any(|other| other.name == trigger.name) {
            let message = format!("the trigger '{}' is gone", trigger.name);
            drift.push(of_table(DriftKind::Trigger, &now.name, &message));
        }
    }
    for partition in &now.partitions {
        let known = before
            .partitions
            .iter()
            .find(|other| other.name == partition.name);
        let lacks = partition.lacks.len();
        let message = match known {
            None if lacks > 0 => format!(
                "the partition '{}' is new and lacks foreign keys of its siblings",
                partition.name.name
            ),
            None => format!("the partition '{}' is new", partition.name.name),
            Some(known) if known.lacks.len() < lacks => {
                format!("the partition '{}' lost a foreign key", partition.name.name)
            }
            Some(_) => continue,
        };
        drift.push(of_table(DriftKind::Partition, &now.name, &message));
    }
    drift
}

/// Foreign keys onto a mapped table, from wherever.
fn pointers(table: &TableName, seen: &Catalogue, live: &Catalogue) -> Vec<Drift> {
    let same = |a: &(&Table, &ForeignKey), b: &(&Table, &ForeignKey)| {
        a.0.name == b.0.name && a.1.matches(b.1)
    };
    let before: Vec<_> = seen.pointing_at(table).collect();
    let now: Vec<_> = live.pointing_at(table).collect();
    let columns = |key: &ForeignKey| {
        let columns: Vec<&str> = key.on.iter().map(|(column, _)| column.as_str()).collect();
        columns.join(", ")
    };
    let mut drift = Vec::new();
    for pointer in &now {
        let (from, key) = pointer;
        let effect = key.on_delete.as_str();
        let message = match before.iter().find(|old| same(old, pointer)) {
            None => format!(
                "'{}' points at it by {} since lately (on delete {effect})",
                from.name.name,
                columns(key)
            ),
            Some((_, old)) if old.on_delete != key.on_delete => format!(
                "what a delete does to '{}' by {} was {} and is {effect} now",
                from.name.name,
                columns(key),
                old.on_delete.as_str()
            ),
            Some(_) => continue,
        };
        drift.push(of_table(DriftKind::ForeignKey, table, &message));
    }
    for pointer in &before {
        if !now.iter().any(|other| same(other, pointer)) {
            let (from, key) = pointer;
            let message = format!(
                "'{}' does not point at it by {} any more",
                from.name.name,
                columns(key)
            );
            drift.push(of_table(DriftKind::ForeignKey, table, &message));
        }
    }
    drift
}

fn of_table(kind: DriftKind, table: &TableName, message: &str) -> Drift {
    Drift {
        kind,
        table: table.to_string(),
        column: None,
        message: message.to_owned(),
    }
}

fn of_column(kind: DriftKind, table: &TableName, column: &str, message: &str) -> Drift {
    Drift {
        column: Some(column.to_owned()),
        ..of_table(kind, table, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Event, Partition, Timing, Trigger,
        sketch::{self, catalogue, name},
    };

    const SHOP: &str = "
        person: id* email joined:time
        visit: id* person_id->person.id page
        goods: id* title";

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
      joined: { category: user.behavior }
  visit:
    key: [id]
    columns:
      id: { category: system }
      person_id: { category: user.unique_id }
      page: { category: user.behavior }
    belongs_to:
      - { collection: person, on: { person_id: id } }
";

    fn drift(map: &str, live: &str) -> Vec<String> {
        lines(of(
            &DataMap::parse("shop.yaml", map).unwrap(),
            &catalogue(live),
            None,
        ))
    }

    fn since(before: &Catalogue, now: &Catalogue) -> Vec<Drift> {
        of(
            &DataMap::parse("shop.yaml", MAP).unwrap(),
            now,
            Some(before),
        )
    }

    fn lines(drift: Vec<Drift>) -> Vec<String> {
        let place = |drift: &Drift| match &drift.column {
            Some(column) => format!("{}.{column}", drift.table),
            None => drift.table.clone(),
        };
        drift
            .iter()
            .map(|drift| format!("{} {}", drift.kind.as_str(), place(drift)))
            .collect()
    }

    #[test]
    fn a_map_that_names_everything_has_no_drift() {
        assert_eq!(drift(MAP, SHOP), Vec::<String>::new());
        assert_eq!(since(&catalogue(SHOP), &catalogue(SHOP)), []);
    }

    #[test]
    fn a_new_column_is_personal_where_it_looks_so() {
        let live = SHOP.replace("joined:time", "joined:time phone points:int");
        assert_eq!(
            drift(MAP, &live),
            [
                "drift.personal main.person.phone",
                "drift.column main.person.points"
            ]
        );
        let seen = MAP.replace(
            "    key: [id]\n    columns:\n      id: { category: user",
            "    ignore: [phone, points]\n    key: [id]\n    columns:\n      id: { category: user",
        );
        assert_eq!(drift(&seen, &live), Vec::<String>::new());
    }

    #[test]
    fn a_new_table_is_personal_where_persons_lead_to_it() {
        let live =
            format!("{SHOP}\nbadge: id* person_id->person.id\nlead: id* email\nstock: id* n:int");
        assert_eq!(
            drift(MAP, &live),
            ["drift.personal main.badge", "drift.personal main.lead"]
        );
        let found = of(
            &DataMap::parse("shop.yaml", MAP).unwrap(),
            &catalogue(&live),
            None,
        );
        assert!(
            found[0]
                .message
                .starts_with("points at 'person' by person_id")
        );
        assert!(
            found[1]
                .message
                .starts_with("has a column 'email' that looks like user.contact.email")
        );
        let seen = MAP.replace(
            "title: Shop",
            "title: Shop\nignore_tables: [badge, main.lead]",
        );
        assert_eq!(drift(&seen, &live), Vec::<String>::new());
        let since = lines(since(&catalogue(SHOP), &catalogue(&live)));
        assert!(
            since.contains(&"drift.table main.stock".to_owned()),
            "{since:?}"
        );
    }

    #[test]
    fn a_materialised_view_that_leads_to_a_person_is_personal() {
        let live = format!("{SHOP}\nmaterialised totals: person_id:int\nview list: person_id:int");
        let from_person = |view: &mut Table| view.derives_from = vec![name("person")];
        let live = sketch::with(catalogue(&live), "totals", from_person);
        let live = sketch::with(live, "list", from_person);
        let map = DataMap::parse("shop.yaml", MAP).unwrap();
        assert_eq!(lines(of(&map, &live, None)), ["drift.personal main.totals"]);
    }

    #[test]
    fn what_is_gone_is_named() {
        assert_eq!(
            drift(MAP, "person: id* email"),
            ["drift.gone main.person.joined", "drift.gone main.visit"]
        );
    }

    #[test]
    fn types_and_nullability_are_compared_with_what_was_kept() {
        let before = catalogue(SHOP);
        let now = sketch::with(before.clone(), "visit", |table| {
            table.columns[2].declared = "varchar".to_owned();
            table.columns[2].max_length = Some(20);
            table.columns[1].nullable = false;
        });
        let found = since(&before, &now);
        assert_eq!(
            lines(found.clone()),
            [
                "drift.nullable main.visit.person_id",
                "drift.type main.visit.page"
            ]
        );
        assert!(
            found[1]
                .message
                .contains("was declared and is varchar of at most 20 now")
        );
    }

    #[test]
    fn foreign_keys_triggers_and_partitions_are_compared_with_what_was_kept() {
        let before = catalogue(SHOP);
        let now = SHOP
            .replace("person.id", "person.id/cascade")
            .replace("title", "owner_id->person.id");
        let found = since(&before, &catalogue(&now));
        let said: Vec<&str> = found
            .iter()
            .filter(|drift| drift.kind == DriftKind::ForeignKey)
            .map(|drift| drift.message.as_str())
            .collect();
        assert_eq!(
            said,
            [
                "what a delete does to 'visit' by person_id was no action and is cascade now",
                "'goods' points at it by owner_id since lately (on delete no action)"
            ]
        );
        let trigger = Trigger {
            name: "keep_copy".to_owned(),
            timing: Timing::After,
            events: vec![Event::Delete],
        };
        let now = sketch::with(before.clone(), "visit", |table| {
            table.triggers = vec![trigger];
            table.partitions = vec![Partition {
                name: name("visit_9"),
                lacks: table.foreign_keys.clone(),
            }];
        });
        let found = since(&before, &now);
        assert_eq!(
            lines(found.clone()),
            ["drift.trigger main.visit", "drift.partition main.visit"]
        );
        assert!(
            found[1]
                .message
                .contains("'visit_9' is new and lacks foreign keys")
        );
        assert_eq!(lines(since(&now, &before)), ["drift.trigger main.visit"]);
    }

    #[test]
    fn what_was_kept_can_be_read_again() {
        let drawn = sketch::with(catalogue(SHOP), "visit", |table| {
            table.row_estimate = Some(7)
        });
        let kept = serde_json::to_string(&drawn).unwrap();
        let again: Catalogue = serde_json::from_str(&kept).unwrap();
        assert_eq!(
            again,
            catalogue(SHOP),
            "but for the rows, which change by the minute"
        );
    }
}
