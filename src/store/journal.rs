//! The chains as rows.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use serde_json::Value;

use super::StoreError;
use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::AnyConnection;
use super::schema::journal;
use super::tables::journal::{Row, put};
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::trust::act::{ActCode, JournalAct};
use crate::trust::journal::{RECORD_BYTES_MAX, Record, Seals};
use crate::trust::opening::{Deed, Opening, Rows};
use crate::trust::seal::canonical;
use crate::trust::subject::Subject;

/// One record for the journal of a home. The store adds the place in the chain, the instant and the hashes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The home whose chain it joins.
    pub home: Kato,
    /// What was done, with what is told of it beside the rows that it leaves.
    pub act: JournalAct,
    /// The account, or `operator`, `clock`, `follower`.
    pub actor: String,
    /// The territory that the act concerns, in the home or the home itself.
    pub territory: Kato,
}

impl Entry {
    /// The openings of the record: of every subject whose rows are left, or of which something is told.
    pub(super) fn openings(&self, mut left: BTreeMap<Subject, Rows>) -> Vec<Opening> {
        let JournalAct::Child(told) = &self.act else {
            return left.iter().map(|(subject, rows)| Opening::seal(subject, None, rows)).collect();
        };
        told.keys().for_each(|subject| {
            left.entry(subject.clone()).or_default();
        });
        // Whoever is touched without being told of, hears nothing of who did what to another.
        let deed = |act| Deed { act, actor: &self.actor, territory: self.territory };
        left.iter().map(|(subject, rows)| Opening::seal(subject, told.get(subject).map(deed), rows)).collect()
    }
}

/// The record that an entry becomes at this place of its chain, and the text that its payload is kept as.
///
/// # Errors
/// It is longer than a record may be: a list that can be long belongs into the openings.
pub(super) fn next(
    entry: &Entry,
    openings: &[Opening],
    at: DateTime<Utc>,
    seq: i64,
    prev: &str,
) -> Result<(Record, String), StoreError> {
    let (act, actor, territory, payload) = match &entry.act {
        JournalAct::Public(act) => (act.code(), entry.actor.clone(), entry.territory, canonical(act)),
        JournalAct::Child(_) => (ActCode::Child, String::new(), entry.home, canonical(&Value::Null)),
    };
    let mut record = Record {
        home: entry.home,
        seq,
        at: instant_text(at),
        act: act.code().to_owned(),
        actor,
        territory,
        payload: Value::Null,
        seals: Seals::of(openings),
        prev: prev.to_owned(),
        hash: String::new(),
    };
    let length = record.length_with(&payload);
    if length > RECORD_BYTES_MAX {
        let Record { home, act, .. } = record;
        return Err(StoreError::Other(format!(
            "a record of the act {act} in home {home} would have {length} bytes, and a record has at most {RECORD_BYTES_MAX}"
        )));
    }
    record.hash = record.hash_with(&payload);
    Ok((record, payload))
}

/// Appends records; only [`super::Store::write`] may.
pub(super) fn insert(
    conn: &mut AnyConnection,
    at: DateTime<Utc>,
    records: &[(Record, String)],
) -> Result<(), StoreError> {
    let row = |(r, payload): &(Record, String)| Row {
        home: kato_to_column(r.home),
        seq: r.seq,
        at: to_column(at),
        act: r.act.clone(),
        actor: r.actor.clone(),
        territory: kato_to_column(r.territory),
        payload: payload.clone(),
        seals: r.seals.count,
        root: r.seals.root.clone(),
        prev: r.prev.clone(),
        hash: r.hash.clone(),
    };
    put(conn, &records.iter().map(row).collect::<Vec<_>>())
}

fn record(row: Row) -> Result<Record, StoreError> {
    Ok(Record {
        home: kato_from_column(row.home)?,
        seq: row.seq,
        at: instant_text(from_column(row.at)),
        act: row.act,
        actor: row.actor,
        territory: kato_from_column(row.territory)?,
        payload: serde_json::from_str(&row.payload).map_err(|e| {
            StoreError::Damaged(format!("home {}, record {}: its payload is no JSON: {e}", row.home, row.seq))
        })?,
        seals: Seals { count: row.seals, root: row.root },
        prev: row.prev,
        hash: row.hash,
    })
}

/// Up to `limit` records of a home after `seq`, in order.
///
/// # Errors
/// The database is not available, or a record cannot be read.
pub fn after(conn: &mut AnyConnection, home: Kato, seq: i64, limit: i64) -> Result<Vec<Record>, StoreError> {
    let rows: Vec<Row> = journal::table
        .filter(journal::home.eq(kato_to_column(home)))
        .filter(journal::seq.gt(seq))
        .order(journal::seq)
        .limit(limit)
        .load(conn)?;
    rows.into_iter().map(record).collect()
}

/// The last record of a home that an instant includes, 0 where none does. Records stand in the order of their instants,
/// but for those that a mended clock had dated later: they were written before the record that mended it, so whoever asks
/// for an instant after the mending has them too.
///
/// # Errors
/// The database is not available.
pub fn last_until(conn: &mut AnyConnection, home: Kato, at: DateTime<Utc>) -> Result<i64, StoreError> {
    let included = journal::table.filter(journal::home.eq(kato_to_column(home))).filter(journal::at.le(to_column(at)));
    let last: Option<i64> = included.order(journal::seq.desc()).select(journal::seq).first(conn).optional()?;
    Ok(last.unwrap_or_default())
}

/// The last record of a home that counts acts.
///
/// # Errors
/// The database is not available, or the record cannot be read.
pub fn last_count(conn: &mut AnyConnection, home: Kato) -> Result<Option<Record>, StoreError> {
    // The condition of an index with a condition is found as it is written, not as a parameter.
    let counts = sql::<Bool>("act = 'count_acts'");
    let of_home = journal::table.filter(journal::home.eq(kato_to_column(home))).filter(counts);
    let last: Option<Row> = of_home.order(journal::seq.desc()).first(conn).optional()?;
    last.map(record).transpose()
}

/// The homes that have a record, whatever `homes` says.
///
/// # Errors
/// The database is not available.
pub fn with_records(conn: &mut AnyConnection) -> Result<Vec<Kato>, StoreError> {
    let rows: Vec<i32> = journal::table.select(journal::home).distinct().order(journal::home).load(conn)?;
    rows.into_iter().map(kato_from_column).collect()
}
