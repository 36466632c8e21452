//! Verify: the same search again, on another connection, for what should not be there any more.

use habeas_connector::{EraseOrder, Remaining, StoreError, Subject};
use habeas_domain::{
    data_map::RowTreatment,
    outcome::{CollectionRows, EvidenceLevel},
};

use crate::{
    Session,
    compile::{Compiler, replacements},
    search,
};

pub(crate) fn verify<S: Session>(
    session: &mut S,
    compiler: Compiler,
    orders: &[&EraseOrder],
) -> Result<Vec<Remaining>, StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let subjects: Vec<&Subject> = orders.iter().map(|order| &order.subject).collect();
    search::search(session, compiler, &subjects)?;
    let mut remaining = vec![
        Remaining {
            rows: Vec::new(),
            level: EvidenceLevel::ReadBackVerified,
        };
        orders.len()
    ];
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let counts = match place.spec.erase {
            RowTreatment::Keep => continue,
            RowTreatment::Delete => {
                search::counts(session, &compiler.undeleted(n), &[], orders.len())?
            }
            RowTreatment::Columns => {
                let values = replacements(place);
                if values.is_empty() {
                    continue;
                }
                let statement = compiler.unwritten(n, &values);
                search::counts(session, &statement.sql, &statement.params(), orders.len())?
            }
        };
        for (remaining, rows) in remaining
            .iter_mut()
            .zip(counts)
            .filter(|(_, rows)| *rows > 0)
        {
            remaining.rows.push(CollectionRows {
                collection: place.name.to_string(),
                rows,
            });
        }
    }
    session.rollback();
    Ok(remaining)
}
