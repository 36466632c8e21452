//! Steps as an operator lists them: those of all requests, the most urgent first. Nothing sealed is
//! read.

use std::collections::BTreeMap;

use diesel::prelude::*;
use habeas_domain::{RequestId, StepId};
use jiff::Timestamp;

use crate::{
    DbError, DbResult, ReadTx,
    conn::from_db,
    schema::{request, step},
    steps::{State, Verb},
};

/// Rows that are listed at most.
pub const PAGE: i64 = 500;

/// Which steps are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Every state in which a step is still open, unless one is named.
    pub state: Option<State>,
    pub store: Option<String>,
}

/// A step in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: StepId,
    pub request: RequestId,
    /// What people call the request.
    pub reference: String,
    pub store: String,
    pub verb: Verb,
    pub state: State,
    pub due_at: Timestamp,
    /// When it is tried or looked at again, where it waits for that.
    pub not_before: Option<Timestamp>,
    pub attempts: i64,
    /// Class and code of the last failure.
    pub last_class: Option<String>,
    pub last_code: Option<String>,
    pub parked_reason: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = step)]
struct Row {
    id: String,
    request_id: String,
    store_id: String,
    verb: String,
    state: String,
    due_at: chrono::NaiveDateTime,
    not_before: Option<chrono::NaiveDateTime>,
    attempts: i64,
    last_class: Option<String>,
    last_code: Option<String>,
    parked_reason: Option<String>,
}

/// At most [`PAGE`] steps, earliest due first.
pub fn steps(tx: &mut ReadTx<'_>, filter: &Filter) -> DbResult<Vec<Listed>> {
    let states: Vec<&str> = match filter.state {
        Some(state) => vec![state.as_str()],
        None => State::ALL
            .iter()
            .filter(|state| !state.is_final())
            .map(|state| state.as_str())
            .collect(),
    };
    let mut query = step::table.into_boxed().filter(step::state.eq_any(states));
    if let Some(store) = &filter.store {
        query = query.filter(step::store_id.eq(store.clone()));
    }
    let rows: Vec<Row> = query
        .order((step::due_at, step::id))
        .limit(PAGE)
        .select(Row::as_select())
        .load(tx.conn())?;
    let requests: Vec<&str> = rows.iter().map(|row| row.request_id.as_str()).collect();
    let references: Vec<(String, String)> = request::table
        .filter(request::id.eq_any(requests))
        .select((request::id, request::reference))
        .load(tx.conn())?;
    let references: BTreeMap<String, String> = references.into_iter().collect();
    rows.into_iter()
        .map(|row| {
            let corrupt = |column| DbError::Corrupt { column };
            let reference = references.get(&row.request_id).cloned();
            Ok(Listed {
                id: row.id.parse().map_err(|_| corrupt("step.id"))?,
                request: row
                    .request_id
                    .parse()
                    .map_err(|_| corrupt("step.request_id"))?,
                reference: reference.ok_or_else(|| corrupt("step.request_id"))?,
                store: row.store_id,
                verb: row.verb.parse()?,
                state: row.state.parse()?,
                due_at: from_db(row.due_at),
                not_before: row.not_before.map(from_db),
                attempts: row.attempts,
                last_class: row.last_class,
                last_code: row.last_code,
                parked_reason: row.parked_reason,
            })
        })
        .collect()
}
