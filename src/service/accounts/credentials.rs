//! Credentials of accounts: issued once, shown once, kept as a hash, for a term.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::holder::{check_kindergarten, check_territory, home_of};
use crate::domain::account::{Account, Mandate};
use crate::domain::codes::Role;
use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::reach::mandate_day;
use crate::service::kernel::{acting, keys};
use crate::store::connection::AnyConnection;
use crate::store::tokens::{self, Token};
use crate::store::{Entry, Store, Transaction, Written, accounts};
use crate::trust::act::{PublicAct, TokenIssued, TokenRevoked};
use crate::trust::seal::sha256_hex;

/// How many days a credential opens anything where its issue names no term.
pub const TERM_DAYS: i64 = 90;

/// A new credential. The secret is here only.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// The key of the credential.
    pub id: String,
    /// The account that it belongs to: by this the journal knows its holder.
    pub account: String,
    /// The secret; it is not kept and cannot be shown again.
    pub token: String,
}

/// What a credential is to open.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'s> {
    /// What it may be used as.
    pub role: Role,
    /// Where: this territory and all below.
    pub territory: Kato,
    /// The one kindergarten that it speaks for, where the role is a kindergarten's.
    pub kindergarten: Option<&'s str>,
    /// The regulations' actors that it is limited to; none: all that its role may be.
    pub acts_as: &'s [Actor],
}

impl Scope<'_> {
    /// Whether such a scope could ever do anything.
    pub(super) fn check(&self, conn: &mut AnyConnection) -> Result<(), Problem> {
        if self.role == Role::Family {
            let message = "a family signs in with the code of its paper; no account has this role";
            return Err(Problem::invalid("role", "wrong_role", message));
        }
        check_territory(conn, self.territory)?;
        check_kindergarten(conn, self.role, self.territory, self.kindergarten)?;
        if let Some(actor) = self.acts_as.iter().find(|actor| !acting::roles(**actor).contains(&self.role)) {
            let message = format!("the role {} never acts as {actor}; leave it out", self.role);
            return Err(Problem::invalid("acts_as", "wrong_actor", message));
        }
        Ok(())
    }

    /// The actors by their codes.
    pub(super) fn actors(&self) -> Vec<String> {
        self.acts_as.iter().map(|actor| actor.code().to_owned()).collect()
    }

    /// Whether a mandate lets its holder do all of this.
    fn lies_in(&self, mandate: &Mandate) -> bool {
        let actors = self.actors();
        mandate.role == self.role
            && self.territory.within(mandate.territory)
            && mandate.kindergarten.as_deref() == self.kindergarten
            && (mandate.acts_as.is_empty() || !actors.is_empty() && actors.iter().all(|a| mandate.acts_as.contains(a)))
    }
}

/// Issues a credential to an account; to one that is opened for it, without a person, where none is named. It holds for
/// [`TERM_DAYS`] where no term is named.
///
/// # Errors
/// 404 for an unknown account. 422 for a territory that the classifier does not hold, for a kindergarten or an actor that the
/// role does not reach, for a kindergarten's without a kindergarten, for a term that is over, and where no mandate of the account
/// holds that covers it. The database refuses.
pub fn issue(
    store: &Store,
    now: DateTime<Utc>,
    scope: Scope<'_>,
    account: Option<&str>,
    expires_at: Option<DateTime<Utc>>,
) -> Result<NewToken, Problem> {
    let secret = keys::secret();
    let home = home_of(scope.territory);
    store.write(&[home], now, |tx| -> Result<_, Problem> {
        scope.check(tx.conn())?;
        let expires_at = expires_at.unwrap_or(tx.at() + TimeDelta::days(TERM_DAYS));
        if expires_at <= tx.at() {
            return Err(Problem::invalid("expires", "term_over", "name a day that is still to come"));
        }
        let mandate = match account {
            Some(account) => covering(tx, scope, account)?,
            None => unnamed(tx, scope)?,
        };
        let token = Token {
            id: keys::random_key(),
            hash: sha256_hex(secret.as_bytes()),
            role: scope.role,
            territory: scope.territory,
            kindergarten: scope.kindergarten.map(str::to_owned),
            acts_as: scope.actors(),
            issued_at: tx.at(),
            revoked_at: None,
            account: Some(mandate.account.clone()),
            mandate: Some(mandate.id),
            expires_at: Some(expires_at),
        };
        tokens::insert(tx, &token)?;
        let issued = TokenIssued {
            token: token.id.clone(),
            token_role: scope.role,
            kindergarten: token.kindergarten,
            acts_as: scope.acts_as.to_vec(),
            account: token.account,
            expires_at: Some(ToldInstant(expires_at)),
        };
        let act = PublicAct::IssueToken(issued).into();
        let entry = Entry { home, act, actor: OPERATOR.to_owned(), territory: scope.territory };
        let new = NewToken { id: token.id, account: mandate.account, token: secret.clone() };
        Ok(Written { value: new, entries: vec![entry] })
    })
}

/// The mandate of an account that covers a scope today.
fn covering(tx: &mut Transaction<'_>, scope: Scope<'_>, account: &str) -> Result<Mandate, Problem> {
    let vault = tx.vault();
    let found = accounts::find(tx.conn(), vault, account)?.ok_or_else(|| Problem::not_found("account"))?;
    if found.closed_at.is_some() {
        return Err(Problem::conflict("account_closed", "this account is closed; open another one"));
    }
    let today = mandate_day(tx.at());
    let own = accounts::mandates_of(tx.conn(), account)?;
    own.into_iter().find(|mandate| mandate.holds(today) && scope.lies_in(mandate)).ok_or_else(|| {
        let message = format!(
            "no mandate of this account holds today that covers the role {} in {}; give it one first",
            scope.role, scope.territory
        );
        Problem::invalid("account", "no_mandate", message)
    })
}

/// A mandate of a new account whose holder nobody names: a system's, or one of a deployment that is only tried.
fn unnamed(tx: &mut Transaction<'_>, scope: Scope<'_>) -> Result<Mandate, Problem> {
    let (home, opened_at) = (home_of(scope.territory), tx.at());
    let account =
        Account { id: keys::random_key(), home, official: None, system: None, login: None, opened_at, closed_at: None };
    let mandate = Mandate {
        id: keys::random_key(),
        home,
        account: account.id.clone(),
        role: scope.role,
        territory: scope.territory,
        kindergarten: scope.kindergarten.map(str::to_owned),
        acts_as: scope.actors(),
        post: None,
        appointed_by: OPERATOR.to_owned(),
        order: None,
        deputy_for: None,
        from_on: None,
        until_on: None,
        given_at: opened_at,
        ended_at: None,
    };
    accounts::insert(tx, &account)?;
    accounts::insert_mandate(tx, &mandate)?;
    Ok(mandate)
}

/// Revokes a credential; it stops at the next request.
///
/// # Errors
/// 404, 409 where it was revoked before.
pub fn revoke(store: &Store, now: DateTime<Utc>, id: &str) -> Result<(), Problem> {
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
