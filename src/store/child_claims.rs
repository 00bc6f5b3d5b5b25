//! One active application per child in the country: the only table that no home owns.
//!
//! Registration, import, moving and leaving touch it in their own transaction, the claim first, so that of two
//! registrations in two homes one waits for the other and then sees it.

use std::collections::HashMap;

use diesel::prelude::*;

use super::columns::{code, kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::rows::child_claims::Row;
use super::schema::{applications, child_claims, children};
use super::{StoreError, Transaction};
use crate::domain::codes::Status;
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::trust::cipher::{BlindIin, LookUpKey};

/// Whose active application stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The home of the application.
    pub home: Kato,
    /// The number of the application that holds the claim.
    pub application: String,
    /// The territory named in that application.
    pub territory: Kato,
    /// The status of that application.
    pub status: Status,
}

/// Takes the claim of a child for an application; `false` where somebody else holds it. Comes first in an act, so that
/// of two registrations in two homes one waits for the other and then sees it.
///
/// # Errors
/// The database refuses.
pub fn take(tx: &mut Transaction<'_>, iin: Iin, home: Kato, application: &str) -> Result<bool, StoreError> {
    let row = (
        child_claims::iin.eq(tx.look_up()?.blind(iin).0),
        child_claims::home.eq(kato_to_column(home)),
        child_claims::application.eq(application),
    );
    let left: Option<Row> = on_backend!(tx.conn(), c => diesel::insert_into(child_claims::table)
        .values(row)
        .on_conflict_do_nothing()
        .returning(child_claims::all_columns)
        .get_result(c)
        .optional())?;
    tx.tell(left.as_slice());
    Ok(left.is_some())
}

/// Takes many claims at once; gives how many were free.
///
/// # Errors
/// The database refuses.
pub fn take_all(tx: &mut Transaction<'_>, claims: &[(Iin, Kato, &str)]) -> Result<usize, StoreError> {
    let look_up = tx.look_up()?;
    let mut taken = 0;
    for batch in claims.chunks(5_000) {
        // Not as whole rows: diesel gives SQLite those one by one, and takes one that is not inserted for an error.
        let rows: Vec<_> = batch
            .iter()
            .map(|(iin, home, application)| {
                (
                    child_claims::iin.eq(look_up.blind(*iin).0),
                    child_claims::home.eq(kato_to_column(*home)),
                    child_claims::application.eq(*application),
                )
            })
            .collect();
        let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::insert_into(child_claims::table)
            .values(rows)
            .on_conflict_do_nothing()
            .returning(child_claims::all_columns)
            .get_results(c))?;
        tx.tell(&left);
        taken += left.len();
    }
    Ok(taken)
}

/// Gives the claim of an application back: the child may be registered again. A request for a transfer holds none.
///
/// # Errors
/// The database refuses.
pub fn release(tx: &mut Transaction<'_>, child: &str, application: &str) -> Result<(), StoreError> {
    let iin = iin_of(tx, child)?;
    let held = child_claims::table.find(iin).filter(child_claims::application.eq(application));
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(held)
        .returning(child_claims::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(())
}

/// By what the child of this key is looked up.
fn iin_of(tx: &mut Transaction<'_>, child: &str) -> Result<i64, StoreError> {
    Ok(children::table.find(child).select(children::iin).get_result(tx.conn())?)
}

/// Passes the claim of a child on, to another application of the same home.
///
/// # Errors
/// The database refuses.
pub fn pass(tx: &mut Transaction<'_>, child: &str, application: &str) -> Result<(), StoreError> {
    let iin = iin_of(tx, child)?;
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::update(child_claims::table.find(iin))
        .set(child_claims::application.eq(application))
        .returning(child_claims::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Lets the claim that a home holds for a child be known by another IIN; `false` where that is claimed already.
///
/// # Errors
/// The database refuses.
pub fn rename(tx: &mut Transaction<'_>, home: Kato, before: BlindIin, iin: Iin) -> Result<bool, StoreError> {
    let held = child_claims::table.find(before.0).filter(child_claims::home.eq(kato_to_column(home)));
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(held)
        .returning(child_claims::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    match gone.first() {
        Some(claim) => take(tx, iin, home, &claim.application),
        None => {
            let blind = tx.look_up()?.blind(iin);
            Ok(holder(tx.conn(), blind)?.is_none())
        }
    }
}

/// Who holds the claim of a child.
///
/// # Errors
/// The database is not available.
pub fn holder(conn: &mut AnyConnection, iin: BlindIin) -> Result<Option<Claim>, StoreError> {
    let row: Option<(i32, String, i32, String)> = child_claims::table
        .inner_join(applications::table.on(applications::number.eq(child_claims::application)))
        .filter(child_claims::iin.eq(iin.0))
        .select((child_claims::home, child_claims::application, applications::territory, applications::status))
        .get_result(conn)
        .optional()?;
    row.map(|(home, application, territory, status)| {
        Ok(Claim {
            home: kato_from_column(home)?,
            application,
            territory: kato_from_column(territory)?,
            status: code(&status)?,
        })
    })
    .transpose()
}

/// The active applications of these children, by the blind IIN.
///
/// # Errors
/// The database is not available.
pub fn holders(
    conn: &mut AnyConnection,
    look_up: &LookUpKey,
    iins: &[Iin],
) -> Result<HashMap<BlindIin, String>, StoreError> {
    let mut claimed = HashMap::new();
    for batch in iins.chunks(5_000) {
        let rows: Vec<(i64, String)> = child_claims::table
            .filter(child_claims::iin.eq_any(batch.iter().map(|iin| look_up.blind(*iin).0)))
            .select((child_claims::iin, child_claims::application))
            .load(conn)?;
        for (iin, application) in rows {
            claimed.insert(BlindIin(iin), application);
        }
    }
    Ok(claimed)
}
