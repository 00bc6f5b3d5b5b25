//! The order of a queue as a plain full sort: slow, and easy to check against the text (ARCHITECTURE.md, "The order of a queue,
//! exactly").
//!
//! Nothing here is shared with the index. Tests compare the two after every act, and the store's tests feed it with
//! the rows of the registry.

use crate::domain::codes::Stream;
use crate::domain::mix::Mix;

use super::counters::Counters;
use super::seat::{Seat, TurnState};

/// One row of a queue: a live entry or a spent turn that has not been dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What decides its place.
    pub seat: Seat,
    /// Whether it is counted or only keeps its turn.
    pub state: TurnState,
    /// Chosen kindergartens; none means any.
    pub choices: Vec<u32>,
}

/// A live entry in the merged order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// From 1 without gaps.
    pub position: u64,
    /// The turn, as [`super::Standing::turn`] counts it.
    pub turn: i64,
    /// The entry that stands there.
    pub entry: &'a Entry,
}

/// The live entries of a queue in merged order, each with its turn and position.
pub fn full_sort(mix: Option<Mix>, counters: Counters, entries: &[Entry]) -> Vec<Row<'_>> {
    // "a profile without mixing orders strictly by tier"
    let Some(mix) = mix else {
        let mut by_tier: Vec<&Entry> = entries.iter().filter(|e| e.state == TurnState::Live).collect();
        by_tier.sort_by_key(|e| key(e));
        return number(by_tier.into_iter().enumerate().map(|(ahead, e)| (as_turn(ahead as u64), e)));
    };
    // "Inside a stream: tier, application instant, ticket." Spent turns are "still in the stream".
    let stream = |name: Stream| {
        let mut stream: Vec<&Entry> = entries.iter().filter(|e| e.seat.stream == name).collect();
        stream.sort_by_key(|e| key(e));
        stream
    };
    let (p, g) = (u64::from(mix.p()), u64::from(mix.g()));
    // "the k-th P has turn (k/p)*(p+g) + k%p, the j-th G (j/g)*(p+g) + p + j%g (integer division)", and the counter is
    // "which k and j start from".
    let first_priority = stream(Stream::FirstPriority).into_iter().zip(counters.first_priority..);
    let first_priority = first_priority.map(|(e, k)| (as_turn((k / p) * (p + g) + k % p), e));
    let general = stream(Stream::General).into_iter().zip(counters.general..);
    let general = general.map(|(e, j)| (as_turn((j / g) * (p + g) + p + j % g), e));
    // "smaller turn first"
    let mut merged: Vec<(i64, &Entry)> = first_priority.chain(general).collect();
    merged.sort_by_key(|(turn, _)| *turn);
    // "Out-of-turn tier first, whole."
    let out_of_turn = stream(Stream::OutOfTurn).into_iter().map(|e| (-1, e));
    // A spent turn is "no longer counted".
    number(out_of_turn.chain(merged).filter(|(_, e)| e.state == TurnState::Live))
}

/// The rows that a kindergarten's positions count: "entries ahead that also chose it or have no preferences",
/// numbered anew from 1.
pub fn among<'a>(rows: &[Row<'a>], kindergarten: u32) -> Vec<Row<'a>> {
    let counts = |e: &Entry| e.choices.is_empty() || e.choices.contains(&kindergarten);
    number(rows.iter().filter(|row| counts(row.entry)).map(|row| (row.turn, row.entry)))
}

/// How many of the rows before this one are out of turn, first priority and general.
pub fn ahead(rows: &[Row<'_>], position: u64) -> [u64; 3] {
    let count = |stream| rows.iter().filter(|r| r.position < position && r.entry.seat.stream == stream).count() as u64;
    [count(Stream::OutOfTurn), count(Stream::FirstPriority), count(Stream::General)]
}

/// Ends an act: drops the spent turns at the front of each stream into its counter, and holds both counters at 0 while
/// first priority or general has no live entry. Returns the counters and the dropped rows.
///
/// A queue without mixing and the out-of-turn stream keep no spent turns: those are dropped wherever they stand.
pub fn settle(mix: Option<Mix>, counters: Counters, entries: &mut Vec<Entry>) -> (Counters, Vec<Entry>) {
    let first_live = |entries: &[Entry], stream: Stream| {
        entries.iter().filter(|e| e.seat.stream == stream && e.state == TurnState::Live).map(key).min()
    };
    let first_priority = first_live(entries, Stream::FirstPriority);
    let general = first_live(entries, Stream::General);
    let mut after = counters;
    let dropped: Vec<Entry> = entries
        .extract_if(.., |e| {
            let (front, counter) = match e.seat.stream {
                Stream::OutOfTurn => (None, &mut 0),
                Stream::FirstPriority => (first_priority, &mut after.first_priority),
                Stream::General => (general, &mut after.general),
            };
            let at_front = mix.is_none() || front.is_none_or(|front| key(e) < front);
            let drops = e.state == TurnState::Spent && at_front;
            *counter += u64::from(drops);
            drops
        })
        .collect();
    if mix.is_none() || first_priority.is_none() || general.is_none() {
        after = Counters::default();
    }
    (after, dropped)
}

fn key(entry: &Entry) -> (u8, i64, u32) {
    (entry.seat.tier, entry.seat.applied_at, entry.seat.ticket)
}

fn as_turn(turn: u64) -> i64 {
    i64::try_from(turn).unwrap_or(i64::MAX)
}

fn number<'a>(rows: impl Iterator<Item = (i64, &'a Entry)>) -> Vec<Row<'a>> {
    rows.zip(1..).map(|((turn, entry), position)| Row { position, turn, entry }).collect()
}
