//! Verify: the same search again, on another connection, for what should not be there any more.

use habeas_connector::{EraseOrder, Remaining, StoreError, Subject};
use habeas_domain::{
    data_map::RowTreatment,
    outcome::{CollectionRows, EvidenceLevel},
};

use uuid::Uuid;

use crate::{
    Session,
    compile::{Compiler, replacements},
    layout::Place,
    rewrite::{self, Erasing},
    search,
    treat::PseudonymKey,
};

pub(crate) fn verify<S: Session>(
    session: &mut S,
    compiler: Compiler,
    orders: &[&EraseOrder],
    pseudonyms: Option<&PseudonymKey>,
) -> Result<Vec<Remaining>, StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let subjects: Vec<&Subject> = orders.iter().map(|order| &order.subject).collect();
    search::search_again(session, compiler, &subjects)?;
    let mut remaining = vec![
        Remaining {
            rows: Vec::new(),
            level: EvidenceLevel::ReadBackVerified,
        };
        orders.len()
    ];
    let effect_keys: Vec<Uuid> = orders.iter().map(|order| order.effect_key).collect();
    let erasing = Erasing {
        effect_keys: &effect_keys,
        pseudonyms,
    };
    for (n, place) in compiler.layout.places.iter().enumerate() {
        let counts = match place.spec.erase {
            RowTreatment::Keep => continue,
            // What a view shows of a row that stays is no more than what stays.
            RowTreatment::Derived if shows_what_stays(compiler, place) => continue,
            RowTreatment::Delete | RowTreatment::Derived => {
                search::counts(session, &compiler.undeleted(n), &[], orders.len())?
            }
            RowTreatment::Columns => {
                let mut wrong = vec![0; orders.len()];
                let values = replacements(place);
                if !values.is_empty() {
                    let statement = compiler.unwritten(n, &values);
                    let params = statement.params();
                    wrong = search::counts(session, &statement.sql, &params, orders.len())?;
                }
                rewrite::untreated(session, compiler, n, &erasing, &mut wrong)?;
                wrong
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

fn shows_what_stays(compiler: Compiler, view: &Place) -> bool {
    view.owners
        .iter()
        .any(|owner| match compiler.layout.places[owner.at].spec.erase {
            RowTreatment::Keep | RowTreatment::Columns => true,
            RowTreatment::Delete | RowTreatment::Derived => false,
        })
}
