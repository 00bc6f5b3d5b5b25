//! Why a journal is not whole.

use crate::domain::kato::Kato;
use crate::store::StoreError;
use crate::trust::journal::Broken;
use crate::trust::reads::BrokenReads;

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
    /// A page of the database's file is damaged.
    PageDamaged {
        /// What the database says of it.
        what: String,
    },
    /// A line of the log of reads is broken, which is a chain of its own.
    Reads(BrokenReads),
    /// The database is not available.
    Store(StoreError),
}

impl ChainFault {
    /// The home that is not whole; none where the database could not be asked, and where the fault is no home's.
    pub fn home(&self) -> Option<Kato> {
        match self {
            ChainFault::Broken(broken) => Some(broken.home),
            ChainFault::HeadDiffers { home, .. } | ChainFault::RowDiffers { home, .. } => Some(*home),
            // Nobody can say whose rows it holds.
            ChainFault::PageDamaged { .. } => Some(Kato::COUNTRY),
            ChainFault::Reads(_) | ChainFault::Store(_) => None,
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
            ChainFault::PageDamaged { what } => {
                write!(f, "a page of the database is damaged ({what}); restore a backup, or have it repaired")
            }
            ChainFault::Reads(broken) => write!(f, "{broken}; it was changed past the registry"),
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
