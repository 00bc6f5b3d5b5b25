//! Credentials: issued once, shown once, kept as a hash.

use serde::Serialize;

use super::actors::OPERATOR;
use super::permissions::Principal;
use super::problem::{Kind, Problem};
use super::{acting, keys, reach};
use crate::domain::codes::Role;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::store::connection::AnyConnection;
use crate::store::tokens::{self, Token};
use crate::store::{Entry, Store, Written, kindergartens, territories};
use crate::trust::act::{PublicAct, TokenIssued, TokenRevoked};
use crate::trust::seal::sha256_hex;

/// A new credential. The secret is here only.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// The key by which the journal knows the holder.
    pub id: String,
    /// The secret; it is not kept and cannot be shown again.
    pub token: String,
}

/// The chain that holds the credentials of a territory: its home's, or the country's for an oblast, which is no home.
fn home_of(territory: Kato) -> Kato {
    Some(territory.home()).filter(|home| home.is_home()).unwrap_or(Kato::COUNTRY)
}

/// Whether the classifier holds the territory: a credential for a code that nobody has would look like one for a territory
/// that has nothing to do.
fn check_territory(conn: &mut AnyConnection, territory: Kato) -> Result<(), Problem> {
    if territory == Kato::COUNTRY || territories::find(conn, territory)?.is_some() {
        return Ok(());
    }
    let message = if territories::any(conn)? {
        format!("the classifier holds no territory {territory}; 000000000 is the country")
    } else {
        "the registry knows no territories yet; import them first: `kezek import territories FILE`".to_owned()
    };
    Err(Problem::invalid("territory", "unknown_territory", message))
}

/// Whether such a credential could ever do anything.
fn check(conn: &mut AnyConnection, role: Role, territory: Kato, kindergarten: Option<&str>) -> Result<(), Problem> {
    let Some(kindergarten) = kindergarten else { return Ok(()) };
    let wrong = |message: String| Err(Problem::invalid("kindergarten", "wrong_kindergarten", message));
    if role != Role::Kindergarten {
        return wrong(format!("the role {role} speaks for no kindergarten; leave it out"));
    }
    match kindergartens::find(conn, kindergarten)? {
        None => wrong(format!("there is no kindergarten {kindergarten}; look its id up")),
        Some(k) if !k.territory.within(territory) => {
            wrong(format!("kindergarten {kindergarten} stands in {}, which is not in {territory}", k.territory))
        }
        Some(_) => Ok(()),
    }
}

/// Issues a credential, for one kindergarten only where one is named.
///
/// # Errors
/// 422 for a territory that the classifier does not hold, for a kindergarten that the role or the territory does not reach; the database refuses.
pub fn issue(
    store: &Store,
    now: chrono::DateTime<chrono::Utc>,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
) -> Result<NewToken, Problem> {
    issue_limited(store, now, role, territory, kindergarten, &[])
}

/// Issues a credential that acts in cases only as some of the regulations' actors; none named: as all of its role.
///
/// # Errors
/// 422 for a territory that the classifier does not hold, for a kindergarten or an actor that the role does not reach; the database refuses.
pub fn issue_limited(
    store: &Store,
    now: chrono::DateTime<chrono::Utc>,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
    acts_as: &[Actor],
) -> Result<NewToken, Problem> {
    let secret = keys::secret();
    let id = keys::random_key();
    let home = home_of(territory);
    store.write(&[home], now, |tx| -> Result<_, Problem> {
        check_territory(tx.conn(), territory)?;
        check(tx.conn(), role, territory, kindergarten)?;
        if let Some(actor) = acts_as.iter().find(|actor| !acting::roles(**actor).contains(&role)) {
            let message = format!("the role {role} never acts as {actor}; leave it out");
            return Err(Problem::invalid("acts_as", "wrong_actor", message));
        }
        let token = Token {
            id: id.clone(),
            hash: sha256_hex(secret.as_bytes()),
            role,
            territory,
            kindergarten: kindergarten.map(str::to_owned),
            acts_as: acts_as.iter().map(|actor| actor.code().to_owned()).collect(),
            issued_at: tx.at(),
            revoked_at: None,
        };
        tokens::insert(tx, &token)?;
        let issued = TokenIssued {
            token: token.id,
            token_role: role,
            kindergarten: token.kindergarten,
            acts_as: acts_as.to_vec(),
        };
        let act = PublicAct::IssueToken(issued).into();
        let entry = Entry { home, act, actor: OPERATOR.to_owned(), territory };
        Ok(Written { value: (), entries: vec![entry] })
    })?;
    Ok(NewToken { id, token: secret })
}

/// Revokes a credential; it stops at the next request.
///
/// # Errors
/// 404, 409 where it was revoked before.
pub fn revoke(store: &Store, now: chrono::DateTime<chrono::Utc>, id: &str) -> Result<(), Problem> {
    let find = |conn: &mut AnyConnection| -> Result<Token, Problem> {
        tokens::find(conn, id)?.ok_or_else(|| Problem::not_found("token"))
    };
    let home = home_of(store.read(find)?.territory);
    store.write(&[home], now, |tx| -> Result<_, Problem> {
        let token = find(tx.conn())?;
        if token.revoked_at.is_some() {
            return Err(Problem::conflict("wrong_state", "this token was revoked before"));
        }
        tokens::revoke(tx, id)?;
        let act = PublicAct::RevokeToken(TokenRevoked { token: token.id }).into();
        let entry = Entry { home, act, actor: OPERATOR.to_owned(), territory: token.territory };
        Ok(Written { value: (), entries: vec![entry] })
    })
}

/// Whose credential this is.
///
/// # Errors
/// 401 for one that is unknown or revoked.
pub fn principal(store: &Store, secret: &str) -> Result<Principal, Problem> {
    let hash = sha256_hex(secret.as_bytes());
    let token = store.read(|conn| -> Result<_, Problem> {
        let token = tokens::find_by_hash(conn, &hash)?.filter(|t| t.revoked_at.is_none());
        Ok(match token {
            Some(token) => {
                let territory = reach::of_credential(conn, token.territory)?;
                Some(Token { territory, ..token })
            }
            None => None,
        })
    })?;
    match token {
        Some(token) => Ok(Principal {
            id: token.id,
            role: token.role,
            territory: token.territory,
            kindergarten: token.kindergarten,
            acts_as: token.acts_as.iter().filter_map(|code| Actor::from_code(code)).collect(),
        }),
        None => Err(Problem::new(
            Kind::Unauthorised,
            "unknown_token",
            "the token is unknown or revoked; ask the operator for a new one",
        )),
    }
}
