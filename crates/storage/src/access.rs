//! What opens a request for its subject: codes and capabilities. Only hashes are kept.

use diesel::prelude::*;
use habeas_domain::RequestId;
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    DbResult, ReadTx, Tx,
    conn::{from_db, locked, to_db},
    schema::{capability, challenge},
};

/// What a code is for. A code for one purpose never serves the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Identity,
    Download,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Purpose::Identity => "identity",
            Purpose::Download => "download",
        }
    }
}

/// A code that was sent.
#[derive(Debug, Clone)]
pub struct Challenge {
    pub id: String,
    pub salt: Vec<u8>,
    pub code_hash: Vec<u8>,
    pub expires_at: Timestamp,
    pub tries: i64,
}

/// Records a fresh code; every older one for the same purpose ends.
pub fn challenge(
    tx: &mut Tx<'_>,
    request: RequestId,
    purpose: Purpose,
    salt: &[u8],
    code_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> DbResult<()> {
    diesel::update(challenge::table)
        .filter(challenge::request_id.eq(request.to_string()))
        .filter(challenge::purpose.eq(purpose.as_str()))
        .filter(challenge::ended_at.is_null())
        .set(challenge::ended_at.eq(to_db(now)))
        .execute(tx.conn())?;
    diesel::insert_into(challenge::table)
        .values((
            challenge::id.eq(Uuid::now_v7().to_string()),
            challenge::request_id.eq(request.to_string()),
            challenge::purpose.eq(purpose.as_str()),
            challenge::salt.eq(salt),
            challenge::code_hash.eq(code_hash),
            challenge::made_at.eq(to_db(now)),
            challenge::expires_at.eq(to_db(expires_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// How many codes were sent since an instant.
pub fn sent_since(
    tx: &mut ReadTx<'_>,
    request: RequestId,
    purpose: Purpose,
    since: Timestamp,
) -> DbResult<i64> {
    Ok(challenge::table
        .filter(challenge::request_id.eq(request.to_string()))
        .filter(challenge::purpose.eq(purpose.as_str()))
        .filter(challenge::made_at.ge(to_db(since)))
        .count()
        .get_result(tx.conn())?)
}

/// The one code that still counts, held against everybody else who tries at the same moment.
pub fn open_challenge(
    tx: &mut Tx<'_>,
    request: RequestId,
    purpose: Purpose,
) -> DbResult<Option<Challenge>> {
    type Row = (String, Vec<u8>, Vec<u8>, chrono::NaiveDateTime, i64);
    let rows: Vec<Row> = locked!(
        tx.conn(),
        challenge::table
            .filter(challenge::request_id.eq(request.to_string()))
            .filter(challenge::purpose.eq(purpose.as_str()))
            .filter(challenge::ended_at.is_null())
            .order(challenge::made_at.desc())
            .select((
                challenge::id,
                challenge::salt,
                challenge::code_hash,
                challenge::expires_at,
                challenge::tries,
            ))
    )?;
    Ok(rows
        .into_iter()
        .next()
        .map(|(id, salt, code_hash, expires_at, tries)| Challenge {
            id,
            salt,
            code_hash,
            expires_at: from_db(expires_at),
            tries,
        }))
}

/// Counts a wrong try.
pub fn count_try(tx: &mut Tx<'_>, id: &str) -> DbResult<()> {
    diesel::update(challenge::table)
        .filter(challenge::id.eq(id))
        .set(challenge::tries.eq(challenge::tries + 1))
        .execute(tx.conn())?;
    Ok(())
}

/// A code counts once.
pub fn end_challenge(tx: &mut Tx<'_>, id: &str, now: Timestamp) -> DbResult<()> {
    diesel::update(challenge::table)
        .filter(challenge::id.eq(id))
        .set(challenge::ended_at.eq(to_db(now)))
        .execute(tx.conn())?;
    Ok(())
}

/// Lets whoever knows the token see the request.
pub fn grant(
    tx: &mut Tx<'_>,
    request: RequestId,
    token_hash: &[u8],
    now: Timestamp,
) -> DbResult<()> {
    diesel::insert_into(capability::table)
        .values((
            capability::token_hash.eq(token_hash),
            capability::request_id.eq(request.to_string()),
            capability::made_at.eq(to_db(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Whether the token opens this very request.
pub fn opens(tx: &mut ReadTx<'_>, request: RequestId, token_hash: &[u8]) -> DbResult<bool> {
    let count: i64 = capability::table
        .filter(capability::token_hash.eq(token_hash))
        .filter(capability::request_id.eq(request.to_string()))
        .count()
        .get_result(tx.conn())?;
    Ok(count == 1)
}
