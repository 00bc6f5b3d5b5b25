//! The bulk build of a queue's index: each set is sorted once.

use std::collections::HashMap;
use std::hash::Hash;

use rayon::iter::{IntoParallelIterator, ParallelIterator};

use crate::domain::codes::Stream;
use crate::domain::mix::Mix;

use super::counters::Counters;
use super::key::{ByStream, Key, pack, unpack};
use super::queue::{QueueOrder, Turns};
use super::ranked::Ranked;
use super::seat::{Seat, SeatFault, TurnState};

type Keys = ByStream<Vec<Key>>;

/// What a queue is built from.
#[derive(Clone, Debug)]
pub struct Unbuilt<K, C> {
    /// The key that the registry knows it by.
    pub key: K,
    /// How many turns have been dropped from the front of each stream.
    pub counters: Counters,
    /// Its turns in any order, each with the kindergartens of its entry.
    pub rows: Vec<(Seat, TurnState, C)>,
}

impl QueueOrder {
    /// Builds the index of a whole queue from its rows, in any order, with the counters of the registry. Acts settle; what
    /// is read is taken as it stands. Spent turns that stand out of turn, where none are kept, are passed over.
    ///
    /// # Errors
    /// [`SeatFault::Taken`] where two rows have one seat.
    pub fn build<C: AsRef<[u32]>>(
        mix: Option<Mix>,
        counters: Counters,
        rows: impl IntoIterator<Item = (Seat, TurnState, C)>,
    ) -> Result<Self, SeatFault> {
        let (mut all, mut spent, mut any) = (Keys::default(), Keys::default(), Keys::default());
        let mut chosen = HashMap::<u32, Keys>::new();
        for (seat, state, choices) in rows {
            let (stream, key) = (seat.stream, pack(seat));
            if state == TurnState::Spent {
                if stream != Stream::OutOfTurn {
                    all.get_mut(stream).push(key);
                    spent.get_mut(stream).push(key);
                }
                continue;
            }
            all.get_mut(stream).push(key);
            let choices = choices.as_ref();
            if choices.is_empty() {
                any.get_mut(stream).push(key);
            }
            for kindergarten in choices {
                chosen.entry(*kindergarten).or_default().get_mut(stream).push(key);
            }
        }
        let mut twice = None;
        let streams = all.zip(spent).map(|stream, (all, spent)| {
            let (all, repeated) = Ranked::from_keys(all);
            twice = twice.or(repeated.map(|key| unpack(key, stream)));
            Turns { all, spent: Ranked::from_keys(spent).0 }
        });
        if let Some(seat) = twice {
            return Err(SeatFault::Taken(seat));
        }
        let sets = |keys: Keys| keys.map(|_, keys| Ranked::from_keys(keys).0);
        let chosen = chosen.into_iter().map(|(kindergarten, keys)| (kindergarten, sets(keys))).collect();
        Ok(Self::from_sets(mix, counters, streams, sets(any), chosen))
    }

    /// Builds many queues, on all cores, without a ratio yet: see [`QueueOrder::set_mix`].
    ///
    /// # Errors
    /// [`SeatFault::Taken`] where two rows of a queue have one seat, with its key.
    pub fn build_all<K, C>(queues: Vec<Unbuilt<K, C>>) -> Result<HashMap<K, Self>, (K, SeatFault)>
    where
        K: Copy + Eq + Hash + Send,
        C: AsRef<[u32]> + Send,
    {
        let one = |Unbuilt { key, counters, rows }| match Self::build(None, counters, rows) {
            Ok(queue) => Ok((key, queue)),
            Err(fault) => Err((key, fault)),
        };
        queues.into_par_iter().map(one).collect()
    }
}
