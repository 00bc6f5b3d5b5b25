//! The merged order as a list, entry by entry.

use std::iter::Peekable;

use crate::domain::codes::Stream;
use crate::domain::mix::Mix;

use super::key::{ByStream, Key, unpack};
use super::queue::{QueueOrder, Turns};
use super::ranked::Iter;
use super::seat::Seat;

/// A live entry and its number in the merged order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// From 1, out of turn first.
    pub position: u64,
    /// The seat by which the registry knows the entry.
    pub seat: Seat,
}

/// The live entries of a queue in merged order; each step costs what merging three lists costs.
#[derive(Clone, Debug)]
pub struct InOrder<'a> {
    mix: Option<Mix>,
    queue: &'a QueueOrder,
    cursors: ByStream<Cursor<'a>>,
    position: u64,
}

#[derive(Clone, Debug)]
struct Cursor<'a> {
    all: Peekable<Iter<'a>>,
    spent: Peekable<Iter<'a>>,
    rank: u64,
}

impl Cursor<'_> {
    /// The next live key and its rank among all of the stream.
    fn peek(&mut self) -> Option<(Key, u64)> {
        loop {
            let key = *self.all.peek()?;
            if self.spent.peek() != Some(&key) {
                return Some((key, self.rank));
            }
            self.spent.next();
            self.advance();
        }
    }

    fn advance(&mut self) {
        self.all.next();
        self.rank += 1;
    }
}

impl QueueOrder {
    /// The live entries in merged order.
    pub fn in_order(&self) -> InOrder<'_> {
        self.in_order_from(1)
    }

    /// The live entries in merged order from this position on; 0 is taken as 1.
    pub fn in_order_from(&self, position: u64) -> InOrder<'_> {
        let ahead = position.saturating_sub(1);
        let cursors = ByStream::from_fn(|stream| {
            let rank = self.first_with(stream, ahead);
            let Turns { all, spent } = self.turns(stream);
            let before = all.get(rank).map_or(spent.len(), |key| spent.rank(key));
            Cursor { all: all.iter_from(rank).peekable(), spent: spent.iter_from(before).peekable(), rank: rank as u64 }
        });
        InOrder { mix: self.mix(), queue: self, cursors, position: ahead }
    }

    /// The rank of the first turn of a stream with at least so many live entries ahead.
    fn first_with(&self, stream: Stream, ahead: u64) -> usize {
        let all = &self.turns(stream).all;
        let (mut low, mut high) = (0, if ahead == 0 { 0 } else { all.len() });
        while low < high {
            let middle = low.midpoint(high);
            let enough = all.get(middle).is_none_or(|key| self.ahead(stream, key, middle).total() as u64 >= ahead);
            if enough {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }
}

impl Iterator for InOrder<'_> {
    type Item = Placed;

    fn next(&mut self) -> Option<Placed> {
        let mut best: Option<(u128, Key, Stream)> = None;
        for stream in Stream::ALL {
            let Some((key, rank)) = self.cursors.get_mut(*stream).peek() else { continue };
            let weight = match self.mix {
                None => key,
                Some(_) if *stream == Stream::OutOfTurn => 0,
                Some(mix) => 1 + u128::from(self.queue.turn(mix, *stream, rank)),
            };
            if best.is_none_or(|(least, ..)| weight < least) {
                best = Some((weight, key, *stream));
            }
        }
        let (_, key, stream) = best?;
        self.cursors.get_mut(stream).advance();
        self.position += 1;
        Some(Placed { position: self.position, seat: unpack(key, stream) })
    }
}
