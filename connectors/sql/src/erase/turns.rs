//! Whose turn of a batch comes later, so that a batch ends as its orders would one after another.

use std::collections::BTreeSet;

use habeas_connector::StoreError;

use crate::{
    Session,
    compile::Compiler,
    search::{self, number},
};

/// Subjects who share rows with an earlier one, or whose rows are pointed at or used by an earlier
/// one's: what becomes of theirs depends on what becomes of those.
pub(super) fn after_others<S: Session>(
    session: &mut S,
    compiler: Compiler,
) -> Result<BTreeSet<usize>, StoreError> {
    let mut later = BTreeSet::new();
    for n in 0..compiler.layout.places.len() {
        let hanging = compiler.hangs_on_earlier(n);
        for sql in std::iter::once(compiler.entangled(n)).chain(hanging) {
            add(session, &sql, &mut later)?;
        }
    }
    Ok(later)
}

/// Adds the subjects who may not overtake those: rows of theirs point at, or use, rows of one who
/// comes later, and decide what becomes of them.
pub(super) fn and_behind<S: Session>(
    session: &mut S,
    compiler: Compiler,
    later: &mut BTreeSet<usize>,
) -> Result<(), StoreError> {
    let mut ahead: Vec<usize> = later.iter().copied().collect();
    while !ahead.is_empty() {
        let mut behind = BTreeSet::new();
        for n in 0..compiler.layout.places.len() {
            for sql in compiler.leans_on(n, &ahead) {
                add(session, &sql, &mut behind)?;
            }
        }
        ahead = behind.difference(later).copied().collect();
        later.extend(&ahead);
    }
    Ok(())
}

fn add<S: Session>(
    session: &mut S,
    sql: &str,
    found: &mut BTreeSet<usize>,
) -> Result<(), StoreError> {
    session.rows(sql, &[], &mut |row| {
        found.insert(number(row.first().ok_or_else(search::unexpected)?)? as usize);
        Ok(())
    })
}
