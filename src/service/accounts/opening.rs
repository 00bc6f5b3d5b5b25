//! Appointing: an account is opened for a person, given further mandates, and closed. By the operator, or by the department or
//! akim of the territory, who never appoint themselves.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::appointing::{ending, may_keep};
use super::credentials::Scope;
use super::holder::{Hand, entry, home_of, homes_of, not_themselves, still_open};
use super::taking::{Taken, taken};
use crate::domain::account::{Account, Mandate, Official, Order, System};
use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::kernel::keys;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::reach::mandate_day;
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Store, Transaction, Written, accounts};
use crate::trust::act::{AccountClosed, AccountOpened, MandateEnded, MandateGiven, MandateTold, PublicAct};

/// Longest name, post, contact and number of an order.
const TEXT_MAX: usize = 200;
/// Most contacts.
const CONTACTS_MAX: usize = 10;

/// A person who is to have an account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficialIn {
    /// The IIN of the person.
    pub iin: String,
    /// The whole name.
    pub name: String,
    /// Telephones and e-mails.
    #[serde(default)]
    pub contacts: Vec<String>,
}

/// The order that appoints somebody.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderIn {
    /// Its number.
    pub number: String,
    /// Its day.
    pub on: NaiveDate,
}

/// What somebody is to act as.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MandateIn {
    /// `office`, `department`, `akim`, `kindergarten`, `state_corporation`, `portal` or `auditor`.
    #[schema(value_type = String)]
    pub role: Role,
    /// The KATO code of the territory, which the mandate covers with all below.
    #[schema(value_type = String, example = "391010000")]
    pub territory: Kato,
    /// The id of the one kindergarten that it speaks for, where the role is a kindergarten's.
    #[serde(default)]
    pub kindergarten: Option<String>,
    /// The regulations' actors that it is limited to, such as `clerk`; all that the role may be where missing.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub acts_as: Vec<Actor>,
    /// The post, as papers name it.
    #[serde(default)]
    pub post: Option<String>,
    /// By which order; of an auditor or prosecutor the document.
    #[serde(default)]
    pub order: Option<OrderIn>,
    /// The account in whose stead its holder acts for a time.
    #[serde(default)]
    pub deputy_for: Option<String>,
    /// The first day; from now on where missing.
    #[serde(default)]
    pub from_on: Option<NaiveDate>,
    /// The last day; without end where missing.
    #[serde(default)]
    pub until_on: Option<NaiveDate>,
}

/// A system that is to have an account.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemIn {
    /// What it is called.
    pub name: String,
    /// Telephones and e-mails of whoever answers for it.
    #[serde(default)]
    pub contacts: Vec<String>,
}

/// An account that is to be opened, for a person or for a system.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountIn {
    /// The person who holds it.
    #[serde(default)]
    pub official: Option<OfficialIn>,
    /// The system that it is for, where no person holds it. The order of its mandate says who answers for it.
    #[serde(default)]
    pub system: Option<SystemIn>,
    /// What it may act as.
    pub mandate: MandateIn,
}

/// An account with a mandate that it was given.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Appointed {
    /// The key of the account.
    pub account: String,
    /// The key of the mandate.
    pub mandate: String,
}

/// An account after something was taken from it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AccountNow {
    /// The key of the account.
    pub account: String,
    /// How many credentials were revoked.
    pub revoked: usize,
}

/// Opens an account, at the machine.
///
/// # Errors
/// 409 where the person has one, 422, or the database refuses.
pub fn open_here(store: &Store, now: DateTime<Utc>, sent: &AccountIn) -> Result<Appointed, Problem> {
    store.write(&[home_of(sent.mandate.territory)], now, |tx| opened(tx, Hand::Operator, sent))
}

/// Gives an account a further mandate, at the machine.
///
/// # Errors
/// 404, 409 where it is closed, 422, or the database refuses.
pub fn appoint_here(store: &Store, now: DateTime<Utc>, account: &str, sent: &MandateIn) -> Result<Appointed, Problem> {
    store.write(&[home_of(sent.territory)], now, |tx| appointed(tx, Hand::Operator, account, sent))
}

/// Closes an account, at the machine.
///
/// # Errors
/// 404, 409 where it was closed before, or the database refuses.
pub fn close_here(store: &Store, now: DateTime<Utc>, account: &str) -> Result<AccountNow, Problem> {
    let homes = homes_of(store, account)?;
    store.write(&homes, now, |tx| closed(tx, Hand::Operator, account))
}

/// Opens an account.
///
/// # Errors
/// 403, 409 where the person has one, 422.
pub fn open(office: &Office, caller: &Caller, sent: &AccountIn) -> Result<Answer, Problem> {
    let hand = may_keep(&caller.principal, sent.mandate.role, sent.mandate.territory)?;
    office.perform(caller, &[home_of(sent.mandate.territory)], 201, |tx| opened(tx, hand, sent))
}

/// Gives an account a further mandate.
///
/// # Errors
/// 403, 404, 409 where it is closed, 422.
pub fn appoint(office: &Office, caller: &Caller, account: &str, sent: &MandateIn) -> Result<Answer, Problem> {
    let hand = may_keep(&caller.principal, sent.role, sent.territory)?;
    office.perform(caller, &[home_of(sent.territory)], 201, |tx| appointed(tx, hand, account, sent))
}

/// Ends a mandate now.
///
/// # Errors
/// 403, 404, 409 where it has ended.
pub fn end(office: &Office, caller: &Caller, account: &str, mandate: &str) -> Result<Answer, Problem> {
    let find = |own: Vec<Mandate>| own.into_iter().find(|own| own.id == mandate);
    let found = office.store.read(|conn| accounts::mandates_of(conn, account))?;
    let home = find(found).ok_or_else(|| Problem::not_found("mandate"))?.home;
    office.perform(caller, &[home], 200, |tx| {
        let own = find(accounts::mandates_of(tx.conn(), account)?).ok_or_else(|| Problem::not_found("mandate"))?;
        let hand = ending(&caller.principal, &own)?;
        if own.ended_at.is_some() {
            return Err(Problem::conflict("wrong_state", "this mandate was ended before"));
        }
        accounts::end_mandate(tx, &own.id)?;
        let (account, mandate, role) = (account.to_owned(), own.id.clone(), hand.role());
        let ended = Appointed { account: account.clone(), mandate: mandate.clone() };
        let act = PublicAct::EndMandate(MandateEnded { account, mandate, role });
        Ok(Written { value: ended, entries: vec![entry(hand, home, own.territory, act.into())] })
    })
}

/// Closes an account, all of whose mandates the caller could end.
///
/// # Errors
/// 403, 404, 409 where it was closed before.
pub fn close(office: &Office, caller: &Caller, account: &str) -> Result<Answer, Problem> {
    let homes = homes_of(&office.store, account)?;
    office.perform(caller, &homes, 200, |tx| {
        let own = accounts::mandates_of(tx.conn(), account)?;
        // Also those that have ended: or an account without any would be everybody's to close.
        own.iter().try_for_each(|own| ending(&caller.principal, own).map(drop))?;
        closed(tx, Hand::Official(&caller.principal), account)
    })
}

fn opened(tx: &mut Transaction<'_>, hand: Hand<'_>, sent: &AccountIn) -> Result<Written<Appointed>, Problem> {
    let mut faults = FieldFaults::default();
    let official = sent.official.as_ref().and_then(|official| read_official(&mut faults, official));
    let system = sent.system.as_ref().and_then(|system| {
        let contacts = read_contacts(&mut faults, "system.contacts", &system.contacts);
        Some(System { name: faults.name("system.name", &system.name, TEXT_MAX)?, contacts })
    });
    match (&sent.official, &sent.system) {
        (Some(_), Some(_)) => faults.add("system", "wrong_holder", "name a person or a system, not both"),
        (None, None) => faults.add("official", "missing", "name the person, or the system"),
        (None, Some(_)) if sent.mandate.order.is_none() => {
            let message = "name the document that says who answers for the system, by its number and day";
            faults.add("mandate.order", "order_missing", message);
        }
        _ => {}
    }
    let id = keys::random_key();
    let read = read_mandate(tx, &mut faults, hand, &id, &sent.mandate)?;
    faults.check()?;
    let Some(mandate) = read else { return Err(Problem::invalid("mandate", "missing", "name the mandate")) };
    if let Some(official) = &official {
        known_once(tx, hand, official)?;
    }
    let (home, opened_at) = (mandate.home, tx.at());
    accounts::insert(tx, &Account { id: id.clone(), home, official, system, login: None, opened_at, closed_at: None })?;
    accounts::insert_mandate(tx, &mandate)?;
    let given = told(&mandate, sent.mandate.acts_as.clone());
    let act = PublicAct::OpenAccount(AccountOpened { account: id.clone(), given, role: hand.role() });
    let value = Appointed { account: id, mandate: mandate.id };
    Ok(Written { value, entries: vec![entry(hand, home, mandate.territory, act.into())] })
}

/// Nothing where a person has no account yet, and opens none for themselves.
fn known_once(tx: &mut Transaction<'_>, hand: Hand<'_>, official: &Official) -> Result<(), Problem> {
    let person = tx.look_up()?.blind(official.iin);
    if let Some(known) = accounts::of_person(tx.conn(), person)?.into_iter().next() {
        let message = "this person has an account; give it a further mandate instead";
        return Err(Problem::conflict("account_exists", message).with("account", known));
    }
    not_themselves(hand, |principal| principal.person == person)
}

fn appointed(
    tx: &mut Transaction<'_>,
    hand: Hand<'_>,
    account: &str,
    sent: &MandateIn,
) -> Result<Written<Appointed>, Problem> {
    let vault = tx.vault();
    let found = accounts::find(tx.conn(), vault, account)?.ok_or_else(|| Problem::not_found("account"))?;
    still_open(&found)?;
    let person = accounts::person_of(tx.conn(), account)?;
    not_themselves(hand, |principal| principal.id == account || Some(principal.person) == person)?;
    let mut faults = FieldFaults::default();
    let read = read_mandate(tx, &mut faults, hand, account, sent)?;
    faults.check()?;
    let Some(mandate) = read else { return Err(Problem::invalid("mandate", "missing", "name the mandate")) };
    accounts::insert_mandate(tx, &mandate)?;
    let given = told(&mandate, sent.acts_as.clone());
    let act = PublicAct::GiveMandate(MandateGiven { account: account.to_owned(), given, role: hand.role() });
    let value = Appointed { account: account.to_owned(), mandate: mandate.id };
    Ok(Written { value, entries: vec![entry(hand, mandate.home, mandate.territory, act.into())] })
}

fn closed(tx: &mut Transaction<'_>, hand: Hand<'_>, account: &str) -> Result<Written<AccountNow>, Problem> {
    let vault = tx.vault();
    let found = accounts::find(tx.conn(), vault, account)?.ok_or_else(|| Problem::not_found("account"))?;
    still_open(&found)?;
    let Taken { revoked, entries, .. } = taken(tx, hand, account)?;
    tx.append(&entries)?;
    accounts::close(tx, account)?;
    let act = PublicAct::CloseAccount(AccountClosed { account: account.to_owned(), role: hand.role() });
    let value = AccountNow { account: account.to_owned(), revoked };
    Ok(Written { value, entries: vec![entry(hand, found.home, found.home, act.into())] })
}

fn read_official(faults: &mut FieldFaults, sent: &OfficialIn) -> Option<Official> {
    let iin = faults.take("official.iin", "wrong_iin", Iin::parse(sent.iin.trim()));
    let name = faults.name("official.name", &sent.name, TEXT_MAX);
    let contacts = read_contacts(faults, "official.contacts", &sent.contacts);
    Some(Official { iin: iin?, name: name?, contacts })
}

fn read_contacts(faults: &mut FieldFaults, field: &str, sent: &[String]) -> Vec<String> {
    if sent.len() > CONTACTS_MAX {
        faults.add(field, "too_many", format!("send at most {CONTACTS_MAX} contacts"));
    }
    let mut contacts = Vec::new();
    for (n, contact) in sent.iter().take(CONTACTS_MAX).enumerate() {
        contacts.extend(faults.text(&format!("{field}[{n}]"), contact, TEXT_MAX));
    }
    contacts
}

fn read_mandate(
    tx: &mut Transaction<'_>,
    faults: &mut FieldFaults,
    hand: Hand<'_>,
    account: &str,
    sent: &MandateIn,
) -> Result<Option<Mandate>, Problem> {
    let MandateIn { role, territory, kindergarten, acts_as, .. } = sent;
    let scope = Scope {
        role: *role,
        territory: *territory,
        kindergarten: kindergarten.as_deref(),
        acts_as: acts_as.as_slice(),
    };
    scope.check(tx.conn())?;
    let post = sent.post.as_deref().and_then(|post| faults.text("mandate.post", post, TEXT_MAX));
    let order = sent.order.as_ref().and_then(|order| {
        let number = faults.text("mandate.order.number", &order.number, TEXT_MAX)?;
        Some(Order { number, on: order.on })
    });
    let first = sent.from_on.unwrap_or(mandate_day(tx.at()));
    if sent.until_on.is_some_and(|until| until < first) {
        faults.add("mandate.until_on", "term_over", "name a last day that is not before the first");
    }
    // Whoever reads everything and answers to nobody here names a document, and ends by itself.
    let reads_all = *role == Role::Auditor;
    if (reads_all || sent.deputy_for.is_some()) && sent.until_on.is_none() {
        faults.add("mandate.until_on", "term_missing", "name the last day: this mandate ends by itself");
    }
    if (reads_all || sent.deputy_for.is_some()) && sent.order.is_none() {
        faults.add("mandate.order", "order_missing", "name the document by its number and day");
    }
    if let Some(principal) = &sent.deputy_for {
        let own = accounts::mandates_of(tx.conn(), principal)?;
        if !own.iter().any(|own| own.role == *role && territory.within(own.territory)) {
            let message = "name an account that has this role in this territory itself";
            faults.add("mandate.deputy_for", "wrong_deputy", message);
        }
    }
    Ok(Some(Mandate {
        id: keys::random_key(),
        home: home_of(*territory),
        account: account.to_owned(),
        role: *role,
        territory: *territory,
        kindergarten: kindergarten.clone(),
        acts_as: scope.actors(),
        post,
        appointed_by: hand.actor(),
        order,
        deputy_for: sent.deputy_for.clone(),
        from_on: sent.from_on,
        until_on: sent.until_on,
        given_at: tx.at(),
        ended_at: None,
    }))
}

fn told(mandate: &Mandate, acts_as: Vec<Actor>) -> MandateTold {
    MandateTold {
        mandate: mandate.id.clone(),
        mandate_role: mandate.role,
        kindergarten: mandate.kindergarten.clone(),
        acts_as,
        from: mandate.from_on,
        until: mandate.until_on,
        deputy_for: mandate.deputy_for.clone(),
    }
}
