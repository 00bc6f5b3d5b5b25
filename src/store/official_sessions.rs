//! Sessions of officials and systems: who is signed in as what, by the hash of a secret. No facts of the registry, so no record
//! tells them.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::accounts::mandate;
use super::columns::{code, from_column, to_column};
use super::connection::AnyConnection;
use super::rows::mandates::Row as MandateRow;
use super::schema::{accounts, mandates, official_sessions, second_factors};
use super::tables::official_sessions::{Row, put};
use crate::domain::account::Mandate;
use crate::domain::codes::Way;
use crate::trust::cipher::BlindIin;

/// A session of an official or a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfficialSession {
    /// SHA-256 of the secret.
    pub hash: String,
    /// Whose it is.
    pub account: String,
    /// The mandate that it is used by.
    pub mandate: String,
    /// How its holder signed in.
    pub way: Way,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last seen to be used.
    pub used_at: DateTime<Utc>,
}

/// A session with what it rests on.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The session itself.
    pub session: OfficialSession,
    /// The mandate that it is used by.
    pub mandate: Mandate,
    /// Whether its account is closed.
    pub is_closed: bool,
    /// By what its person is known.
    pub person: BlindIin,
    /// Whether the account has a second factor.
    pub has_second_factor: bool,
}

/// The session whose secret has this hash, where nobody has ended it.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, hash: &str) -> Result<Option<Opened>, StoreError> {
    type Found = (Row, MandateRow, (i64, Option<NaiveDateTime>), Option<NaiveDateTime>);
    let found: Option<Found> = official_sessions::table
        .inner_join(mandates::table.on(mandates::id.eq(official_sessions::mandate)))
        .inner_join(accounts::table.on(accounts::id.eq(official_sessions::account)))
        .left_join(second_factors::table.on(second_factors::account.eq(official_sessions::account)))
        .filter(official_sessions::hash.eq(hash))
        .filter(official_sessions::ended_at.is_null())
        .select((
            official_sessions::all_columns,
            mandates::all_columns,
            (accounts::iin, accounts::closed_at),
            second_factors::confirmed_at.nullable(),
        ))
        .get_result(conn)
        .optional()?;
    let opened = |(row, given, (iin, closed_at), confirmed_at): Found| {
        Ok(Opened {
            session: OfficialSession {
                hash: row.hash,
                account: row.account,
                mandate: row.mandate,
                way: code(&row.way)?,
                opened_at: from_column(row.opened_at),
                used_at: from_column(row.used_at),
            },
            mandate: mandate(given)?,
            is_closed: closed_at.is_some(),
            person: BlindIin(iin),
            has_second_factor: confirmed_at.is_some(),
        })
    };
    found.map(opened).transpose()
}

/// Opens a session.
///
/// # Errors
/// The database refuses.
pub fn open(conn: &mut AnyConnection, session: &OfficialSession) -> Result<(), StoreError> {
    let row = Row {
        hash: session.hash.clone(),
        account: session.account.clone(),
        mandate: session.mandate.clone(),
        way: session.way.code().to_owned(),
        opened_at: to_column(session.opened_at),
        used_at: to_column(session.used_at),
        ended_at: None,
    };
    put(conn, &[row])
}

/// Notes that a session is used.
///
/// # Errors
/// The database refuses.
pub fn note_use(conn: &mut AnyConnection, hash: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let own = diesel::update(official_sessions::table.find(hash));
    own.set(official_sessions::used_at.eq(to_column(at))).execute(conn)?;
    Ok(())
}

/// Uses a session by another mandate.
///
/// # Errors
/// The database refuses.
pub fn switch(conn: &mut AnyConnection, hash: &str, mandate: &str) -> Result<(), StoreError> {
    let own = diesel::update(official_sessions::table.find(hash));
    own.set(official_sessions::mandate.eq(mandate)).execute(conn)?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// The database refuses.
pub fn end(conn: &mut AnyConnection, hash: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let own = official_sessions::table.find(hash).filter(official_sessions::ended_at.is_null());
    diesel::update(own).set(official_sessions::ended_at.eq(Some(to_column(at)))).execute(conn)?;
    Ok(())
}

/// Ends the sessions of an account, but for one where it is named; how many.
///
/// # Errors
/// The database refuses.
pub fn end_all(
    conn: &mut AnyConnection,
    account: &str,
    but: Option<&str>,
    at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let own = official_sessions::table
        .filter(official_sessions::account.eq(account))
        .filter(official_sessions::ended_at.is_null())
        .filter(official_sessions::hash.ne(but.unwrap_or_default()));
    Ok(diesel::update(own).set(official_sessions::ended_at.eq(Some(to_column(at)))).execute(conn)?)
}

/// Forgets the sessions of an account that were opened before an instant.
///
/// # Errors
/// The database refuses.
pub fn forget(conn: &mut AnyConnection, account: &str, before: DateTime<Utc>) -> Result<(), StoreError> {
    let old = official_sessions::table.filter(official_sessions::account.eq(account));
    diesel::delete(old.filter(official_sessions::opened_at.lt(to_column(before)))).execute(conn)?;
    Ok(())
}
