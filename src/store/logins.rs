//! The names by which accounts sign in. One often names its holder, so it is sealed, and found by its keyed hash.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::{kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::logins::Row;
use super::schema::{accounts, logins, passwords, second_factors};
use super::{Keeper, StoreError, Transaction, Vault};
use crate::domain::kato::Kato;
use crate::trust::cipher::{BlindIin, BlindLogin};

/// What is sealed.
const NAME: &str = "logins.name";

/// What a sign-in is held against.
#[derive(Clone, Debug)]
pub struct Known {
    /// The account.
    pub account: String,
    /// Whether it is closed.
    pub is_closed: bool,
    /// By what its person is known.
    pub person: BlindIin,
    /// The hash of its password; none where nobody has set one.
    pub password: Option<String>,
    /// Whether a second factor was confirmed.
    pub has_second_factor: bool,
}

/// The account with this login.
///
/// # Errors
/// The database is not available.
pub fn known(conn: &mut AnyConnection, login: BlindLogin) -> Result<Option<Known>, StoreError> {
    type Found = (String, Option<chrono::NaiveDateTime>, i64, Option<String>, Option<chrono::NaiveDateTime>);
    let found: Option<Found> = logins::table
        .inner_join(accounts::table.on(accounts::id.eq(logins::account)))
        .left_join(passwords::table.on(passwords::account.eq(logins::account)))
        .left_join(second_factors::table.on(second_factors::account.eq(logins::account)))
        .filter(logins::login.eq(login.0))
        .select((
            logins::account,
            accounts::closed_at,
            accounts::iin,
            passwords::hash.nullable(),
            second_factors::confirmed_at.nullable(),
        ))
        .get_result(conn)
        .optional()?;
    Ok(found.map(|(account, closed_at, iin, password, confirmed_at)| Known {
        account,
        is_closed: closed_at.is_some(),
        person: BlindIin(iin),
        password,
        has_second_factor: confirmed_at.is_some(),
    }))
}

/// By what the login of an account is looked up.
///
/// # Errors
/// The database is not available.
pub fn of_account(conn: &mut AnyConnection, account: &str) -> Result<Option<BlindLogin>, StoreError> {
    let found: Option<i64> = logins::table.find(account).select(logins::login).get_result(conn).optional()?;
    Ok(found.map(BlindLogin))
}

/// The logins of these accounts, as they were written.
pub(super) fn names(
    conn: &mut AnyConnection,
    vault: &Vault,
    of: &[&str],
) -> Result<HashMap<String, String>, StoreError> {
    let rows: Vec<Row> = match of {
        [] => Vec::new(),
        [one] => logins::table.find(*one).load(conn)?,
        _ => logins::table.load(conn)?,
    };
    let rows: Vec<Row> = rows.into_iter().filter(|row| of.contains(&row.account.as_str())).collect();
    let opener = vault.opener(conn, rows.iter().map(|row| row.name.as_slice()))?;
    rows.into_iter().map(|row| Ok((row.account, opener.open(NAME, &row.name)?))).collect()
}

/// Gives an account its login, in place of the one that it had.
///
/// # Errors
/// The database refuses: also a login that another account has.
pub fn set(tx: &mut Transaction<'_>, account: &str, home: Kato, login: &str) -> Result<(), StoreError> {
    let (blind, at) = (tx.look_up()?.blind_login(login), to_column(tx.at()));
    let name = tx.seal(&Keeper::Registry, NAME, login)?;
    if of_account(tx.conn(), account)?.is_none() {
        let account = account.to_owned();
        return Row::insert(tx, &[Row { account, home: kato_to_column(home), login: blind.0, name, set_at: at }]);
    }
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(logins::table.find(account))
        .set((logins::login.eq(blind.0), logins::name.eq(name), logins::set_at.eq(at)))
        .returning(logins::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
