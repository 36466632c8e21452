//! Officers and their console sessions. Passwords and tokens are kept as hashes only.

use diesel::prelude::*;
use habeas_domain::OfficerId;
use jiff::Timestamp;

use crate::{
    DbError, DbResult, ReadTx, Tx,
    conn::{each, from_db, to_db},
    schema::{officer, session, sign_in_failure},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerRow {
    pub id: OfficerId,
    pub login: String,
    pub name: String,
    pub password_hash: String,
    pub disabled: bool,
}

/// Adds an officer; [`DbError::Conflict`] when the login is taken.
pub fn add(tx: &mut Tx<'_>, new: &OfficerRow, now: Timestamp) -> DbResult<()> {
    diesel::insert_into(officer::table)
        .values((
            officer::id.eq(new.id.to_string()),
            officer::login.eq(&new.login),
            officer::name.eq(&new.name),
            officer::password_hash.eq(&new.password_hash),
            officer::made_at.eq(to_db(now)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

type Row = (
    String,
    String,
    String,
    String,
    Option<chrono::NaiveDateTime>,
);

fn read((id, login, name, password_hash, disabled_at): Row) -> DbResult<OfficerRow> {
    Ok(OfficerRow {
        id: id.parse().map_err(|_| DbError::Corrupt {
            column: "officer.id",
        })?,
        login,
        name,
        password_hash,
        disabled: disabled_at.is_some(),
    })
}

const COLUMNS: (
    officer::id,
    officer::login,
    officer::name,
    officer::password_hash,
    officer::disabled_at,
) = (
    officer::id,
    officer::login,
    officer::name,
    officer::password_hash,
    officer::disabled_at,
);

pub fn by_login(tx: &mut ReadTx<'_>, login: &str) -> DbResult<Option<OfficerRow>> {
    officer::table
        .filter(officer::login.eq(login))
        .select(COLUMNS)
        .first::<Row>(tx.conn())
        .optional()?
        .map(read)
        .transpose()
}

/// Ends the officer's access; open sessions no longer count.
pub fn disable(tx: &mut Tx<'_>, login: &str, now: Timestamp) -> DbResult<bool> {
    Ok(diesel::update(officer::table)
        .filter(officer::login.eq(login))
        .set(officer::disabled_at.eq(to_db(now)))
        .execute(tx.conn())?
        == 1)
}

pub fn open_session(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    who: OfficerId,
    csrf: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> DbResult<()> {
    diesel::insert_into(session::table)
        .values((
            session::token_hash.eq(token_hash),
            session::officer_id.eq(who.to_string()),
            session::csrf.eq(csrf),
            session::made_at.eq(to_db(now)),
            session::seen_at.eq(to_db(now)),
            session::expires_at.eq(to_db(expires_at)),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The live session of a token: not expired, seen since `idle_since`, officer not disabled. Marks
/// it as seen.
pub fn session(
    tx: &mut Tx<'_>,
    token_hash: &[u8],
    now: Timestamp,
    idle_since: Timestamp,
) -> DbResult<Option<(OfficerRow, String)>> {
    let found: Option<(String, String)> = session::table
        .filter(session::token_hash.eq(token_hash))
        .filter(session::expires_at.gt(to_db(now)))
        .filter(session::seen_at.gt(to_db(idle_since)))
        .select((session::officer_id, session::csrf))
        .first(tx.conn())
        .optional()?;
    let Some((officer_id, csrf)) = found else {
        return Ok(None);
    };
    let who = officer::table
        .filter(officer::id.eq(officer_id))
        .select(COLUMNS)
        .first::<Row>(tx.conn())?;
    let who = read(who)?;
    if who.disabled {
        return Ok(None);
    }
    diesel::update(session::table)
        .filter(session::token_hash.eq(token_hash))
        .set(session::seen_at.eq(to_db(now)))
        .execute(tx.conn())?;
    Ok(Some((who, csrf)))
}

pub fn close_session(tx: &mut Tx<'_>, token_hash: &[u8]) -> DbResult<()> {
    diesel::delete(session::table)
        .filter(session::token_hash.eq(token_hash))
        .execute(tx.conn())?;
    Ok(())
}

/// Wrong sign-ins in a row for a login, and when the last one was.
pub fn failures(tx: &mut ReadTx<'_>, login_hash: &[u8]) -> DbResult<(i64, Option<Timestamp>)> {
    let found: Option<(i64, chrono::NaiveDateTime)> = sign_in_failure::table
        .filter(sign_in_failure::login_hash.eq(login_hash))
        .select((sign_in_failure::fails, sign_in_failure::last_at))
        .first(tx.conn())
        .optional()?;
    Ok(found.map_or((0, None), |(fails, at)| (fails, Some(from_db(at)))))
}

pub fn count_failure(tx: &mut Tx<'_>, login_hash: &[u8], now: Timestamp) -> DbResult<()> {
    each!(tx.conn(), c => diesel::insert_into(sign_in_failure::table)
        .values((
            sign_in_failure::login_hash.eq(login_hash),
            sign_in_failure::fails.eq(1),
            sign_in_failure::last_at.eq(to_db(now)),
        ))
        .on_conflict(sign_in_failure::login_hash)
        .do_update()
        .set((
            sign_in_failure::fails.eq(sign_in_failure::fails + 1),
            sign_in_failure::last_at.eq(to_db(now)),
        ))
        .execute(c))?;
    Ok(())
}

pub fn forget_failures(tx: &mut Tx<'_>, login_hash: &[u8]) -> DbResult<()> {
    diesel::delete(sign_in_failure::table)
        .filter(sign_in_failure::login_hash.eq(login_hash))
        .execute(tx.conn())?;
    Ok(())
}
