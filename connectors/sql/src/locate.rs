//! Locate: how many rows, what leads on, what would stand in the way. Changes nothing.

use std::collections::HashSet;

use habeas_connector::{Located, StoreError, Subject, Value};
use habeas_domain::{
    Identifier,
    data_map::WhenErased,
    outcome::{CollectionRows, Obstacle},
};

use crate::{Session, compile::Compiler, search};

pub(crate) fn locate<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[Subject],
) -> Result<Vec<Located>, StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let all: Vec<&Subject> = subjects.iter().collect();
    let conflicts = search::search(session, compiler, &all)?;
    let mut located = vec![Located::default(); subjects.len()];
    for conflict in conflicts {
        located[conflict.subject]
            .obstacles
            .push(Obstacle::Ambiguous {
                identifier_kind: conflict.kind,
                rows: conflict.rows + 1,
            });
    }
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let counts = search::counts(session, &compiler.count(n), &[], subjects.len())?;
        for (located, rows) in located.iter_mut().zip(counts) {
            located.rows.push(CollectionRows {
                collection: place.name.to_string(),
                rows,
            });
        }
        for (subject, obstacle) in dependents(session, compiler, n, subjects.len())? {
            located[subject].obstacles.push(obstacle);
        }
    }
    further(session, compiler, subjects, &mut located)?;
    session.rollback();
    Ok(located)
}

/// Rows of others that hang on the subjects' rows of one collection, where the map says to stop.
pub(crate) fn dependents<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    subjects: usize,
) -> Result<Vec<(usize, Obstacle)>, StoreError> {
    let place = &compiler.layout.places[n];
    let mut found = Vec::new();
    for pointing in &place.pointing {
        match pointing.when_erased {
            WhenErased::Detach => {}
            WhenErased::Stop => {
                let sql = compiler.dependents(n, pointing);
                let counts = search::counts(session, &sql, &[], subjects)?;
                for (subject, rows) in counts.into_iter().enumerate().filter(|(_, rows)| *rows > 0)
                {
                    let obstacle = Obstacle::OthersDepend {
                        collection: place.name.to_string(),
                        dependents: pointing.name.clone(),
                        rows,
                    };
                    found.push((subject, obstacle));
                }
            }
        }
    }
    Ok(found)
}

/// Values of kinds that name one person, read from the subjects' own rows.
fn further<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[Subject],
    located: &mut [Located],
) -> Result<(), StoreError> {
    let mut known: Vec<HashSet<_>> = subjects
        .iter()
        .map(|subject| {
            let all = subject.identifiers.iter().chain(&subject.further);
            all.map(|known| (known.kind.clone(), known.normalised()))
                .collect()
        })
        .collect();
    for (n, place) in compiler.layout.places.iter().enumerate() {
        for (column, spec) in &place.spec.columns {
            let Some(identity) = spec.identity.as_ref().filter(|it| it.names_one_person) else {
                continue;
            };
            session.rows(&compiler.further(n, column), &[], &mut |row| {
                let [subject, Value::Text(value)] = &row[..] else {
                    return Err(search::unexpected());
                };
                let subject = search::number(subject)? as usize;
                // What does not parse as its kind could not be searched for elsewhere either.
                if let Ok(next) = Identifier::parse(identity.kind.clone(), value)
                    && known[subject].insert((next.kind.clone(), next.normalised()))
                {
                    located[subject].further.push(next);
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}
