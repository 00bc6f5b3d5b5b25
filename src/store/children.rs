//! The children that a home knows.

use std::collections::{HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::columns::{kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::marks::{self, Marks};
use super::rows::InsertRow;
use super::rows::children::Row;
use super::schema::{applicants, applications, children};
use super::vault::{KeyId, Opener};
use super::{StoreError, Transaction, Vault};
use crate::domain::application::Child;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::trust::cipher::{BlindIin, LookUpKey};
use crate::trust::seal::canonical;

/// What is sealed.
const PERSON: &str = "children.person";

/// Who a child is.
#[derive(Serialize, Deserialize)]
struct Person {
    iin: String,
    name: String,
}

fn noun(row: Row, opener: &Opener) -> Result<Child, StoreError> {
    let Some(sealed) = row.person else { return Err(StoreError::Erased(row.key)) };
    let person = opener.open(PERSON, &sealed)?;
    let Person { iin, name } =
        serde_json::from_str(&person).map_err(|e| StoreError::Damaged(format!("a child's person: {e}")))?;
    let iin = Iin::parse(&iin).map_err(|e| StoreError::Damaged(format!("a child's IIN: {e}")))?;
    Ok(Child { key: row.key, iin, name, birth_on: row.birth_on })
}

/// The children of these keys.
///
/// # Errors
/// The database is not available, or a child was erased.
pub(super) fn of_keys(
    conn: &mut AnyConnection,
    vault: &Vault,
    keys: &[&str],
) -> Result<HashMap<String, Child>, StoreError> {
    let rows: Vec<Row> = children::table.filter(children::key.eq_any(keys.iter().copied())).load(conn)?;
    let opener = vault.opener(conn, rows.iter().filter_map(|row| row.person.as_deref()))?;
    rows.into_iter().map(|row| Ok((row.key.clone(), noun(row, &opener)?))).collect()
}

/// The child with this key.
///
/// # Errors
/// The database is not available, or the child is missing or was erased.
pub fn find(conn: &mut AnyConnection, vault: &Vault, key: &str) -> Result<Child, StoreError> {
    let row: Row = children::table.find(key).get_result(conn)?;
    let opener = vault.opener(conn, row.person.as_deref())?;
    noun(row, &opener)
}

/// The key of a child known in this home.
///
/// # Errors
/// The database is not available.
pub fn child_key(conn: &mut AnyConnection, home: Kato, iin: BlindIin) -> Result<Option<String>, StoreError> {
    Ok(children::table
        .filter(children::home.eq(kato_to_column(home)))
        .filter(children::iin.eq(iin.0))
        .select(children::key)
        .get_result(conn)
        .optional()?)
}

/// The homes that know a child.
///
/// # Errors
/// The database is not available.
pub fn homes_of(conn: &mut AnyConnection, iin: BlindIin) -> Result<Vec<Kato>, StoreError> {
    let homes: Vec<i32> = children::table.filter(children::iin.eq(iin.0)).select(children::home).load(conn)?;
    homes.into_iter().map(kato_from_column).collect()
}

/// What a child is looked up by, by the key of its row.
///
/// # Errors
/// The database is not available.
pub fn iin_of(conn: &mut AnyConnection, key: &str) -> Result<Option<BlindIin>, StoreError> {
    let iin: Option<i64> = children::table.find(key).select(children::iin).get_result(conn).optional()?;
    Ok(iin.map(BlindIin))
}

/// The keys of the children known in this home, by the blind IIN.
///
/// # Errors
/// The database is not available.
pub fn child_keys(
    conn: &mut AnyConnection,
    look_up: &LookUpKey,
    home: Kato,
    iins: &[Iin],
) -> Result<HashMap<BlindIin, String>, StoreError> {
    let mut known = HashMap::new();
    for batch in iins.chunks(5_000) {
        let rows: Vec<(i64, String)> = children::table
            .filter(children::home.eq(kato_to_column(home)))
            .filter(children::iin.eq_any(batch.iter().map(|iin| look_up.blind(*iin).0)))
            .select((children::iin, children::key))
            .load(conn)?;
        known.extend(rows.into_iter().map(|(iin, key)| (BlindIin(iin), key)));
    }
    Ok(known)
}

/// Keeps the new children, and brings the others of `lodged` up to what their papers say now: a birth date that was
/// mistyped the first time must not outlive the application that it came with.
///
/// # Errors
/// The database refuses.
pub(super) fn save<'a>(
    tx: &mut Transaction<'_>,
    home: i32,
    new: &[Child],
    lodged: impl Iterator<Item = (&'a Child, Marks)>,
) -> Result<(), StoreError> {
    let lodged: Vec<(&Child, Marks)> = lodged.collect();
    let marks: HashMap<&str, Marks> = lodged.iter().map(|(child, marks)| (child.key.as_str(), *marks)).collect();
    let look_up = tx.look_up()?;
    tx.ready(new.iter().map(|child| KeyId::of_child(&child.key)).collect::<Result<Vec<_>, _>>()?)?;
    let mut rows = Vec::with_capacity(new.len());
    for child in new {
        let Marks { likeness, certificate, kin } = marks.get(child.key.as_str()).copied().unwrap_or_default();
        rows.push(Row {
            key: child.key.clone(),
            home,
            iin: look_up.blind(child.iin).0,
            person: Some(person(tx, child)?),
            birth_on: child.birth_on,
            likeness,
            certificate,
            kin,
        });
    }
    Row::insert(tx, &rows)?;
    let new: HashSet<&str> = new.iter().map(|c| c.key.as_str()).collect();
    for (child, marks) in lodged.into_iter().filter(|(c, _)| !new.contains(c.key.as_str())) {
        let papers = (
            children::person.eq(person(tx, child)?),
            children::birth_on.eq(child.birth_on),
            children::likeness.eq(marks.likeness),
            children::certificate.eq(marks.certificate),
            children::kin.eq(marks.kin),
        );
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(children::table.find(&child.key))
            .set(papers)
            .returning(children::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    Ok(())
}

/// Keeps what was corrected of a child: its name, its birth date, its IIN.
///
/// # Errors
/// The database refuses.
pub fn correct(tx: &mut Transaction<'_>, child: &Child) -> Result<(), StoreError> {
    let look_up = tx.look_up()?;
    // Whoever applied last: the day of birth is part of the mark.
    let applicant: Option<i64> = applicants::table
        .inner_join(applications::table.on(applications::number.eq(applicants::application)))
        .filter(applications::child.eq(&child.key))
        .order(applications::number.desc())
        .select(applicants::iin)
        .first(tx.conn())
        .optional()?;
    let corrected = (
        children::likeness.eq(marks::likeness(&look_up, child)),
        children::kin.eq(applicant.map(|applicant| marks::kin(&look_up, BlindIin(applicant), child.birth_on))),
        children::iin.eq(tx.look_up()?.blind(child.iin).0),
        children::person.eq(Some(person(tx, child)?)),
        children::birth_on.eq(child.birth_on),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(children::table.find(&child.key))
        .set(corrected)
        .returning(children::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Lets nobody be found by the IIN of a child for a moment, so that two can change theirs.
///
/// # Errors
/// The database refuses.
pub fn vacate(tx: &mut Transaction<'_>, key: &str) -> Result<(), StoreError> {
    diesel::update(children::table.find(key)).set(children::iin.eq(BlindIin::nobody().0)).execute(tx.conn())?;
    Ok(())
}

fn person(tx: &mut Transaction<'_>, child: &Child) -> Result<Vec<u8>, StoreError> {
    let person = canonical(&Person { iin: child.iin.to_string(), name: child.name.clone() });
    tx.seal_under(KeyId::of_child(&child.key)?, PERSON, &person)
}
