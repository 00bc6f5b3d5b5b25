//! Numbers by which a child was known and is still found: the temporary one of a child that has got its IIN, the other one of two that
//! were found to be of one child.

use diesel::prelude::*;

use super::columns::kato_to_column;
use super::connection::{AnyConnection, on_backend};
use super::rows::former_numbers::Row;
use super::schema::{children, former_numbers};
use super::{StoreError, Transaction};
use crate::domain::iin::Iin;
use crate::domain::kato::Kato;
use crate::trust::cipher::BlindIin;

/// Lets a child be found by a number that it had.
///
/// # Errors
/// The database refuses.
pub fn keep(tx: &mut Transaction<'_>, home: Kato, child: &str, iin: Iin) -> Result<(), StoreError> {
    forget(tx, iin)?;
    let row = (
        former_numbers::iin.eq(tx.look_up()?.blind(iin).0),
        former_numbers::home.eq(kato_to_column(home)),
        former_numbers::child.eq(child),
    );
    let left: Vec<Row> = on_backend!(tx.conn(), c => diesel::insert_into(former_numbers::table)
        .values(row)
        .returning(former_numbers::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    Ok(())
}

/// Lets a number find nobody any more but whoever has it.
///
/// # Errors
/// The database refuses.
pub fn forget(tx: &mut Transaction<'_>, iin: Iin) -> Result<(), StoreError> {
    let of = tx.look_up()?.blind(iin);
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(former_numbers::table.find(of.0))
        .returning(former_numbers::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(())
}

/// Forgets the numbers of a child that is erased.
///
/// # Errors
/// The database refuses.
pub(super) fn erase(tx: &mut Transaction<'_>, child: &str) -> Result<(), StoreError> {
    let of = former_numbers::table.filter(former_numbers::child.eq(child));
    let gone: Vec<Row> = on_backend!(tx.conn(), c => diesel::delete(of)
        .returning(former_numbers::all_columns)
        .get_results(c))?;
    tx.tell_gone(&gone);
    Ok(())
}

/// The numbers that the child had that is looked up by this now.
///
/// # Errors
/// The database is not available.
pub fn of(conn: &mut AnyConnection, now: BlindIin) -> Result<Vec<BlindIin>, StoreError> {
    let had: Vec<i64> = former_numbers::table
        .inner_join(children::table.on(children::key.eq(former_numbers::child)))
        .filter(children::iin.eq(now.0))
        .order(former_numbers::iin)
        .select(former_numbers::iin)
        .load(conn)?;
    Ok(had.into_iter().map(BlindIin).collect())
}

/// Whether two numbers are of one child, also where it had one of them.
///
/// # Errors
/// The database is not available.
pub fn of_one(conn: &mut AnyConnection, one: BlindIin, other: BlindIin) -> Result<bool, StoreError> {
    Ok(one == other || now_of(conn, one)?.unwrap_or(one) == now_of(conn, other)?.unwrap_or(other))
}

/// By what the child is looked up now that had this number; none where nobody had it.
///
/// # Errors
/// The database is not available.
pub fn now_of(conn: &mut AnyConnection, number: BlindIin) -> Result<Option<BlindIin>, StoreError> {
    let iin: Option<i64> = former_numbers::table
        .inner_join(children::table.on(children::key.eq(former_numbers::child)))
        .filter(former_numbers::iin.eq(number.0))
        .select(children::iin)
        .get_result(conn)
        .optional()?;
    Ok(iin.map(BlindIin))
}
