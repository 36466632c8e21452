//! Suppress: the opted-out values that the map names, written and read back.

use habeas_connector::{StoreError, SuppressOrder};
use habeas_domain::{
    outcome::{CollectionOutcome, Obstacle},
    plan::Verb,
};

use crate::{
    Session,
    compile::{Compiler, suppressions},
    effect::{self, Known},
    erase, search,
};

/// Carries out one order; the flag says that it had been carried out before. The caller has
/// prepared the session, and rolls back on an error.
pub(crate) fn suppress<S: Session>(
    session: &mut S,
    compiler: Compiler,
    order: &SuppressOrder,
    remember: bool,
) -> Result<(Vec<CollectionOutcome>, bool), StoreError> {
    session.begin()?;
    let key = order.effect_key;
    if remember
        && let Some(Known::Done(collections)) =
            effect::claim(session, compiler, &[key], Verb::Suppress)?.remove(0)
    {
        session.rollback();
        return Ok((collections, true));
    }
    let conflicts = search::search(session, compiler, &[&order.subject])?;
    if let Some(conflict) = conflicts.into_iter().next() {
        let obstacle = Obstacle::Ambiguous {
            identifier_kind: conflict.kind,
            rows: conflict.rows + 1,
        };
        return Err(StoreError::permanent("ambiguous", obstacle.to_string()));
    }
    for n in 0..compiler.layout.places.len() {
        let rows = search::counts(session, &compiler.count(n), &[], 1)?[0];
        erase::within_cap(compiler, n, rows, order.plan.row_cap)?;
    }
    let mut outcomes = Vec::new();
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let values = suppressions(place);
        if values.is_empty() {
            continue;
        }
        let located = search::counts(session, &compiler.count(n), &[], 1)?[0];
        let expected = search::count(session, &compiler.count_going(n))?;
        let mut outcome = CollectionOutcome {
            collection: place.name.to_string(),
            located,
            ..CollectionOutcome::default()
        };
        if expected > 0 {
            let statement = compiler.write(n, &values);
            outcome.replaced = session.run(&statement.sql, &statement.params())?;
            erase::agree(place, expected, outcome.replaced)?;
            let columns: Vec<&str> = values.iter().map(|(column, _)| *column).collect();
            outcome.method = Some(format!(
                "set to the opted-out value: {}",
                columns.join(", ")
            ));
        }
        if located > expected {
            outcome.kept = located - expected;
            outcome.ground = Some("shared with other persons".to_owned());
        }
        outcomes.push(outcome);
    }
    if remember {
        let known = Known::Done(outcomes.clone());
        effect::remember(session, compiler, &[(key, Some(known))])?;
    }
    session.commit()?;
    Ok((outcomes, false))
}

/// Reads the rows again, on another connection than the one that wrote them.
pub(crate) fn read_back<S: Session>(
    session: &mut S,
    compiler: Compiler,
    orders: &[&SuppressOrder],
) -> Result<Vec<u64>, StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let subjects: Vec<_> = orders.iter().map(|order| &order.subject).collect();
    search::search(session, compiler, &subjects)?;
    let mut wrong = vec![0; orders.len()];
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let values = suppressions(place);
        if values.is_empty() {
            continue;
        }
        let statement = compiler.unwritten(n, &values);
        let counts = search::counts(session, &statement.sql, &statement.params(), orders.len())?;
        for (wrong, rows) in wrong.iter_mut().zip(counts) {
            *wrong += rows;
        }
    }
    session.rollback();
    Ok(wrong)
}
