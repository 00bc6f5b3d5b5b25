//! The journal of all homes, read through: verified or handed on record by record.

use std::collections::BTreeMap;

use crate::domain::kato::Kato;
use crate::store::{Store, StoreError, journal};
use crate::trust::journal::{Broken, Record, Verifier, registry_head};

/// Records read at once.
const BATCH: i64 = 2_000;

/// Why the journal is not whole.
#[derive(Debug)]
pub enum ChainFault {
    /// A record is broken.
    Broken(Broken),
    /// The home holds another head than its chain ends with.
    HeadDiffers {
        /// The home.
        home: Kato,
        /// Where the chain ends.
        seq: i64,
    },
    /// The database is not available.
    Store(StoreError),
}

impl std::fmt::Display for ChainFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ChainFault::Broken(broken) => broken.fmt(f),
            ChainFault::HeadDiffers { home, seq } => {
                write!(f, "home {home}, record {seq}: the chain does not end where the registry says it does")
            }
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

/// Hands on every record, home by home, in order.
///
/// # Errors
/// Those of `take`, or the database is not available.
pub fn each<E: From<StoreError>>(store: &Store, mut take: impl FnMut(Record) -> Result<(), E>) -> Result<(), E> {
    let homes = store.read(journal::heads)?;
    for (home, (last, _)) in homes {
        let mut seq = 0;
        while seq < last {
            let records = store.read(|conn| journal::after(conn, home, seq, BATCH))?;
            let Some(end) = records.last().map(|r| r.seq) else { break };
            seq = end;
            for record in records.into_iter().filter(|r| r.seq <= last) {
                take(record)?;
            }
        }
    }
    Ok(())
}

/// Verifies every chain and gives the registry's head.
///
/// # Errors
/// The first broken record.
pub fn verify(store: &Store) -> Result<String, ChainFault> {
    let expected = store.read(journal::heads)?;
    let mut verifier = Verifier::default();
    each(store, |record| verifier.take(&record).map_err(ChainFault::Broken))?;
    let heads: BTreeMap<Kato, String> = verifier.heads();
    for (home, (seq, head)) in expected {
        if heads.get(&home) != Some(&head) {
            return Err(ChainFault::HeadDiffers { home, seq });
        }
    }
    Ok(registry_head(&heads))
}
