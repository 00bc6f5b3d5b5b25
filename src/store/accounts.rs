//! Accounts of persons with their mandates. Who holds one is sealed under the registry's key, and found by the keyed hash of the
//! IIN.

use std::collections::HashMap;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::columns::{code, from_column, kato_from_column, kato_to_column, list, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::accounts::Row;
use super::rows::mandates::Row as MandateRow;
use super::schema::{accounts, mandates};
use super::{Keeper, StoreError, Transaction, Vault, logins};
use crate::domain::account::{Account, Mandate, Official, Order, System};
use crate::domain::codes::Role;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::trust::cipher::BlindIin;
use crate::trust::seal::canonical;

/// What is sealed.
const PERSON: &str = "accounts.person";

/// Who an official is; a system has a name only.
#[derive(Serialize, Deserialize)]
struct Person {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    iin: Option<String>,
    name: String,
    contacts: Vec<String>,
}

fn nouns(conn: &mut AnyConnection, vault: &Vault, rows: Vec<Row>) -> Result<Vec<Account>, StoreError> {
    let opener = vault.opener(conn, rows.iter().filter_map(|row| row.person.as_deref()))?;
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut names = logins::names(conn, vault, &ids)?;
    let damaged = |id: &str, why: &dyn std::fmt::Display| StoreError::Damaged(format!("account {id}: {why}"));
    let noun = |row: Row| {
        let opened = row.person.as_deref().map(|sealed| opener.open(PERSON, sealed)).transpose()?;
        let person = opened.as_deref().map(serde_json::from_str::<Person>).transpose();
        let (mut official, mut system) = (None, None);
        match person.map_err(|e| damaged(&row.id, &e))? {
            Some(Person { iin: Some(iin), name, contacts }) => {
                let iin = Iin::parse(&iin).map_err(|e| damaged(&row.id, &e))?;
                official = Some(Official { iin, name, contacts });
            }
            Some(Person { iin: None, name, contacts }) => system = Some(System { name, contacts }),
            None => {}
        }
        Ok(Account {
            official,
            system,
            login: names.remove(&row.id),
            id: row.id,
            home: kato_from_column(row.home)?,
            opened_at: from_column(row.opened_at),
            closed_at: row.closed_at.map(from_column),
        })
    };
    rows.into_iter().map(noun).collect()
}

pub(super) fn mandate(row: MandateRow) -> Result<Mandate, StoreError> {
    Ok(Mandate {
        id: row.id,
        home: kato_from_column(row.home)?,
        account: row.account,
        role: code(&row.role)?,
        territory: kato_from_column(row.territory)?,
        kindergarten: row.kindergarten,
        acts_as: list(&row.acts_as),
        post: row.post,
        appointed_by: row.appointed_by,
        order: row.order_number.zip(row.order_on).map(|(number, on)| Order { number, on }),
        deputy_for: row.deputy_for,
        from_on: row.from_on,
        until_on: row.until_on,
        given_at: from_column(row.given_at),
        ended_at: row.ended_at.map(from_column),
    })
}

/// The account with this id.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, vault: &Vault, id: &str) -> Result<Option<Account>, StoreError> {
    let row: Option<Row> = accounts::table.find(id).get_result(conn).optional()?;
    Ok(nouns(conn, vault, row.into_iter().collect())?.pop())
}

/// The open accounts of a person.
///
/// # Errors
/// The database is not available.
pub fn of_person(conn: &mut AnyConnection, iin: BlindIin) -> Result<Vec<String>, StoreError> {
    let open = accounts::table.filter(accounts::iin.eq(iin.0)).filter(accounts::closed_at.is_null());
    Ok(open.order(accounts::opened_at).select(accounts::id).load(conn)?)
}

/// By what the person of an account is known; of an account without a person, one that nobody else has.
///
/// # Errors
/// The database is not available.
pub fn person_of(conn: &mut AnyConnection, id: &str) -> Result<Option<BlindIin>, StoreError> {
    let iin: Option<i64> = accounts::table.find(id).select(accounts::iin).get_result(conn).optional()?;
    Ok(iin.map(BlindIin))
}

/// Somebody who holds a mandate.
#[derive(Clone, Debug)]
pub struct Appointee {
    /// The account.
    pub account: String,
    /// By what its person is known.
    pub person: BlindIin,
}

/// The first open account with a mandate for this role that covers the territory, and for this kindergarten alone where one
/// is named.
///
/// # Errors
/// The database is not available.
pub fn appointee(
    conn: &mut AnyConnection,
    role: Role,
    territory: Kato,
    kindergarten: Option<&str>,
) -> Result<Option<Appointee>, StoreError> {
    let open = mandates::table
        .inner_join(accounts::table.on(accounts::id.eq(mandates::account)))
        .filter(mandates::role.eq(role.code()))
        .filter(mandates::ended_at.is_null())
        .filter(accounts::closed_at.is_null())
        .order((mandates::given_at, mandates::id));
    let columns = (accounts::id, accounts::iin, mandates::territory, mandates::kindergarten);
    let rows: Vec<(String, i64, i32, Option<String>)> = open.select(columns).load(conn)?;
    for (account, iin, covered, own) in rows {
        if territory.within(kato_from_column(covered)?) && own.as_deref() == kindergarten {
            return Ok(Some(Appointee { account, person: BlindIin(iin) }));
        }
    }
    Ok(None)
}

/// Whether an account is there and open.
///
/// # Errors
/// The database is not available.
pub fn is_open(conn: &mut AnyConnection, id: &str) -> Result<bool, StoreError> {
    let open = accounts::table.find(id).filter(accounts::closed_at.is_null());
    let found: Option<String> = open.select(accounts::id).get_result(conn).optional()?;
    Ok(found.is_some())
}

/// Every account that has a mandate in a territory or below, with its mandates there, oldest first.
///
/// # Errors
/// The database is not available.
pub fn within(
    conn: &mut AnyConnection,
    vault: &Vault,
    territory: Kato,
) -> Result<Vec<(Account, Vec<Mandate>)>, StoreError> {
    let rows: Vec<MandateRow> = mandates::table.order((mandates::given_at, mandates::id)).load(conn)?;
    let mut there: HashMap<String, Vec<Mandate>> = HashMap::new();
    for row in rows {
        let mandate = mandate(row)?;
        if mandate.territory.within(territory) {
            there.entry(mandate.account.clone()).or_default().push(mandate);
        }
    }
    let rows: Vec<Row> = accounts::table.order((accounts::opened_at, accounts::id)).load(conn)?;
    let rows: Vec<Row> = rows.into_iter().filter(|row| there.contains_key(&row.id)).collect();
    let all = nouns(conn, vault, rows)?;
    Ok(all
        .into_iter()
        .map(|account| {
            let own = there.remove(&account.id).unwrap_or_default();
            (account, own)
        })
        .collect())
}

/// The mandate with this id.
///
/// # Errors
/// The database is not available.
pub fn mandate_of(conn: &mut AnyConnection, id: &str) -> Result<Option<Mandate>, StoreError> {
    let row: Option<MandateRow> = mandates::table.find(id).get_result(conn).optional()?;
    row.map(mandate).transpose()
}

/// The mandates of an account, oldest first.
///
/// # Errors
/// The database is not available.
pub fn mandates_of(conn: &mut AnyConnection, account: &str) -> Result<Vec<Mandate>, StoreError> {
    let own = mandates::table.filter(mandates::account.eq(account));
    let rows: Vec<MandateRow> = own.order((mandates::given_at, mandates::id)).load(conn)?;
    rows.into_iter().map(mandate).collect()
}

/// Opens an account.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    let look_up = tx.look_up()?;
    let (iin, person) = match (&account.official, &account.system) {
        (Some(Official { iin, name, contacts }), _) => {
            let person = Person { iin: Some(iin.to_string()), name: name.clone(), contacts: contacts.clone() };
            (look_up.blind(*iin), Some(person))
        }
        (None, Some(System { name, contacts })) => {
            let person = Person { iin: None, name: name.clone(), contacts: contacts.clone() };
            (BlindIin::nobody(), Some(person))
        }
        (None, None) => (BlindIin::nobody(), None),
    };
    let seal = |person: Person| tx.seal(&Keeper::Registry, PERSON, &canonical(&person));
    let person = person.map(seal).transpose()?;
    let row = Row {
        id: account.id.clone(),
        home: kato_to_column(account.home),
        iin: iin.0,
        person,
        opened_at: to_column(account.opened_at),
        closed_at: account.closed_at.map(to_column),
    };
    Row::insert(tx, &[row])
}

/// Gives a mandate.
///
/// # Errors
/// The database refuses.
pub fn insert_mandate(tx: &mut Transaction<'_>, given: &Mandate) -> Result<(), StoreError> {
    let row = MandateRow {
        id: given.id.clone(),
        home: kato_to_column(given.home),
        account: given.account.clone(),
        role: given.role.code().to_owned(),
        territory: kato_to_column(given.territory),
        kindergarten: given.kindergarten.clone(),
        acts_as: given.acts_as.join(";"),
        post: given.post.clone(),
        appointed_by: given.appointed_by.clone(),
        order_number: given.order.as_ref().map(|order| order.number.clone()),
        order_on: given.order.as_ref().map(|order| order.on),
        deputy_for: given.deputy_for.clone(),
        from_on: given.from_on,
        until_on: given.until_on,
        given_at: to_column(given.given_at),
        ended_at: given.ended_at.map(to_column),
    };
    MandateRow::insert(tx, &[row])
}

/// Ends a mandate now.
///
/// # Errors
/// The database refuses.
pub fn end_mandate(tx: &mut Transaction<'_>, id: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let left: Vec<MandateRow> = on_backend!(tx.conn(), c => diesel::update(mandates::table.find(id))
        .set(mandates::ended_at.eq(Some(at)))
        .returning(mandates::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Closes an account now.
///
/// # Errors
/// The database refuses.
pub fn close(tx: &mut Transaction<'_>, id: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(accounts::table.find(id))
        .set(accounts::closed_at.eq(Some(at)))
        .returning(accounts::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}
