//! The journal of all homes, read through: verified or handed on record by record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

pub use super::fault::ChainFault;
use super::fold::{Fold, Reach, beside, each_opened};
use crate::domain::instant::{instant_text, read_instant};
use crate::domain::kato::Kato;
use crate::store::connection::AnyConnection;
use crate::store::pages::{self, Pages};
use crate::store::{Keyless, Store, StoreError, homes, journal, keyless, openings, reads};
use crate::trust::act::{ActCode, ActsCounted, PublicAct};
use crate::trust::counts::{ActCounts, Counted};
use crate::trust::end::GENESIS;
use crate::trust::journal::{Broken, Record, Verifier, registry_head};
use crate::trust::opening::OpenedRecord;

/// Hands on every record with its openings, home by home, in order, as they stood at one moment.
///
/// # Errors
/// Those of `take`, or the database is not available.
pub fn each<E: From<StoreError>>(store: &Store, take: impl FnMut(OpenedRecord) -> Result<(), E>) -> Result<(), E> {
    store.read_snapshot(|conn| each_opened(conn, take))
}

/// The homes whose chains do not end where the registry says they do, or whose last record is not what its hash says. Fast:
/// it reads one record a home.
///
/// # Errors
/// The database is not available.
pub fn wrong_ends(store: &Store) -> Result<Vec<ChainFault>, StoreError> {
    store.read_snapshot(wrong_ends_in)
}

fn wrong_ends_in(conn: &mut AnyConnection) -> Result<Vec<ChainFault>, StoreError> {
    let mut wrong = Vec::new();
    for (home, end) in homes::ends(conn)? {
        let last = journal::after(conn, home, end.head.seq - 1, 2)?;
        let whole = match last.as_slice() {
            [] => end.head.seq == 0,
            [record] => record.hash == end.head.hash && record.expected_hash() == record.hash,
            [..] => false,
        };
        if !whole {
            wrong.push(ChainFault::HeadDiffers { home, seq: end.head.seq });
        }
    }
    Ok(wrong)
}

/// How many records are read ahead: one of an import tells of hundreds of children.
const RECORDS_AHEAD: usize = 32;

/// How many records are read at once where their openings are not.
const RECORDS: i64 = 1_000;

/// The last record of a chain.
struct Last {
    seq: i64,
    at: String,
}

/// What was read of all chains.
#[derive(Default)]
struct Read {
    verifier: Verifier,
    fold: Fold,
    counts: BTreeMap<Kato, ActCounts>,
    ends: BTreeMap<Kato, Last>,
    /// How many openings the records seal.
    sealed: i64,
}

impl Read {
    /// Reads records, each home's in order.
    fn all(records: impl Iterator<Item = OpenedRecord>) -> Result<Self, ChainFault> {
        let mut read = Read::default();
        for opened in records {
            let OpenedRecord { record, .. } = &opened;
            read.sealed += i64::from(record.seals.count);
            read.ends.insert(record.home, Last { seq: record.seq, at: record.at.clone() });
            read.verifier.take(record).map_err(ChainFault::Broken)?;
            opened.check_seals().map_err(ChainFault::Broken)?;
            let act = read.fold.take(&opened).map_err(ChainFault::Broken)?;
            read.count(record, act).map_err(ChainFault::Broken)?;
        }
        Ok(read)
    }

    /// Counts what was done, and holds a record that counts against it.
    fn count(&mut self, record: &Record, act: ActCode) -> Result<(), Broken> {
        let counts = self.counts.entry(record.home).or_default();
        let at = read_instant(&record.at).map_err(|fault| record.unreadable(fault.to_string()))?;
        counts.take(record.seq, at, act);
        if act != ActCode::CountActs {
            return Ok(());
        }
        let Some(PublicAct::CountActs(ActsCounted { ended_at, until, acts, .. })) = record.public_act()? else {
            return Ok(());
        };
        if counts.before(ended_at.0) != Some(Counted { until, acts }) {
            return Err(record.unreadable("it does not count what the records before it tell"));
        }
        Ok(())
    }
}

/// Verifies every chain with all that its records seal, then holds every row of every table that is no operational one
/// against what the chains tell, and gives the registry's head.
///
/// # Errors
/// A damaged page, the first broken record, or the first row that is not what the journal tells.
pub fn verify(store: &Store) -> Result<String, ChainFault> {
    verify_with(store, Pages::Structure)
}

/// As [`verify`], with so much of the pages of a SQLite file.
///
/// # Errors
/// As [`verify`].
pub fn verify_with(store: &Store, pages: Pages) -> Result<String, ChainFault> {
    store.read_snapshot(|conn| match pages::fault(conn, pages)? {
        Some(what) => Err(ChainFault::PageDamaged { what }),
        None => verify_in(conn),
    })
}

/// What was verified of the records since an instant, and what was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedSince {
    /// The registry's head.
    pub head: String,
    /// Records before, of which only the hashes were checked.
    pub records_before: u64,
    /// Rows that no record since tells.
    pub rows_before: u64,
}

/// Verifies every chain by its hashes, and what the records since an instant seal and tell.
///
/// # Errors
/// As [`verify`].
pub fn verify_since(store: &Store, since: DateTime<Utc>) -> Result<VerifiedSince, ChainFault> {
    let since = instant_text(since);
    store.read_snapshot(|conn| {
        let (mut verifier, mut fold, mut records_before) = (Verifier::default(), Fold::default(), 0);
        for home in journal::with_records(conn)? {
            let mut seq = 0;
            loop {
                let records = journal::after(conn, home, seq, RECORDS)?;
                let Some(last) = records.last() else { break };
                seq = last.seq;
                for record in records {
                    verifier.take(&record).map_err(ChainFault::Broken)?;
                    if record.at < since {
                        records_before += 1;
                        continue;
                    }
                    for opened in openings::after(conn, home, record.seq - 1, 1)? {
                        opened.check_seals().map_err(ChainFault::Broken)?;
                        fold.take(&opened).map_err(ChainFault::Broken)?;
                    }
                }
            }
        }
        let heads: BTreeMap<Kato, String> = verifier.heads();
        if let Some(wrong) = wrong_ends_in(conn)?.into_iter().next() {
            return Err(wrong);
        }
        let rows_before = fold.check(conn, Reach::Since)?;
        if let Some(broken) = reads::fault(conn)? {
            return Err(ChainFault::Reads(broken));
        }
        Ok(VerifiedSince { head: registry_head(&heads), records_before, rows_before })
    })
}

/// As [`verify`], inside a snapshot or a transaction of the caller.
///
/// # Errors
/// The first broken record.
pub fn verify_in(conn: &mut AnyConnection) -> Result<String, ChainFault> {
    let Read { verifier, fold, ends, sealed, .. } =
        beside(RECORDS_AHEAD, |send| each_opened(conn, send), |records| Read::all(records.into_iter()))?;
    let heads: BTreeMap<Kato, String> = verifier.heads();
    // Both ways: a chain that the homes deny is as broken as a head without its chain.
    let (mut claimed, instants) = (homes::ends(conn)?, homes::instants(conn)?);
    let chains: BTreeSet<Kato> = claimed.keys().chain(heads.keys()).copied().collect();
    for home in chains {
        let seq = ends.get(&home).map_or(0, |last| last.seq);
        let head = heads.get(&home).map_or(GENESIS, String::as_str);
        let said = claimed.remove(&home).unwrap_or_default().head;
        let dated = ends
            .get(&home)
            .is_none_or(|last| instants.get(&home).copied().map(instant_text).as_ref() == Some(&last.at));
        if said.seq != seq || said.hash != head || !dated {
            return Err(ChainFault::HeadDiffers { home, seq });
        }
    }
    if openings::count(conn)? != sealed {
        let what = "table openings: an opening is there that no record seals".to_owned();
        return Err(ChainFault::RowDiffers { home: Kato::COUNTRY, what });
    }
    fold.check(conn, Reach::Whole)?;
    if let Some(Keyless { home, child }) = keyless(conn)? {
        let what = format!(
            "table keys: the key of child {child} is gone, so nothing of it can be read; put it back from a backup"
        );
        return Err(ChainFault::RowDiffers { home, what });
    }
    // Last: whoever hears of it knows that every home is whole.
    if let Some(broken) = reads::fault(conn)? {
        return Err(ChainFault::Reads(broken));
    }
    Ok(registry_head(&heads))
}
