//! What records seal, as rows.

use std::collections::BTreeMap;

use diesel::prelude::*;

use super::columns::{kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::openings;
use super::tables::openings::{Row, put};
use super::{StoreError, journal};
use crate::domain::kato::Kato;
use crate::trust::journal::Record;
use crate::trust::opening::{Hash, OpenedRecord, Opening};
use crate::trust::subject::Subject;

/// The rows of a record's openings, in their order.
pub(super) fn rows(record: &Record, sealed: Vec<Opening>) -> impl Iterator<Item = Row> {
    let (home, seq) = (kato_to_column(record.home), record.seq);
    (0..).zip(sealed).map(move |(place_no, Opening { subject, salt, body })| Row {
        home,
        seq,
        place_no,
        subject,
        salt: salt.to_vec(),
        body,
    })
}

/// Keeps openings; only [`super::Store::write`] may.
pub(super) fn insert(conn: &mut AnyConnection, rows: &[Row]) -> Result<(), StoreError> {
    put(conn, rows)
}

fn noun(row: Row) -> Result<Opening, StoreError> {
    let Row { home, seq, subject, salt, body, .. } = row;
    let salt: Hash = salt.try_into().map_err(|_| {
        StoreError::Damaged(format!("home {home}, record {seq}: the salt of {subject} is not 32 bytes"))
    })?;
    Ok(Opening { subject, salt, body })
}

/// Up to `limit` records of a home after `seq`, in order, with their openings.
///
/// # Errors
/// The database is not available, or a record cannot be read.
pub fn after(conn: &mut AnyConnection, home: Kato, seq: i64, limit: i64) -> Result<Vec<OpenedRecord>, StoreError> {
    let records = journal::after(conn, home, seq, limit)?;
    let Some(last) = records.last().map(|record| record.seq) else { return Ok(Vec::new()) };
    let rows: Vec<Row> = on_backend!(conn, c => openings::table
        .filter(openings::home.eq(kato_to_column(home)))
        .filter(openings::seq.gt(seq).and(openings::seq.le(last)))
        .order((openings::seq, openings::place_no))
        .load(c))?;
    let mut of: BTreeMap<i64, Vec<Opening>> = BTreeMap::new();
    for row in rows {
        let sealed = of.entry(row.seq).or_default();
        // One that stands elsewhere than in its order is missing where it belongs.
        if usize::try_from(row.place_no) == Ok(sealed.len()) {
            sealed.push(noun(row)?);
        }
    }
    let opened = |record: Record| OpenedRecord { openings: of.remove(&record.seq).unwrap_or_default(), record };
    Ok(records.into_iter().map(opened).collect())
}

/// How many openings are kept.
///
/// # Errors
/// The database is not available.
pub fn count(conn: &mut AnyConnection) -> Result<i64, StoreError> {
    Ok(openings::table.count().get_result(conn)?)
}

/// What was done, by the openings of a record that does not tell it in public.
///
/// # Errors
/// The database is not available, or an opening cannot be read.
pub fn act_of(conn: &mut AnyConnection, home: Kato, seq: i64) -> Result<Option<String>, StoreError> {
    for opened in after(conn, home, seq - 1, 1)?.iter().filter(|opened| opened.record.seq == seq) {
        for opening in &opened.openings {
            if let Some(act) = opening.read().map_err(StoreError::Damaged)?.act {
                return Ok(Some(act));
            }
        }
    }
    Ok(None)
}

/// Every opening of these subjects with the record that seals it, of each in the order of its home's records.
///
/// # Errors
/// The database is not available, or an opening cannot be read.
pub fn of_subjects(conn: &mut AnyConnection, subjects: &[Subject]) -> Result<Vec<Kept>, StoreError> {
    let mut all = Vec::with_capacity(subjects.len());
    for batch in subjects.chunks(1_000) {
        let rows: Vec<Row> = on_backend!(conn, c => openings::table
            .filter(openings::subject.eq_any(batch.iter().map(Subject::to_string)))
            .order((openings::subject, openings::home, openings::seq))
            .load(c))?;
        for row in rows {
            let record = RecordId { home: kato_from_column(row.home)?, seq: row.seq };
            all.push(Kept { record, opening: noun(row)? });
        }
    }
    Ok(all)
}

/// An opening with the record that seals it.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Which record.
    pub record: RecordId,
    /// What it seals.
    pub opening: Opening,
}

/// A record by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordId {
    /// The home whose chain it is in.
    pub home: Kato,
    /// The place in the chain.
    pub seq: i64,
}
