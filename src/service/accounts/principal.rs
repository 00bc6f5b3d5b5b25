//! Whose credential a request carries.

use chrono::{DateTime, Utc};

use super::sign_ins::SignIns;
use super::{family, official};
use crate::domain::iin::Iin;
use crate::rules::regulation::Actor;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::kernel::reach::{self, mandate_day};
use crate::service::office::Office;
use crate::store::tokens::{self, Rested, Token};
use crate::store::{Store, StoreError};
use crate::trust::seal::sha256_hex;

/// Whose credential this is, and what it opens now.
///
/// # Errors
/// 401 for one that is unknown, revoked or past its term, whose account is closed, or whose mandate does not hold today; 403
/// where the role may not do the act, or a second factor must be enrolled first.
pub fn principal(office: &Office, sign_ins: &SignIns, secret: &str, act: Act) -> Result<Principal, Problem> {
    let principal = holder(office, sign_ins, secret, act)?;
    principal.role_may(act)?;
    Ok(principal)
}

/// As [`principal`], whatever its role may do: for whoever notes who was refused.
///
/// # Errors
/// 401, and 403 where a second factor must be enrolled first.
pub fn holder(office: &Office, sign_ins: &SignIns, secret: &str, act: Act) -> Result<Principal, Problem> {
    let (store, now) = (&office.store, office.clock.now());
    match secret {
        _ if secret.starts_with(family::MARK) => family::principal(store, secret, now),
        _ if secret.starts_with(official::MARK) => official::principal(office, sign_ins, secret, act),
        _ => of_token(store, secret, now),
    }
}

fn of_token(store: &Store, secret: &str, now: DateTime<Utc>) -> Result<Principal, Problem> {
    let hash = sha256_hex(secret.as_bytes());
    let found = store.read(|conn| -> Result<_, StoreError> {
        let Some(rested) = tokens::find_by_hash(conn, &hash)? else { return Ok(None) };
        let territory = reach::of_credential(conn, rested.token.territory)?;
        Ok(Some(Rested { token: Token { territory, ..rested.token }, ..rested }))
    })?;
    let refused = |code, message: &str| Err(Problem::new(Kind::Unauthorised, code, message));
    let Some(Rested { token, mandate, is_closed, person }) = found.filter(|rested| rested.token.revoked_at.is_none())
    else {
        return refused("unknown_token", "the token is unknown or revoked; ask the operator for a new one");
    };
    let (Some(account), Some(mandate), Some(person)) = (token.account, mandate, person) else {
        return refused("token_without_account", "the token belongs to no account; ask the operator for a new one");
    };
    if is_closed {
        return refused(
            "account_closed",
            "the account of this token is closed; ask whoever appoints for your territory",
        );
    }
    if token.expires_at.is_some_and(|until| until <= now) {
        return refused("token_expired", "the term of this token is over; ask for a new one");
    }
    if !mandate.holds(mandate_day(now)) {
        let message = "the mandate of this token does not hold today; ask whoever appoints for your territory";
        return refused("mandate_over", message);
    }
    Ok(Principal {
        id: account,
        mandate: Some(mandate.id),
        person,
        role: token.role,
        territory: token.territory,
        kindergarten: token.kindergarten,
        acts_as: token.acts_as.iter().filter_map(|code| Actor::from_code(code)).collect(),
        child: None,
        parent: None,
        opened: None,
    })
}

/// The portal as it acts for the parent who has signed in to it: it reaches that parent's applications and no other.
///
/// # Errors
/// 422 for what is no IIN.
pub fn for_parent(office: &Office, portal: Principal, parent: &str) -> Result<Principal, Problem> {
    let iin = Iin::parse(parent.trim()).map_err(|e| Problem::invalid("Kezek-Parent", "wrong_iin", e.to_string()))?;
    Ok(Principal { parent: Some(office.look_up.blind(iin)), ..portal })
}
