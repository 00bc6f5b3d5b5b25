//! Moving a registry to another database with its journal intact.

use super::chains::verify_in;
use super::fault::ChainFault;
use crate::store::{Store, StoreError};

/// Why a registry was not copied.
#[derive(Debug)]
pub enum CopyFault {
    /// The journal of the source is broken: it is not carried on as if it were whole.
    Source(ChainFault),
    /// The journal did not arrive as it left.
    Target(ChainFault),
    /// It arrived whole, but is another one.
    HeadsDiffer,
    /// A database refuses, or the target is not empty.
    Store(StoreError),
}

impl std::fmt::Display for CopyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CopyFault::Source(fault) => write!(f, "the journal of the source is broken: {fault}"),
            CopyFault::Target(fault) => write!(f, "the journal did not arrive whole: {fault}"),
            CopyFault::HeadsDiffer => f.write_str("the journal that arrived has another head than the one that left"),
            CopyFault::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CopyFault {}

impl From<StoreError> for CopyFault {
    fn from(error: StoreError) -> Self {
        CopyFault::Store(error)
    }
}

/// A registry that was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Rows in all tables.
    pub rows: u64,
    /// The registry's head, the same in both.
    pub head: String,
    /// Scans that stayed in the folder of the source, since one of the two folders is not named.
    pub scans_left: usize,
}

/// Copies a registry into an empty one: all of it or nothing, no record added, the journal verified in both.
///
/// # Errors
/// A broken journal, a target that is not empty, a database that is not available.
pub fn copy(from: &Store, to: &Store, told: &mut dyn FnMut(u64, u64)) -> Result<Copied, CopyFault> {
    // The files first: no row is to name what is not there.
    let scans_left = to.take_scans(from)?;
    let mut head = String::new();
    let rows = to.take_over(from, told, |conn, arrived| {
        if !arrived {
            head = verify_in(conn).map_err(CopyFault::Source)?;
            return Ok(());
        }
        let there = verify_in(conn).map_err(CopyFault::Target)?;
        if there == head { Ok(()) } else { Err(CopyFault::HeadsDiffer) }
    })?;
    Ok(Copied { rows, head, scans_left })
}
