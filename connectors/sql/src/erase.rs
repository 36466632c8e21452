//! Erase: what the plan says, all of it or nothing, in one transaction per order.
//!
//! The order of statements is fixed: keys first, so that edges upward survive; then everything that
//! could forbid the erasure; then pointers, columns and rows; the counts last. Nothing is decided
//! here that the plan did not show, but for rows that turn out to be shared: those stay.

use std::collections::HashMap;

use habeas_connector::{EraseOrder, Erased, StoreError};
use habeas_domain::{
    data_map::{Ground, RowTreatment, WhenErased},
    outcome::{CollectionOutcome, Obstacle},
    plan::{Decision, PlannedStep, Verb},
};

use crate::{
    Session,
    compile::{Compiler, replacements},
    effect,
    layout::Place,
    locate, search,
    search::number,
};

/// Whether a step may be carried out by this connector as it stands.
pub(crate) fn permit(plan: &PlannedStep, verb: Verb, digest: &str) -> Result<(), StoreError> {
    if plan.verb != verb {
        let message = format!("the step was planned as '{}'", plan.verb.as_str());
        return Err(StoreError::permanent("not_planned", message));
    }
    match &plan.decision {
        Decision::Act | Decision::Absent => {}
        Decision::Keep { .. } | Decision::Stop { .. } => {
            let message = "the plan decided that nothing may be done here";
            return Err(StoreError::permanent("not_planned", message));
        }
    }
    if plan.map != digest {
        let message = "the data map is not the one that the plan was made with; plan again";
        return Err(StoreError::permanent("map_changed", message));
    }
    Ok(())
}

/// Carries out one order. The caller has prepared the session, and rolls back on an error.
pub(crate) fn erase<S: Session>(
    session: &mut S,
    compiler: Compiler,
    order: &EraseOrder,
    remember: bool,
) -> Result<Erased, StoreError> {
    session.begin()?;
    if remember
        && let Some(collections) = effect::claim(session, compiler, order.effect_key, Verb::Erase)?
    {
        session.rollback();
        return Ok(Erased {
            collections,
            replayed: true,
        });
    }
    find(session, compiler, order)?;
    let mut outcomes = plan_outcomes(session, compiler, &order.plan)?;
    detach(session, compiler, &mut outcomes)?;
    for (n, columns) in &compiler.layout.erasure.loosen {
        session.run(&compiler.loosen(*n, columns), &[])?;
    }
    for (n, place) in compiler.layout.places.iter().enumerate() {
        if place.spec.erase == RowTreatment::Columns {
            replace(session, compiler, n, &mut outcomes[n])?;
        }
    }
    for n in &compiler.layout.erasure.order {
        if compiler.layout.places[*n].spec.erase == RowTreatment::Delete {
            delete(session, compiler, *n, &mut outcomes[*n])?;
        }
    }
    if remember {
        effect::remember(session, compiler, order.effect_key, &outcomes)?;
    }
    session.commit()?;
    Ok(Erased {
        collections: outcomes,
        replayed: false,
    })
}

/// Finds the rows again, and everything that has come in the way since the plan was made.
fn find<S: Session>(
    session: &mut S,
    compiler: Compiler,
    order: &EraseOrder,
) -> Result<(), StoreError> {
    let conflicts = search::search(session, compiler, &[&order.subject])?;
    if let Some(conflict) = conflicts.into_iter().next() {
        let obstacle = Obstacle::Ambiguous {
            identifier_kind: conflict.kind,
            rows: conflict.rows + 1,
        };
        return Err(StoreError::permanent("ambiguous", obstacle.to_string()));
    }
    within_cap(session, compiler, order.plan.row_cap)?;
    for n in 0..compiler.layout.places.len() {
        if let Some((_, obstacle)) = locate::dependents(session, compiler, n, 1)?
            .into_iter()
            .next()
        {
            return Err(StoreError::permanent("others_depend", obstacle.to_string()));
        }
    }
    Ok(())
}

pub(crate) fn within_cap<S: Session>(
    session: &mut S,
    compiler: Compiler,
    cap: u64,
) -> Result<(), StoreError> {
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let rows = search::counts(session, &compiler.count(n), &[], 1)?[0];
        if rows > cap {
            let collection = place.name.to_string();
            let obstacle = Obstacle::RowCap {
                collection,
                rows,
                cap,
            };
            return Err(StoreError::permanent("row_cap", obstacle.to_string()));
        }
    }
    Ok(())
}

/// What was found and what of it stays, collection by collection, before anything is changed.
fn plan_outcomes<S: Session>(
    session: &mut S,
    compiler: Compiler,
    plan: &PlannedStep,
) -> Result<Vec<CollectionOutcome>, StoreError> {
    let planned: HashMap<&str, _> = plan
        .collections
        .iter()
        .map(|c| (c.name.as_str(), c))
        .collect();
    let mut outcomes = Vec::new();
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let fate = planned.get(&*place.name).map(|planned| planned.fate);
        if fate != Some(place.spec.erase) {
            let message = format!("the plan says nothing that fits '{}'", place.name);
            return Err(StoreError::permanent("not_planned", message));
        }
        let located = search::counts(session, &compiler.count(n), &[], 1)?[0];
        let mut outcome = CollectionOutcome {
            collection: place.name.to_string(),
            located,
            ..CollectionOutcome::default()
        };
        match place.spec.erase {
            RowTreatment::Keep => {
                outcome.kept = located;
                outcome.ground = place
                    .spec
                    .ground
                    .as_ref()
                    .filter(|_| located > 0)
                    .map(in_words);
            }
            RowTreatment::Delete | RowTreatment::Columns => {
                session.rows(&compiler.count_kept(n), &[], &mut |row| {
                    let [mark, rows] = &row[..] else {
                        return Err(search::unexpected());
                    };
                    outcome.kept += number(rows)?;
                    let ground = match number(mark)? {
                        1 => "shared with other persons",
                        _ => "used by a row of the person that stays",
                    };
                    outcome.ground = Some(ground.to_owned());
                    Ok(())
                })?;
            }
        }
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

fn in_words(ground: &Ground) -> String {
    format!("{}: {}", ground.article, ground.reason)
}

fn detach<S: Session>(
    session: &mut S,
    compiler: Compiler,
    outcomes: &mut [CollectionOutcome],
) -> Result<(), StoreError> {
    for (n, place) in compiler.layout.places.iter().enumerate() {
        for pointing in &place.pointing {
            match pointing.when_erased {
                WhenErased::Stop => {}
                WhenErased::Detach => {
                    if let Some(sql) = compiler.detach(n, pointing)
                        && let Some(pointer) = pointing.collections.first()
                    {
                        outcomes[*pointer].detached += session.run(&sql, &[])?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn replace<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    outcome: &mut CollectionOutcome,
) -> Result<(), StoreError> {
    let place = &compiler.layout.places[n];
    let values = replacements(place);
    let expected = search::count(session, &compiler.count_going(n))?;
    if expected == 0 {
        return Ok(());
    }
    if values.is_empty() {
        outcome.kept += expected;
    } else {
        let statement = compiler.write(n, &values);
        outcome.replaced = session.run(&statement.sql, &statement.params())?;
        agree(place, expected, outcome.replaced)?;
        outcome.method = Some(method(&values));
    }
    let grounds: Vec<String> = place
        .spec
        .columns
        .iter()
        .filter_map(|(column, spec)| Some(format!("{column}: {}", in_words(spec.ground.as_ref()?))))
        .collect();
    if !grounds.is_empty() {
        let shared = outcome.ground.take().into_iter();
        outcome.ground = Some(shared.chain(grounds).collect::<Vec<_>>().join("; "));
    }
    Ok(())
}

fn method(values: &[(&str, Option<&str>)]) -> String {
    let named = |fixed: bool| -> Vec<&str> {
        let of = values.iter().filter(|(_, value)| value.is_some() == fixed);
        of.map(|(column, _)| *column).collect()
    };
    let parts = [("set to null", named(false)), ("fixed value", named(true))];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(_, columns)| !columns.is_empty())
        .map(|(how, columns)| format!("{how}: {}", columns.join(", ")))
        .collect();
    parts.join("; ")
}

fn delete<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    outcome: &mut CollectionOutcome,
) -> Result<(), StoreError> {
    let expected = search::count(session, &compiler.count_going(n))?;
    if expected > 0 {
        outcome.erased = session.run(&compiler.delete(n), &[])?;
        agree(&compiler.layout.places[n], expected, outcome.erased)?;
    }
    Ok(())
}

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
    Err(StoreError::transient("rows_changed", message))
}
