//! Plans: written once. The bytes that were hashed are the bytes that are read back.

use diesel::prelude::*;
use habeas_domain::{
    PlanId, RequestId,
    plan::{Plan, PlanHash},
};
use jiff::Timestamp;

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{from_db, to_db},
    schema::plan,
};

#[derive(Debug, Clone)]
pub struct StoredPlan {
    pub id: PlanId,
    pub hash: PlanHash,
    pub plan: Plan,
    pub made_at: Timestamp,
}

pub fn insert(
    tx: &mut Tx<'_>,
    id: PlanId,
    request: RequestId,
    bytes: &[u8],
    now: Timestamp,
) -> DbResult<PlanHash> {
    let hash = PlanHash::of(bytes);
    diesel::insert_into(plan::table)
        .values((
            plan::id.eq(id.to_string()),
            plan::request_id.eq(request.to_string()),
            plan::hash.eq(hash.as_str()),
            plan::bytes.eq(bytes),
            plan::made_at.eq(to_db(now)),
        ))
        .execute(tx.conn())?;
    Ok(hash)
}

/// Reads a plan and refuses one whose bytes no longer have its hash.
pub fn get(tx: &mut ReadTx<'_>, id: PlanId) -> DbResult<StoredPlan> {
    let (hash, bytes, made_at): (String, Vec<u8>, chrono::NaiveDateTime) = plan::table
        .filter(plan::id.eq(id.to_string()))
        .select((plan::hash, plan::bytes, plan::made_at))
        .first(tx.conn())?;
    let corrupt = || DbError::Corrupt {
        column: "plan.bytes",
    };
    let found = PlanHash::of(&bytes);
    if found.as_str() != hash {
        return Err(corrupt());
    }
    Ok(StoredPlan {
        id,
        hash: found,
        plan: serde_json::from_slice(&bytes).map_err(|_| corrupt())?,
        made_at: from_db(made_at),
    })
}
