//! Credentials: issued once, shown once, kept as a hash.

use serde::Serialize;
use serde_json::json;

use super::keys;
use super::permissions::Principal;
use super::problem::{Kind, Problem};
use super::registry::Registry;
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::store::tokens::{self, Token};
use crate::store::{Entry, Store, Written};
use crate::trust::seal::sha256_hex;

/// The actor of acts done at the machine itself.
pub const OPERATOR: &str = "operator";

/// A new credential. The secret is here only.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// The key by which the journal knows the holder.
    pub id: String,
    /// The secret; it is not kept and cannot be shown again.
    pub token: String,
}

/// Issues a credential.
///
/// # Errors
/// The database refuses.
pub fn issue(
    store: &Store,
    now: chrono::DateTime<chrono::Utc>,
    role: Role,
    territory: Kato,
    kindergarten: &str,
) -> Result<NewToken, Problem> {
    let secret = keys::secret();
    let id = keys::random_key();
    store.write(&[territory.home()], now, |tx| -> Result<_, Problem> {
        let token = Token {
            id: id.clone(),
            hash: sha256_hex(secret.as_bytes()),
            role,
            territory,
            kindergarten: kindergarten.to_owned(),
            issued_at: tx.at(),
            revoked_at: None,
        };
        tokens::insert(tx, &token)?;
        let entry = Entry {
            home: territory.home(),
            act: "issue_token",
            actor: OPERATOR.to_owned(),
            territory,
            payload: json!({"token": id, "token_role": role, "kindergarten": kindergarten}),
        };
        Ok(Written { value: (), entries: vec![entry] })
    })?;
    Ok(NewToken { id, token: secret })
}

/// Revokes a credential; it stops at the next request.
///
/// # Errors
/// 404, 409 where it was revoked before.
pub fn revoke(store: &Store, now: chrono::DateTime<chrono::Utc>, id: &str) -> Result<(), Problem> {
    let token = store.read(|conn| tokens::find(conn, id))?.ok_or_else(|| Problem::not_found("token"))?;
    if token.revoked_at.is_some() {
        return Err(Problem::conflict("wrong_state", "this token was revoked before"));
    }
    store.write(&[token.territory.home()], now, |tx| -> Result<_, Problem> {
        tokens::revoke(tx, id)?;
        let entry = Entry {
            home: token.territory.home(),
            act: "revoke_token",
            actor: OPERATOR.to_owned(),
            territory: token.territory,
            payload: json!({"token": id}),
        };
        Ok(Written { value: (), entries: vec![entry] })
    })
}

impl Registry {
    /// Whose credential this is.
    ///
    /// # Errors
    /// 401 for one that is unknown or revoked.
    pub fn principal(&self, secret: &str) -> Result<Principal, Problem> {
        let hash = sha256_hex(secret.as_bytes());
        let token = self.store.read(|conn| tokens::find_by_hash(conn, &hash))?;
        match token {
            Some(token) if token.revoked_at.is_none() => Ok(Principal {
                id: token.id,
                role: token.role,
                territory: token.territory,
                kindergarten: Some(token.kindergarten).filter(|k| !k.is_empty()),
            }),
            _ => Err(Problem::new(
                Kind::Unauthorised,
                "unknown_token",
                "the token is unknown or revoked; ask the operator for a new one",
            )),
        }
    }
}
