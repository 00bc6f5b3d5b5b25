//! Who represents a child: at most two persons with equal rights, each with the code of their own paper. Who they are is sealed
//! under the child's key.

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::columns::{code as read_code, from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::InsertRow;
use super::rows::representatives::Row;
use super::schema::{children, representatives};
use super::{Keeper, StoreError, Transaction, Vault};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::domain::representative::CourtWord;
use crate::trust::cipher::BlindIin;
use crate::trust::seal::canonical;

/// What is sealed.
const PERSON: &str = "representatives.person";

/// Who a representative is.
#[derive(Serialize, Deserialize)]
struct Person {
    iin: String,
    name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    contacts: Vec<String>,
}

/// Who a representative is, as it was sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The whole name.
    pub name: String,
    /// How the person is reached, where that is not by the contacts of an application.
    pub contacts: Vec<String>,
}

/// A representative of a child, as far as it is not sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representative {
    /// A random key.
    pub id: String,
    /// The home that knows the child.
    pub home: Kato,
    /// The key of the child.
    pub child: String,
    /// By what the person is known.
    pub iin: BlindIin,
    /// What the code is compared by; none before there was one.
    pub code: Option<i64>,
    /// When the code was issued.
    pub code_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The account that gave the code out at a counter; none where it came with a registration.
    pub code_by: Option<String>,
    /// The key of the facts that name the document by which the person was added; none for whoever applied.
    pub document: Option<String>,
    /// When somebody else than the person set the contacts by which it is reached.
    pub contacts_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Who did.
    pub contacts_by: Option<String>,
    /// What an act of a court or a guardianship body says of it.
    pub court: Option<CourtWord>,
    /// The key of the facts that name that act, or the one by which it was lifted.
    pub court_act: Option<String>,
    /// When that was entered.
    pub court_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Since when it represents the child.
    pub added_at: chrono::DateTime<chrono::Utc>,
    /// Until when it did.
    pub ended_at: Option<chrono::DateTime<chrono::Utc>>,
}

fn noun(row: Row) -> Result<Representative, StoreError> {
    Ok(Representative {
        id: row.id,
        home: kato_from_column(row.home)?,
        child: row.child,
        iin: BlindIin(row.iin),
        code: row.code,
        code_at: row.code_at.map(from_column),
        code_by: row.code_by,
        document: row.document,
        contacts_at: row.contacts_at.map(from_column),
        contacts_by: row.contacts_by,
        court: row.court.as_deref().map(read_code).transpose()?,
        court_act: row.court_act,
        court_at: row.court_at.map(from_column),
        added_at: from_column(row.added_at),
        ended_at: row.ended_at.map(from_column),
    })
}

/// Those who represent a child of a home now, by the key of its row.
///
/// # Errors
/// The database is not available.
pub fn of_child(conn: &mut AnyConnection, child: &str) -> Result<Vec<Representative>, StoreError> {
    let live =
        representatives::table.filter(representatives::child.eq(child)).filter(representatives::ended_at.is_null());
    let rows: Vec<Row> = live.order((representatives::added_at, representatives::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// Those who represent a child of a home or did so once, by the key of its row.
///
/// # Errors
/// The database is not available.
pub fn ever_of_child(conn: &mut AnyConnection, child: &str) -> Result<Vec<Representative>, StoreError> {
    let all = representatives::table.filter(representatives::child.eq(child));
    let rows: Vec<Row> = all.order((representatives::added_at, representatives::id)).load(conn)?;
    rows.into_iter().map(noun).collect()
}

/// The representative with this key, also where it has ended.
///
/// # Errors
/// The database is not available.
pub fn ever(conn: &mut AnyConnection, id: &str) -> Result<Option<Representative>, StoreError> {
    let found: Option<Row> = representatives::table.find(id).get_result(conn).optional()?;
    found.map(noun).transpose()
}

/// Who a representative is; nothing where its child is erased.
///
/// # Errors
/// The database is not available, or what is sealed cannot be read.
pub fn named(conn: &mut AnyConnection, vault: &Vault, id: &str) -> Result<Option<Named>, StoreError> {
    let sealed: Option<Vec<u8>> =
        representatives::table.find(id).select(representatives::person).get_result(conn).optional()?.flatten();
    let Some(sealed) = sealed else { return Ok(None) };
    let person: Person = serde_json::from_str(&vault.open(conn, PERSON, &sealed)?)
        .map_err(|e| StoreError::Damaged(format!("a representative's person: {e}")))?;
    Ok(Some(Named { name: person.name, contacts: person.contacts }))
}

/// Those who represent a child now in any home that knows it.
///
/// # Errors
/// The database is not available.
pub fn of_iin(conn: &mut AnyConnection, child: BlindIin) -> Result<Vec<Representative>, StoreError> {
    let keys: Vec<String> = children::table.filter(children::iin.eq(child.0)).select(children::key).load(conn)?;
    let mut all = Vec::new();
    for key in keys {
        all.extend(of_child(conn, &key)?);
    }
    Ok(all)
}

/// The representative with this key who has not ended, with what the child is looked up by.
///
/// # Errors
/// The database is not available.
pub fn find(conn: &mut AnyConnection, id: &str) -> Result<Option<(Representative, BlindIin)>, StoreError> {
    let found: Option<(Row, i64)> = representatives::table
        .inner_join(children::table.on(children::key.eq(representatives::child)))
        .filter(representatives::id.eq(id))
        .filter(representatives::ended_at.is_null())
        .select((representatives::all_columns, children::iin))
        .get_result(conn)
        .optional()?;
    found.map(|(row, iin)| Ok((noun(row)?, BlindIin(iin)))).transpose()
}

/// Adds a representative of a child.
///
/// # Errors
/// The database refuses.
pub fn insert(tx: &mut Transaction<'_>, new: &Representative, iin: Iin, who: &Named) -> Result<(), StoreError> {
    let Named { name, contacts } = who.clone();
    let person = canonical(&Person { iin: iin.to_string(), name, contacts });
    let person = tx.seal(&Keeper::Child(new.child.clone()), PERSON, &person)?;
    let row = Row {
        id: new.id.clone(),
        home: kato_to_column(new.home),
        child: new.child.clone(),
        iin: new.iin.0,
        person: Some(person),
        code: new.code,
        code_at: new.code_at.map(to_column),
        code_by: new.code_by.clone(),
        document: new.document.clone(),
        contacts_at: new.contacts_at.map(to_column),
        contacts_by: new.contacts_by.clone(),
        court: new.court.map(|word| word.code().to_owned()),
        court_act: new.court_act.clone(),
        court_at: new.court_at.map(to_column),
        added_at: to_column(new.added_at),
        ended_at: None,
    };
    Row::insert(tx, &[row])
}

/// Lets those who represent a child represent it in another home too, with the codes that they have.
///
/// # Errors
/// The database refuses.
pub fn carry(
    tx: &mut Transaction<'_>,
    from: &str,
    home: Kato,
    to: &str,
    new_id: impl Fn() -> String,
) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    let known: Vec<i64> = of_child(tx.conn(), to)?.iter().map(|known| known.iin.0).collect();
    let live =
        representatives::table.filter(representatives::child.eq(from)).filter(representatives::ended_at.is_null());
    let rows: Vec<Row> = live.order((representatives::added_at, representatives::id)).load(tx.conn())?;
    let mut carried = Vec::new();
    for row in rows.into_iter().filter(|row| !known.contains(&row.iin)) {
        let person = match &row.person {
            Some(sealed) => {
                let person = tx.open(PERSON, sealed)?;
                Some(tx.seal(&Keeper::Child(to.to_owned()), PERSON, &person)?)
            }
            None => None,
        };
        let (id, added_at) = (new_id(), to_column(tx.at()));
        carried.push(Row { id, home: kato_to_column(home), child: to.to_owned(), person, added_at, ..row });
    }
    Row::insert(tx, &carried)
}

/// Saves all of a representative that changes: its code, who set its contacts, what a court says, and whether it has ended.
///
/// # Errors
/// The database refuses.
pub fn save(tx: &mut Transaction<'_>, of: &Representative) -> Result<(), StoreError> {
    let changed = (
        representatives::code.eq(of.code),
        representatives::code_at.eq(of.code_at.map(to_column)),
        representatives::code_by.eq(of.code_by.clone()),
        representatives::contacts_at.eq(of.contacts_at.map(to_column)),
        representatives::contacts_by.eq(of.contacts_by.clone()),
        representatives::court.eq(of.court.map(CourtWord::code)),
        representatives::court_act.eq(of.court_act.clone()),
        representatives::court_at.eq(of.court_at.map(to_column)),
        representatives::ended_at.eq(of.ended_at.map(to_column)),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(representatives::table.find(&of.id))
        .set(changed)
        .returning(representatives::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Lets nobody be known any more who represented a child that is erased.
///
/// # Errors
/// The database refuses.
pub(super) fn erase(tx: &mut Transaction<'_>, child: &str) -> Result<(), StoreError> {
    let at = to_column(tx.at());
    let ids: Vec<String> =
        representatives::table.filter(representatives::child.eq(child)).select(representatives::id).load(tx.conn())?;
    for id in ids {
        let erased = (
            representatives::iin.eq(BlindIin::nobody().0),
            representatives::person.eq(None::<Vec<u8>>),
            representatives::code.eq(None::<i64>),
            representatives::code_by.eq(None::<String>),
            representatives::contacts_by.eq(None::<String>),
            representatives::ended_at.eq(Some(at)),
        );
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(representatives::table.find(&id))
            .set(erased)
            .returning(representatives::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}
