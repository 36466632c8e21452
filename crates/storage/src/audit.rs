//! What happened, append-only: the database refuses to change or delete a line.

use diesel::prelude::*;
use habeas_domain::{RequestId, StepId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    DbResult, ReadTx, Tx,
    conn::{from_db, to_db},
    schema::audit,
};

/// One fact, without personal data: words and counts.
#[derive(Debug, Clone)]
pub struct Fact {
    pub request: Option<RequestId>,
    pub step: Option<StepId>,
    pub actor: String,
    /// Stable word such as `plan.approved`.
    pub event: &'static str,
    /// A sentence for people.
    pub detail: String,
}

/// A fact that was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub at: Timestamp,
    pub actor: String,
    pub event: String,
    pub detail: String,
}

pub fn record(tx: &mut Tx<'_>, fact: &Fact, now: Timestamp) -> DbResult<()> {
    diesel::insert_into(audit::table)
        .values((
            audit::id.eq(Uuid::now_v7().to_string()),
            audit::request_id.eq(fact.request.map(|id| id.to_string())),
            audit::step_id.eq(fact.step.map(|id| id.to_string())),
            audit::at.eq(to_db(now)),
            audit::actor.eq(&fact.actor),
            audit::event.eq(fact.event),
            audit::detail.eq(&fact.detail),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The facts of one request, oldest first.
pub fn of_request(tx: &mut ReadTx<'_>, request: RequestId) -> DbResult<Vec<Recorded>> {
    let rows: Vec<(chrono::NaiveDateTime, String, String, String)> = audit::table
        .filter(audit::request_id.eq(request.to_string()))
        .order((audit::at, audit::id))
        .select((audit::at, audit::actor, audit::event, audit::detail))
        .load(tx.conn())?;
    Ok(rows
        .into_iter()
        .map(|(at, actor, event, detail)| Recorded {
            at: from_db(at),
            actor,
            event,
            detail,
        })
        .collect())
}
