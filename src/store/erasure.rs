//! Erasure: what a child and its applicants are known by goes, and its key with it. Whatever was sealed under that is never read again.

use chrono::{Datelike, NaiveDate};
use diesel::prelude::*;

use super::connection::on_backend;
use super::rows::{applicants::Row as ApplicantRow, children::Row as ChildRow};
use super::schema::{applicants, applications, children};
use super::vault::{KeyId, destroy};
use super::{StoreError, Transaction, former_numbers, representatives, scans};
use crate::trust::cipher::BlindIin;

/// Erases a child, by the key of its row: who it is and all that is sealed under its key, in every application that it had in its
/// home. Its seats stay. Nobody is found by its IIN any more, and of its day of birth the year is left, which its queues tell anyway.
///
/// # Errors
/// The database refuses.
pub fn erase(tx: &mut Transaction<'_>, child: &str) -> Result<(), StoreError> {
    let born_on: NaiveDate = children::table.find(child).select(children::birth_on).get_result(tx.conn())?;
    let erased = (
        children::iin.eq(BlindIin::nobody().0),
        children::person.eq(None::<Vec<u8>>),
        children::likeness.eq(None::<i64>),
        children::certificate.eq(None::<i64>),
        children::kin.eq(None::<i64>),
        children::birth_on.eq(NaiveDate::from_ymd_opt(born_on.year(), 1, 1).unwrap_or(born_on)),
    );
    let left: Vec<ChildRow> = on_backend!(tx.conn(), c => diesel::update(children::table.find(child))
        .set(erased)
        .returning(children::all_columns)
        .get_results(c))?;
    tx.tell(&left);
    let numbers: Vec<String> =
        applications::table.filter(applications::child.eq(child)).select(applications::number).load(tx.conn())?;
    for number in numbers {
        let left: Vec<ApplicantRow> = on_backend!(tx.conn(), c => diesel::update(applicants::table.find(&number))
            .set(applicants::iin.eq(BlindIin::nobody().0))
            .returning(applicants::all_columns)
            .get_results(c))?;
        tx.tell(&left);
    }
    representatives::erase(tx, child)?;
    scans::erase(tx, child)?;
    former_numbers::erase(tx, child)?;
    destroy(tx.conn(), KeyId::of_child(child)?)
}
