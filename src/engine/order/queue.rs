//! The index of one queue: what an act changes, and where an entry stands.

use std::collections::HashMap;

use crate::domain::codes::Stream;
use crate::domain::mix::Mix;

use super::counters::Counters;
use super::key::{ByStream, EVERYTHING, Key, NOTHING, pack};
use super::ranked::Ranked;
use super::seat::{Change, Seat, SeatFault};
use super::standing::Standing;

/// The order of one queue, kept current act by act. See the module's page for what always holds.
#[derive(Clone, Debug, Default)]
pub struct QueueOrder {
    mix: Option<Mix>,
    counters: Counters,
    streams: ByStream<Turns>,
    /// Live entries without preferences.
    any: ByStream<Ranked>,
    /// Live entries that chose the kindergarten.
    chosen: HashMap<u32, ByStream<Ranked>>,
}

/// The turns of one stream.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns {
    /// Live entries and spent turns.
    pub(super) all: Ranked,
    /// Spent turns alone; their rank is taken from that of all to count live entries.
    pub(super) spent: Ranked,
}

impl Turns {
    fn live(&self) -> usize {
        self.all.len() - self.spent.len()
    }

    /// Live entries before a key, given how many of all are before it.
    fn live_before(&self, key: Key, all_before: usize) -> usize {
        all_before - self.spent.rank(key)
    }
}

/// A live entry found in its queue: its standing there and under each kindergarten.
#[derive(Clone, Copy, Debug)]
pub struct Located<'a> {
    queue: &'a QueueOrder,
    seat: Seat,
    ahead: Ahead,
}

/// Who is ahead of a turn: in each stream the entries with smaller keys than the bound, and how many of them live.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    turn: i64,
    bounds: ByStream<Key>,
    live: ByStream<usize>,
}

impl Ahead {
    /// Live entries ahead in all streams.
    pub(super) fn total(&self) -> usize {
        self.live.iter().sum()
    }
}

impl QueueOrder {
    /// An empty queue; without a mix it is ordered strictly by (tier, instant, ticket), whatever the streams.
    pub fn new(mix: Option<Mix>) -> Self {
        Self { mix, ..Self::default() }
    }

    /// A queue of finished sets.
    pub(super) fn from_sets(
        mix: Option<Mix>,
        counters: Counters,
        streams: ByStream<Turns>,
        any: ByStream<Ranked>,
        chosen: HashMap<u32, ByStream<Ranked>>,
    ) -> Self {
        Self { mix, counters, streams, any, chosen }
    }

    /// Orders the queue by another ratio from now on: the day of a binding has come. Turns and counters stay as the last act
    /// left them; the next act settles by the new ratio.
    pub fn set_mix(&mut self, mix: Option<Mix>) {
        self.mix = mix;
    }

    /// The ratio of the queue, none where it is ordered strictly by tier.
    pub fn mix(&self) -> Option<Mix> {
        self.mix
    }

    /// The counters after the last act.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How many live entries the queue has.
    pub fn len(&self) -> usize {
        self.streams.iter().map(Turns::live).sum()
    }

    /// Whether the queue has no live entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes that the index of this queue holds on the heap, by the capacities of its vectors and of its map.
    pub fn heap_bytes(&self) -> usize {
        let sets = |sets: &ByStream<Ranked>| sets.iter().map(Ranked::heap_bytes).sum::<usize>();
        let turns = self.streams.iter().map(|turns| turns.all.heap_bytes() + turns.spent.heap_bytes());
        let chosen = self.chosen.values().map(sets);
        // The map keeps one slot in eight free, and a byte of its own per slot.
        let slots = self.chosen.capacity() * 8 / 7 * (size_of::<(u32, ByStream<Ranked>)>() + 1);
        turns.sum::<usize>() + sets(&self.any) + chosen.sum::<usize>() + slots
    }

    // ----- acts -----

    /// A new entry takes its seat. See [`QueueOrder::apply`].
    pub fn join(&mut self, seat: Seat, choices: &[u32]) -> Result<Counters, SeatFault> {
        self.apply(&[Change::Join(seat, choices)])
    }

    /// A live entry leaves and leaves no turn. See [`QueueOrder::apply`].
    pub fn leave(&mut self, seat: Seat, choices: &[u32]) -> Result<Counters, SeatFault> {
        self.apply(&[Change::Leave(seat, choices)])
    }

    /// A live entry is enrolled and its turn is spent. See [`QueueOrder::apply`].
    pub fn spend(&mut self, seat: Seat, choices: &[u32]) -> Result<Counters, SeatFault> {
        self.apply(&[Change::Spend(seat, choices)])
    }

    /// An entry comes back. See [`QueueOrder::apply`].
    pub fn restore(&mut self, seat: Seat, choices: &[u32]) -> Result<Counters, SeatFault> {
        self.apply(&[Change::Restore(seat, choices)])
    }

    /// Makes all changes of one act, then settles once, and returns the counters.
    ///
    /// # Errors
    /// [`SeatFault`] where a change does not fit the queue; then none of the act's changes is made.
    pub fn apply(&mut self, changes: &[Change<'_>]) -> Result<Counters, SeatFault> {
        if let [change] = changes {
            self.make(*change)?;
        } else {
            let mut made = Vec::with_capacity(changes.len());
            for change in changes {
                match self.make(*change) {
                    Ok(reverse) => made.push(reverse),
                    Err(fault) => {
                        // Nothing was dropped since the act began, so each reverse fits exactly.
                        for reverse in made.into_iter().rev() {
                            self.make(reverse)?;
                        }
                        return Err(fault);
                    }
                }
            }
        }
        self.settle();
        Ok(self.counters)
    }

    /// Makes one change and returns the change that takes it back.
    fn make<'a>(&mut self, change: Change<'a>) -> Result<Change<'a>, SeatFault> {
        match change {
            Change::Join(seat, choices) => {
                let key = pack(seat);
                if !self.streams.get_mut(seat.stream).all.insert(key) {
                    return Err(SeatFault::Taken(seat));
                }
                self.list(seat.stream, key, choices);
                Ok(Change::Leave(seat, choices))
            }
            Change::Leave(seat, choices) => {
                self.stop_living(seat, choices)?;
                self.streams.get_mut(seat.stream).all.remove(pack(seat));
                Ok(Change::Join(seat, choices))
            }
            Change::Spend(seat, choices) => {
                self.stop_living(seat, choices)?;
                let key = pack(seat);
                let keeps = self.mix.is_some() && seat.stream != Stream::OutOfTurn;
                let turns = self.streams.get_mut(seat.stream);
                if keeps {
                    turns.spent.insert(key);
                } else {
                    turns.all.remove(key);
                }
                Ok(if keeps { Change::Restore(seat, choices) } else { Change::Join(seat, choices) })
            }
            Change::Restore(seat, choices) => {
                let key = pack(seat);
                let turns = self.streams.get_mut(seat.stream);
                let kept = turns.spent.remove(key);
                if !kept && !turns.all.insert(key) {
                    return Err(SeatFault::Taken(seat));
                }
                self.list(seat.stream, key, choices);
                Ok(if kept { Change::Spend(seat, choices) } else { Change::Leave(seat, choices) })
            }
        }
    }

    /// Lists an entry under its choices.
    fn list(&mut self, stream: Stream, key: Key, choices: &[u32]) {
        if choices.is_empty() {
            self.any.get_mut(stream).insert(key);
        }
        for kindergarten in choices {
            self.chosen.entry(*kindergarten).or_default().get_mut(stream).insert(key);
        }
    }

    /// Takes a live entry from under its choices; where one does not list it, nothing is changed.
    fn stop_living(&mut self, seat: Seat, choices: &[u32]) -> Result<(), SeatFault> {
        let key = pack(seat);
        let turns = self.streams.get(seat.stream);
        if !turns.all.contains(key) || turns.spent.contains(key) {
            return Err(SeatFault::Missing(seat));
        }
        if choices.is_empty() && !self.any.get_mut(seat.stream).remove(key) {
            return Err(SeatFault::NotChosen(seat, None));
        }
        for (at, kindergarten) in choices.iter().enumerate() {
            let (before, _) = choices.split_at(at);
            if before.contains(kindergarten) || self.unlist(seat.stream, key, *kindergarten) {
                continue;
            }
            if !before.is_empty() {
                self.list(seat.stream, key, before);
            }
            return Err(SeatFault::NotChosen(seat, Some(*kindergarten)));
        }
        Ok(())
    }

    /// Takes a key from under one kindergarten; false where it is not there.
    fn unlist(&mut self, stream: Stream, key: Key, kindergarten: u32) -> bool {
        let Some(sets) = self.chosen.get_mut(&kindergarten) else { return false };
        let found = sets.get_mut(stream).remove(key);
        if sets.iter().all(Ranked::is_empty) {
            self.chosen.remove(&kindergarten);
        }
        found
    }

    /// Drops the spent turns at the front of each stream into its counter; without mixing, all of them.
    fn settle(&mut self) {
        if self.mix.is_none() {
            for stream in Stream::ALL {
                let turns = self.streams.get_mut(*stream);
                for key in std::mem::take(&mut turns.spent).iter_from(0) {
                    turns.all.remove(key);
                }
            }
        }
        let dropped = Counters {
            first_priority: drop_front(&mut self.streams.first_priority),
            general: drop_front(&mut self.streams.general),
        };
        let live = Counters {
            first_priority: self.streams.first_priority.live() as u64,
            general: self.streams.general.live() as u64,
        };
        self.counters = self.counters.settled(self.mix.is_some(), dropped, live);
    }

    // ----- standings -----

    /// Where a live entry stands in the whole queue; none where no live entry has this seat.
    pub fn standing(&self, seat: Seat) -> Option<Standing> {
        Some(self.locate(seat)?.standing())
    }

    /// Finds a live entry, to ask for its standings; none where no live entry has this seat.
    pub fn locate(&self, seat: Seat) -> Option<Located<'_>> {
        let key = pack(seat);
        let turns = self.streams.get(seat.stream);
        let (rank, found) = turns.all.seek(key);
        if !found || turns.spent.contains(key) {
            return None;
        }
        Some(Located { queue: self, seat, ahead: self.ahead(seat.stream, key, rank) })
    }

    /// Where an entry would stand if it joined now, counted among all: what a registration answers before it is saved.
    pub fn would_stand(&self, seat: Seat) -> Standing {
        let key = pack(seat);
        let rank = self.streams.get(seat.stream).all.rank(key);
        let joining = Located { queue: self, seat, ahead: self.ahead(seat.stream, key, rank) };
        joining.stand(joining.ahead.live, self.len() + 1)
    }

    /// Who is ahead of the turn of a key that has this rank among all of its stream.
    pub(super) fn ahead(&self, stream: Stream, key: Key, rank: usize) -> Ahead {
        let Some(mix) = self.mix else { return self.ahead_by_tier(key) };
        let out_of_turn = &self.streams.out_of_turn;
        if stream == Stream::OutOfTurn {
            let bounds = ByStream { out_of_turn: key, first_priority: NOTHING, general: NOTHING };
            let live = ByStream { out_of_turn: rank, first_priority: 0, general: 0 };
            return Ahead { turn: -1, bounds, live };
        }
        let turn = self.turn(mix, stream, rank as u64);
        let mut bounds = ByStream { out_of_turn: EVERYTHING, first_priority: key, general: key };
        let mut live = ByStream { out_of_turn: out_of_turn.live(), first_priority: 0, general: 0 };
        *live.get_mut(stream) = self.streams.get(stream).live_before(key, rank);
        let (other, before) = match stream {
            Stream::FirstPriority => (Stream::General, mix.general_before(turn).saturating_sub(self.counters.general)),
            _ => (Stream::FirstPriority, mix.first_priority_before(turn).saturating_sub(self.counters.first_priority)),
        };
        let turns = self.streams.get(other);
        // A number of turns beyond the stream's length finds no key: then the whole stream is ahead.
        let boundary = usize::try_from(before).ok().and_then(|n| Some((n, turns.all.get(n)?)));
        (*bounds.get_mut(other), *live.get_mut(other)) = match boundary {
            Some((n, bound)) => (bound, turns.live_before(bound, n)),
            None => (EVERYTHING, turns.live()),
        };
        Ahead { turn: i64::try_from(turn).unwrap_or(i64::MAX), bounds, live }
    }

    /// Without mixing the smaller key is ahead, in whatever stream.
    fn ahead_by_tier(&self, key: Key) -> Ahead {
        let live = ByStream::from_fn(|stream| {
            let turns = self.streams.get(stream);
            turns.live_before(key, turns.all.rank(key))
        });
        let turn = live.iter().sum::<usize>();
        Ahead { turn: i64::try_from(turn).unwrap_or(i64::MAX), bounds: ByStream::from_fn(|_| key), live }
    }

    /// The turn of the entry or spent turn with this rank in its stream.
    pub(super) fn turn(&self, mix: Mix, stream: Stream, rank: u64) -> u64 {
        match stream {
            Stream::FirstPriority => mix.turn_of_first_priority(self.counters.first_priority.saturating_add(rank)),
            _ => mix.turn_of_general(self.counters.general.saturating_add(rank)),
        }
    }

    /// The turns of one stream.
    pub(super) fn turns(&self, stream: Stream) -> &Turns {
        self.streams.get(stream)
    }
}

impl Located<'_> {
    /// Where the entry stands in the whole queue.
    pub fn standing(&self) -> Standing {
        self.stand(self.ahead.live, self.queue.len())
    }

    /// Where the entry stands among those that chose this kindergarten or have no preferences; none where it is
    /// neither of these. Several kindergartens are cheaper by [`Located::choices`].
    pub fn among(&self, kindergarten: u32) -> Option<Standing> {
        self.choices(&[kindergarten]).next().flatten()
    }

    /// [`Located::among`] for each of these kindergartens, in their order.
    pub fn choices(&self, kindergartens: &[u32]) -> impl Iterator<Item = Option<Standing>> {
        let any = self.counted(&self.queue.any);
        kindergartens.iter().map(move |kindergarten| {
            let chosen = self.queue.chosen.get(kindergarten).map(|sets| self.counted(sets)).unwrap_or_default();
            let live = chosen.ahead.zip(any.ahead).map(|_, (chose, indifferent)| chose + indifferent);
            (chosen.member || any.member).then(|| self.stand(live, chosen.of + any.of))
        })
    }

    /// What one group of live sets holds ahead of the entry and in all.
    fn counted(&self, sets: &ByStream<Ranked>) -> Counted {
        let mut member = false;
        let ahead = ByStream::from_fn(|stream| {
            let (ahead, found) = before(sets.get(stream), *self.ahead.bounds.get(stream));
            member |= found && stream == self.seat.stream;
            ahead
        });
        Counted { ahead, of: sets.iter().map(Ranked::len).sum(), member }
    }

    fn stand(&self, live: ByStream<usize>, of: usize) -> Standing {
        let ahead = live.into_array().map(|n| n as u64);
        Standing { position: 1 + ahead.iter().sum::<u64>(), of: of as u64, turn: self.ahead.turn, ahead }
    }
}

/// A group of live sets as seen from one entry.
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    ahead: ByStream<usize>,
    of: usize,
    /// Whether the entry itself is there.
    member: bool,
}

/// How many keys of a set are before a bound, and whether the bound itself is there.
fn before(set: &Ranked, bound: Key) -> (usize, bool) {
    match bound {
        NOTHING => (0, set.first() == Some(NOTHING)),
        EVERYTHING => (set.len(), false),
        key => set.seek(key),
    }
}

/// Drops the spent turns at the front of a stream; how many there were.
fn drop_front(turns: &mut Turns) -> u64 {
    let mut dropped = 0;
    while let Some(first) = turns.spent.first() {
        if turns.all.first() != Some(first) {
            break;
        }
        turns.spent.remove(first);
        turns.all.remove(first);
        dropped += 1;
    }
    dropped
}
