//! The statements of an erasure in their order, over every row that is marked as going.

use habeas_connector::StoreError;
use habeas_domain::{
    data_map::{RowTreatment, WhenErased},
    outcome::CollectionOutcome,
};

use super::words::{grounds, in_words, method};
use crate::{
    Session,
    compile::{Compiler, GOING, WAITING, replacements},
    layout::Place,
    rewrite::{self, Erasing},
    search::{self, number},
};

/// What becomes of the rows: by collection, then by subject.
pub(super) struct Foreseen {
    pub outcomes: Vec<Vec<CollectionOutcome>>,
    /// Rows that are going.
    pub going: Vec<Vec<u64>>,
}

impl Foreseen {
    /// How many rows are going.
    pub fn rows(&self) -> u64 {
        self.going.iter().flatten().sum()
    }
}

/// Counts what is going and what stays, before anything is changed.
pub(super) fn foresee<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: usize,
) -> Result<Foreseen, StoreError> {
    let mut all = Foreseen {
        outcomes: Vec::new(),
        going: Vec::new(),
    };
    for n in 0..compiler.layout.places.len() {
        let (outcomes, going) = foreseen(session, compiler, n, subjects)?;
        all.outcomes.push(outcomes);
        all.going.push(going);
    }
    Ok(all)
}

/// Changes what is going.
pub(super) fn change<S: Session>(
    session: &mut S,
    compiler: Compiler,
    erasing: &Erasing,
    foreseen: &mut Foreseen,
) -> Result<(), StoreError> {
    let Foreseen { outcomes, going } = foreseen;
    prepare(session, compiler, outcomes)?;
    defer(session, compiler)?;
    for (n, place) in compiler.layout.places.iter().enumerate() {
        if place.spec.erase == RowTreatment::Columns {
            replace(session, compiler, n, erasing, &going[n], &mut outcomes[n])?;
        }
    }
    for n in &compiler.layout.erasure.order {
        if compiler.layout.places[*n].spec.erase == RowTreatment::Delete {
            delete(session, compiler, *n, &going[*n], &mut outcomes[*n])?;
        }
    }
    Ok(())
}

/// Empties the pointers that would be in the way.
pub(super) fn prepare<S: Session>(
    session: &mut S,
    compiler: Compiler,
    outcomes: &mut [Vec<CollectionOutcome>],
) -> Result<(), StoreError> {
    detach(session, compiler, outcomes)?;
    for (n, columns) in &compiler.layout.erasure.loosen {
        session.run(&compiler.loosen(*n, columns), &[])?;
    }
    Ok(())
}

/// Puts off the keys of a circle to the end of the transaction, where some are.
pub(super) fn defer<S: Session>(session: &mut S, compiler: Compiler) -> Result<(), StoreError> {
    if !compiler.layout.erasure.late.is_empty()
        && let Some(sql) = compiler.dialect.defer()
    {
        session.run(sql, &[])?;
    }
    Ok(())
}

/// What was found and what of it stays, by subject, and how many rows of each are going.
fn foreseen<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    subjects: usize,
) -> Result<(Vec<CollectionOutcome>, Vec<u64>), StoreError> {
    let place = &compiler.layout.places[n];
    let mut going = vec![0; subjects];
    let empty = CollectionOutcome {
        collection: place.name.to_string(),
        ..CollectionOutcome::default()
    };
    let mut outcomes = vec![empty; subjects];
    session.rows(&compiler.fates(n), &[], &mut |row| {
        let [subject, mark, rows] = &row[..] else {
            return Err(search::unexpected());
        };
        let (subject, rows) = (number(subject)? as usize, number(rows)?);
        let outcome = outcomes.get_mut(subject).ok_or_else(search::unexpected)?;
        outcome.located += rows;
        match place.spec.erase {
            RowTreatment::Keep => {
                outcome.kept += rows;
                outcome.ground = place.spec.ground.as_ref().map(in_words);
            }
            RowTreatment::Derived => {
                outcome.method = Some("goes with the rows that it is made of".to_owned());
            }
            RowTreatment::Delete | RowTreatment::Columns => {
                let ground = match number(mark)? {
                    0 => {
                        going[subject] += rows;
                        return Ok(());
                    }
                    1 => "shared with other persons",
                    _ => "used by a row of the person that stays",
                };
                outcome.kept += rows;
                outcome.ground = Some(ground.to_owned());
            }
        }
        Ok(())
    })?;
    Ok((outcomes, going))
}

fn detach<S: Session>(
    session: &mut S,
    compiler: Compiler,
    outcomes: &mut [Vec<CollectionOutcome>],
) -> Result<(), StoreError> {
    for (n, place) in compiler.layout.places.iter().enumerate() {
        for pointing in &place.pointing {
            match pointing.when_erased {
                WhenErased::Stop => {}
                WhenErased::Detach => {
                    let (Some(sql), Some(pointer)) =
                        (compiler.detach(n, pointing), pointing.declared)
                    else {
                        continue;
                    };
                    let found = compiler.dependents(n, pointing);
                    let subjects = outcomes[pointer].len();
                    let rows = search::counts(session, &found.sql, &found.params(), subjects)?;
                    for (outcome, rows) in outcomes[pointer].iter_mut().zip(rows) {
                        outcome.detached += rows;
                    }
                    session.run(&sql.sql, &sql.params())?;
                }
            }
        }
    }
    Ok(())
}

pub(super) fn replace<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    erasing: &Erasing,
    going: &[u64],
    outcomes: &mut [CollectionOutcome],
) -> Result<(), StoreError> {
    let place = &compiler.layout.places[n];
    let expected: u64 = going.iter().sum();
    if expected == 0 {
        return Ok(());
    }
    let values = replacements(place);
    let computed = rewrite::computed(place);
    if !values.is_empty() {
        let statement = compiler.write(n, &values);
        agree(
            place,
            expected,
            session.run(&statement.sql, &statement.params())?,
        )?;
    }
    if !computed.is_empty() {
        agree(
            place,
            expected,
            rewrite::rewrite(session, compiler, n, erasing)?,
        )?;
    }
    let method = method(place);
    let grounds = grounds(place);
    let touched = outcomes
        .iter_mut()
        .zip(going)
        .filter(|(_, rows)| **rows > 0);
    for (outcome, rows) in touched {
        match &method {
            Some(method) => {
                outcome.replaced = *rows;
                outcome.method = Some(method.clone());
            }
            None => outcome.kept += rows,
        }
        if !grounds.is_empty() {
            let shared = outcome.ground.take().into_iter();
            let all: Vec<String> = shared.chain(grounds.iter().cloned()).collect();
            outcome.ground = Some(all.join("; "));
        }
    }
    Ok(())
}

pub(super) fn delete<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    going: &[u64],
    outcomes: &mut [CollectionOutcome],
) -> Result<(), StoreError> {
    let expected: u64 = going.iter().sum();
    if expected > 0 {
        let mut within = compiler.layout.places[n].within();
        if within.all(|key| compiler.dialect.deletes_together(key.on_delete)) {
            delete_at_once(session, compiler, n, expected)?;
        } else {
            delete_in_rounds(session, compiler, n, expected)?;
        }
        for (outcome, rows) in outcomes.iter_mut().zip(going) {
            outcome.erased = *rows;
        }
    }
    Ok(())
}

/// Deletes what is going in one statement.
pub(super) fn delete_at_once<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    expected: u64,
) -> Result<(), StoreError> {
    let erased = session.run(&compiler.delete(n), &[])?;
    agree(&compiler.layout.places[n], expected, erased)
}

/// Deletes what is going from the leaves on.
///
/// TODO(scale): a statement for each level; fine for replies to replies, slow for one chain of
/// many thousand rows.
fn delete_in_rounds<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    expected: u64,
) -> Result<(), StoreError> {
    session.run(&compiler.mark_all(n, GOING, WAITING), &[])?;
    let mut erased = 0;
    loop {
        let rows = take(session, compiler, n, None)?;
        if rows == 0 {
            return agree(&compiler.layout.places[n], expected, erased);
        }
        delete_at_once(session, compiler, n, rows)?;
        session.run(&compiler.done(n), &[])?;
        erased += rows;
    }
}

/// Marks the next rows that wait as going, and counts them. Where rows point at each other, those
/// come first that no other one points at; a ring of rows goes as a whole, however many they are.
pub(super) fn take<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    most: Option<u64>,
) -> Result<u64, StoreError> {
    let rows = session.run(&compiler.take_some(n, most), &[])?;
    if rows == 0 && compiler.layout.places[n].within().next().is_some() {
        return session.run(&compiler.mark_all(n, WAITING, GOING), &[]);
    }
    Ok(rows)
}

/// More or fewer rows changed than were counted in the same transaction.
pub(crate) const ROWS_CHANGED: &str = "rows_changed";

/// Another number than expected means that rows moved, that a trigger interfered, or that the
/// map's key does not name one row. Nothing of it may stand.
pub(crate) fn agree(place: &Place, expected: u64, changed: u64) -> Result<(), StoreError> {
    if expected == changed {
        return Ok(());
    }
    let message = format!(
        "{changed} rows of '{}' changed where {expected} were expected; all was undone",
        place.name
    );
    Err(StoreError::transient(ROWS_CHANGED, message))
}
