//! Several collections may share a table, as long as no row is in two of them: it would be exported
//! twice, and erased by two rules. A derived collection writes nothing and may look at any table.

use super::repeated;
use crate::data_map::{Collection, DataMap, RowTreatment, fault::Faults};

pub(super) fn check(map: &DataMap, faults: &mut Faults) {
    let collections: Vec<(&str, &Collection)> = map
        .collections
        .iter()
        .map(|(name, collection)| (name.as_str(), collection))
        .collect();
    for (i, (name, collection)) in collections.iter().enumerate() {
        let table = collection.table(name);
        let shared = collections[..i].iter().find(|(other_name, other)| {
            other.table(other_name) == table
                && other.schema == collection.schema
                && !is_view(collection)
                && !is_view(other)
                && !apart(collection, other)
        });
        if let Some((other, _)) = shared {
            let message = format!(
                "a row of the table '{table}' may be in '{other}' too; give both a 'where' on one \
                 column, with different values"
            );
            faults.add(format!("collections.{name}.where"), message);
        }
    }
    for (i, table) in map.ignore_tables.iter().enumerate() {
        let mapped = collections.iter().find(|(name, collection)| {
            let bare = collection.table(name);
            match &collection.schema {
                Some(schema) => *table == format!("{schema}.{bare}"),
                None => table == bare,
            }
        });
        if let Some((name, _)) = mapped {
            let message = format!("'{table}' is mapped as the collection '{name}'");
            faults.add(format!("ignore_tables[{i}]"), message);
        }
    }
    for (i, table) in repeated(&map.ignore_tables) {
        let message = format!("'{table}' is named twice");
        faults.add(format!("ignore_tables[{i}]"), message);
    }
}

fn is_view(collection: &Collection) -> bool {
    collection.erase == RowTreatment::Derived
}

/// Some column must have one of these values here and one of those there.
fn apart(one: &Collection, other: &Collection) -> bool {
    one.only.iter().any(|(column, values)| {
        let theirs = other.only.get(column);
        theirs.is_some_and(|theirs| !values.0.iter().any(|value| theirs.0.contains(value)))
    })
}
