//! The journal of all homes, read through: verified or handed on record by record.

use std::collections::{BTreeMap, BTreeSet};

pub use super::told::{FileFault, FileFaultKind};
use super::told::{Told, Untold};
use crate::domain::kato::Kato;
use crate::store::connection::AnyConnection;
use crate::store::{Store, StoreError, homes, journal};
use crate::trust::journal::{Broken, GENESIS, Record, Verifier, registry_head};

/// Records read at once: that of an import names hundreds of children, so few are held in memory together.
const BATCH: i64 = 200;

/// Why the journal is not whole.
#[derive(Debug)]
pub enum ChainFault {
    /// A record is broken.
    Broken(Broken),
    /// The home holds another head than its chain ends with.
    HeadDiffers {
        /// The home whose chain it is.
        home: Kato,
        /// Where the chain ends.
        seq: i64,
    },
    /// A row is not what the journal tells of it: it was edited past the registry.
    RowDiffers {
        /// The home whose row or record it is; the country where no number says which.
        home: Kato,
        /// What differs, in words.
        what: String,
    },
    /// A file of a committed round is not the one whose hash the journal keeps.
    FileDiffers(FileFault),
    /// The database is not available.
    Store(StoreError),
}

impl ChainFault {
    /// The home that is not whole; none where the database could not be asked.
    pub fn home(&self) -> Option<Kato> {
        match self {
            ChainFault::Broken(broken) => Some(broken.home),
            ChainFault::HeadDiffers { home, .. } | ChainFault::RowDiffers { home, .. } => Some(*home),
            ChainFault::FileDiffers(fault) => Some(fault.home),
            ChainFault::Store(_) => None,
        }
    }
}

impl std::fmt::Display for ChainFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ChainFault::Broken(broken) => broken.fmt(f),
            ChainFault::HeadDiffers { home, seq } => {
                write!(f, "home {home}, record {seq}: the chain does not end where the registry says it does")
            }
            ChainFault::RowDiffers { what, .. } => write!(f, "{what}; it was changed past the registry"),
            ChainFault::FileDiffers(fault) => write!(f, "{fault}; it was changed past the registry"),
            ChainFault::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ChainFault {}

impl From<StoreError> for ChainFault {
    fn from(error: StoreError) -> Self {
        ChainFault::Store(error)
    }
}

/// Hands on every record, home by home, in order, as they stood at one moment.
///
/// # Errors
/// Those of `take`, or the database is not available.
pub fn each<E: From<StoreError>>(store: &Store, take: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
    store.read_snapshot(|conn| each_in(conn, take))
}

fn each_in<E: From<StoreError>>(
    conn: &mut AnyConnection,
    mut take: impl FnMut(Record) -> Result<(), E>,
) -> Result<(), E> {
    for home in journal::with_records(conn)? {
        let mut seq = i64::MIN;
        loop {
            let records = journal::after(conn, home, seq, BATCH)?;
            let Some(last) = records.last() else { break };
            seq = last.seq;
            records.into_iter().try_for_each(&mut take)?;
        }
    }
    Ok(())
}

/// The homes whose chains do not end where the registry says they do, or whose last record is not what its hash says. Fast:
/// it reads one record a home.
///
/// # Errors
/// The database is not available.
pub fn wrong_ends(store: &Store) -> Result<Vec<ChainFault>, StoreError> {
    store.read_snapshot(|conn| {
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
    })
}

/// Verifies every chain, then holds applications, counters of queues, referrals and the files of committed rounds against
/// what the chains tell, and gives the registry's head.
///
/// # Errors
/// The first broken record, or the first row or file that is not what the journal tells.
pub fn verify(store: &Store) -> Result<String, ChainFault> {
    store.read_snapshot(verify_in)
}

/// As [`verify`], inside a snapshot or a transaction of the caller.
///
/// # Errors
/// The first broken record.
pub fn verify_in(conn: &mut AnyConnection) -> Result<String, ChainFault> {
    let mut verifier = Verifier::default();
    let mut told = Told::default();
    let mut ends: BTreeMap<Kato, i64> = BTreeMap::new();
    each_in(conn, |record| -> Result<(), ChainFault> {
        ends.insert(record.home, record.seq);
        verifier.take(&record).map_err(ChainFault::Broken)?;
        told.take(&record).map_err(ChainFault::Broken)
    })?;
    let heads: BTreeMap<Kato, String> = verifier.heads();
    // Both ways: a chain that the homes deny is as broken as a head without its chain.
    let mut claimed = homes::ends(conn)?;
    let chains: BTreeSet<Kato> = claimed.keys().chain(heads.keys()).copied().collect();
    for home in chains {
        let end = ends.get(&home).copied().unwrap_or(0);
        let head = heads.get(&home).map_or(GENESIS, String::as_str);
        let said = claimed.remove(&home).unwrap_or_default().head;
        if said.seq != end || said.hash != head {
            return Err(ChainFault::HeadDiffers { home, seq: end });
        }
    }
    told.check(conn).map_err(|untold| match untold {
        Untold::Differs { home, what } => ChainFault::RowDiffers { home, what },
        Untold::File(fault) => ChainFault::FileDiffers(fault),
        Untold::Store(error) => ChainFault::Store(error),
    })?;
    Ok(registry_head(&heads))
}
