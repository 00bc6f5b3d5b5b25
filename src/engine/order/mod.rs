//! The order of a queue, and every position in it (design.md section 4, "Order").
//!
//! [`QueueOrder`] is the in-memory index of one queue: it follows the acts that the journal records and answers
//! "which position, of how many, and who stands ahead" without ever laying out the merged list. [`oracle`] is the
//! same order as the plain full sort, written from the text; tests and audits compare the two.
//!
//! # What is kept
//!
//! Per stream a sorted set of all its turns (live entries and spent turns) and one of the spent turns alone; the live
//! rank of a key is its rank in the first less its rank in the second. Per chosen kindergarten, and for entries
//! without preferences, a sorted set of live entries per stream. A key is (tier, instant, ticket) in 16 bytes.
//!
//! # What always holds
//!
//! 1. A spent turn is in its stream's set of all; a live entry is there too, and under each kindergarten it chose, or
//!    among those without preferences.
//! 2. No stream begins with a spent turn: those at the front are dropped into the stream's counter at the end of the act.
//! 3. While first priority or general has no live entry, both counters are 0.
//! 4. Out of turn has no spent turns. A queue that does not mix counts none, and drops what it has with its next act.
//! 5. Positions run from 1 to the number of live entries without gaps.
//!
//! Turns and counters change by acts alone; the ratio is a dated rule ([`QueueOrder::set_mix`]) by which they are read, and
//! by which the next act settles. 2 and 3 are the settling of an act. It runs once, after all changes of the act ([`QueueOrder::apply`]): an
//! application whose tier or preferences change leaves and joins in one act, and a stream that is empty only in
//! between does not lose its counters. [`Counters::settled`] is the same rule for whoever counts the dropped turns
//! elsewhere (the store, in the transaction of the act); the index then arrives at the same counters. A dropped turn
//! is gone: the registry must mark it as dropped and never hand it to [`QueueOrder::build`] again, since an entry
//! that joins or is restored before it would otherwise bring it back.

mod build;
mod key;
mod listing;
pub mod oracle;
mod queue;
pub mod ranked;

use std::fmt;

use crate::domain::codes::Stream;

pub use listing::{InOrder, Placed};
pub use queue::{Located, QueueOrder};

/// What decides an entry's place: ordered by tier, application instant, ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seat {
    /// Precedence class in the profile; the smaller is served first.
    pub tier: u8,
    /// Application instant, microseconds since 1970-01-01T00:00:00Z.
    pub applied_at: i64,
    /// Number given on joining, unique in the queue's home.
    pub ticket: u32,
    /// The stream to which the profile assigns the tier.
    pub stream: Stream,
}

/// Whether a seat in a stream counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnState {
    /// A live entry: it has a position and is counted.
    Live,
    /// The turn of an enrolled child: it keeps those behind it where they are, and is not counted.
    Spent,
}

/// How many spent turns have been dropped from the front of each stream; its numbering starts from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Counters {
    /// The counter of the first-priority stream.
    pub first_priority: u64,
    /// The counter of the general stream.
    pub general: u64,
}

impl Counters {
    /// The counters after an act that dropped so many spent turns from the front of each stream and left so many
    /// live entries in each. Without mixing (`mixed` false) there are no turns and both are 0.
    #[must_use]
    pub fn settled(self, mixed: bool, dropped: Counters, live: Counters) -> Self {
        if !mixed || live.first_priority == 0 || live.general == 0 {
            return Self::default();
        }
        Self {
            first_priority: self.first_priority.saturating_add(dropped.first_priority),
            general: self.general.saturating_add(dropped.general),
        }
    }
}

/// Where a live entry stands, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// `1 + live entries ahead`.
    pub position: u64,
    /// How many live entries there are, this one included.
    pub of: u64,
    /// The entry's turn in the merging of first priority and general. Out of turn it is -1: before every turn. In a
    /// queue without mixing it is the number of live entries ahead.
    pub turn: i64,
    /// Live entries ahead: out of turn, first priority, general.
    pub ahead: [u64; 3],
}

/// One change of an act to a queue. `choices` are the kindergartens of the entry's preferences; none means any.
/// A repeated choice counts once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// A new entry takes its seat.
    Join(Seat, &'a [u32]),
    /// A live entry withdraws, is refused, stop-listed, made inactive or changes stream: it leaves no turn.
    Leave(Seat, &'a [u32]),
    /// A live entry is enrolled: it leaves a spent turn (out of turn and without mixing, none).
    Spend(Seat, &'a [u32]),
    /// An entry comes back: to its spent turn where that is still in the stream, else at its own instant.
    Restore(Seat, &'a [u32]),
}

/// A change that does not fit the queue: the caller's picture of it and the index differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatFault {
    /// A live entry or a spent turn has this seat already.
    Taken(Seat),
    /// No live entry has this seat.
    Missing(Seat),
    /// The live entry is not listed under this kindergarten (`None`: not among those without preferences).
    NotChosen(Seat, Option<u32>),
}

impl fmt::Display for SeatFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, seat) = match self {
            Self::Taken(seat) => ("already holds", seat),
            Self::Missing(seat) => ("has no live entry with", seat),
            Self::NotChosen(seat, _) => ("lists other preferences for", seat),
        };
        let Seat { tier, applied_at, ticket, stream } = seat;
        write!(f, "the queue {what} ticket {ticket} (tier {tier}, {stream}, instant {applied_at} µs)")?;
        if let Self::NotChosen(_, Some(kindergarten)) = self {
            write!(f, ": kindergarten {kindergarten} is not among them")?;
        }
        f.write_str("; nothing was changed, rebuild the queue from the registry")
    }
}

impl std::error::Error for SeatFault {}
