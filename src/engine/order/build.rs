//! The bulk build of a queue's index: each set is sorted once.

use std::collections::HashMap;

use crate::domain::codes::Stream;
use crate::domain::mix::Mix;

use super::key::{ByStream, Key, pack, unpack};
use super::queue::Turns;
use super::ranked::Ranked;
use super::{Counters, QueueOrder, Seat, SeatFault, TurnState};

type Keys = ByStream<Vec<Key>>;

/// See [`QueueOrder::build`].
pub(super) fn build<C: AsRef<[u32]>>(
    mix: Option<Mix>,
    counters: Counters,
    rows: impl IntoIterator<Item = (Seat, TurnState, C)>,
) -> Result<QueueOrder, SeatFault> {
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
    Ok(QueueOrder::from_sets((mix, counters), streams, sets(any), chosen))
}
