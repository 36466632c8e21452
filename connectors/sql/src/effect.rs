//! The store's own memory of what was done: one row per effect key, written in the transaction
//! that has the effect. It holds counts and names of collections, nothing of a person.

use std::collections::{HashMap, HashSet};

use habeas_connector::{StoreError, Value};
use habeas_domain::{outcome::CollectionOutcome, plan::Verb};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Session, TableName, compile::Compiler};

const TABLE: &str = "habeas_effect";

/// SQLSTATE of a transaction that met another one, and that finds the other's result when it is
/// tried again.
pub(crate) const NOT_SERIALISED: &str = "40001";

/// Makes the table if it is not there. Outside a transaction, so that two workers cannot block
/// each other on it.
pub(crate) fn ensure<S: Session>(session: &mut S, compiler: Compiler) -> Result<(), StoreError> {
    if exists(session, compiler)? {
        return Ok(());
    }
    let create = format!(
        "create table if not exists {} (effect_key {} primary key not null, verb {1} not null, \
         outcome {} not null, applied_at {1} not null)",
        table(compiler),
        compiler.dialect.word(),
        compiler.dialect.long_text(),
    );
    match session.run(&create, &[]) {
        Ok(_) => Ok(()),
        // Another worker was faster: PostgreSQL answers with a conflict in its own catalogue.
        Err(_) if exists(session, compiler)? => Ok(()),
        Err(error) => Err(error),
    }
}

fn exists<S: Session>(session: &mut S, compiler: Compiler) -> Result<bool, StoreError> {
    let mut found = false;
    let params = [compiler.layout.default_schema.as_str(), TABLE];
    session.rows(compiler.dialect.table_exists(), &params, &mut |_| {
        found = true;
        Ok(())
    })?;
    Ok(found)
}

/// Keys in one statement.
const KEYS_AT_ONCE: usize = 200;

/// What the store remembers of an effect key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Known {
    Done(Vec<CollectionOutcome>),
    /// Some chunks of a long erasure were carried out.
    Begun {
        unfinished: Vec<CollectionOutcome>,
    },
}

impl Known {
    pub fn is_done(&self) -> bool {
        matches!(self, Known::Done(_))
    }

    pub fn into_counts(self) -> Vec<CollectionOutcome> {
        match self {
            Known::Done(counts) | Known::Begun { unfinished: counts } => counts,
        }
    }
}

/// Takes the keys for this transaction. Answers with what is remembered where a key is taken
/// already; a second worker waits here until the first has finished.
pub(crate) fn claim<S: Session>(
    session: &mut S,
    compiler: Compiler,
    keys: &[Uuid],
    verb: Verb,
) -> Result<Vec<Option<Known>>, StoreError> {
    let texts: Vec<String> = keys.iter().map(Uuid::to_string).collect();
    let param = |n| compiler.dialect.param(n);
    let mut known: HashMap<String, Known> = HashMap::new();
    for chunk in texts.chunks(KEYS_AT_ONCE) {
        let now = compiler.dialect.text("current_timestamp");
        let rows: Vec<String> = (0..chunk.len())
            .map(|i| format!("({}, {}, '', {now})", param(i + 2), param(1)))
            .collect();
        let sql = compiler.dialect.insert_once(
            &table(compiler),
            "effect_key, verb, outcome, applied_at",
            &rows.join(", "),
            "effect_key",
        );
        let params: Vec<&str> = std::iter::once(verb.as_str())
            .chain(chunk.iter().map(String::as_str))
            .collect();
        let fresh = session.run(&sql, &params)?;
        if fresh == chunk.len() as u64 {
            continue;
        }
        let before = known.len();
        let wanted: Vec<String> = (1..=chunk.len()).map(param).collect();
        // Our own rows of this transaction are still without an outcome.
        let sql = format!(
            "select effect_key, verb, outcome from {} where effect_key in ({}) and outcome <> ''",
            table(compiler),
            wanted.join(", ")
        );
        let params: Vec<&str> = chunk.iter().map(String::as_str).collect();
        session.rows(&sql, &params, &mut |row| {
            let [Value::Text(key), Value::Text(was), Value::Text(outcome)] = &row[..] else {
                return Err(unreadable());
            };
            if was != verb.as_str() {
                let message = format!("the effect key was used for '{was}' before");
                return Err(StoreError::permanent("effect_key_reused", message));
            }
            let outcome = serde_json::from_str(outcome).map_err(|_| unreadable())?;
            known.insert(key.clone(), outcome);
            Ok(())
        })?;
        let distinct: HashSet<&String> = chunk.iter().collect();
        if fresh as usize + known.len() - before < distinct.len() {
            let message = "another worker is at the same effect key";
            return Err(StoreError::transient(NOT_SERIALISED, message));
        }
    }
    Ok(texts.iter().map(|key| known.remove(key)).collect())
}

/// Writes the counts beside the keys, in the same transaction as the effect. A key without counts
/// is given back.
pub(crate) fn remember<S: Session>(
    session: &mut S,
    compiler: Compiler,
    done: &[(Uuid, Option<Known>)],
) -> Result<(), StoreError> {
    let table = table(compiler);
    let param = |n| compiler.dialect.param(n);
    for chunk in done.chunks(KEYS_AT_ONCE) {
        let mut params: Vec<String> = Vec::new();
        let mut cases = String::new();
        let mut undone = Vec::new();
        for (key, outcome) in chunk {
            let Some(outcome) = outcome else {
                undone.push(key.to_string());
                continue;
            };
            params.push(key.to_string());
            params.push(serde_json::to_string(outcome).expect("counts are always JSON"));
            let last = params.len();
            cases.push_str(&format!(" when {} then {}", param(last - 1), param(last)));
        }
        if !params.is_empty() {
            let keys: Vec<String> = (1..params.len()).step_by(2).map(param).collect();
            let sql = format!(
                "update {table} set outcome = case effect_key{cases} end where effect_key in ({})",
                keys.join(", ")
            );
            let params: Vec<&str> = params.iter().map(String::as_str).collect();
            session.run(&sql, &params)?;
        }
        if !undone.is_empty() {
            let keys: Vec<String> = (1..=undone.len()).map(param).collect();
            let sql = format!(
                "delete from {table} where effect_key in ({})",
                keys.join(", ")
            );
            let params: Vec<&str> = undone.iter().map(String::as_str).collect();
            session.run(&sql, &params)?;
        }
    }
    Ok(())
}

fn table(compiler: Compiler) -> String {
    crate::compile::table(&TableName {
        schema: compiler.layout.default_schema.clone(),
        name: TABLE.to_owned(),
    })
}

fn unreadable() -> StoreError {
    let message = format!("what {TABLE} remembers of this effect key cannot be read");
    StoreError::permanent("effect_unreadable", message)
}
