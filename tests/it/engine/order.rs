//! Queue order and positions: the index against the full sort, act by act. All entries invented.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that goes wrong should stop")]

mod by_hand;
mod sets;

use crate::dice::Dice;
use kezek::domain::codes::Stream;
use kezek::domain::mix::Mix;
use kezek::engine::order::oracle::{self, Entry, Row};
use kezek::engine::order::{Change, Counters, QueueOrder, Seat, Standing, TurnState};
use proptest::prelude::*;

/// Kindergartens that entries choose; one more that nobody chooses is asked for as well.
const KINDERGARTENS: u32 = 5;

// ----- a small registry: rows, counters, and those that left -----

struct Registry {
    mix: Option<Mix>,
    counters: Counters,
    rows: Vec<Entry>,
    gone: Vec<Entry>,
    tickets: u32,
    index: QueueOrder,
}

/// An act on whatever the registry then holds; numbers pick a row by remainder.
#[derive(Clone, Debug)]
enum Act {
    Join(u8, i64, Vec<u32>),
    Leave(usize),
    Spend(usize),
    SpendFirst,
    Restore(usize),
    Amend(usize, u8, Vec<u32>),
}

fn seat(tier: u8, applied_at: i64, ticket: u32) -> Seat {
    let stream = match tier {
        0 => Stream::OutOfTurn,
        1 | 2 => Stream::FirstPriority,
        _ => Stream::General,
    };
    Seat { tier, stream, applied_at, ticket }
}

/// Without mixing the stream does not order; there it is at odds with the tier on purpose.
fn seat_in(mix: Option<Mix>, tier: u8, applied_at: i64, ticket: u32) -> Seat {
    let plain = seat(tier, applied_at, ticket);
    let odd = Stream::ALL[ticket as usize % Stream::ALL.len()];
    if mix.is_some() { plain } else { Seat { stream: odd, ..plain } }
}

fn one_to_three() -> Option<Mix> {
    Mix::new(1, 3)
}

impl Registry {
    fn new(mix: Option<Mix>) -> Self {
        let (counters, index) = (Counters::default(), QueueOrder::new(mix));
        Self { mix, counters, rows: Vec::new(), gone: Vec::new(), tickets: 0, index }
    }

    fn sorted(&self) -> Vec<Row<'_>> {
        oracle::full_sort(self.mix, self.counters, &self.rows)
    }

    fn live(&self, pick: usize) -> Option<usize> {
        let live: Vec<usize> = (0..self.rows.len()).filter(|i| self.rows[*i].state == TurnState::Live).collect();
        (!live.is_empty()).then(|| live[pick % live.len()])
    }

    /// Those that may come back: gone for good reasons, or spent and still in their stream.
    fn restorable(&self, pick: usize) -> Option<Entry> {
        let spent = self.rows.iter().filter(|e| e.state == TurnState::Spent);
        let all: Vec<&Entry> = spent.chain(&self.gone).collect();
        (!all.is_empty()).then(|| all[pick % all.len()].clone())
    }

    /// Does the act in the rows, settles them by the text, and does the same in the index.
    fn act(&mut self, act: &Act) {
        let said = match act {
            Act::Join(tier, applied_at, choices) => {
                self.tickets += 1;
                let seat = seat_in(self.mix, *tier, *applied_at, self.tickets);
                self.rows.push(Entry { seat, state: TurnState::Live, choices: choices.clone() });
                self.index.join(seat, choices)
            }
            Act::Leave(pick) => {
                let Some(row) = self.live(*pick) else { return };
                let entry = self.rows.remove(row);
                let said = self.index.leave(entry.seat, &entry.choices);
                self.gone.push(entry);
                said
            }
            Act::Spend(pick) => {
                let Some(row) = self.live(*pick) else { return };
                self.rows[row].state = TurnState::Spent;
                self.index.spend(self.rows[row].seat, &self.rows[row].choices)
            }
            Act::SpendFirst => {
                let Some(first) = self.sorted().first().map(|row| row.entry.seat) else { return };
                let row = self.rows.iter().position(|e| e.seat == first).unwrap();
                self.rows[row].state = TurnState::Spent;
                self.index.spend(first, &self.rows[row].choices)
            }
            Act::Restore(pick) => {
                let Some(entry) = self.restorable(*pick) else { return };
                self.gone.retain(|e| e.seat != entry.seat);
                self.rows.retain(|e| e.seat != entry.seat);
                let said = self.index.restore(entry.seat, &entry.choices);
                self.rows.push(Entry { state: TurnState::Live, ..entry });
                said
            }
            Act::Amend(pick, tier, choices) => {
                let Some(row) = self.live(*pick) else { return };
                let Entry { seat: old, choices: before, .. } = self.rows[row].clone();
                let new = seat_in(self.mix, *tier, old.applied_at, old.ticket);
                self.rows[row] = Entry { seat: new, state: TurnState::Live, choices: choices.clone() };
                self.index.apply(&[Change::Leave(old, &before), Change::Join(new, choices)])
            }
        };
        let (counters, dropped) = oracle::settle(self.mix, self.counters, &mut self.rows);
        self.counters = counters;
        self.gone.extend(dropped);
        assert_eq!(said, Ok(counters), "the index settles as the text does, after {act:?}");
    }
}

/// Every standing of every live entry: in the queue, and under each kindergarten that counts it.
fn standings(index: &QueueOrder, rows: &[Entry]) -> Vec<(Seat, Standing, Vec<Option<Standing>>)> {
    let mut all = Vec::new();
    for entry in rows.iter().filter(|e| e.state == TurnState::Live) {
        let choices =
            (0..=KINDERGARTENS).map(|k| index.locate(entry.seat).and_then(|located| located.among(k))).collect();
        all.push((entry.seat, index.standing(entry.seat).unwrap(), choices));
    }
    all.sort_by_key(|(seat, ..)| *seat);
    all
}

/// Each standing as the full sort gives it.
fn expected(registry: &Registry) -> Vec<(Seat, Standing, Vec<Option<Standing>>)> {
    let rows = registry.sorted();
    let stand = |rows: &[Row<'_>], seat: Seat| {
        let row = rows.iter().find(|row| row.entry.seat == seat)?;
        let ahead = oracle::ahead(rows, row.position);
        Some(Standing { position: row.position, of: rows.len() as u64, turn: row.turn, ahead })
    };
    let by_choice: Vec<Vec<Row<'_>>> = (0..=KINDERGARTENS).map(|k| oracle::among(&rows, k)).collect();
    // The turn of a choice's standing is the entry's in the whole queue.
    let mut all: Vec<_> = rows
        .iter()
        .map(|row| {
            let seat = row.entry.seat;
            let choices = by_choice.iter().map(|rows| stand(rows, seat)).collect();
            (seat, stand(&rows, seat).unwrap(), choices)
        })
        .collect();
    all.sort_by_key(|(seat, ..)| *seat);
    all
}

// ----- random acts -----

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let choices = || proptest::collection::vec(0..KINDERGARTENS, 0..4);
    let act = prop_oneof![
        6 => (0..5u8, -20..20i64, choices()).prop_map(|(tier, at, choices)| Act::Join(tier, at, choices)),
        1 => any::<usize>().prop_map(Act::Leave),
        2 => any::<usize>().prop_map(Act::Spend),
        2 => Just(Act::SpendFirst),
        2 => any::<usize>().prop_map(Act::Restore),
        1 => (any::<usize>(), 0..5u8, choices()).prop_map(|(pick, tier, choices)| Act::Amend(pick, tier, choices)),
    ];
    proptest::collection::vec(act, 1..50)
}

fn mixes() -> impl Strategy<Value = Option<Mix>> {
    prop_oneof![Just(Mix::new(1, 3)), Just(Mix::new(2, 5)), Just(None)]
}

/// Plays the acts; `check` sees the registry and its standings before each act, and what act was done.
fn play(mix: Option<Mix>, acts: &[Act], mut check: impl FnMut(&Registry, &[(Seat, Standing)], &Act)) {
    let mut registry = Registry::new(mix);
    for act in acts {
        let before: Vec<_> =
            standings(&registry.index, &registry.rows).into_iter().map(|(s, own, _)| (s, own)).collect();
        registry.act(act);
        check(&registry, &before, act);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_position_equals_the_full_sort_after_every_act(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, _, act| {
            assert_eq!(standings(&registry.index, &registry.rows), expected(registry), "after {act:?}");
        });
    }

    #[test]
    fn positions_run_from_one_to_the_number_of_live_entries_without_gaps(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, _, _| {
            let mut positions: Vec<u64> =
                standings(&registry.index, &registry.rows).iter().map(|(_, own, _)| own.position).collect();
            positions.sort_unstable();
            let n = registry.index.len() as u64;
            assert_eq!(positions, (1..=n).collect::<Vec<_>>());
            assert!(standings(&registry.index, &registry.rows).iter().all(|(_, own, _)| own.of == n));
        });
    }

    #[test]
    fn nobody_moves_back_because_somebody_enrolled_or_withdrew(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, before, act| {
            if !matches!(act, Act::Spend(_) | Act::SpendFirst | Act::Leave(_)) {
                return;
            }
            for (seat, was) in before {
                if let Some(now) = registry.index.standing(*seat) {
                    assert!(now.position <= was.position, "{seat:?} was {was:?}, is {now:?} after {act:?}");
                }
            }
        });
    }

    #[test]
    fn a_withdrawal_moves_up_everybody_behind_it_in_its_stream(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, before, act| {
            let (true, Some(left)) = (matches!(act, Act::Leave(_)), registry.gone.last()) else { return };
            for (seat, was) in before.iter().filter(|(seat, _)| seat.stream == left.seat.stream && *seat > left.seat) {
                let now = registry.index.standing(*seat).unwrap();
                assert!(now.position < was.position, "{seat:?} stays at {was:?} though {left:?} left");
            }
        });
    }

    #[test]
    fn a_restored_entry_takes_back_its_turn_while_its_stream_keeps_it(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, _, _| {
            let before = standings(&registry.index, &registry.rows);
            for entry in registry.rows.iter().filter(|e| e.state == TurnState::Live) {
                let mut index = registry.index.clone();
                let mut rows = registry.rows.clone();
                let row = rows.iter().position(|e| e.seat == entry.seat).unwrap();
                rows[row].state = TurnState::Spent;
                index.spend(entry.seat, &entry.choices).unwrap();
                let (counters, dropped) = oracle::settle(registry.mix, registry.counters, &mut rows);
                index.restore(entry.seat, &entry.choices).unwrap();
                if dropped.is_empty() && counters == registry.counters {
                    assert_eq!(standings(&index, &registry.rows), before);
                }
            }
        });
    }

    #[test]
    fn both_counters_are_zero_while_a_stream_has_no_live_entry(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, _, _| {
            let live = |stream| registry.sorted().iter().any(|row| row.entry.seat.stream == stream);
            if mix.is_none() || !live(Stream::FirstPriority) || !live(Stream::General) {
                assert_eq!(registry.index.counters(), Counters::default());
            }
        });
    }

    #[test]
    fn an_index_built_from_the_rows_equals_the_one_that_followed_the_acts(mix in mixes(), acts in acts()) {
        play(mix, &acts, |registry, _, _| {
            let rows = registry.rows.iter().map(|e| (e.seat, e.state, e.choices.as_slice()));
            let built = QueueOrder::build(mix, registry.counters, rows).unwrap();
            assert_eq!(built.counters(), registry.index.counters());
            assert_eq!(standings(&built, &registry.rows), standings(&registry.index, &registry.rows));
            assert_eq!(built.in_order().collect::<Vec<_>>(), registry.index.in_order().collect::<Vec<_>>());
        });
    }

    #[test]
    fn another_ratio_reads_the_same_turns_and_only_acts_settle_by_it(eras in proptest::collection::vec((mixes(), acts()), 2..5)) {
        let mut registry = Registry::new(None);
        let check = |registry: &Registry| {
            assert_eq!(standings(&registry.index, &registry.rows), expected(registry));
            assert_eq!(registry.index.counters(), registry.counters);
            let rows = registry.rows.iter().map(|e| (e.seat, e.state, e.choices.as_slice()));
            let built = QueueOrder::build(registry.mix, registry.counters, rows).unwrap();
            assert_eq!(standings(&built, &registry.rows), standings(&registry.index, &registry.rows));
            assert_eq!(built.in_order().collect::<Vec<_>>(), registry.index.in_order().collect::<Vec<_>>());
        };
        for (mix, acts) in eras {
            registry.mix = mix;
            registry.index.set_mix(mix);
            check(&registry);
            for act in acts.iter().take(12) {
                registry.act(act);
                check(&registry);
            }
        }
    }

    #[test]
    fn the_listing_is_the_full_sort_from_any_position_on(mix in mixes(), acts in acts()) {
        let mut registry = Registry::new(mix);
        acts.iter().for_each(|act| registry.act(act));
        let sorted: Vec<(u64, Seat)> = registry.sorted().iter().map(|row| (row.position, row.entry.seat)).collect();
        for from in 0..=sorted.len() as u64 + 2 {
            let listed: Vec<(u64, Seat)> = registry.index.in_order_from(from).map(|p| (p.position, p.seat)).collect();
            let rest: Vec<_> = sorted.iter().copied().filter(|(position, _)| *position >= from).collect();
            assert_eq!(listed, rest, "from {from}");
        }
    }
}

// ----- large queues, where the sets are rows of chunks -----

#[test]
fn a_queue_of_thousands_equals_the_full_sort_while_it_grows_and_shrinks() {
    let mut dice = Dice::seeded(9);
    let mut registry = Registry::new(one_to_three());
    let mut largest = 0;
    // Three joins to one departure at first, then the reverse until the queue is small again.
    for step in 0..5000u64 {
        largest = largest.max(registry.index.len());
        let growing = step < 2500;
        let pick = dice.roll(1 << 30);
        let tier = u8::try_from(dice.roll(5)).unwrap();
        let instant =
            if dice.roll(2) == 0 { i64::try_from(step).unwrap() } else { i64::try_from(dice.roll(2500)).unwrap() };
        registry.act(&match (dice.roll(8), growing) {
            (0..=5, true) | (0, false) => {
                Act::Join(tier, instant, (0..dice.roll(3)).map(|_| u32::try_from(dice.roll(5)).unwrap()).collect())
            }
            (6, true) => Act::Spend(pick),
            (7, true) => Act::Restore(pick),
            (1, false) => Act::Restore(pick),
            (2, false) => Act::Spend(pick % 5),
            _ if pick.is_multiple_of(2) => Act::Spend(pick),
            _ => Act::Leave(pick),
        });
        if step % 500 == 499 {
            compare_some(&registry);
        }
    }
    assert!(registry.index.len() < largest / 3, "the queue shrank from {largest} to {}", registry.index.len());
}

/// The whole listing, and every 37th entry's standings.
fn compare_some(registry: &Registry) {
    let sorted = registry.sorted();
    let listed: Vec<Seat> = registry.index.in_order().map(|placed| placed.seat).collect();
    assert_eq!(listed, sorted.iter().map(|row| row.entry.seat).collect::<Vec<_>>());
    let under: Vec<Vec<Row<'_>>> = (0..KINDERGARTENS).map(|k| oracle::among(&sorted, k)).collect();
    for row in sorted.iter().step_by(37) {
        let located = registry.index.locate(row.entry.seat).unwrap();
        assert_eq!((located.standing().position, located.standing().turn), (row.position, row.turn));
        for (rows, kindergarten) in under.iter().zip(0..) {
            let place = rows.iter().find(|other| other.entry.seat == row.entry.seat).map(|other| other.position);
            assert_eq!(located.among(kindergarten).map(|standing| standing.position), place);
        }
        let from_here = registry.index.in_order_from(row.position).next().unwrap();
        assert_eq!((from_here.position, from_here.seat), (row.position, row.entry.seat));
    }
}

#[test]
fn an_index_takes_less_than_300_bytes_per_child_with_four_choices() {
    let mut dice = Dice::seeded(7);
    let rows: Vec<(Seat, [u32; 4])> = (0..5000)
        .map(|n| {
            let tier = [0, 1, 2, 3, 4, 4, 4, 4, 4, 4][dice.roll(10)];
            let first = u32::try_from(dice.roll(100)).unwrap();
            (seat(tier, i64::from(n), n), [first, first + 1, first + 2, first + 7])
        })
        .collect();
    let live = rows.iter().map(|(seat, choices)| (*seat, TurnState::Live, choices));
    let built = QueueOrder::build(one_to_three(), Counters::default(), live).unwrap();
    let mut grown = QueueOrder::new(one_to_three());
    for (seat, choices) in &rows {
        grown.join(*seat, choices).unwrap();
    }
    for index in [built, grown] {
        assert!(index.heap_bytes() / rows.len() < 300, "{} bytes per child", index.heap_bytes() / rows.len());
    }
}
