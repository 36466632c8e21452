//! What `check` says of rows that point at each other by keys that cannot be null. Pure, and only
//! warns: whether there are such rows is seen when somebody is erased.

use habeas_connector::Finding;

use crate::{
    Dialect, Options,
    layout::{Layout, Place},
};

pub(crate) fn of(layout: &Layout, dialect: &dyn Dialect, options: &Options) -> Vec<Finding> {
    let rings = layout.places.iter().flat_map(|place| rings(place, dialect));
    let whole = options.chunk_rows.iter().flat_map(|_| whole(layout));
    rings.chain(whole).collect()
}

/// Rows of one table that no statement may be able to delete.
fn rings(place: &Place, dialect: &dyn Dialect) -> Vec<Finding> {
    let one_by_one = place
        .within()
        .filter(|key| !dialect.deletes_together(key.on_delete));
    one_by_one
        .map(|key| {
            let by = key.columns().join(", ");
            let message = format!(
                "the store looks at the key by {by} row by row, so it may refuse to delete a row \
                 that points at itself, or rows that point at each other in a ring: such an erasure \
                 is undone; let {by} be null"
            );
            warning(place.path(), message)
        })
        .collect()
}

/// Collections that chunks do not part.
fn whole(layout: &Layout) -> Vec<Finding> {
    let parts = layout.erasure.parts().into_iter();
    parts
        .filter(|part| part.len() > 1)
        .map(|part| {
            let names: Vec<String> = part
                .iter()
                .map(|n| format!("'{}'", layout.places[*n].name))
                .collect();
            let message = format!(
                "a person's rows in {} go in one transaction whatever 'chunk_rows' says: their \
                 foreign keys run in a circle that is checked at its end",
                names.join(", ")
            );
            warning("collections".to_owned(), message)
        })
        .collect()
}

fn warning(path: String, message: String) -> Finding {
    Finding {
        fatal: false,
        path,
        message,
    }
}
