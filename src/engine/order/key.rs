//! The packed form of a seat, and one value per stream.

use crate::domain::codes::Stream;

use super::seat::Seat;

/// A seat without its stream in 16 bytes; the order of keys is the order of (tier, instant, ticket).
pub type Key = u128;

/// Before every key: nothing of a stream is ahead.
pub(super) const NOTHING: Key = 0;

/// After every key: the whole stream is ahead.
pub(super) const EVERYTHING: Key = Key::MAX;

/// Turns the sign bit, so that instants before 1970 sort before those after it.
const SIGN: u64 = 1 << 63;

/// Packs a seat: 8 bits of tier, 64 of instant, 32 of ticket.
pub(super) fn pack(seat: Seat) -> Key {
    let instant = seat.applied_at.cast_unsigned() ^ SIGN;
    (u128::from(seat.tier) << 96) | (u128::from(instant) << 32) | u128::from(seat.ticket)
}

/// The seat that was packed; its stream is known from the set in which the key was found.
#[allow(clippy::cast_possible_truncation, reason = "each part is cut out at its own width")]
pub(super) fn unpack(key: Key, stream: Stream) -> Seat {
    let instant = ((key >> 32) as u64) ^ SIGN;
    Seat { tier: (key >> 96) as u8, applied_at: instant.cast_signed(), ticket: key as u32, stream }
}

/// One value for each stream of the merged order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ByStream<T> {
    pub(super) out_of_turn: T,
    pub(super) first_priority: T,
    pub(super) general: T,
}

impl<T> ByStream<T> {
    pub(super) fn get(&self, stream: Stream) -> &T {
        match stream {
            Stream::OutOfTurn => &self.out_of_turn,
            Stream::FirstPriority => &self.first_priority,
            Stream::General => &self.general,
        }
    }

    pub(super) fn get_mut(&mut self, stream: Stream) -> &mut T {
        match stream {
            Stream::OutOfTurn => &mut self.out_of_turn,
            Stream::FirstPriority => &mut self.first_priority,
            Stream::General => &mut self.general,
        }
    }

    /// A value for each stream, made from its name.
    pub(super) fn from_fn(mut make: impl FnMut(Stream) -> T) -> Self {
        Self {
            out_of_turn: make(Stream::OutOfTurn),
            first_priority: make(Stream::FirstPriority),
            general: make(Stream::General),
        }
    }

    /// Each value made into another, with the name of its stream.
    pub(super) fn map<U>(self, mut make: impl FnMut(Stream, T) -> U) -> ByStream<U> {
        ByStream {
            out_of_turn: make(Stream::OutOfTurn, self.out_of_turn),
            first_priority: make(Stream::FirstPriority, self.first_priority),
            general: make(Stream::General, self.general),
        }
    }

    /// Two values per stream side by side.
    pub(super) fn zip<U>(self, other: ByStream<U>) -> ByStream<(T, U)> {
        ByStream {
            out_of_turn: (self.out_of_turn, other.out_of_turn),
            first_priority: (self.first_priority, other.first_priority),
            general: (self.general, other.general),
        }
    }

    /// The three values, out of turn first.
    pub(super) fn into_array(self) -> [T; 3] {
        [self.out_of_turn, self.first_priority, self.general]
    }

    /// The three values, out of turn first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        [&self.out_of_turn, &self.first_priority, &self.general].into_iter()
    }
}
