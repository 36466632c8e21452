//! Requests: recorded once, moved from phase to phase, never deleted while open.

use diesel::prelude::*;
use habeas_domain::{Phase, RequestId, Right};
use jiff::{Timestamp, civil::Date};

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{from_db, locked, to_db},
    schema::request,
};

/// What is recorded when a request comes in.
#[derive(Debug, Clone)]
pub struct NewRequest {
    pub id: RequestId,
    pub reference: String,
    pub right: Right,
    pub channel: String,
    pub law_profile: String,
    pub law_version: String,
    /// The computed clock as JSON.
    pub clock: String,
    pub received_at: Timestamp,
    pub due_on: Date,
    pub due_at: Timestamp,
    /// Sealed: name and the like.
    pub person: Vec<u8>,
    /// Keyed hash of the idempotency key, and digest of what was sent with it.
    pub idempotency: Option<(Vec<u8>, Vec<u8>)>,
}

/// A request as it stands.
#[derive(Debug, Clone)]
pub struct Request {
    pub id: RequestId,
    pub reference: String,
    pub right: Right,
    pub channel: String,
    pub law_profile: String,
    pub law_version: String,
    pub clock: String,
    pub received_at: Timestamp,
    pub due_on: Date,
    pub due_at: Timestamp,
    pub phase: Phase,
    pub person: Vec<u8>,
    pub downloads: i64,
    pub closed_at: Option<Timestamp>,
    version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = request)]
struct NewRow {
    id: String,
    reference: String,
    right: String,
    channel: String,
    law_profile: String,
    law_version: String,
    clock: String,
    received_at: chrono::NaiveDateTime,
    due_on: String,
    due_at: chrono::NaiveDateTime,
    phase: String,
    phase_data: String,
    person: Vec<u8>,
    idem_key: Option<Vec<u8>>,
    idem_digest: Option<Vec<u8>>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = request)]
struct Row {
    id: String,
    reference: String,
    right: String,
    channel: String,
    law_profile: String,
    law_version: String,
    clock: String,
    received_at: chrono::NaiveDateTime,
    due_on: String,
    due_at: chrono::NaiveDateTime,
    phase_data: String,
    person: Vec<u8>,
    downloads: i64,
    closed_at: Option<chrono::NaiveDateTime>,
    version: i64,
}

impl TryFrom<Row> for Request {
    type Error = DbError;
    fn try_from(row: Row) -> DbResult<Request> {
        let corrupt = |column| DbError::Corrupt { column };
        Ok(Request {
            id: row.id.parse().map_err(|_| corrupt("request.id"))?,
            reference: row.reference,
            right: row.right.parse().map_err(|_| corrupt("request.right"))?,
            channel: row.channel,
            law_profile: row.law_profile,
            law_version: row.law_version,
            clock: row.clock,
            received_at: from_db(row.received_at),
            due_on: row.due_on.parse().map_err(|_| corrupt("request.due_on"))?,
            due_at: from_db(row.due_at),
            phase: serde_json::from_str(&row.phase_data)
                .map_err(|_| corrupt("request.phase_data"))?,
            person: row.person,
            downloads: row.downloads,
            closed_at: row.closed_at.map(from_db),
            version: row.version,
        })
    }
}

fn json(phase: &Phase) -> String {
    serde_json::to_string(phase).expect("a phase is always JSON")
}

/// Records a new request in the phase `received`.
pub fn insert(tx: &mut Tx<'_>, new: &NewRequest) -> DbResult<()> {
    let (idem_key, idem_digest) = new.idempotency.clone().unzip();
    diesel::insert_into(request::table)
        .values(NewRow {
            id: new.id.to_string(),
            reference: new.reference.clone(),
            right: new.right.to_string(),
            channel: new.channel.clone(),
            law_profile: new.law_profile.clone(),
            law_version: new.law_version.clone(),
            clock: new.clock.clone(),
            received_at: to_db(new.received_at),
            due_on: new.due_on.to_string(),
            due_at: to_db(new.due_at),
            phase: Phase::Received.name().to_owned(),
            phase_data: json(&Phase::Received),
            person: new.person.clone(),
            idem_key,
            idem_digest,
        })
        .execute(tx.conn())?;
    Ok(())
}

pub fn get(tx: &mut ReadTx<'_>, id: RequestId) -> DbResult<Request> {
    request::table
        .filter(request::id.eq(id.to_string()))
        .select(Row::as_select())
        .first(tx.conn())?
        .try_into()
}

pub fn by_reference(tx: &mut ReadTx<'_>, reference: &str) -> DbResult<Request> {
    request::table
        .filter(request::reference.eq(reference))
        .select(Row::as_select())
        .first(tx.conn())?
        .try_into()
}

/// The request that an idempotency key already made, with the digest of what was sent.
pub fn by_idempotency_key(tx: &mut ReadTx<'_>, key: &[u8]) -> DbResult<Option<(Request, Vec<u8>)>> {
    let found: Option<(Row, Option<Vec<u8>>)> = request::table
        .filter(request::idem_key.eq(key))
        .select((Row::as_select(), request::idem_digest))
        .first(tx.conn())
        .optional()?;
    found
        .map(|(row, digest)| Ok((row.try_into()?, digest.unwrap_or_default())))
        .transpose()
}

/// Reads the request and keeps everybody else from moving it until this transaction ends.
pub fn lock(tx: &mut Tx<'_>, id: RequestId) -> DbResult<Request> {
    let rows: Vec<Row> = locked!(
        tx.conn(),
        request::table
            .filter(request::id.eq(id.to_string()))
            .select(Row::as_select())
    )?;
    rows.into_iter().next().ok_or(DbError::NotFound)?.try_into()
}

/// Moves the request to its next phase; [`DbError::Stale`] if somebody moved it first.
pub fn advance(tx: &mut Tx<'_>, from: &Request, to: &Phase, now: Timestamp) -> DbResult<Request> {
    let closed_at = to.is_final().then_some(now);
    let moved = diesel::update(request::table)
        .filter(request::id.eq(from.id.to_string()))
        .filter(request::version.eq(from.version))
        .filter(request::phase.eq(from.phase.name()))
        .set((
            request::phase.eq(to.name()),
            request::phase_data.eq(json(to)),
            request::closed_at.eq(closed_at.map(to_db)),
            request::version.eq(from.version + 1),
        ))
        .execute(tx.conn())?;
    if moved != 1 {
        return Err(DbError::Stale);
    }
    Ok(Request {
        phase: to.clone(),
        closed_at,
        version: from.version + 1,
        ..from.clone()
    })
}

pub fn count_download(tx: &mut Tx<'_>, id: RequestId) -> DbResult<()> {
    diesel::update(request::table)
        .filter(request::id.eq(id.to_string()))
        .set(request::downloads.eq(request::downloads + 1))
        .execute(tx.conn())?;
    Ok(())
}

/// Which requests an officer wants to see.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub open_only: bool,
    pub right: Option<Right>,
    pub phase: Option<String>,
}

/// The most rows that one list holds.
const PAGE: i64 = 500;

/// Most urgent first.
pub fn list(tx: &mut ReadTx<'_>, filter: &Filter) -> DbResult<Vec<Request>> {
    // The multi-backend type cannot box a query, so each filter passes when it is not asked for.
    let any_right = filter.right.is_none();
    let any_phase = filter.phase.is_none();
    let right = filter.right.map(Right::as_str).unwrap_or_default();
    let phase = filter.phase.as_deref().unwrap_or_default();
    let rights: Vec<&str> = if any_right {
        Right::ALL.iter().map(|r| r.as_str()).collect()
    } else {
        vec![right]
    };
    let phases: Vec<&str> = Phase::NAMES
        .into_iter()
        .filter(|name| any_phase || *name == phase)
        .filter(|name| !filter.open_only || !["closed", "refused", "withdrawn"].contains(name))
        .collect();
    let rows: Vec<Row> = request::table
        .filter(request::right.eq_any(rights))
        .filter(request::phase.eq_any(phases))
        .order((request::due_at, request::id))
        .limit(PAGE)
        .select(Row::as_select())
        .load(tx.conn())?;
    rows.into_iter().map(Request::try_from).collect()
}

/// Open requests that are due before an instant, most urgent first.
pub fn due_before(tx: &mut ReadTx<'_>, instant: Timestamp) -> DbResult<Vec<Request>> {
    let rows: Vec<Row> = request::table
        .filter(request::closed_at.is_null())
        .filter(request::due_at.lt(to_db(instant)))
        .order((request::due_at, request::id))
        .limit(PAGE)
        .select(Row::as_select())
        .load(tx.conn())?;
    rows.into_iter().map(Request::try_from).collect()
}
