//! Before something is given out, the rows that it is given by are held against the last records that tell of them, inside the
//! act's own transaction: a place that was sold by two `UPDATE`s is not given.

use std::collections::{BTreeMap, BTreeSet};

use super::fault::ChainFault;
use super::fold::first_difference;
use crate::domain::kato::Kato;
use crate::store::StoreError;
use crate::store::connection::AnyConnection;
use crate::store::held::{DECIDING, of_subjects};
use crate::store::openings::{self, RecordId};
use crate::store::rows::HeldRow;
use crate::trust::opening::Subject;

/// How deep a proof goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// The rows are those of the openings.
    Rows,
    /// And the openings are those that their records seal.
    Seals,
}

/// What openings tell of one row.
struct ToldRow {
    home: Kato,
    image: Option<String>,
}

/// Rows by table and key.
type ToldRows = BTreeMap<RowId, ToldRow>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct RowId {
    table: String,
    key: String,
}

/// Holds the rows of these subjects against what the records tell of them.
///
/// # Errors
/// The first row that differs, or the record whose openings are not those that it seals.
pub(crate) fn prove(conn: &mut AnyConnection, subjects: &[Subject], depth: Depth) -> Result<(), ChainFault> {
    let mut told = ToldRows::new();
    let mut records: BTreeSet<RecordId> = BTreeSet::new();
    openings::of_subjects(conn, subjects, |record, opening| {
        records.insert(record);
        let read = opening.read().map_err(|why| StoreError::Damaged(format!("home {}: {why}", record.home)))?;
        for (table, rows) in read.rows.into_iter().filter(|(table, _)| DECIDING.contains(&table.as_str())) {
            for (key, row) in rows {
                let image = row.map(|row| row.get().to_owned());
                told.insert(RowId { table: table.clone(), key }, ToldRow { home: record.home, image });
            }
        }
        Ok(())
    })?;
    told.retain(|_, row| row.image.is_some());
    for row in of_subjects(conn, subjects)? {
        hold(&mut told, &row)?;
    }
    if let Some((RowId { table, key }, row)) = told.into_iter().next() {
        let what = format!("table {table}, key {key}: the row is gone that the journal tells");
        return Err(ChainFault::RowDiffers { home: row.home, what });
    }
    if depth == Depth::Seals {
        check_seals(conn, &records)?;
    }
    Ok(())
}

/// Records that stand so near to each other are read with those between.
const NEAR: i64 = 16;

/// Records read at once.
const BATCH: i64 = 64;

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
    for Range { home, from, until } in ranges {
        for opened in openings::after(conn, home, from - 1, until - from + 1)? {
            opened.check().map_err(ChainFault::Broken)?;
        }
    }
    Ok(())
}

/// Records of a chain that are read together.
struct Range {
    home: Kato,
    from: i64,
    until: i64,
}

fn hold(told: &mut ToldRows, row: &HeldRow) -> Result<(), ChainFault> {
    let HeldRow { table, key, home, image } = row;
    let id = RowId { table: (*table).to_owned(), key: key.clone() };
    let what = match told.remove(&id).and_then(|row| row.image) {
        Some(told) if told == *image => return Ok(()),
        Some(told) => {
            let column = first_difference(&told, image);
            format!("table {table}, key {key}: column {column} is not what the journal tells")
        }
        None => format!("table {table}, key {key}: the row is in no record"),
    };
    Err(ChainFault::RowDiffers { home: *home, what })
}
