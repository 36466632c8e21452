//! Identifiers of a request: sealed values, found again by a keyed blind index.

use diesel::prelude::*;
use habeas_domain::{IdentifierKind, RequestId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{each, from_db, to_db},
    schema::identifier,
};

/// One identifier, its value sealed with the request's data key.
#[derive(Debug, Clone)]
pub struct SealedIdentifier {
    pub request: RequestId,
    pub kind: IdentifierKind,
    pub sealed: Vec<u8>,
    pub blind: Vec<u8>,
    /// `asked`, or the store that it was read from.
    pub source: String,
    pub proven_at: Option<Timestamp>,
}

/// Adds an identifier; one that the request already has is left as it is. True when it was new.
pub fn add(tx: &mut Tx<'_>, new: &SealedIdentifier) -> DbResult<bool> {
    let values = (
        identifier::id.eq(Uuid::now_v7().to_string()),
        identifier::request_id.eq(new.request.to_string()),
        identifier::kind.eq(new.kind.as_str()),
        identifier::sealed.eq(&new.sealed),
        identifier::blind.eq(&new.blind),
        identifier::source.eq(&new.source),
        identifier::proven_at.eq(new.proven_at.map(to_db)),
    );
    let added = each!(tx.conn(), c => diesel::insert_into(identifier::table)
        .values(values)
        .on_conflict((identifier::request_id, identifier::kind, identifier::blind))
        .do_nothing()
        .execute(c))?;
    Ok(added == 1)
}

/// Marks what the subject gave and has now proven. Only the first identifier of the kind that was
/// asked with is proven by a code.
pub fn prove(
    tx: &mut Tx<'_>,
    request: RequestId,
    kind: &IdentifierKind,
    now: Timestamp,
) -> DbResult<()> {
    let first: String = identifier::table
        .filter(identifier::request_id.eq(request.to_string()))
        .filter(identifier::kind.eq(kind.as_str()))
        .filter(identifier::source.eq("asked"))
        .order(identifier::id)
        .select(identifier::id)
        .first(tx.conn())?;
    diesel::update(identifier::table)
        .filter(identifier::id.eq(first))
        .set(identifier::proven_at.eq(to_db(now)))
        .execute(tx.conn())?;
    Ok(())
}

/// All identifiers of a request in the order in which they came.
pub fn of_request(tx: &mut ReadTx<'_>, request: RequestId) -> DbResult<Vec<SealedIdentifier>> {
    type Row = (
        String,
        Vec<u8>,
        Vec<u8>,
        String,
        Option<chrono::NaiveDateTime>,
    );
    let rows: Vec<Row> = identifier::table
        .filter(identifier::request_id.eq(request.to_string()))
        .order(identifier::id)
        .select((
            identifier::kind,
            identifier::sealed,
            identifier::blind,
            identifier::source,
            identifier::proven_at,
        ))
        .load(tx.conn())?;
    rows.into_iter()
        .map(|(kind, sealed, blind, source, proven_at)| {
            Ok(SealedIdentifier {
                request,
                kind: kind.parse().map_err(|_| DbError::Corrupt {
                    column: "identifier.kind",
                })?,
                sealed,
                blind,
                source,
                proven_at: proven_at.map(from_db),
            })
        })
        .collect()
}

/// Requests that were made with this identifier since an instant, newest first.
pub fn requests_with(
    tx: &mut ReadTx<'_>,
    kind: &IdentifierKind,
    blind: &[u8],
) -> DbResult<Vec<RequestId>> {
    let rows: Vec<String> = identifier::table
        .filter(identifier::kind.eq(kind.as_str()))
        .filter(identifier::blind.eq(blind))
        .filter(identifier::source.eq("asked"))
        .order(identifier::id.desc())
        .limit(100)
        .select(identifier::request_id)
        .load(tx.conn())?;
    rows.into_iter()
        .map(|id| {
            id.parse().map_err(|_| DbError::Corrupt {
                column: "identifier.request_id",
            })
        })
        .collect()
}
