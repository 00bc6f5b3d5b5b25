//! The registry as its journal tells it, held against the rows: the last row told under a key is the row. What was edited,
//! deleted or inserted past the registry is named by table, key and column.
//!
//! A country does not fit into memory row by row. Of each row the fold keeps sixteen bytes: a digest of its key and one of
//! its content, under a key of this run alone, so that nobody can prepare two rows with one digest.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState};
use std::sync::mpsc::{Receiver, sync_channel};

use serde_json::Value;

use super::fault::ChainFault;
use super::reading::understood;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::store::connection::AnyConnection;
use crate::store::homes;
use crate::store::rows::{self, HeldRow, ReadRow};
use crate::store::{StoreError, openings};
use crate::trust::act::{ActCode, PublicAct};
use crate::trust::end::Numbers;
use crate::trust::journal::Broken;
use crate::trust::opening::{Opened, OpenedRecord};

/// Records read at once: those of an import tell of hundreds of children.
const BATCH: i64 = 20;

/// Parts of the map, so that it grows in small steps.
const PARTS: u64 = 64;

/// A digest is spread already.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |all, byte| all.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

type Digests = HashMap<u64, u64, BuildHasherDefault<Spread>>;

/// The rows that the records have told so far.
pub(crate) struct Fold {
    key: RandomState,
    parts: Vec<Digests>,
    numbers: BTreeMap<Kato, Numbers>,
}

impl Default for Fold {
    fn default() -> Self {
        let parts = (0..PARTS).map(|_| Digests::default()).collect();
        Fold { key: RandomState::new(), parts, numbers: BTreeMap::new() }
    }
}

/// What is left of a fold.
struct Left {
    fold: Fold,
    differs: Option<HeldRow>,
    untold: u64,
}

/// Which rows a fold knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All of them.
    Whole,
    /// Those that the records since an instant tell.
    Since,
}

/// How many rows are read ahead.
const ROWS_AHEAD: usize = 1_024;

/// Reads on this thread and checks what was read on another: each costs about as much. At most `ahead` things wait in
/// memory.
///
/// # Errors
/// Those of `check` first, then those of `read`.
pub(crate) fn beside<T: Send, C: Send>(
    ahead: usize,
    read: impl FnOnce(&mut dyn FnMut(T) -> Result<(), StoreError>) -> Result<(), StoreError>,
    check: impl FnOnce(Receiver<T>) -> Result<C, ChainFault> + Send,
) -> Result<C, ChainFault> {
    let stopped = || StoreError::Other("the check stopped".to_owned());
    let (to, from) = sync_channel(ahead);
    std::thread::scope(|scope| {
        let checked = scope.spawn(move || check(from));
        let all = read(&mut |one| to.send(one).map_err(|_| stopped()));
        drop(to);
        // Where the check stopped, its reason is the one to hear.
        let checked = checked.join().map_err(|_| stopped())??;
        all?;
        Ok(checked)
    })
}

impl Fold {
    /// Takes the next record of its home, and says what was done.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn take(&mut self, opened: &OpenedRecord) -> Result<ActCode, Broken> {
        let OpenedRecord { record, openings } = opened;
        let act = record.public_act()?;
        let mut code = act.as_ref().map_or(ActCode::Child, PublicAct::code);
        for opening in openings {
            let opened = understood(opening).map_err(|why| record.unreadable(why))?;
            self.take_opening(record.home, &opened);
            code = opened.act.as_deref().and_then(ActCode::from_code).unwrap_or(code);
        }
        if let Some(PublicAct::SkipNumbers(skipped)) = act {
            let numbers = self.numbers.entry(record.home).or_default();
            *numbers = numbers.or_later(skipped.numbers);
        }
        Ok(code)
    }

    fn take_opening(&mut self, home: Kato, opened: &Opened<'_>) {
        for (table, told) in &opened.rows {
            for (key, row) in told {
                let id = self.id(table, home, key);
                match row {
                    Some(row) => {
                        let digest = self.key.hash_one(row.get());
                        self.part(id).insert(id, digest);
                        self.number(table, home, key, row.get());
                    }
                    None => {
                        self.part(id).remove(&id);
                    }
                }
            }
        }
    }

    /// What no home owns alone is told by each home for itself.
    fn id(&self, table: &str, home: Kato, key: &str) -> u64 {
        self.key.hash_one((table, home, key))
    }

    fn part(&mut self, id: u64) -> &mut Digests {
        let part = usize::try_from(id % PARTS).unwrap_or_default();
        // The remainder is below the number of parts.
        #[expect(clippy::indexing_slicing, reason = "there are as many parts as remainders")]
        &mut self.parts[part]
    }

    /// Notes the numbers that a row was given: a home goes on behind the highest.
    fn number(&mut self, table: &str, home: Kato, key: &str, row: &str) {
        let given = self.numbers.entry(home).or_default();
        let serial = |of| Number::parse(key, of).map_or(0, |number| i64::from(number.serial));
        match table {
            "applications" => {
                given.applications = given.applications.max(serial(Numbered::Application));
                given.tickets = given.tickets.max(ticket(row));
            }
            "places" => given.places = given.places.max(serial(Numbered::Place)),
            "referrals" => given.referrals = given.referrals.max(serial(Numbered::Referral)),
            "rounds" => given.rounds = given.rounds.max(serial(Numbered::Round)),
            "results" => given.results = given.results.max(serial(Numbered::Result)),
            "confirmations" => given.results = given.results.max(serial(Numbered::Confirmation)),
            "cases" => given.cases = given.cases.max(serial(Numbered::Case)),
            _ => {}
        }
    }

    /// Holds the rows against what was told, and says how many were not looked at.
    ///
    /// # Errors
    /// The first row that differs, that no record tells, or that is gone.
    pub(crate) fn check(self, conn: &mut AnyConnection, reach: Reach) -> Result<u64, ChainFault> {
        let Left { fold, differs, untold } =
            beside(ROWS_AHEAD, |send| rows::each(conn, send), |rows| Ok(self.without(rows.into_iter(), reach)))?;
        if let Some(row) = differs {
            return Err(named(conn, &row)?);
        }
        if fold.parts.iter().any(|part| !part.is_empty()) {
            return Err(fold.missing(conn)?);
        }
        for (home, end) in homes::ends(conn)? {
            let given = fold.numbers.get(&home).copied().unwrap_or_default();
            let right = match reach {
                Reach::Whole => end.numbers == given,
                Reach::Since => end.numbers.cover(given),
            };
            if !right {
                let what = format!(
                    "table homes, key {home}: the numbers that it has given are not those that its records tell"
                );
                return Err(ChainFault::RowDiffers { home, what });
            }
        }
        Ok(untold)
    }

    /// What is left of it when these rows are taken away, and the first of them that it does not hold.
    fn without(mut self, rows: impl Iterator<Item = ReadRow>, reach: Reach) -> Left {
        let mut differs: Option<HeldRow> = None;
        let mut untold = 0;
        for row in rows.map(ReadRow::held) {
            let id = self.id(row.table, row.home, &row.key);
            let digest = self.key.hash_one(row.image.as_str());
            match self.part(id).remove(&id) {
                Some(told) if told == digest => {}
                None if reach == Reach::Since => untold += 1,
                _ => differs = differs.or(Some(row)),
            }
        }
        Left { fold: self, differs, untold }
    }

    /// Names the first row that records tell and no table holds.
    fn missing(&self, conn: &mut AnyConnection) -> Result<ChainFault, ChainFault> {
        let mut found = None;
        each_told(conn, |home, table, key, _| {
            let id = self.id(table, home, key);
            let part = usize::try_from(id % PARTS).ok().and_then(|part| self.parts.get(part));
            if found.is_none() && part.is_some_and(|part| part.contains_key(&id)) {
                found = Some((home, format!("table {table}, key {key}: the row is gone that the journal tells")));
            }
        })?;
        let (home, what) = found.unwrap_or((Kato::COUNTRY, "a row is gone that the journal tells".to_owned()));
        Ok(ChainFault::RowDiffers { home, what })
    }
}

/// Says in what a row differs from the last that was told under its key.
fn named(conn: &mut AnyConnection, row: &HeldRow) -> Result<ChainFault, ChainFault> {
    let mut told: Option<String> = None;
    each_told(conn, |home, table, key, image| {
        if home == row.home && table == row.table && key == row.key {
            told = image.map(str::to_owned);
        }
    })?;
    let HeldRow { table, key, home, image } = row;
    let what = match told {
        None => format!("table {table}, key {key}: the row is in no record"),
        Some(told) => {
            let column = first_difference(&told, image);
            format!("table {table}, key {key}: column {column} is not what the journal tells")
        }
    };
    Ok(ChainFault::RowDiffers { home: *home, what })
}

/// Hands on every row that is told: its home, table and key, and its content where it is not gone.
fn each_told(conn: &mut AnyConnection, mut take: impl FnMut(Kato, &str, &str, Option<&str>)) -> Result<(), ChainFault> {
    each_opened(conn, |opened| {
        for opening in &opened.openings {
            let read = opening.read().map_err(|why| ChainFault::Broken(opened.record.unreadable(why)))?;
            for (table, rows) in &read.rows {
                rows.iter().for_each(|(key, row)| take(opened.record.home, table, key, row.map(|row| row.get())));
            }
        }
        Ok(())
    })
}

/// Hands on every record with its openings, home by home, in order.
///
/// # Errors
/// Those of `take`, or the database is not available.
pub(crate) fn each_opened<E: From<StoreError>>(
    conn: &mut AnyConnection,
    mut take: impl FnMut(OpenedRecord) -> Result<(), E>,
) -> Result<(), E> {
    for home in crate::store::journal::with_records(conn)? {
        let mut seq = i64::MIN;
        loop {
            let records = openings::after(conn, home, seq, BATCH)?;
            let Some(last) = records.last() else { break };
            seq = last.record.seq;
            records.into_iter().try_for_each(&mut take)?;
        }
    }
    Ok(())
}

/// The first column in which two rows differ.
pub(super) fn first_difference(told: &str, held: &str) -> String {
    let read = |text: &str| serde_json::from_str::<BTreeMap<String, Value>>(text).unwrap_or_default();
    let (told, held) = (read(told), read(held));
    let mut columns: Vec<&String> = told.keys().chain(held.keys()).collect();
    columns.sort();
    columns.into_iter().find(|column| told.get(*column) != held.get(*column)).cloned().unwrap_or_default()
}

/// The ticket in the row of an application.
fn ticket(row: &str) -> i64 {
    let digits = row.split_once("\"ticket\":").map_or("", |(_, rest)| rest);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or_default()
}
