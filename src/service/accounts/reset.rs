//! Resetting: everything by which an account was used opens nothing any more, and it gets what it needs to begin anew: a person
//! an invitation to set a password, a system a secret. By the operator, or by whoever keeps accounts, never one's own.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::appointing::ending;
use super::clients;
use super::holder::{Hand, entry, homes_of, not_themselves, still_open};
use super::official::normalised;
use super::taking::{Taken, taken};
use crate::domain::account::Account;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::service::kernel::keys;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Store, Transaction, Written, accounts, logins, secrets};
use crate::trust::act::{AccountReset, PublicAct};
use crate::trust::seal::sha256_hex;

/// How an invitation begins.
const MARK: &str = "kezek-invitation_";
/// An invitation is good for so many days.
const INVITATION_DAYS: i64 = 3;
/// Shortest and longest login.
const LOGIN_LENGTH: std::ops::RangeInclusive<usize> = 3..=64;

/// What a reset is to do besides.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetIn {
    /// The name by which its holder signs in from now on; the one that it has where missing. Letters, digits, dots and dashes.
    #[serde(default)]
    #[schema(example = "a.serikova")]
    pub login: Option<String>,
}

/// An account that begins anew. The secrets are shown here only.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct Begun {
    /// The key of the account.
    pub account: String,
    /// How many credentials were revoked.
    pub revoked: usize,
    /// How many sessions ended.
    pub ended: usize,
    /// The name by which its holder signs in; none where it has none, or is a system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// The secret by which its holder sets a password, once: `POST /api/v1/passwords`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// Until when the invitation is good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// The id by which a system asks for tokens: `POST /api/v1/tokens`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// Resets an account, at the machine.
///
/// # Errors
/// 404, 409 where it is closed or another account has this login, 422 for what is no login, or the database refuses.
pub fn reset_here(store: &Store, now: DateTime<Utc>, account: &str, sent: &ResetIn) -> Result<Begun, Problem> {
    let homes = homes_to_lock(store, account, sent)?;
    store.write(&homes, now, |tx| begun(tx, Hand::Operator, account, sent))
}

/// How much of an account was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// How many credentials were revoked.
    pub revoked: usize,
    /// How many sessions ended.
    pub ended: usize,
}

/// Takes everything from an account by which it was used, at the machine; nothing begins anew.
///
/// # Errors
/// 404, or the database refuses.
pub fn stop_here(store: &Store, now: DateTime<Utc>, account: &str) -> Result<Stopped, Problem> {
    let homes = homes_of(store, account)?;
    store.write(&homes, now, |tx| {
        let vault = tx.vault();
        let found = accounts::find(tx.conn(), vault, account)?.ok_or_else(|| Problem::not_found("account"))?;
        let Taken { revoked, ended, mut entries } = taken(tx, Hand::Operator, account)?;
        if !entries.iter().any(|entry| entry.home == found.home) {
            let told = AccountReset { account: account.to_owned(), tokens: 0, role: None };
            entries.push(entry(Hand::Operator, found.home, found.home, PublicAct::ResetAccount(told).into()));
        }
        Ok(Written { value: Stopped { revoked, ended }, entries })
    })
}

/// Resets an account, all of whose mandates the caller could end.
///
/// # Errors
/// 403, 404, 409 where it is closed or another account has this login, 422 for what is no login.
pub fn reset(office: &Office, caller: &Caller, account: &str, sent: &ResetIn) -> Result<Answer, Problem> {
    let homes = homes_to_lock(&office.store, account, sent)?;
    office.perform(caller, &homes, 200, |tx| {
        let own = accounts::mandates_of(tx.conn(), account)?;
        own.iter().try_for_each(|own| ending(&caller.principal, own).map(drop))?;
        let hand = Hand::Official(&caller.principal);
        let person = accounts::person_of(tx.conn(), account)?;
        not_themselves(hand, |principal| principal.id == account || Some(principal.person) == person)?;
        begun(tx, hand, account, sent)
    })
}

/// A login is the whole registry's: two of the same at once would be told apart by the database alone.
fn homes_to_lock(store: &Store, account: &str, sent: &ResetIn) -> Result<Vec<Kato>, Problem> {
    let mut homes = homes_of(store, account)?;
    homes.extend(sent.login.as_ref().map(|_| Kato::COUNTRY));
    Ok(homes)
}

fn begun(tx: &mut Transaction<'_>, hand: Hand<'_>, account: &str, sent: &ResetIn) -> Result<Written<Begun>, Problem> {
    let vault = tx.vault();
    let found = accounts::find(tx.conn(), vault, account)?.ok_or_else(|| Problem::not_found("account"))?;
    still_open(&found)?;
    let Taken { revoked, ended, mut entries } = taken(tx, hand, account)?;
    if !entries.iter().any(|entry| entry.home == found.home) {
        let told = AccountReset { account: account.to_owned(), tokens: 0, role: hand.role() };
        entries.push(entry(hand, found.home, found.home, PublicAct::ResetAccount(told).into()));
    }
    let login = match &sent.login {
        Some(login) => Some(named(tx, &found, login)?),
        None => found.login.clone(),
    };
    let mut begun = Begun { account: account.to_owned(), revoked, ended, login, ..Begun::default() };
    if found.system.is_some() {
        let secret = keys::secret_of(clients::MARK);
        secrets::give_client_secret(tx, account, &sha256_hex(secret.as_bytes()))?;
        (begun.client_id, begun.client_secret) = (Some(account.to_owned()), Some(secret));
    } else if begun.login.is_some() {
        let (secret, ends_at) = (keys::secret_of(MARK), tx.at() + TimeDelta::days(INVITATION_DAYS));
        secrets::invite(tx, account, &sha256_hex(secret.as_bytes()), ends_at)?;
        (begun.invitation, begun.ends_at) = (Some(secret), Some(instant_text(ends_at)));
    }
    Ok(Written { value: begun, entries })
}

/// Gives an account a login.
fn named(tx: &mut Transaction<'_>, account: &Account, login: &str) -> Result<String, Problem> {
    let wrong = |code, message: &str| Err(Problem::invalid("login", code, message));
    if account.official.is_none() {
        return wrong("wrong_login", "no person holds this account, so nobody signs in to it; leave the login out");
    }
    let login = normalised(login);
    let ends = |end: Option<char>| end.is_some_and(|c| c.is_ascii_alphanumeric());
    let plain = login.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    if !LOGIN_LENGTH.contains(&login.len()) || !plain || !ends(login.chars().next()) || !ends(login.chars().last()) {
        let message = "write 3 to 64 Latin letters, digits, dots and dashes, a letter or digit at both ends";
        return wrong("wrong_login", message);
    }
    // What an identity provider says of a person is a login or an IIN.
    if login.chars().all(|c| c.is_ascii_digit()) {
        return wrong("wrong_login", "write a letter at least: digits alone look like an IIN");
    }
    let blind = tx.look_up()?.blind_login(&login);
    if logins::known(tx.conn(), blind)?.is_some_and(|known| known.account != account.id) {
        return Err(Problem::conflict("login_taken", "another account has this login; write another one"));
    }
    logins::set(tx, &account.id, account.home, &login)?;
    Ok(login)
}
