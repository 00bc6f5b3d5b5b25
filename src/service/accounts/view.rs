//! Accounts as they are read: a person's own, and those of a territory.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::account::{Account, Mandate};
use crate::domain::codes::Role;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::query;
use crate::service::kernel::reach::mandate_day;
use crate::service::office::Office;
use crate::store::{StoreError, accounts, secrets};

/// What an account may act as.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MandateRead {
    /// The key of the mandate.
    pub mandate: String,
    /// What it lets its holder do.
    #[schema(value_type = String)]
    pub role: Role,
    /// Where: this territory and all below.
    #[schema(value_type = String)]
    pub territory: Kato,
    /// The one kindergarten that it speaks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to; all that the role may be where there are none.
    pub acts_as: Vec<String>,
    /// The post, as papers name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
    /// Who gave it: an account, or `operator`.
    pub appointed_by: String,
    /// The number of the order, or of an auditor's document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_number: Option<String>,
    /// Its day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_on: Option<chrono::NaiveDate>,
    /// The account in whose stead its holder acts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deputy_for: Option<String>,
    /// The first day; null where it holds since it was given.
    pub from_on: Option<chrono::NaiveDate>,
    /// The last day; null where it has no end.
    pub until_on: Option<chrono::NaiveDate>,
    /// When it was ended; null where nobody has.
    pub ended_at: Option<String>,
    /// Whether it holds today.
    pub holds: bool,
}

/// An account with its mandates.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountRead {
    /// The key by which the journal, cases and confirmations name it.
    pub account: String,
    /// The name of its holder, or of the system that it is for; null where nobody named one.
    pub name: Option<String>,
    /// Whether it is for a system, which no person holds.
    pub is_system: bool,
    /// The name by which its holder signs in; null where nobody has given one.
    pub login: Option<String>,
    /// Where its holder is told of things.
    pub contacts: Vec<String>,
    /// When it was opened.
    pub opened_at: String,
    /// When it was closed; null where nobody has.
    pub closed_at: Option<String>,
    /// Its mandates, oldest first.
    pub mandates: Vec<MandateRead>,
}

/// The accounts of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Accounts {
    /// Those that have a mandate there or below, oldest first.
    pub accounts: Vec<AccountRead>,
}

/// Whose credential a request carries, and what it opens.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    /// The account.
    #[serde(flatten)]
    pub account: AccountRead,
    /// What the credential may be used as.
    #[schema(value_type = String)]
    pub role: Role,
    /// Where: this territory and all below.
    #[schema(value_type = String)]
    pub territory: Kato,
    /// The one kindergarten that it speaks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to; all that the role may be where there are none.
    #[schema(value_type = Vec<String>)]
    pub acts_as: Vec<Actor>,
    /// Whether a code of a second factor is asked for when its holder signs in.
    pub has_second_factor: bool,
}

/// A mandate as it is read.
pub(super) fn mandate(own: Mandate, today: chrono::NaiveDate) -> MandateRead {
    let holds = own.holds(today);
    let (order_number, order_on) = own.order.map(|order| (order.number, order.on)).unzip();
    MandateRead {
        holds,
        mandate: own.id,
        role: own.role,
        territory: own.territory,
        kindergarten: own.kindergarten,
        acts_as: own.acts_as,
        post: own.post,
        appointed_by: own.appointed_by,
        order_number,
        order_on,
        deputy_for: own.deputy_for,
        from_on: own.from_on,
        until_on: own.until_on,
        ended_at: own.ended_at.map(instant_text),
    }
}

fn account(account: Account, mandates: Vec<Mandate>, today: chrono::NaiveDate) -> AccountRead {
    let is_system = account.system.is_some();
    let official = account.official.map(|official| (official.name, official.contacts));
    let (name, contacts) = official.or(account.system.map(|system| (system.name, system.contacts))).unzip();
    AccountRead {
        is_system,
        login: account.login,
        account: account.id,
        name,
        contacts: contacts.unwrap_or_default(),
        opened_at: instant_text(account.opened_at),
        closed_at: account.closed_at.map(instant_text),
        mandates: mandates.into_iter().map(|own| mandate(own, today)).collect(),
    }
}

/// The accounts that have a mandate in a territory.
///
/// # Errors
/// 403, 422.
pub fn within(office: &Office, principal: &Principal, territory: &str) -> Result<Accounts, Problem> {
    principal.role_may(Act::ReadAccounts)?;
    let territory = query::territory(territory)?;
    principal.may(Act::ReadAccounts, territory)?;
    let today = mandate_day(office.clock.now());
    let all = office.store.read(|conn| accounts::within(conn, office.store.vault(), territory))?;
    Ok(Accounts { accounts: all.into_iter().map(|(found, own)| account(found, own, today)).collect() })
}

/// Whose credential this is.
///
/// # Errors
/// 404 where the account is gone: it never is.
pub fn me(office: &Office, principal: &Principal) -> Result<Me, Problem> {
    let today = mandate_day(office.clock.now());
    let found = office.store.read_snapshot(|conn| -> Result<_, StoreError> {
        let Some(found) = accounts::find(conn, office.store.vault(), &principal.id)? else { return Ok(None) };
        let factor = secrets::second_factor(conn, office.store.vault(), &principal.id)?;
        let has_second_factor = factor.is_some_and(|factor| factor.is_confirmed);
        Ok(Some((found, accounts::mandates_of(conn, &principal.id)?, has_second_factor)))
    })?;
    let (found, own, has_second_factor) = found.ok_or_else(|| Problem::not_found("account"))?;
    Ok(Me {
        account: account(found, own, today),
        role: principal.role,
        territory: principal.territory,
        kindergarten: principal.kindergarten.clone(),
        acts_as: principal.acts_as.clone(),
        has_second_factor,
    })
}
