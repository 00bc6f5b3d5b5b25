//! Appointing: an account is opened for a person, given further mandates, and closed. By the operator, or by the department or
//! akim of the territory, who never appoint themselves.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::credentials::Scope;
use super::holder::{Hand, home_of};
use crate::domain::account::{Account, Mandate, Official, Order};
use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::rules::regulation::Actor;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Kind, Problem};
use crate::service::kernel::reach::mandate_day;
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Entry, Store, Transaction, Written, accounts, tokens};
use crate::trust::act::{
    AccountClosed, AccountOpened, AccountReset, JournalAct, MandateEnded, MandateGiven, MandateTold, PublicAct,
};

/// Longest name, post, contact and number of an order.
const TEXT_MAX: usize = 200;
/// Most contacts.
const CONTACTS_MAX: usize = 10;

/// Whom each role may appoint in its own territory and below. The operator may appoint everybody, and so may the department of
/// the country.
const APPOINTS: &[(Role, &[Role])] = &[
    (Role::Department, &[Role::Office, Role::Department, Role::Akim, Role::Kindergarten]),
    (Role::Akim, &[Role::Office, Role::Akim]),
];

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

/// An account that is to be opened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountIn {
    /// Who holds it.
    pub official: OfficialIn,
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

/// Revokes all credentials of an account, at the machine.
///
/// # Errors
/// 404, or the database refuses.
pub fn reset_here(store: &Store, now: DateTime<Utc>, account: &str) -> Result<AccountNow, Problem> {
    let homes = homes_of(store, account)?;
    store.write(&homes, now, |tx| reset(tx, Hand::Operator, account))
}

/// Opens an account.
///
/// # Errors
/// 403, 409 where the person has one, 422.
pub fn open(office: &Office, caller: &Caller, sent: &AccountIn) -> Result<Answer, Problem> {
    let hand = appointing(&caller.principal, &sent.mandate)?;
    office.perform(caller, &[home_of(sent.mandate.territory)], 201, |tx| opened(tx, hand, sent))
}

/// Gives an account a further mandate.
///
/// # Errors
/// 403, 404, 409 where it is closed, 422.
pub fn appoint(office: &Office, caller: &Caller, account: &str, sent: &MandateIn) -> Result<Answer, Problem> {
    let hand = appointing(&caller.principal, sent)?;
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

/// The homes whose chains tell of an account and its credentials.
fn homes_of(store: &Store, account: &str) -> Result<Vec<Kato>, Problem> {
    store.read(|conn| {
        let found = accounts::find(conn, store.vault(), account)?.ok_or_else(|| Problem::not_found("account"))?;
        let tokens = tokens::open_of_account(conn, account)?;
        Ok([found.home].into_iter().chain(tokens.iter().map(|token| home_of(token.territory))).collect())
    })
}

/// Whether an official may give such a mandate.
fn appointing<'p>(principal: &'p Principal, sent: &MandateIn) -> Result<Hand<'p>, Problem> {
    may_keep(principal, sent.role, sent.territory)
}

/// Whether an official may end a mandate.
fn ending<'p>(principal: &'p Principal, mandate: &Mandate) -> Result<Hand<'p>, Problem> {
    may_keep(principal, mandate.role, mandate.territory)
}

fn may_keep(principal: &Principal, role: Role, territory: Kato) -> Result<Hand<'_>, Problem> {
    principal.may(Act::KeepAccounts, territory)?;
    let whole_country = principal.role == Role::Department && principal.territory == Kato::COUNTRY;
    let listed =
        APPOINTS.iter().find(|(appointing, _)| *appointing == principal.role).map_or(&[][..], |(_, roles)| roles);
    if whole_country || listed.contains(&role) {
        return Ok(Hand::Official(principal));
    }
    let codes: Vec<&str> = listed.iter().map(|role| role.code()).collect();
    let message =
        format!("the role {} appoints: {}; the role {role} is for the operator", principal.role, codes.join(", "));
    Err(Problem::new(Kind::Forbidden, "role_too_far", message))
}

fn entry(hand: Hand<'_>, home: Kato, territory: Kato, act: JournalAct) -> Entry {
    Entry { home, act, actor: hand.actor(), territory }
}

fn opened(tx: &mut Transaction<'_>, hand: Hand<'_>, sent: &AccountIn) -> Result<Written<Appointed>, Problem> {
    let mut faults = FieldFaults::default();
    let official = read_official(&mut faults, &sent.official);
    let id = keys::random_key();
    let read = read_mandate(tx, &mut faults, hand, &id, &sent.mandate)?;
    faults.check()?;
    let (Some(official), Some(mandate)) = (official, read) else {
        return Err(Problem::invalid("official", "missing", "name the person"));
    };
    let person = tx.look_up()?.blind(official.iin);
    if let Some(known) = accounts::of_person(tx.conn(), person)?.into_iter().next() {
        let message = "this person has an account; give it a further mandate instead";
        return Err(Problem::conflict("account_exists", message).with("account", known));
    }
    not_themselves(hand, |principal| principal.person == person)?;
    let home = mandate.home;
    accounts::insert(
        tx,
        &Account { id: id.clone(), home, official: Some(official), opened_at: tx.at(), closed_at: None },
    )?;
    accounts::insert_mandate(tx, &mandate)?;
    let given = told(&mandate, sent.mandate.acts_as.clone());
    let act = PublicAct::OpenAccount(AccountOpened { account: id.clone(), given, role: hand.role() });
    let value = Appointed { account: id, mandate: mandate.id };
    Ok(Written { value, entries: vec![entry(hand, home, mandate.territory, act.into())] })
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
    let mut written = reset(tx, hand, account)?;
    tx.append(&std::mem::take(&mut written.entries))?;
    accounts::close(tx, account)?;
    let act = PublicAct::CloseAccount(AccountClosed { account: account.to_owned(), role: hand.role() });
    Ok(Written { value: written.value, entries: vec![entry(hand, found.home, found.home, act.into())] })
}

/// Revokes what an account has; a record in each home that has issued one.
fn reset(tx: &mut Transaction<'_>, hand: Hand<'_>, account: &str) -> Result<Written<AccountNow>, Problem> {
    let open = tokens::open_of_account(tx.conn(), account)?;
    let mut entries = Vec::new();
    let homes: std::collections::BTreeSet<Kato> = open.iter().map(|token| home_of(token.territory)).collect();
    for home in homes {
        let here = open.iter().filter(|token| home_of(token.territory) == home);
        let mut revoked = 0;
        for token in here {
            tokens::revoke(tx, &token.id)?;
            revoked += 1;
        }
        let told = AccountReset { account: account.to_owned(), tokens: revoked, role: hand.role() };
        entries.push(entry(hand, home, home, PublicAct::ResetAccount(told).into()));
    }
    Ok(Written { value: AccountNow { account: account.to_owned(), revoked: open.len() }, entries })
}

fn still_open(account: &Account) -> Result<(), Problem> {
    match account.closed_at {
        None => Ok(()),
        Some(_) => Err(Problem::conflict("account_closed", "this account is closed; open another one")),
    }
}

fn not_themselves(hand: Hand<'_>, is_own: impl Fn(&Principal) -> bool) -> Result<(), Problem> {
    match hand {
        Hand::Official(principal) if is_own(principal) => {
            let message = "nobody appoints themselves; ask a colleague or the authority above";
            Err(Problem::new(Kind::Forbidden, "own_account", message))
        }
        _ => Ok(()),
    }
}

fn read_official(faults: &mut FieldFaults, sent: &OfficialIn) -> Option<Official> {
    let iin = faults.take("official.iin", "wrong_iin", Iin::parse(sent.iin.trim()));
    let name = faults.text("official.name", &sent.name, TEXT_MAX);
    if sent.contacts.len() > CONTACTS_MAX {
        faults.add("official.contacts", "too_many", format!("send at most {CONTACTS_MAX} contacts"));
    }
    let mut contacts = Vec::new();
    for (n, contact) in sent.contacts.iter().take(CONTACTS_MAX).enumerate() {
        contacts.extend(faults.text(&format!("official.contacts[{n}]"), contact, TEXT_MAX));
    }
    Some(Official { iin: iin?, name: name?, contacts })
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
