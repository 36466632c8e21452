//! What a map may say and probably should not: told to a person, and in nobody's way.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Collection, DataMap, Ground, category, fault::Faults};

pub(super) fn notes(map: &DataMap, today: Date) -> Faults {
    let mut notes = Faults::default();
    for (i, hidden) in map.withhold.iter().enumerate() {
        slip(&format!("withhold[{i}]"), hidden, &mut notes);
    }
    for (name, collection) in &map.collections {
        let path = format!("collections.{name}");
        review(&path, collection.ground.as_ref(), today, &mut notes);
        for (name, column) in &collection.columns {
            let path = format!("{path}.columns.{name}");
            slip(&format!("{path}.category"), &column.category, &mut notes);
            review(&path, column.ground.as_ref(), today, &mut notes);
            for (part, field) in &column.fields {
                let path = format!("{path}.fields.{part}");
                slip(&format!("{path}.category"), &field.category, &mut notes);
                review(&path, field.ground.as_ref(), today, &mut notes);
            }
        }
        several_owners(map, &path, collection, &mut notes);
    }
    notes
}

fn slip(path: &str, named: &str, notes: &mut Faults) {
    if let Some(known) = category::probably(named) {
        let message = format!("'{named}' is not in the taxonomy; did you mean '{known}'?");
        notes.add(path, message);
    }
}

fn review(path: &str, ground: Option<&Ground>, today: Date, notes: &mut Faults) {
    if let Some(day) = ground.and_then(|ground| ground.review)
        && day < today
    {
        let message = format!("this ground was to be looked at again by {day}");
        notes.add(format!("{path}.ground.review"), message);
    }
}

/// One column that leads to several kinds of owner is mostly told by a second one, and read without
/// it a row of somebody else is taken for the subject's: their keys may be equal by chance.
fn several_owners(map: &DataMap, path: &str, collection: &Collection, notes: &mut Faults) {
    let mut told = BTreeSet::new();
    for (i, edge) in collection.belongs_to.iter().enumerate() {
        let columns: Vec<&String> = edge.on.keys().collect();
        let other = collection.belongs_to[..i].iter().find(|other| {
            let same = other.on.keys().eq(columns.iter().copied());
            same && other.collection != edge.collection
                && !kin(map, &other.collection, &edge.collection)
        });
        if let Some(other) = other
            && told.insert(columns.clone())
        {
            let names: Vec<&str> = columns.iter().map(|name| name.as_str()).collect();
            let message = format!(
                "'{}' leads to '{}' and to '{}'; if another column says which, make one collection \
                 for each with 'where'",
                names.join(", "),
                other.collection,
                edge.collection
            );
            notes.add(format!("{path}.belongs_to[{i}]"), message);
        }
    }
}

/// One belongs to the other, so their keys are of one kind.
fn kin(map: &DataMap, one: &str, other: &str) -> bool {
    let owned_by = |name: &str, owner: &str| {
        let collection = map.collections.get(name);
        collection.is_some_and(|it| it.owners().any(|edge| edge.collection == owner))
    };
    owned_by(one, other) || owned_by(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "
habeas: 1
store: shop
title: Shop
collections:
  customer:
    key: [id]
    columns:
      id: { category: user.unique_id }
      email: { category: user.contact.emial, identity: { kind: email } }
      points: { category: user.loyalty.points }
  staff:
    key: [id]
    columns:
      id: { category: user.unique_id, identity: { kind: shop.staff } }
  comment:
    key: [id]
    columns:
      id: { category: system }
      owner_id: { category: user.unique_id }
    belongs_to:
      - { collection: customer, on: { owner_id: id } }
      - { collection: staff, on: { owner_id: id } }
    erase: keep
    ground: { article: GDPR Art. 17(3)(e), reason: A dispute., review: 2026-03-31 }
";

    fn noted(today: &str) -> Vec<String> {
        let map = DataMap::parse("shop.yaml", MAP).unwrap();
        let notes = map.notes(today.parse().unwrap());
        notes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn slips_late_reviews_and_doubtful_owners_are_worth_a_look() {
        assert_eq!(
            noted("2026-04-01"),
            [
                "collections.customer.columns.email.category: 'user.contact.emial' is not in the \
                 taxonomy; did you mean 'user.contact.email'?",
                "collections.comment.ground.review: this ground was to be looked at again by \
                 2026-03-31",
                "collections.comment.belongs_to[1]: 'owner_id' leads to 'customer' and to 'staff'; \
                 if another column says which, make one collection for each with 'where'",
            ]
        );
    }

    #[test]
    fn a_review_is_not_late_on_its_day() {
        assert_eq!(noted("2026-03-31").len(), 2);
    }
}
