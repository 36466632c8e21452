//! What a receipt says about rows that stay.

use habeas_domain::data_map::{ColumnTreatment, Ground};
use indexmap::IndexMap;

use crate::layout::Place;

pub(super) fn in_words(ground: &Ground) -> String {
    format!("{}: {}", ground.article, ground.reason)
}

/// How the columns of a collection are treated: `set to null: phone; pseudonymised: email`.
pub(super) fn method(place: &Place) -> Option<String> {
    let mut by_words: IndexMap<&str, Vec<String>> = IndexMap::new();
    let mut note = |treatment: &Option<ColumnTreatment>, name: String| {
        if let Some(treatment) = treatment.as_ref().filter(|treatment| treatment.replaces()) {
            by_words.entry(treatment.in_words()).or_default().push(name);
        }
    };
    for (column, spec) in &place.spec.columns {
        note(&spec.erase, column.clone());
        for (path, field) in &spec.fields {
            note(&field.erase, format!("{column}.{path}"));
        }
    }
    let parts: Vec<String> = by_words
        .iter()
        .map(|(words, columns)| format!("{words}: {}", columns.join(", ")))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Why columns and fields of rows that stay are kept.
pub(super) fn grounds(place: &Place) -> Vec<String> {
    let columns = place.spec.columns.iter().flat_map(|(column, spec)| {
        let whole = spec
            .ground
            .iter()
            .map(move |ground| (column.clone(), ground));
        let parts = spec.fields.iter().filter_map(move |(path, field)| {
            Some((format!("{column}.{path}"), field.ground.as_ref()?))
        });
        whole.chain(parts)
    });
    columns
        .map(|(name, ground)| format!("{name}: {}", in_words(ground)))
        .collect()
}
