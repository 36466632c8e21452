//! The store's own memory of what was done: one row per effect key, written in the transaction
//! that has the effect. It holds counts and names of collections, nothing of a person.

use habeas_connector::{StoreError, Value};
use habeas_domain::{outcome::CollectionOutcome, plan::Verb};
use uuid::Uuid;

use crate::{Session, TableName, compile::Compiler};

const TABLE: &str = "habeas_effect";

/// Makes the table if it is not there. Outside a transaction, so that two workers cannot block
/// each other on it.
pub(crate) fn ensure<S: Session>(session: &mut S, compiler: Compiler) -> Result<(), StoreError> {
    if exists(session, compiler)? {
        return Ok(());
    }
    let create = format!(
        "create table if not exists {} (effect_key text primary key not null, verb text not null, \
         outcome text not null, applied_at text not null)",
        table(compiler)
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

/// Takes the key for this transaction. `Some` holds the counts of the first time, when the key is
/// taken already; a second worker waits here until the first has finished.
pub(crate) fn claim<S: Session>(
    session: &mut S,
    compiler: Compiler,
    key: Uuid,
    verb: Verb,
) -> Result<Option<Vec<CollectionOutcome>>, StoreError> {
    let param = |n| compiler.dialect.param(n);
    let sql = format!(
        "insert into {} (effect_key, verb, outcome, applied_at) \
         values ({}, {}, '', cast(current_timestamp as text)) on conflict (effect_key) do nothing",
        table(compiler),
        param(1),
        param(2)
    );
    let key = key.to_string();
    if session.run(&sql, &[&key, verb.as_str()])? == 1 {
        return Ok(None);
    }
    let sql = format!(
        "select verb, outcome from {} where effect_key = {}",
        table(compiler),
        param(1)
    );
    let mut found = None;
    session.rows(&sql, &[&key], &mut |row| {
        let [Value::Text(was), Value::Text(outcome)] = &row[..] else {
            return Err(unreadable());
        };
        if was != verb.as_str() {
            let message = format!("the effect key was used for '{was}' before");
            return Err(StoreError::permanent("effect_key_reused", message));
        }
        found = Some(serde_json::from_str(outcome).map_err(|_| unreadable())?);
        Ok(())
    })?;
    found.map(Some).ok_or_else(unreadable)
}

/// Writes the counts beside the key, in the same transaction as the effect.
pub(crate) fn remember<S: Session>(
    session: &mut S,
    compiler: Compiler,
    key: Uuid,
    outcome: &[CollectionOutcome],
) -> Result<(), StoreError> {
    let sql = format!(
        "update {} set outcome = {} where effect_key = {}",
        table(compiler),
        compiler.dialect.param(1),
        compiler.dialect.param(2)
    );
    let outcome = serde_json::to_string(outcome).expect("counts are always JSON");
    session.run(&sql, &[&outcome, &key.to_string()])?;
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
