//! A child that takes part, as the registry knows it, and why an act does not fit.

use std::fmt;

/// A child of a standing market, by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingChild {
    /// Its id, which is its ticket: the last tie-break.
    pub id: u32,
    /// Priority tier, 0 first.
    pub tier: u8,
    /// Instant of application, microseconds since 1970 UTC.
    pub applied_at: i64,
    /// Ids of the groups where a sibling already is.
    pub siblings: Vec<u32>,
    /// Ids of the chosen groups, most preferred first. A repeated choice counts once, at its first place.
    pub choices: Vec<u32>,
}

/// Why an act does not fit a standing market. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingFault {
    /// A child with this id takes part already.
    Joined(u32),
    /// No child with this id takes part.
    NotThere(u32),
    /// There is no such group.
    UnknownGroup(u32),
}

impl fmt::Display for StandingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(id) => write!(f, "child {id} takes part already; let it leave first"),
            Self::NotThere(id) => write!(f, "child {id} does not take part"),
            Self::UnknownGroup(id) => write!(f, "there is no group {id} in this market"),
        }
    }
}

impl std::error::Error for StandingFault {}
