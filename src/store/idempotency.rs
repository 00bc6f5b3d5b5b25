//! Answers already given, so that the same request sent twice is done once.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{kato_to_column, to_column};
use super::schema::idempotency;
use super::{Keeper, Store, StoreError, Transaction};
use crate::domain::kato::Kato;

/// What is sealed.
const ANSWER: &str = "idempotency.answer";

/// An answer that was given.
#[derive(Clone, Debug)]
pub struct Answered {
    /// SHA-256 of the request that it answered.
    pub body_hash: String,
    /// The HTTP status that the client got.
    pub status: u16,
    /// The JSON that the client got.
    pub answer: String,
}

/// Under which key an answer is kept.
#[derive(Clone, Debug)]
pub struct Key<'a> {
    /// The home of the act.
    pub home: Kato,
    /// The id of the credential that asked.
    pub principal: &'a str,
    /// The key that the client sent.
    pub key: &'a str,
}

#[derive(Insertable)]
#[diesel(table_name = idempotency)]
struct Row<'a> {
    home: i32,
    principal: &'a str,
    key: &'a str,
    body_hash: &'a str,
    status: i32,
    answer: Vec<u8>,
    at: NaiveDateTime,
}

/// The answer given under a key, if any.
///
/// # Errors
/// The database is not available.
pub fn find(tx: &mut Transaction<'_>, key: &Key<'_>) -> Result<Option<Answered>, StoreError> {
    let row: Option<(String, i32, Vec<u8>)> = idempotency::table
        .find((kato_to_column(key.home), key.principal, key.key))
        .select((idempotency::body_hash, idempotency::status, idempotency::answer))
        .get_result(tx.conn())
        .optional()?;
    row.map(|(body_hash, status, answer)| {
        Ok(Answered { body_hash, status: u16::try_from(status).unwrap_or(200), answer: tx.open(ANSWER, &answer)? })
    })
    .transpose()
}

/// Keeps the answer in the transaction of the act itself.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, key: &Key<'_>, answered: &Answered) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let answer = tx.seal(&Keeper::Registry, ANSWER, &answered.answer)?;
    diesel::insert_into(idempotency::table)
        .values(Row {
            home: kato_to_column(key.home),
            principal: key.principal,
            key: key.key,
            body_hash: &answered.body_hash,
            status: i32::from(answered.status),
            answer,
            at,
        })
        .execute(tx.conn())?;
    Ok(())
}

/// The answers that a home gave before an instant.
#[diesel::dsl::auto_type]
fn given_before(home: Kato, before: DateTime<Utc>) -> _ {
    let (home, before): (i32, NaiveDateTime) = (kato_to_column(home), to_column(before));
    idempotency::table.filter(idempotency::home.eq(home)).filter(idempotency::at.lt(before))
}

impl Store {
    /// Forgets the answers that a home gave before this instant, and says how many. The one change without a record: an
    /// answer that is kept is no fact of the registry, and forgetting it changes nothing that anyone decided.
    ///
    /// # Errors
    /// The database is not available.
    pub fn forget_answers(&self, home: Kato, before: DateTime<Utc>) -> Result<usize, StoreError> {
        self.read(|conn| Ok(diesel::delete(given_before(home, before)).execute(conn)?))
    }

    /// How many answers [`Store::forget_answers`] would forget.
    ///
    /// # Errors
    /// The database is not available.
    pub fn old_answers(&self, home: Kato, before: DateTime<Utc>) -> Result<usize, StoreError> {
        let count: i64 =
            self.read(|conn| given_before(home, before).count().get_result(conn).map_err(StoreError::from))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }
}
