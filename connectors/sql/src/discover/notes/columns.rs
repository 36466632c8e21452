//! Why a column, or a part of a JSON value in it, is taken for what it is.

use super::Notes;
use crate::{
    Table,
    discover::{
        inside::{self, Part},
        meaning::Meaning,
        sample::Sample,
    },
};

/// What was found in each column, and inside it.
pub(super) fn of_columns<'m, 'p>(
    table: &Table,
    meanings: impl Iterator<Item = (&'m String, &'m Meaning)>,
    parts: impl Fn(&str) -> &'p [(Part, Meaning)],
    path: &str,
    notes: &mut Notes<'_>,
) {
    for (column, meaning) in meanings {
        let path = format!("{path}.columns.{column}");
        if let Some(reason) = meaning.reason {
            notes.add(&path, reason.in_words());
        }
        if let Some(message) = of_inside(table, column, notes.sample) {
            notes.add(&path, message);
        }
        for (part, meaning) in parts(column) {
            if let Some(reason) = meaning.reason {
                notes.add(&format!("{path}.fields.{}", part.path), reason.in_words());
            }
        }
    }
}

/// How closely a JSON column was looked at.
fn of_inside(table: &Table, column: &str, sample: Option<&Sample>) -> Option<String> {
    let inside = sample.and_then(|sample| sample.inside(&table.name, column));
    let Some(inside) = inside else {
        let declared = inside::is_declared(table, table.column(column)?);
        return declared.then(|| "JSON: its inside was not looked at".to_owned());
    };
    let mut message = match inside.values {
        0 => "JSON: it holds no values yet, so nothing is known of its inside".to_owned(),
        1 => "JSON: its parts, from 1 value".to_owned(),
        many => format!("JSON: its parts, from {many} values"),
    };
    let unnamed = match inside.unnamed {
        0 => None,
        1 => Some("1 name is not shown, since it may be somebody's data".to_owned()),
        many => Some(format!(
            "{many} names are not shown, since they may be somebody's data"
        )),
    };
    let more = (inside.more > 0).then(|| format!("{} more parts are not listed", inside.more));
    let deeper = inside
        .deeper
        .then(|| "nothing below the third level is listed".to_owned());
    for remark in [unnamed, more, deeper].into_iter().flatten() {
        message += "; ";
        message += &remark;
    }
    Some(message)
}
