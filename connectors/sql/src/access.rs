//! Access: every row of the subjects, each once, handed on as it is read.
//!
//! One snapshot for the whole batch. Subjects come one after another, so that whoever listens
//! needs one open package at a time.

use std::sync::Arc;

use habeas_connector::{AccessItem, Record, StoreError, Subject, Value};
use habeas_domain::outcome::CollectionRows;

use crate::{Session, compile::Compiler, layout::Place, search};

pub(crate) fn access<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[Subject],
    send: &mut dyn FnMut(AccessItem) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let all: Vec<&Subject> = subjects.iter().collect();
    search::search(session, compiler, &all)?;
    let exports: Vec<String> = (0..compiler.layout.places.len())
        .map(|n| compiler.export(n))
        .collect();
    for subject in 0..subjects.len() {
        let mut sent = Vec::new();
        for (place, sql) in compiler.layout.places.iter().zip(&exports) {
            let mut rows = 0;
            session.rows(sql, &[&subject.to_string()], &mut |values| {
                rows += 1;
                send(AccessItem::Row {
                    subject,
                    collection: Arc::clone(&place.name),
                    record: record(place, values),
                })
            })?;
            sent.push(CollectionRows {
                collection: place.name.to_string(),
                rows,
            });
        }
        send(AccessItem::End { subject, sent })?;
    }
    session.rollback();
    Ok(())
}

fn record(place: &Place, values: Vec<Value>) -> Record {
    place
        .spec
        .columns
        .iter()
        .zip(values)
        .map(|((name, spec), value)| {
            let value = match value {
                // The statement reads only whether there is a value.
                Value::Integer(0) if spec.withhold => Value::Null,
                _ if spec.withhold => Value::Withheld,
                value => place.column(name).shape.restore(value),
            };
            (name.clone(), value)
        })
        .collect()
}
