//! Positions in an index of 1 000 000 entries in 200 queues, the largest of 50 000: `cargo bench --bench positions`.
//! Invented entries. What came out, and on what machine, is in `benches/README.md`.
#![allow(missing_docs, reason = "criterion's macros declare functions without docs")]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench that goes wrong should stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use kezek::domain::codes::Stream;
use kezek::domain::mix::Mix;
use kezek::engine::order::ranked::{Key, Ranked};
use kezek::engine::order::{Counters, QueueOrder, Seat, Standing, TurnState};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ENTRIES: usize = 1_000_000;
const QUEUES: usize = 200;
/// How many acts one timed stretch holds; the acts that undo them are not timed.
const STRETCH: u64 = 500;

// ----- the scene -----

struct Row {
    queue: usize,
    seat: Seat,
    state: TurnState,
    choices: Vec<u32>,
}

/// The same scene in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 16).unwrap() % sides
    }

    fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.roll(last + 1));
        }
    }
}

/// Sizes fall like 1 / (i + 5.2): 50 000, 42 000, … 1 300, in sum a million.
fn sizes() -> Vec<usize> {
    let mut sizes: Vec<usize> = (0..QUEUES).map(|i| 50_000 * 52 / (10 * i + 52)).collect();
    let rest = ENTRIES - sizes.iter().sum::<usize>().min(ENTRIES);
    for size in &mut sizes[1..] {
        *size += rest / (QUEUES - 1);
    }
    let sum: usize = sizes.iter().sum();
    let last = sizes.last_mut().unwrap();
    *last = *last + ENTRIES - sum;
    sizes
}

/// 2 % out of turn, 13 % first priority; 5 % without preferences, the others with four; 4 % spent turns.
fn scene() -> Vec<Row> {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut rows = Vec::with_capacity(ENTRIES + ENTRIES / 25);
    for (queue, size) in sizes().into_iter().enumerate() {
        let kindergartens = (size / 120).clamp(60, 400);
        for n in 0..size + size / 25 {
            let (tier, stream) = match dice.roll(100) {
                0..2 => (0, Stream::OutOfTurn),
                2..8 => (1, Stream::FirstPriority),
                8..15 => (2, Stream::FirstPriority),
                15..22 => (3, Stream::General),
                _ => (4, Stream::General),
            };
            let applied_at = 1_600_000_000_000_000 + i64::try_from(dice.roll(100_000_000_000_000)).unwrap();
            let seat = Seat { tier, stream, applied_at, ticket: u32::try_from(n).unwrap() };
            let state = if n < size { TurnState::Live } else { TurnState::Spent };
            let mut choices = Vec::new();
            while choices.len() < 4 && (!choices.is_empty() || dice.roll(20) > 0) {
                // The product of two dice: some kindergartens are wanted far more than others.
                let kindergarten = u32::try_from(dice.roll(kindergartens) * dice.roll(kindergartens) / kindergartens);
                let kindergarten = kindergarten.unwrap() + u32::try_from(queue * 1000).unwrap();
                if !choices.contains(&kindergarten) {
                    choices.push(kindergarten);
                }
            }
            rows.push(Row { queue, seat, state, choices });
        }
    }
    rows
}

fn build(rows: &[Row]) -> Vec<QueueOrder> {
    let queues = rows.chunk_by(|one, other| one.queue == other.queue);
    let mix = Mix::new(1, 3);
    let entries = |rows: &[Row]| {
        let rows = rows.iter().map(|row| (row.seat, row.state, row.choices.as_slice()));
        QueueOrder::build(mix, Counters::default(), rows).unwrap()
    };
    queues.map(entries).collect()
}

/// Bytes resident, by the kernel (0 where there is no /proc).
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

// ----- the index -----

fn whole_answer(index: &[QueueOrder], row: &Row) -> (Standing, [Option<Standing>; 4]) {
    let located = index[row.queue].locate(row.seat).unwrap();
    let mut choices = [None; 4];
    for (choice, standing) in choices.iter_mut().zip(located.choices(&row.choices)) {
        *choice = standing;
    }
    (located.standing(), choices)
}

/// Times `act` over stretches of random rows and undoes each stretch by `undo` outside the clock.
fn timed<'a>(
    times: u64,
    index: &mut [QueueOrder],
    rows: &mut impl Iterator<Item = &'a Row>,
    act: impl Fn(&mut QueueOrder, &Row),
    undo: impl Fn(&mut QueueOrder, &Row),
) -> Duration {
    let mut total = Duration::ZERO;
    let mut left = times;
    while left > 0 {
        let stretch: Vec<&Row> = rows.take(usize::try_from(left.min(STRETCH)).unwrap()).collect();
        left -= stretch.len() as u64;
        let start = Instant::now();
        stretch.iter().for_each(|row| act(&mut index[row.queue], row));
        total += start.elapsed();
        stretch.iter().rev().for_each(|row| undo(&mut index[row.queue], row));
    }
    total
}

fn index(c: &mut Criterion) {
    let mut rows = scene();
    let before = resident();
    let start = Instant::now();
    let mut index = build(&rows);
    let took = start.elapsed();
    let live: usize = index.iter().map(QueueOrder::len).sum();
    let heap: usize = index.iter().map(QueueOrder::heap_bytes).sum();
    let largest = index.iter().map(QueueOrder::len).max().unwrap();
    eprintln!("{live} live entries in {} queues, the largest of {largest}; built in {took:?}", index.len());
    eprintln!("bytes per child: {} resident, {} by capacity", (resident() - before) / live, heap / live);
    let mut group = c.benchmark_group("index");
    group.sample_size(10);
    group.bench_function("bulk build of 1 000 000", |b| {
        b.iter_batched(|| (), |()| build(&rows), BatchSize::PerIteration)
    });
    group.finish();

    Dice(3).shuffle(&mut rows);
    rows.retain(|row| row.state == TurnState::Live);
    let newest: Vec<Row> = rows.iter().take(100_000).map(late).collect();
    let mut at_random = rows.iter().cycle();
    let mut newest = newest.iter().cycle();

    c.bench_function("a position", |b| {
        b.iter(|| at_random.next().map(|row| black_box(index[row.queue].standing(row.seat))));
    });
    c.bench_function("a whole answer with 4 choices", |b| {
        b.iter(|| at_random.next().map(|row| black_box(whole_answer(&index, row))));
    });
    let mut in_largest = rows.iter().filter(|row| row.queue == 0).cycle();
    c.bench_function("a whole answer in the largest queue", |b| {
        b.iter(|| in_largest.next().map(|row| black_box(whole_answer(&index, row))));
    });
    let join = |q: &mut QueueOrder, row: &Row| assert!(q.join(row.seat, &row.choices).is_ok());
    let leave = |q: &mut QueueOrder, row: &Row| assert!(q.leave(row.seat, &row.choices).is_ok());
    let spend = |q: &mut QueueOrder, row: &Row| assert!(q.spend(row.seat, &row.choices).is_ok());
    let restore = |q: &mut QueueOrder, row: &Row| assert!(q.restore(row.seat, &row.choices).is_ok());
    c.bench_function("insertion of a new entry with 4 choices", |b| {
        b.iter_custom(|times| timed(times, &mut index, &mut newest, join, leave));
    });
    c.bench_function("removal anywhere with 4 choices", |b| {
        b.iter_custom(|times| timed(times, &mut index, &mut at_random, leave, restore));
    });
    c.bench_function("enrolment anywhere with 4 choices", |b| {
        b.iter_custom(|times| timed(times, &mut index, &mut at_random, spend, restore));
    });
    let mut dice = Dice(5);
    c.bench_function("a page of 50 anywhere in the largest queue", |b| {
        b.iter(|| {
            let from = dice.roll(49_000) as u64;
            black_box(index[0].in_order_from(from).take(50).last())
        });
    });
    c.bench_function("the largest queue listed", |b| b.iter(|| black_box(index[0].in_order().last())));
}

/// A new application: as the row, but after all others.
fn late(row: &Row) -> Row {
    let ticket = row.seat.ticket + 1_000_000;
    let applied_at = 1_800_000_000_000_000 + i64::from(row.seat.ticket);
    let seat = Seat { ticket, applied_at, ..row.seat };
    Row { seat, choices: row.choices.clone(), ..*row }
}

// ----- the sets underneath, against indexset -----

fn keys(count: usize) -> Vec<Key> {
    let mut dice = Dice(11);
    (0..count).map(|ticket| ((dice.roll(1 << 46) as Key) << 32) | ticket as Key).collect()
}

fn sets(c: &mut Criterion) {
    type Indexset = indexset::BTreeSet<Key>;
    for size in [100, 5_000, 50_000, 1_000_000] {
        let keys = keys(size);
        let name = |what: &str, whose: &str| format!("sets of {size}: {what}, {whose}");
        let mut own = Ranked::from_keys(keys.clone()).0;
        let mut theirs: Indexset = keys.iter().copied().collect();
        let mut probes = keys.iter().copied().cycle();
        c.bench_function(&name("rank", "own"), |b| b.iter(|| probes.next().map(|key| black_box(own.rank(key)))));
        c.bench_function(&name("rank", "indexset"), |b| {
            b.iter(|| probes.next().map(|key| black_box(theirs.rank(&key))));
        });
        let mut dice = Dice(13);
        c.bench_function(&name("select", "own"), |b| b.iter(|| black_box(own.get(dice.roll(size)))));
        c.bench_function(&name("select", "indexset"), |b| {
            b.iter(|| black_box(theirs.get_index(dice.roll(size)).copied()));
        });
        c.bench_function(&name("remove and insert", "own"), |b| {
            b.iter(|| probes.next().map(|key| (own.remove(key), own.insert(key))));
        });
        c.bench_function(&name("remove and insert", "indexset"), |b| {
            b.iter(|| probes.next().map(|key| (theirs.remove(&key), theirs.insert(key))));
        });
    }
}

/// What a small set takes, measured before anything else has run in the process.
fn small_sets(_: &mut Criterion) {
    const SETS: usize = 20_000;
    let keys: Vec<Vec<Key>> = (0..SETS).map(|n| keys(100 + n % 3)).collect();
    let start = resident();
    let own: Vec<Ranked> = keys.iter().map(|keys| Ranked::from_keys(keys.clone()).0).collect();
    let middle = resident();
    let theirs: Vec<indexset::BTreeSet<Key>> = keys.iter().map(|keys| keys.iter().copied().collect()).collect();
    let end = resident();
    eprintln!("a set of 100 keys, bytes resident: own {}, indexset {}", (middle - start) / SETS, (end - middle) / SETS);
    // Kept, so that what is measured next does not live in memory that was resident already.
    std::mem::forget((keys, own, theirs));
}

criterion_group!(benches, small_sets, index, sets);
criterion_main!(benches);
