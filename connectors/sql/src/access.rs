//! Access: every row of the subjects, each once, handed on as it is read.
//!
//! One snapshot for the whole batch. Subjects come one after another, so that whoever listens
//! needs one open package at a time. Subjects with few rows are read together, a query for each
//! collection instead of one for each collection and person; what that takes in memory is bounded.

use std::sync::Arc;

use habeas_connector::{AccessItem, Record, StoreError, Subject, Value};
use habeas_domain::{data_map::JsonPath, outcome::CollectionRows};

use crate::{
    Session,
    compile::{Compiler, Statement},
    layout::Place,
    search::{self, number},
};

/// Rows that are read together and held until their subject's turn comes.
const ROWS_TOGETHER: u64 = 8_000;

/// The most rows of one subject and collection that are put in the order of their keys.
const ROWS_SORTED: u64 = 50_000;

/// Bytes of values held at most; more than that, and the subjects are read one by one.
const BYTES_TOGETHER: usize = 16 << 20;

type Send<'a> = &'a mut dyn FnMut(AccessItem) -> Result<(), StoreError>;

pub(crate) fn access<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[Subject],
    send: Send,
) -> Result<(), StoreError> {
    search::prepare(session, compiler)?;
    session.begin()?;
    let all: Vec<&Subject> = subjects.iter().collect();
    search::search_to_read(session, compiler, &all)?;
    let mut rows = vec![0; subjects.len()];
    let mut export = Export::new();
    for n in 0..compiler.layout.places.len() {
        let found = compiler.count_to_read(n);
        let counts = search::counts(session, &found.sql, &found.params(), subjects.len())?;
        // Sorting a million rows takes longer than reading them.
        export.add(compiler, n, counts.iter().all(|rows| *rows <= ROWS_SORTED));
        for (rows, count) in rows.iter_mut().zip(counts) {
            *rows += count;
        }
    }
    for (first, last) in runs(&rows) {
        if first < last && export.together(session, first, last, send)? {
            continue;
        }
        for subject in first..=last {
            export.one(session, subject, send)?;
        }
    }
    session.rollback();
    Ok(())
}

/// Neighbours who have few rows together, as first and last. Everybody is in exactly one run.
fn runs(rows: &[u64]) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    let mut held = 0;
    for (subject, rows) in rows.iter().enumerate() {
        held += rows;
        match runs.last_mut() {
            Some((_, last)) if held <= ROWS_TOGETHER => *last = subject,
            Some(_) | None => {
                runs.push((subject, subject));
                held = *rows;
            }
        }
    }
    runs
}

struct Export<'a> {
    places: Vec<(&'a Place, Columns, Statement)>,
}

impl<'a> Export<'a> {
    fn new() -> Self {
        Self { places: Vec::new() }
    }

    fn add(&mut self, compiler: Compiler<'a>, n: usize, ordered: bool) {
        let place = &compiler.layout.places[n];
        let read = compiler.export(n, ordered);
        self.places.push((place, Columns::of(place), read));
    }

    /// Hands on the rows of one subject as they arrive, however many there are.
    fn one<S: Session>(
        &self,
        session: &mut S,
        subject: usize,
        send: Send,
    ) -> Result<(), StoreError> {
        let number = subject.to_string();
        let mut sent = Vec::new();
        for (place, columns, read) in &self.places {
            let mut rows = 0;
            let params = within(read, &number, &number);
            session.rows(&read.sql, &params, &mut |values| {
                rows += 1;
                send(AccessItem::Row {
                    subject,
                    collection: Arc::clone(&place.name),
                    record: columns.record(values.into_iter().skip(1)),
                })
            })?;
            sent.push(count(place, rows));
        }
        send(AccessItem::End { subject, sent })
    }

    /// Reads a run of subjects collection by collection, then hands on their rows subject by
    /// subject. `false`, with nothing handed on, when that would take too much memory.
    fn together<S: Session>(
        &self,
        session: &mut S,
        first: usize,
        last: usize,
        send: Send,
    ) -> Result<bool, StoreError> {
        let (from, to) = (first.to_string(), last.to_string());
        let mut bytes = 0;
        let mut held: Vec<Vec<Vec<Record>>> = Vec::new();
        for (_, columns, statement) in &self.places {
            let mut records: Vec<Vec<Record>> = vec![Vec::new(); last - first + 1];
            let params = within(statement, &from, &to);
            let read = session.rows(&statement.sql, &params, &mut |values| {
                bytes += values.iter().map(size).sum::<usize>();
                if bytes > BYTES_TOGETHER {
                    return Err(StoreError::permanent(TOO_MUCH, "too much to hold"));
                }
                let mut values = values.into_iter();
                let subject = number(&values.next().ok_or_else(search::unexpected)?)? as usize;
                records
                    .get_mut(subject.wrapping_sub(first))
                    .ok_or_else(search::unexpected)?
                    .push(columns.record(values));
                Ok(())
            });
            match read {
                Ok(()) => held.push(records),
                Err(error) if error.code == TOO_MUCH => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        for subject in first..=last {
            let mut sent = Vec::new();
            for ((place, _, _), records) in self.places.iter().zip(&mut held) {
                let records = std::mem::take(&mut records[subject - first]);
                sent.push(count(place, records.len() as u64));
                for record in records {
                    send(AccessItem::Row {
                        subject,
                        collection: Arc::clone(&place.name),
                        record,
                    })?;
                }
            }
            send(AccessItem::End { subject, sent })?;
        }
        Ok(true)
    }
}

fn within<'a>(read: &'a Statement, from: &'a str, to: &'a str) -> Vec<&'a str> {
    let mut params = read.params();
    params.extend([from, to]);
    params
}

/// Never leaves this file.
const TOO_MUCH: &str = "too_much_together";

fn count(place: &Place, rows: u64) -> CollectionRows {
    CollectionRows {
        collection: place.name.to_string(),
        rows,
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Number(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Withheld => 8,
    }
}

/// How the values of a row become a record.
struct Columns(Vec<Out>);

struct Out {
    name: Arc<str>,
    shape: crate::Shape,
    withheld: bool,
    /// Parts of a JSON value that are not disclosed.
    hidden: Vec<JsonPath>,
}

impl Columns {
    fn of(place: &Place) -> Self {
        let columns = place.spec.columns.iter().map(|(name, spec)| Out {
            name: name.as_str().into(),
            shape: place.column(name).shape,
            withheld: spec.withhold,
            hidden: spec
                .fields
                .iter()
                .filter(|(_, field)| field.withhold)
                .filter_map(|(path, _)| path.parse().ok())
                .collect(),
        });
        Self(columns.collect())
    }

    fn record(&self, values: impl Iterator<Item = Value>) -> Record {
        let pairs = self.0.iter().zip(values);
        pairs
            .map(|(out, value)| (Arc::clone(&out.name), out.value(value)))
            .collect()
    }
}

impl Out {
    fn value(&self, value: Value) -> Value {
        match value {
            // The statement reads only whether there is a value.
            Value::Integer(0) if self.withheld => Value::Null,
            _ if self.withheld => Value::Withheld,
            Value::Text(text) if !self.hidden.is_empty() => hide(&text, &self.hidden),
            value => self.shape.restore(value),
        }
    }
}

/// What cannot be read as JSON is withheld whole: nobody knows what is in it.
fn hide(text: &str, hidden: &[JsonPath]) -> Value {
    let Ok(mut json) = serde_json::from_str::<serde_json::Value>(text) else {
        return Value::Withheld;
    };
    for path in hidden {
        path.each(&mut json, &mut |part| {
            if !part.is_null() {
                *part = Value::Withheld.to_json();
            }
        });
    }
    Value::Text(json.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_few_rows_are_read_together_and_nobody_is_left_out() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[1, 2, 3]), [(0, 2)]);
        assert_eq!(runs(&[9_000, 1, 8_000, 0]), [(0, 0), (1, 1), (2, 3)]);
        assert_eq!(runs(&[1, 8_000, 1]), [(0, 0), (1, 1), (2, 2)]);
    }

    #[test]
    fn a_hidden_part_of_json_is_named_and_not_shown() {
        let path: JsonPath = "card.number".parse().unwrap();
        let hidden = hide(
            r#"{"card":{"number":"4111","holder":"Ada"}}"#,
            std::slice::from_ref(&path),
        );
        let Value::Text(text) = hidden else {
            panic!("text stays text")
        };
        assert!(
            !text.contains("4111") && text.contains("Ada"),
            "the number is hidden"
        );
        assert_eq!(
            hide("no json", &[path]).to_json(),
            Value::Withheld.to_json()
        );
    }
}
