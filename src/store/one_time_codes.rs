//! One-time codes on their way to a family: the hash of each, by which it is compared, and the code itself, sealed under the child's
//! key, until whoever sends its message has taken it. No facts of the registry: the hash of six signs is tried through in no time, so no
//! record may tell it. That one was asked for, and who took it, is told with its message.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::one_time_codes;
use super::tables::one_time_codes::{Row, put};
use super::{Keeper, Store, StoreError, Transaction};

/// What is sealed.
const CODE: &str = "one_time_codes.sealed";

/// A code that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneTimeCode {
    /// The id of the message that brings it.
    pub message: String,
    /// Whom it signs in.
    pub representative: String,
    /// What it is compared by.
    pub code: i64,
    /// When somebody else than the person set the contacts that it goes to.
    pub contact_at: Option<DateTime<Utc>>,
}

/// Keeps a code until its message is taken.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, new: &OneTimeCode, child: &str, signs: &str) -> Result<(), StoreError> {
    let sealed = tx.seal(&Keeper::Child(child.to_owned()), CODE, signs)?;
    let row = Row {
        message: new.message.clone(),
        representative: new.representative.clone(),
        code: new.code,
        sealed: Some(sealed),
        contact_at: new.contact_at.map(to_column),
        made_at: to_column(tx.at()),
    };
    put(tx.conn(), &[row])
}

/// When the last of these representatives' codes was made that nobody has used.
///
/// # Errors
/// The database is not available.
pub fn last_made(conn: &mut AnyConnection, of: &[String]) -> Result<Option<DateTime<Utc>>, StoreError> {
    let own = one_time_codes::table.filter(one_time_codes::representative.eq_any(of));
    let last: Option<NaiveDateTime> = own.select(diesel::dsl::max(one_time_codes::made_at)).get_result(conn)?;
    Ok(last.map(from_column))
}

/// Takes the code of a message out, once: then it is known to its receiver alone. Nothing where it was made before `since`, or is
/// gone.
///
/// # Errors
/// The database refuses.
pub fn take(tx: &mut Transaction<'_>, message: &str, since: DateTime<Utc>) -> Result<Option<String>, StoreError> {
    let sealed: Option<Option<Vec<u8>>> = one_time_codes::table
        .find(message)
        .filter(one_time_codes::made_at.gt(to_column(since)))
        .select(one_time_codes::sealed)
        .get_result(tx.conn())
        .optional()?;
    diesel::update(one_time_codes::table.find(message))
        .set(one_time_codes::sealed.eq(None::<Vec<u8>>))
        .execute(tx.conn())?;
    sealed.flatten().map(|sealed| tx.open(CODE, &sealed)).transpose()
}

/// Uses a code of these representatives up that was made after `since`: of two who show it at once one has it.
///
/// # Errors
/// The database refuses.
pub fn redeem(
    conn: &mut AnyConnection,
    of: &[String],
    code: i64,
    since: DateTime<Utc>,
) -> Result<Option<OneTimeCode>, StoreError> {
    let own = one_time_codes::table
        .filter(one_time_codes::representative.eq_any(of.to_vec()))
        .filter(one_time_codes::code.eq(code))
        .filter(one_time_codes::made_at.gt(to_column(since)));
    let used: Vec<Row> = on_backend!(conn, c => diesel::delete(own)
        .returning(one_time_codes::all_columns)
        .get_results(c))?;
    let noun = |row: Row| OneTimeCode {
        message: row.message,
        representative: row.representative,
        code: row.code,
        contact_at: row.contact_at.map(from_column),
    };
    Ok(used.into_iter().next().map(noun))
}

impl Store {
    /// Forgets the codes that were made before an instant.
    ///
    /// # Errors
    /// The database is not available.
    pub fn forget_one_time_codes(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        self.read(|conn| {
            let old = one_time_codes::table.filter(one_time_codes::made_at.le(to_column(before)));
            diesel::delete(old).execute(conn)?;
            Ok(())
        })
    }
}
