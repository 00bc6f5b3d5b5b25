//! Before something is given out, the rows that it is given by are held against the last records that tell of them, inside the
//! act's own transaction: a place that was sold by two `UPDATE`s is not given.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::ChainFault;
use super::fold::{beside, first_difference};
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::store::StoreError;
use crate::store::connection::AnyConnection;
use crate::store::held::{self, DECIDING};
use crate::store::openings::{self, Kept, RecordId};
use crate::store::rows::{HeldRow, ReadRow};
use crate::trust::opening::OpenedRecord;
use crate::trust::subject::Subject;

/// Holds the rows of these subjects against what the records tell of them, and their openings against what those seal.
///
/// # Errors
/// The first row that differs, or the record whose openings are not those that it seals.
pub(crate) fn prove(conn: &mut AnyConnection, subjects: &[Subject]) -> Result<(), ChainFault> {
    let openings = openings::of_subjects(conn, subjects)?;
    let records: BTreeSet<RecordId> = openings.iter().map(|kept| kept.record).collect();
    let rows = held::of_subjects(conn, subjects)?;
    Both { openings, rows }.agree()?;
    check_seals(conn, &records)
}

/// Holds the rows of everybody who stands in these queues against what the openings tell of them: a queue is compared while
/// the next is read.
///
/// # Errors
/// The first row that differs.
pub(crate) fn prove_queues(conn: &mut AnyConnection, queues: &BTreeSet<QueueKey>) -> Result<(), ChainFault> {
    let read = |send: &mut dyn FnMut(Both) -> Result<(), StoreError>| {
        queues.iter().try_for_each(|queue| {
            let held::QueueRows { seats, rows } = held::of_queue(conn, *queue)?;
            send(Both { openings: openings::of_subjects(conn, &seats)?, rows })
        })
    };
    beside(1, read, |queues| queues.into_iter().try_for_each(Both::agree))
}

/// What openings tell of subjects, and the rows that are there.
struct Both {
    openings: Vec<Kept>,
    rows: Vec<ReadRow>,
}

/// What openings tell of one row.
struct ToldRow<'a> {
    home: Kato,
    image: &'a str,
}

/// Rows by table and key.
type ToldRows<'a> = BTreeMap<RowId, ToldRow<'a>>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowId {
    table: String,
    key: String,
}

impl Both {
    /// Every row is the last that was told, and none is gone.
    fn agree(self) -> Result<(), ChainFault> {
        let mut told = ToldRows::new();
        for Kept { record: RecordId { home, .. }, opening } in &self.openings {
            let read = opening.read().map_err(|why| StoreError::Damaged(format!("home {home}: {why}")))?;
            for (table, rows) in read.rows.into_iter().filter(|(table, _)| DECIDING.contains(&table.as_str())) {
                for (key, row) in rows {
                    let id = RowId { table: table.clone(), key };
                    match row {
                        Some(row) => told.insert(id, ToldRow { home: *home, image: row.get() }),
                        None => told.remove(&id),
                    };
                }
            }
        }
        for row in self.rows {
            hold(&mut told, row.held())?;
        }
        told.into_iter().next().map_or(Ok(()), |(RowId { table, key }, row)| {
            let what = format!("table {table}, key {key}: the row is gone that the journal tells");
            Err(ChainFault::RowDiffers { home: row.home, what })
        })
    }
}

/// Records that stand so near to each other are read with those between.
const NEAR: i64 = 16;

/// Records read at once.
const BATCH: i64 = 64;

/// How many records wait in memory to be checked: those of an import hold hundreds of openings each.
const RECORDS_AHEAD: usize = 64;

fn check_seals(conn: &mut AnyConnection, records: &BTreeSet<RecordId>) -> Result<(), ChainFault> {
    let mut ranges: Vec<Range> = Vec::new();
    for RecordId { home, seq } in records {
        match ranges.last_mut() {
            Some(last) if last.home == *home && seq - last.until <= NEAR && seq - last.from < BATCH => {
                last.until = *seq
            }
            _ => ranges.push(Range { home: *home, from: *seq, until: *seq }),
        }
    }
    let read = |send: &mut dyn FnMut(OpenedRecord) -> Result<(), StoreError>| {
        ranges.iter().try_for_each(|Range { home, from, until }| {
            openings::after(conn, *home, from - 1, until - from + 1)?.into_iter().try_for_each(&mut *send)
        })
    };
    beside(RECORDS_AHEAD, read, |records| {
        records.into_iter().try_for_each(|opened| opened.check().map_err(ChainFault::Broken))
    })
}

/// Records of a chain that are read together.
struct Range {
    home: Kato,
    from: i64,
    until: i64,
}

fn hold(told: &mut ToldRows<'_>, row: HeldRow) -> Result<(), ChainFault> {
    let HeldRow { table, key, home, image } = row;
    let id = RowId { table: table.to_owned(), key };
    let what = match told.remove(&id) {
        Some(told) if told.image == image => return Ok(()),
        Some(told) => {
            let column = first_difference(told.image, &image);
            format!("table {table}, key {}: column {column} is not what the journal tells", id.key)
        }
        None => format!("table {table}, key {}: the row is in no record", id.key),
    };
    Err(ChainFault::RowDiffers { home, what })
}
