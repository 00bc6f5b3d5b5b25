//! What an account signs in with: the hash of its password, the invitation to set one, its second factor, the secret of a
//! system. No facts of the registry, so no record tells them.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::columns::{from_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::{client_secrets, invitations, passwords, second_factors};
use super::vault::{KeyId, sealed};
use super::{StoreError, Transaction, Vault};

/// What is sealed.
const SECRET: &str = "second_factors.secret";

/// An invitation to set a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Whose password it sets.
    pub account: String,
    /// Until when.
    pub ends_at: DateTime<Utc>,
}

/// The invitation whose secret has this hash.
///
/// # Errors
/// The database is not available.
pub fn invitation(conn: &mut AnyConnection, hash: &str) -> Result<Option<Invitation>, StoreError> {
    let columns = (invitations::account, invitations::ends_at);
    let found: Option<(String, NaiveDateTime)> =
        invitations::table.filter(invitations::hash.eq(hash)).select(columns).get_result(conn).optional()?;
    Ok(found.map(|(account, ends_at)| Invitation { account, ends_at: from_column(ends_at) }))
}

/// Takes everything from an account that it signs in with.
///
/// # Errors
/// The database refuses.
pub fn forget(tx: &mut Transaction<'_>, account: &str) -> Result<(), StoreError> {
    let conn = tx.conn();
    diesel::delete(passwords::table.find(account)).execute(conn)?;
    diesel::delete(invitations::table.find(account)).execute(conn)?;
    diesel::delete(second_factors::table.find(account)).execute(conn)?;
    diesel::delete(client_secrets::table.find(account)).execute(conn)?;
    Ok(())
}

/// Invites an account that has nothing to sign in with ([`forget`]) to set a password.
///
/// # Errors
/// The database refuses.
pub fn invite(tx: &mut Transaction<'_>, account: &str, hash: &str, ends_at: DateTime<Utc>) -> Result<(), StoreError> {
    let ends_at = invitations::ends_at.eq(to_column(ends_at));
    let row = (invitations::account.eq(account), invitations::hash.eq(hash), ends_at);
    diesel::insert_into(invitations::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// Gives a system that has none ([`forget`]) the secret with this hash.
///
/// # Errors
/// The database refuses.
pub fn give_client_secret(tx: &mut Transaction<'_>, account: &str, hash: &str) -> Result<(), StoreError> {
    let made_at = client_secrets::made_at.eq(to_column(tx.at()));
    let row = (client_secrets::account.eq(account), client_secrets::hash.eq(hash), made_at);
    diesel::insert_into(client_secrets::table).values(row).execute(tx.conn())?;
    Ok(())
}

/// The hash of a system's secret.
///
/// # Errors
/// The database is not available.
pub fn client_secret(conn: &mut AnyConnection, account: &str) -> Result<Option<String>, StoreError> {
    Ok(client_secrets::table.find(account).select(client_secrets::hash).get_result(conn).optional()?)
}

/// Uses an invitation up; whether it was still there: of two at once one goes on.
///
/// # Errors
/// The database refuses.
pub fn redeem(conn: &mut AnyConnection, hash: &str) -> Result<bool, StoreError> {
    Ok(diesel::delete(invitations::table.filter(invitations::hash.eq(hash))).execute(conn)? == 1)
}

/// The hash of an account's password.
///
/// # Errors
/// The database is not available.
pub fn password(conn: &mut AnyConnection, account: &str) -> Result<Option<String>, StoreError> {
    Ok(passwords::table.find(account).select(passwords::hash).get_result(conn).optional()?)
}

/// Sets the password of an account, in place of the one that it had.
///
/// # Errors
/// The database refuses.
pub fn set_password(conn: &mut AnyConnection, account: &str, hash: &str, at: DateTime<Utc>) -> Result<(), StoreError> {
    let (hash, set_at) = (passwords::hash.eq(hash), passwords::set_at.eq(to_column(at)));
    on_backend!(conn, c => diesel::insert_into(passwords::table)
        .values((passwords::account.eq(account), hash, set_at))
        .on_conflict(passwords::account)
        .do_update()
        .set((hash, set_at))
        .execute(c))?;
    Ok(())
}

/// A second factor: the secret that an app shares.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// The secret.
    pub secret: Vec<u8>,
    /// Whether its holder has shown a first code.
    pub is_confirmed: bool,
}

/// The second factor of an account.
///
/// # Errors
/// The database is not available, or the registry's keys cannot be read.
pub fn second_factor(
    conn: &mut AnyConnection,
    vault: &Vault,
    account: &str,
) -> Result<Option<SecondFactor>, StoreError> {
    let columns = (second_factors::secret, second_factors::confirmed_at);
    let found: Option<(Vec<u8>, Option<NaiveDateTime>)> =
        second_factors::table.find(account).select(columns).get_result(conn).optional()?;
    let Some((held, confirmed_at)) = found else { return Ok(None) };
    let text = vault.open(conn, SECRET, &held)?;
    let bytes = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    let secret: Option<Vec<u8>> = bytes.collect();
    let secret = secret.ok_or_else(|| StoreError::Damaged("a second factor is none".to_owned()))?;
    Ok(Some(SecondFactor { secret, is_confirmed: confirmed_at.is_some() }))
}

/// Keeps a second factor that nobody has confirmed yet, in place of another such one. Whether it is kept: a confirmed one
/// stands.
///
/// # Errors
/// The database refuses, or the registry's keys cannot be read.
pub fn offer_second_factor(
    conn: &mut AnyConnection,
    vault: &Vault,
    account: &str,
    secret: &[u8],
) -> Result<bool, StoreError> {
    let ready = vault.keys_to_seal(conn, &[KeyId::REGISTRY].into())?;
    let key = ready.get(&KeyId::REGISTRY).ok_or_else(|| StoreError::Other("the registry has no key".to_owned()))?;
    let held = sealed(KeyId::REGISTRY, key, SECRET, crate::trust::seal::hex(secret).as_bytes());
    let unconfirmed = second_factors::table.find(account).filter(second_factors::confirmed_at.is_null());
    diesel::delete(unconfirmed).execute(conn)?;
    let row = (second_factors::account.eq(account), second_factors::secret.eq(held));
    let kept = on_backend!(conn, c => diesel::insert_into(second_factors::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(kept == 1)
}

/// Confirms the second factor of an account by the step of its first code; whether there was one to confirm.
///
/// # Errors
/// The database refuses.
pub fn confirm_second_factor(
    conn: &mut AnyConnection,
    account: &str,
    step: i64,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let unconfirmed = second_factors::table.find(account).filter(second_factors::confirmed_at.is_null());
    let set = (second_factors::confirmed_at.eq(Some(to_column(at))), second_factors::last_step.eq(Some(step)));
    Ok(diesel::update(unconfirmed).set(set).execute(conn)? == 1)
}

/// Takes the code of a step; whether it may be taken: each is good once, and none that is older than the last.
///
/// # Errors
/// The database refuses.
pub fn take_step(conn: &mut AnyConnection, account: &str, step: i64) -> Result<bool, StoreError> {
    let older = second_factors::last_step.is_null().or(second_factors::last_step.lt(Some(step)));
    let later = second_factors::table.find(account).filter(older);
    Ok(diesel::update(later).set(second_factors::last_step.eq(Some(step))).execute(conn)? == 1)
}
