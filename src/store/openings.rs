//! What records seal, as rows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::columns::{from_column, kato_from_column, kato_to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::{journal as journal_rows, openings};
use super::tables::openings::{Row, put};
use super::{StoreError, journal};
use crate::domain::kato::Kato;
use crate::trust::act::ActCode;
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

/// What was done, of up to `limit` records of a home after `seq`, in order: by the record where it tells so in public, else by
/// the first opening that does.
///
/// # Errors
/// The database is not available, or an act cannot be read.
pub fn acts_after(conn: &mut AnyConnection, home: Kato, seq: i64, limit: i64) -> Result<Vec<Done>, StoreError> {
    let code = kato_to_column(home);
    let records: Vec<(i64, NaiveDateTime, String)> = journal_rows::table
        .filter(journal_rows::home.eq(code))
        .filter(journal_rows::seq.gt(seq))
        .order(journal_rows::seq)
        .limit(limit)
        .select((journal_rows::seq, journal_rows::at, journal_rows::act))
        .load(conn)?;
    let of_children = records.iter().filter(|record| record.2 == ActCode::Child.code()).map(|record| record.0);
    // An opening can be long, and says first which act it tells of.
    let told: Vec<(i64, String)> = on_backend!(conn, c => openings::table
        .filter(openings::home.eq(code))
        .filter(openings::seq.eq_any(of_children.collect::<Vec<_>>()))
        .filter(openings::body.like("{\"act\":%"))
        .select((openings::seq, sql::<Text>("substr(body, 1, 64)")))
        .load(c))?;
    let told: BTreeMap<i64, String> = told.into_iter().collect();
    records
        .into_iter()
        .map(|(seq, at, act)| {
            let told = told.get(&seq).and_then(|front| front.split('"').nth(3)).unwrap_or(&act);
            let act =
                ActCode::read(told).map_err(|why| StoreError::Damaged(format!("home {home}, record {seq}: {why}")))?;
            Ok(Done { seq, at: from_column(at), act })
        })
        .collect()
}

/// What a record says was done.
#[derive(Clone, Copy, Debug)]
pub struct Done {
    /// Its place in the chain.
    pub seq: i64,
    /// Its instant.
    pub at: DateTime<Utc>,
    /// What was done.
    pub act: ActCode,
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
