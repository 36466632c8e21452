//! The search that every verb begins with: identifiers in, keys of the subject's rows out.
//!
//! It leaves the keys in temporary tables and hands nothing of a row to the caller.

use std::collections::BTreeMap;

use habeas_connector::{StoreError, Subject, Value};

use crate::{Session, compile::Compiler};

/// Well below the number of parameters that any database takes in one statement.
const IDENTIFIERS_AT_ONCE: usize = 200;

/// An identifier that only follows from others and leads to somebody else's row. It was not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    pub subject: usize,
    pub kind: String,
    /// Rows of somebody else.
    pub rows: u64,
}

/// Makes the temporary tables. Once per session, outside a transaction.
pub(crate) fn prepare<S: Session>(session: &mut S, compiler: Compiler) -> Result<(), StoreError> {
    for sql in compiler.create() {
        session.run(&sql, &[])?;
    }
    Ok(())
}

/// Fills the temporary tables for these subjects, inside the caller's transaction.
pub(crate) fn search<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[&Subject],
) -> Result<Vec<Conflict>, StoreError> {
    begin(session, compiler, subjects)?;
    let conflicts = refute(session, compiler)?;
    fill(session, compiler)?;
    Ok(conflicts)
}

/// As [`search`], without a look at who else uses the rows, since reading takes nothing from
/// anybody, and without the keys of leaves.
pub(crate) fn search_to_read<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[&Subject],
) -> Result<(), StoreError> {
    begin(session, compiler, subjects)?;
    refute(session, compiler)?;
    seek(session, compiler, |n| !compiler.is_leaf(n))
}

/// As [`search`], by every identifier. What an erasure has changed may look like somebody else's;
/// before it, nothing did.
pub(crate) fn search_again<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[&Subject],
) -> Result<(), StoreError> {
    begin(session, compiler, subjects)?;
    fill(session, compiler)
}

fn begin<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[&Subject],
) -> Result<(), StoreError> {
    for sql in compiler.clear() {
        session.run(&sql, &[])?;
    }
    add_subjects(session, compiler, subjects)?;
    session.run(&compiler.analyze_subjects(), &[])?;
    Ok(())
}

fn fill<S: Session>(session: &mut S, compiler: Compiler) -> Result<(), StoreError> {
    seek(session, compiler, |_| true)?;
    // A row that stays may keep another one, and that one a third: once in the order of ownership,
    // and again only where a use leads the other way.
    while keep(session, compiler)? && compiler.layout.is_used_backwards {}
    Ok(())
}

/// Marks rows that stay; true when there were any.
fn keep<S: Session>(session: &mut S, compiler: Compiler) -> Result<bool, StoreError> {
    let mut rows = 0;
    for n in &compiler.layout.search_order {
        if let Some(inherit) = compiler.inherit(*n) {
            rows += session.run(&inherit.sql, &inherit.params())?;
        }
        for sql in compiler.share(*n) {
            rows += session.run(&sql, &[])?;
        }
    }
    Ok(rows > 0)
}

fn seek<S: Session>(
    session: &mut S,
    compiler: Compiler,
    wanted: impl Fn(usize) -> bool,
) -> Result<(), StoreError> {
    for n in compiler.layout.search_order.iter().filter(|n| wanted(**n)) {
        let seek = compiler.seek(*n);
        session.run(&seek.sql, &seek.params())?;
        session.run(&compiler.analyze(*n), &[])?;
    }
    Ok(())
}

fn add_subjects<S: Session>(
    session: &mut S,
    compiler: Compiler,
    subjects: &[&Subject],
) -> Result<(), StoreError> {
    let mut rows: Vec<[&str; 4]> = Vec::new();
    let positions: Vec<String> = (0..subjects.len()).map(|n| n.to_string()).collect();
    for (subject, position) in subjects.iter().zip(&positions) {
        let proven = subject
            .identifiers
            .iter()
            .map(|identifier| (identifier, "1"));
        let further = subject.further.iter().map(|identifier| (identifier, "0"));
        for (identifier, proven) in proven.chain(further) {
            let value = identifier.value.reveal().as_str();
            // An empty value would match every empty column, and no database stores a NUL in text.
            if !value.trim().is_empty() && !value.contains('\0') {
                rows.push([position, identifier.kind.as_str(), value, proven]);
            }
        }
    }
    for chunk in rows.chunks(IDENTIFIERS_AT_ONCE) {
        session.run(&compiler.add_subjects(chunk.len()), &chunk.concat())?;
    }
    Ok(())
}

/// Drops every identifier that leads to somebody else, before anything is read by it: neither that
/// person's row nor a row that hangs on it is reached.
fn refute<S: Session>(session: &mut S, compiler: Compiler) -> Result<Vec<Conflict>, StoreError> {
    let mut refuted: BTreeMap<(usize, String, String), u64> = BTreeMap::new();
    for n in 0..compiler.layout.places.len() {
        for statement in compiler.conflicts(n) {
            session.rows(&statement.sql, &statement.params(), &mut |row| {
                if let [
                    Value::Integer(subject),
                    Value::Text(kind),
                    Value::Text(value),
                    rows,
                ] = &row[..]
                {
                    let key = (*subject as usize, kind.clone(), value.clone());
                    *refuted.entry(key).or_default() += number(rows)?;
                }
                Ok(())
            })?;
        }
    }
    let forget = compiler.forget();
    let mut conflicts = Vec::new();
    for ((subject, kind, value), rows) in refuted {
        session.run(&forget, &[&subject.to_string(), &kind, &value])?;
        conflicts.push(Conflict {
            subject,
            kind,
            rows,
        });
    }
    Ok(conflicts)
}

/// Runs a query whose rows are (subject, rows) and files the counts by subject.
pub(crate) fn counts<S: Session>(
    session: &mut S,
    sql: &str,
    params: &[&str],
    subjects: usize,
) -> Result<Vec<u64>, StoreError> {
    let mut counts = vec![0; subjects];
    session.rows(sql, params, &mut |row| {
        let [subject, rows] = &row[..] else {
            return Err(unexpected());
        };
        *counts
            .get_mut(number(subject)? as usize)
            .ok_or_else(unexpected)? = number(rows)?;
        Ok(())
    })?;
    Ok(counts)
}

/// Runs a query that yields one number.
pub(crate) fn count<S: Session>(session: &mut S, sql: &str) -> Result<u64, StoreError> {
    count_with(session, sql, &[])
}

pub(crate) fn count_with<S: Session>(
    session: &mut S,
    sql: &str,
    params: &[&str],
) -> Result<u64, StoreError> {
    let mut found = None;
    session.rows(sql, params, &mut |row| {
        found = Some(number(row.first().ok_or_else(unexpected)?)?);
        Ok(())
    })?;
    found.ok_or_else(unexpected)
}

pub(crate) fn number(value: &Value) -> Result<u64, StoreError> {
    match value {
        Value::Integer(number) if *number >= 0 => Ok(*number as u64),
        Value::Integer(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Text(_)
        | Value::Bytes(_)
        | Value::Withheld => Err(unexpected()),
    }
}

pub(crate) fn unexpected() -> StoreError {
    StoreError::permanent(
        "unexpected_answer",
        "the database answered a count with no number",
    )
}
