//! What the codes of families' papers are compared with, and the numbers by which a child is found: read in bulk where a server starts,
//! and anew for the children of whom a record tells.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;

use super::StoreError;
use super::columns::code as read_code;
use super::connection::AnyConnection;
use super::schema::{children, former_numbers, representatives};
use crate::domain::representative::CourtWord;
use crate::trust::cipher::BlindIin;

/// How many keys or numbers one statement names at most.
const BATCH: usize = 5_000;

/// The key of a child's row: 128 random bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChildKey(u128);

impl ChildKey {
    /// None is smaller.
    pub const LEAST: ChildKey = ChildKey(u128::MIN);

    /// Reads the text of a key.
    ///
    /// # Errors
    /// It is none.
    pub fn read(key: &str) -> Result<Self, StoreError> {
        let bits = u128::from_str_radix(key, 16);
        bits.map(ChildKey).map_err(|_| StoreError::Damaged(format!("{key} names no child")))
    }
}

/// What the code of a paper is compared with, and what it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PaperCode {
    /// The keyed hash of the code.
    pub code: i64,
    /// Whether the child is shielded from whoever has the paper.
    pub is_shielded: bool,
}

/// A code as it was issued to somebody who represents a child still. A newer one of the same person may have ended it.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The child, by the key of its row.
    pub child: String,
    person: i64,
    at: Option<NaiveDateTime>,
    code: PaperCode,
}

/// By which numbers a child is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildNumbers {
    /// The child.
    pub key: ChildKey,
    /// The one that it has.
    pub now: BlindIin,
    /// Those that it had.
    pub had: Vec<BlindIin>,
}

/// Those of one number's codes that are good: a child that moved is known in several homes, and of each person the newest counts.
pub fn newest(of_number: &[Issued]) -> impl Iterator<Item = PaperCode> {
    let is_newest = |one: &&Issued| {
        let newer =
            |other: &Issued| other.person == one.person && other.code.code != one.code.code && other.at > one.at;
        !of_number.iter().any(newer)
    };
    of_number.iter().filter(is_newest).map(|issued| issued.code)
}

type IssuedColumns = (String, i64, Option<i64>, Option<NaiveDateTime>, Option<String>);
const ISSUED: (
    representatives::child,
    representatives::iin,
    representatives::code,
    representatives::code_at,
    representatives::court,
) = (
    representatives::child,
    representatives::iin,
    representatives::code,
    representatives::code_at,
    representatives::court,
);

/// None for somebody who has no code yet.
fn issued(columns: IssuedColumns) -> Result<Option<Issued>, StoreError> {
    let (child, person, code, at, court) = columns;
    let Some(code) = code else { return Ok(None) };
    let court: Option<CourtWord> = court.as_deref().map(read_code).transpose()?;
    let code = PaperCode { code, is_shielded: court == Some(CourtWord::Shielded) };
    Ok(Some(Issued { child, person, at, code }))
}

/// The codes of everybody who represents a child now.
///
/// # Errors
/// The database is not available.
pub fn all_issued(conn: &mut AnyConnection) -> Result<Vec<Issued>, StoreError> {
    let live = representatives::table.filter(representatives::ended_at.is_null()).select(ISSUED);
    let rows = live.load_iter::<IssuedColumns, DefaultLoadingMode>(conn)?;
    rows.filter_map(|row| row.map_err(StoreError::from).and_then(issued).transpose()).collect()
}

/// The codes that are good for whoever is found by these numbers now.
///
/// # Errors
/// The database is not available.
pub fn of_numbers(
    conn: &mut AnyConnection,
    numbers: &[BlindIin],
) -> Result<HashMap<BlindIin, Vec<PaperCode>>, StoreError> {
    let mut of_number: HashMap<BlindIin, Vec<Issued>> = HashMap::new();
    for batch in numbers.chunks(BATCH) {
        let rows = children::table
            .inner_join(representatives::table.on(representatives::child.eq(children::key)))
            .filter(representatives::ended_at.is_null());
        let rows: Vec<(i64, IssuedColumns)> = match batch {
            // Nearly every act tells of one; the statement for one is prepared once for all acts.
            [one] => rows.filter(children::iin.eq(one.0)).select((children::iin, ISSUED)).load(conn)?,
            many => {
                let named = children::iin.eq_any(many.iter().map(|number| number.0));
                rows.filter(named).select((children::iin, ISSUED)).load(conn)?
            }
        };
        for (number, columns) in rows {
            if let Some(issued) = issued(columns)? {
                of_number.entry(BlindIin(number)).or_default().push(issued);
            }
        }
    }
    Ok(of_number.into_iter().map(|(number, all)| (number, newest(&all).collect())).collect())
}

/// By which numbers these children are found, by the keys of their rows.
///
/// # Errors
/// The database is not available, or a key is none.
pub fn numbers_of(conn: &mut AnyConnection, keys: &[String]) -> Result<Vec<ChildNumbers>, StoreError> {
    let mut all = Vec::with_capacity(keys.len());
    for batch in keys.chunks(BATCH) {
        let rows = children::table.left_join(former_numbers::table.on(former_numbers::child.eq(children::key)));
        let columns = (children::key, children::iin, former_numbers::iin.nullable());
        let mut rows: Vec<(String, i64, Option<i64>)> = match batch {
            [one] => rows.filter(children::key.eq(one)).select(columns).load(conn)?,
            many => rows.filter(children::key.eq_any(many)).select(columns).load(conn)?,
        };
        rows.sort_unstable();
        for of_child in rows.chunk_by(|one, next| one.0 == next.0) {
            let Some((key, now, _)) = of_child.first() else { continue };
            let had = of_child.iter().filter_map(|(.., had)| *had).map(BlindIin).collect();
            all.push(ChildNumbers { key: ChildKey::read(key)?, now: BlindIin(*now), had });
        }
    }
    Ok(all)
}

/// The children that are found by a number that they had.
///
/// # Errors
/// The database is not available, or a key is none.
pub fn renumbered(conn: &mut AnyConnection) -> Result<Vec<ChildNumbers>, StoreError> {
    let mut keys: Vec<String> = former_numbers::table.select(former_numbers::child).distinct().load(conn)?;
    keys.sort_unstable();
    numbers_of(conn, &keys)
}
