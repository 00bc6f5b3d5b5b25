//! Where a home stands: the end of its chain, and the numbers that it has given by then.

use serde::{Deserialize, Serialize};

use crate::domain::queue::Numbered;

/// What stands before the first record of a chain.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The number of its last record; 0 before the first.
    pub seq: i64,
    /// The hash of that record; [`GENESIS`] before the first.
    pub hash: String,
}

impl Default for Head {
    fn default() -> Self {
        Head { seq: 0, hash: GENESIS.to_owned() }
    }
}

/// The last number of each sort that a home has given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Of applications.
    pub applications: i64,
    /// Of tickets, which break ties in a queue.
    pub tickets: i64,
    /// Of places.
    pub places: i64,
    /// Of referrals.
    pub referrals: i64,
    /// Of rounds.
    pub rounds: i64,
    /// Of results and confirmations.
    pub results: i64,
    /// Of cases.
    pub cases: i64,
}

impl Numbers {
    /// Whether these are all given that `others` tells of.
    pub fn cover(self, others: Numbers) -> bool {
        self.or_later(others) == self
    }

    /// The last number of a sort. Results and confirmations are counted together.
    pub fn of(&mut self, sort: Numbered) -> &mut i64 {
        match sort {
            Numbered::Application => &mut self.applications,
            Numbered::Place => &mut self.places,
            Numbered::Referral => &mut self.referrals,
            Numbered::Round => &mut self.rounds,
            Numbered::Result | Numbered::Confirmation => &mut self.results,
            Numbered::Case => &mut self.cases,
        }
    }

    /// The later of both, sort by sort.
    #[must_use]
    pub fn or_later(self, other: Numbers) -> Numbers {
        Numbers {
            applications: self.applications.max(other.applications),
            tickets: self.tickets.max(other.tickets),
            places: self.places.max(other.places),
            referrals: self.referrals.max(other.referrals),
            rounds: self.rounds.max(other.rounds),
            results: self.results.max(other.results),
            cases: self.cases.max(other.cases),
        }
    }
}

/// Where a home stands: the end of its chain, and the numbers that it has given by then.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct End {
    /// The last record.
    pub head: Head,
    /// The last number of each sort.
    pub numbers: Numbers,
}
