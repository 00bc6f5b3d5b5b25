//! The chains as rows.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::StoreError;
use super::columns::{from_column, kato_from_column, kato_to_column, to_column};
use super::connection::{AnyConnection, on_backend};
use super::schema::journal;
use crate::domain::instant::instant_text;
use crate::domain::kato::Kato;
use crate::trust::act::JournalAct;
use crate::trust::journal::{Record, Seals};
use crate::trust::opening::{Deed, Opening, Rows, Subject};
use crate::trust::seal::canonical;

/// One record for the journal of a home. The store adds the place in the chain, the instant and the hashes.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The home whose chain it joins.
    pub home: Kato,
    /// What was done.
    pub act: JournalAct,
    /// The key of the credential.
    pub actor: String,
    /// The territory that the act concerns, in the home or the home itself.
    pub territory: Kato,
    /// What the act says beside the rows that it leaves.
    pub said: Said,
}

/// What an act says: in public, or of each of its subjects.
#[derive(Clone, Debug, Default)]
pub struct Said {
    payload: Value,
    told: BTreeMap<Subject, Value>,
}

impl Said {
    /// What may be published.
    pub fn in_public(payload: Value) -> Self {
        Said { payload, told: BTreeMap::new() }
    }

    /// What is said of one subject, in its opening.
    pub fn of(subject: Subject, told: Value) -> Self {
        Said::default().and_of(subject, told)
    }

    /// What is said of another subject besides: an opening never names a second person.
    #[must_use]
    pub fn and_of(mut self, subject: Subject, told: Value) -> Self {
        self.told.insert(subject, told);
        self
    }
}

impl Entry {
    /// The openings of the record: of every subject whose rows are left, or of which something is said.
    pub(super) fn openings(&self, mut left: BTreeMap<Subject, Rows>) -> Vec<Opening> {
        self.said.told.keys().for_each(|subject| {
            left.entry(subject.clone()).or_default();
        });
        let territory = self.territory.to_string();
        let deed = Deed { act: self.act.code(), actor: &self.actor, territory: &territory };
        // Whoever is touched without being told of, hears nothing of who did what to another.
        let seal = |subject: &Subject, rows: &Rows| match self.said.told.get(subject) {
            Some(told) => Opening::seal(subject, (!self.act.is_public()).then_some(deed), rows, told),
            None => Opening::seal(subject, None, rows, &Value::Null),
        };
        left.iter().map(|(subject, rows)| seal(subject, rows)).collect()
    }
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = journal)]
struct Row {
    home: i32,
    seq: i64,
    at: NaiveDateTime,
    act: String,
    actor: String,
    territory: i32,
    payload: String,
    seals: i32,
    root: String,
    prev: String,
    hash: String,
}

/// The record that an entry becomes at this place of its chain, and the text that its payload is kept as.
pub(super) fn next(entry: &Entry, openings: &[Opening], at: DateTime<Utc>, seq: i64, prev: &str) -> (Record, String) {
    let payload = canonical(&entry.said.payload);
    let (act, actor, territory) = match entry.act.is_public() {
        true => (entry.act, entry.actor.clone(), entry.territory),
        false => (JournalAct::Child, String::new(), entry.home),
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
    record.hash = record.hash_with(&payload);
    (record, payload)
}

/// How many rows go into one statement: SQLite binds at most 32 766 values, and a row has eleven.
const BATCH: usize = 1_000;

/// Appends records; only [`super::Store::write`] may.
pub(super) fn insert(
    conn: &mut AnyConnection,
    at: DateTime<Utc>,
    records: &[(Record, String)],
) -> Result<(), StoreError> {
    for batch in records.chunks(BATCH) {
        let rows: Vec<Row> = batch
            .iter()
            .map(|(r, payload)| Row {
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
            })
            .collect();
        on_backend!(conn, c => diesel::insert_into(journal::table).values(&rows).execute(c))?;
    }
    Ok(())
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

/// The homes that have a record, whatever `homes` says.
///
/// # Errors
/// The database is not available.
pub fn with_records(conn: &mut AnyConnection) -> Result<Vec<Kato>, StoreError> {
    let rows: Vec<i32> = journal::table.select(journal::home).distinct().order(journal::home).load(conn)?;
    rows.into_iter().map(kato_from_column).collect()
}
