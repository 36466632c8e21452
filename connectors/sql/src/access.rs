//! Access: every row of the subjects, each once, handed on as it is read.
//!
//! One snapshot for the whole batch. Subjects come one after another, so that whoever listens
//! needs one open package at a time. Subjects are read together, a query for each collection
//! instead of one for each collection and person, as long as what that takes in memory is bounded.

use std::sync::Arc;

use habeas_connector::{AccessItem, Record, StoreError, Subject, Value};
use habeas_domain::{data_map::JsonPath, outcome::CollectionRows};

use crate::{
    Session,
    compile::{Compiler, Most, Statement},
    layout::Place,
    search::{self, number},
};

/// The most rows of one collection that are read together and held until their subject's turn
/// comes.
const ROWS_TOGETHER: u64 = 100_000;

/// The most bytes that are held. With more, fewer subjects are read together.
const BYTES_TOGETHER: usize = 32 << 20;

/// The most rows of one subject and collection that are put in the order of their keys: sorting a
/// million rows takes longer than reading them.
const ROWS_SORTED: u64 = 50_000;

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
    let export = Export::new(compiler);
    let mut first = 0;
    // Nobody knows how many rows there are before they are read: all at once first, fewer where
    // that is too much, and then twice as many whenever it went well.
    let mut many = subjects.len();
    while first < subjects.len() {
        let end = subjects.len().min(first + many);
        if end == first + 1 {
            export.one(session, first, send)?;
        } else if let Together::TooMuch { at } = export.together(session, first, end, send)? {
            many = at.saturating_sub(first).max(1);
            continue;
        }
        first = end;
        many *= 2;
    }
    session.rollback();
    Ok(())
}

/// How it went to read several subjects at once.
enum Together {
    Sent,
    /// Nothing was handed on. The bound was reached at this subject.
    TooMuch {
        at: usize,
    },
}

struct Export<'a> {
    compiler: Compiler<'a>,
    places: Vec<(&'a Place, Columns)>,
}

impl<'a> Export<'a> {
    fn new(compiler: Compiler<'a>) -> Self {
        let places = compiler.layout.places.iter();
        Self {
            compiler,
            places: places.map(|place| (place, Columns::of(place))).collect(),
        }
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
        for (n, (place, columns)) in self.places.iter().enumerate() {
            let count = self.compiler.count_to_read(n, ROWS_SORTED + 1);
            let params = within(&count, &number, &number);
            let known = search::count_with(session, &count.sql, &params)?;
            let most = match known {
                0..=ROWS_SORTED => Most::Sorted(ROWS_SORTED),
                _ => Most::All,
            };
            let read = self.compiler.export(n, most);
            let mut rows = 0;
            session.rows(&read.sql, &within(&read, &number, &number), &mut |values| {
                rows += 1;
                send(AccessItem::Row {
                    subject,
                    collection: Arc::clone(&place.name),
                    record: columns.record(values.into_iter().skip(1)),
                })
            })?;
            sent.push(rows_of(place, rows));
        }
        send(AccessItem::End { subject, sent })
    }

    /// Reads the subjects from `first` to before `end` collection by collection, then hands on
    /// their rows subject by subject, unless that takes too much memory.
    fn together<S: Session>(
        &self,
        session: &mut S,
        first: usize,
        end: usize,
        send: Send,
    ) -> Result<Together, StoreError> {
        let (from, to) = (first.to_string(), (end - 1).to_string());
        let mut bytes = 0;
        let mut held: Vec<Vec<Vec<Record>>> = Vec::new();
        for (n, (_, columns)) in self.places.iter().enumerate() {
            let mut records: Vec<Vec<Record>> = vec![Vec::new(); end - first];
            let mut rows = 0;
            let mut at = first;
            let statement = self.compiler.export(n, Most::Sorted(ROWS_TOGETHER));
            let params = within(&statement, &from, &to);
            let read = session.rows(&statement.sql, &params, &mut |values| {
                let mut values = values.into_iter();
                at = number(&values.next().ok_or_else(search::unexpected)?)? as usize;
                let record = columns.record(values);
                rows += 1;
                bytes += size(&record);
                if bytes > BYTES_TOGETHER || rows == ROWS_TOGETHER {
                    return Err(StoreError::permanent(TOO_MUCH, "too much to hold"));
                }
                let subject = at.checked_sub(first).and_then(|n| records.get_mut(n));
                subject.ok_or_else(search::unexpected)?.push(record);
                Ok(())
            });
            match read {
                Ok(()) => held.push(records),
                Err(error) if error.code == TOO_MUCH => return Ok(Together::TooMuch { at }),
                Err(error) => return Err(error),
            }
        }
        for subject in first..end {
            let mut sent = Vec::new();
            for ((place, _), records) in self.places.iter().zip(&mut held) {
                let records = std::mem::take(&mut records[subject - first]);
                sent.push(rows_of(place, records.len() as u64));
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
        Ok(Together::Sent)
    }
}

fn within<'a>(read: &'a Statement, from: &'a str, to: &'a str) -> Vec<&'a str> {
    let mut params = read.params();
    params.extend([from, to]);
    params
}

/// Never leaves this file.
const TOO_MUCH: &str = "too_much_together";

fn rows_of(place: &Place, rows: u64) -> CollectionRows {
    CollectionRows {
        collection: place.name.to_string(),
        rows,
    }
}

/// What a record takes in memory, the names of its columns apart: those are shared.
fn size(record: &Record) -> usize {
    let held = |value: &Value| match value {
        Value::Text(text) | Value::Number(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Withheld => 0,
    };
    let slot = size_of::<(Arc<str>, Value)>();
    record.iter().map(|(_, value)| slot + held(value)).sum()
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
