//! Sessions of families: who is signed in, by the hash of a secret. No facts of the registry, so no record tells them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::columns::{code, from_column, to_column};
use super::connection::AnyConnection;
use super::schema::sessions;
use super::tables::sessions::{Row, put};
use super::{Store, StoreError};
use crate::domain::representative::FamilyWay;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the secret.
    pub hash: String,
    /// Whose it is.
    pub representative: String,
    /// By what it was opened.
    pub way: FamilyWay,
    /// When somebody else than the person set the contact that its one-time code went to.
    pub contact_at: Option<DateTime<Utc>>,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When it was last seen to be used.
    pub used_at: DateTime<Utc>,
}

/// The session whose secret has this hash, where nobody has ended it.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, hash: &str) -> Result<Option<Session>, StoreError> {
    let row: Option<Row> =
        sessions::table.find(hash).filter(sessions::ended_at.is_null()).get_result(conn).optional()?;
    let noun = |row: Row| {
        Ok(Session {
            hash: row.hash,
            representative: row.representative,
            way: code(&row.way)?,
            contact_at: row.contact_at.map(from_column),
            opened_at: from_column(row.opened_at),
            used_at: from_column(row.used_at),
        })
    };
    row.map(noun).transpose()
}

impl Store {
    /// Opens a session.
    ///
    /// # Errors
    /// The database refuses.
    pub fn open_session(&self, session: &Session) -> Result<(), StoreError> {
        let row = Row {
            hash: session.hash.clone(),
            representative: session.representative.clone(),
            way: session.way.code().to_owned(),
            contact_at: session.contact_at.map(to_column),
            opened_at: to_column(session.opened_at),
            used_at: to_column(session.used_at),
            ended_at: None,
        };
        self.read(|conn| put(conn, &[row]))
    }

    /// Notes that a session is used.
    ///
    /// # Errors
    /// The database refuses.
    pub fn use_session(&self, hash: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.read(|conn| {
            diesel::update(sessions::table.find(hash)).set(sessions::used_at.eq(to_column(at))).execute(conn)?;
            Ok(())
        })
    }

    /// Ends all sessions of a representative.
    ///
    /// # Errors
    /// The database refuses.
    pub fn end_sessions(&self, representative: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
        self.read(|conn| {
            let own = sessions::table.filter(sessions::representative.eq(representative));
            diesel::update(own.filter(sessions::ended_at.is_null()))
                .set(sessions::ended_at.eq(Some(to_column(at))))
                .execute(conn)?;
            Ok(())
        })
    }
}
