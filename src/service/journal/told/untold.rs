//! What does not agree between rows and journal.

use crate::domain::kato::Kato;
use crate::store::StoreError;

/// Why rows and journal do not agree.
#[derive(Debug)]
pub(crate) enum Untold {
    /// The first difference that was found.
    Differs {
        /// The home whose row or record it is; the country where no number says which.
        home: Kato,
        /// What differs, in words.
        what: String,
    },
    /// A file of a round differs.
    File(FileFault),
    /// The database is not available.
    Store(StoreError),
}

impl Untold {
    /// A difference of a thing that is known by a number of its home.
    pub(super) fn of(number: &str, what: String) -> Self {
        let home = number.split('-').next().and_then(|home| Kato::parse(home).ok());
        Untold::Differs { home: home.unwrap_or(Kato::COUNTRY), what }
    }
}

impl From<StoreError> for Untold {
    fn from(error: StoreError) -> Self {
        Untold::Store(error)
    }
}

/// A file of a round that is not what a record tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The home whose chain tells of the round.
    pub home: Kato,
    /// The record that tells of the file; of a file that none tells of, the record that held the round.
    pub seq: i64,
    /// The id of the round that the file belongs to.
    pub round: String,
    /// The file's name, unique in the round.
    pub file: String,
    /// In which way file and record disagree.
    pub how: FileFaultKind,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFaultKind {
    /// It has another hash.
    Changed,
    /// A record tells of it, and the round has no such file.
    Missing,
    /// No record tells of it.
    Added,
}

impl std::fmt::Display for FileFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let FileFault { home, seq, round, file, how } = self;
        let how = match how {
            FileFaultKind::Changed => "has not the hash that the record keeps",
            FileFaultKind::Missing => "is gone",
            FileFaultKind::Added => "is in no record",
        };
        write!(f, "home {home}, record {seq}: file {file} of round {round} {how}")
    }
}
