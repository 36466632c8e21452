//! Locate: how many rows, what leads on, what would stand in the way. Changes nothing.

use std::collections::HashSet;

use habeas_connector::{Located, StoreError, Subject, Value};
use habeas_domain::{
    Identifier,
    data_map::WhenErased,
    outcome::{CollectionRows, Obstacle},
};

use crate::{
    Session,
    compile::{Compiler, Identified},
    search,
};

pub(crate) fn locate<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[Subject],
    share_cap: u8,
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
        for (subject, obstacle) in oversized(session, compiler, n, &counts, share_cap)? {
            located[subject].obstacles.push(obstacle);
        }
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

/// Fewer rows than this are one person's however small the table is.
const FEW: u64 = 1_000;

/// Subjects to whom a larger part of the table seems to belong than one person's share.
pub(crate) fn oversized<S: Session>(
    session: &mut S,
    compiler: Compiler,
    n: usize,
    counts: &[u64],
    cap: u8,
) -> Result<Vec<(usize, Obstacle)>, StoreError> {
    let many = || counts.iter().enumerate().filter(|(_, rows)| **rows > FEW);
    if many().next().is_none() {
        return Ok(Vec::new());
    }
    let of = search::count(session, &compiler.count_all(n))?;
    let too_many =
        many().filter(|(_, rows)| u128::from(**rows) * 100 > u128::from(of) * u128::from(cap));
    let collection = &compiler.layout.places[n].name;
    Ok(too_many
        .map(|(subject, rows)| {
            let obstacle = Obstacle::ShareCap {
                collection: collection.to_string(),
                rows: *rows,
                of,
                cap,
            };
            (subject, obstacle)
        })
        .collect())
}

/// Rows of others, and rows of the subjects' own that stay, that hang on the subjects' rows of one
/// collection, where the map says to stop.
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
                let rows = compiler.dependents(n, pointing);
                let counts = search::counts(session, &rows.sql, &rows.params(), subjects)?;
                if counts.iter().all(|rows| *rows == 0) {
                    continue;
                }
                let own = compiler.own_dependents(n, pointing);
                let own = search::counts(session, &own.sql, &own.params(), subjects)?;
                for (subject, (all, own)) in counts.into_iter().zip(own).enumerate() {
                    let (collection, dependents) = (place.name.to_string(), pointing.name.clone());
                    if own > 0 {
                        let obstacle = Obstacle::OwnDepend {
                            collection: collection.clone(),
                            dependents: dependents.clone(),
                            rows: own,
                        };
                        found.push((subject, obstacle));
                    }
                    if all > own {
                        let obstacle = Obstacle::OthersDepend {
                            collection,
                            dependents,
                            rows: all - own,
                        };
                        found.push((subject, obstacle));
                    }
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
        for found in Identified::all(place).filter(|found| found.identity.names_one_person) {
            let identity = found.identity;
            session.rows(&compiler.further(n, &found), &[], &mut |row| {
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
