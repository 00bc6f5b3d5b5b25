//! The seat of an entry, and what an act does to it.

use std::fmt;

use crate::domain::codes::Stream;

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
