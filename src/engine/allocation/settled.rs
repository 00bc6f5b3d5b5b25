#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! A market that is allocated, with who still waits for what: the ground on which small changes are cheap.
//!
//! A child *wishes for* a group that it likes better than what it has. For every group the wishes stand by its priority,
//! so that the child who is next for one more place there is found at once.

use super::instance::{ANY, Lists};
use super::prepared::Prepared;
use super::solve::{NONE, Seat, Workspace};

/// What a child has. Smaller is better: an earlier choice, and behind `*` a smaller group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Won {
    /// The number of the choice, from 0; `*` is one choice. [`NONE`] where the child has no place.
    pub choice: u32,
    /// The group's position, or [`NONE`].
    pub group: u32,
}

impl Won {
    /// What a child without a place has.
    pub const NOTHING: Self = Self { choice: NONE, group: NONE };

    /// A group that the child's list does not name: behind all choices, before no place.
    pub(super) const NOT_NAMED: u32 = NONE - 1;
    /// The held group, where the list does not name it: behind all that is named.
    pub(super) const HELD: u32 = NONE - 2;

    /// The number of the choice, from 1; `None` where the child has no place, or one that its list does not name.
    pub fn number(self) -> Option<u32> {
        (self.choice < Self::HELD).then(|| self.choice + 1)
    }

    /// Whether the child has a place.
    pub fn is_placed(self) -> bool {
        self.group != NONE
    }
}

/// No place: behind every choice.
const NOWHERE: Seat = Seat { at: NONE, group: NONE };

/// A wish of a child for a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// The child's key at the group.
    pub(super) key: u32,
    /// The rank of the child that wishes.
    pub(super) rank: u32,
    /// Where the group, or the `*` that stands for it, is in the choices.
    pub(super) at: u32,
}

/// A market after its run, with the wishes that it left open.
#[derive(Clone, Debug)]
pub struct Settled {
    pub(super) prepared: Prepared,
    /// What every rank has; `at` is [`NONE`] where it has nothing.
    pub(super) seats: Vec<Seat>,
    /// How many each group holds.
    pub(super) held: Vec<u32>,
    /// Whom each group holds, by rank.
    pub(super) members: Lists,
    wish_starts: Vec<u32>,
    wishes: Vec<Wish>,
    /// The ranks whose lists end in `*`, ascending.
    pub(super) with_any: Vec<u32>,
}

impl Settled {
    /// Allocates with the instance's own places.
    pub fn new(prepared: Prepared) -> Self {
        let groups = prepared.capacities.len();
        let mut workspace = Workspace::default();
        prepared.solve_with(&prepared.capacities, &mut workspace);
        let seats: Vec<Seat> =
            workspace.seats.iter().map(|seat| if seat.group == NONE { NOWHERE } else { *seat }).collect();
        let mut held = vec![0; groups];
        for seat in seats.iter().filter(|seat| seat.group != NONE) {
            held[seat.group as usize] += 1;
        }
        let members = members(&held, &seats);
        let with_any = match prepared.any {
            true => (0..rank_count(&seats)).filter(|&rank| prepared.ends_in_any(rank)).collect(),
            false => vec![],
        };
        let mut settled =
            Self { prepared, seats, held, members, wish_starts: vec![0; groups + 1], wishes: vec![], with_any };
        settled.gather_wishes();
        settled
    }

    /// What the child at a rank has.
    pub fn won(&self, rank: u32) -> Won {
        self.prepared.won(rank, self.seats[rank as usize])
    }

    /// The layout whose ranks it speaks of.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// The wishes for a group, the one with the first claim first. Those that only `*` brings, without a sibling, are not
    /// among them: they would be as many as children times groups.
    pub(super) fn wishes(&self, group: u32) -> &[Wish] {
        &self.wishes[self.wish_starts[group as usize] as usize..self.wish_starts[group as usize + 1] as usize]
    }

    /// How many children wish for a group by name.
    pub fn wish_count(&self, group: u32) -> u32 {
        self.wish_starts[group as usize + 1] - self.wish_starts[group as usize]
    }

    fn gather_wishes(&mut self) {
        let ranks = 0..rank_count(&self.seats);
        let mut ends = vec![0_u32; self.prepared.capacities.len() + 1];
        for rank in ranks.clone() {
            self.each_wish(rank, |group, _| ends[group as usize + 1] += 1);
        }
        for group in 1..ends.len() {
            ends[group] += ends[group - 1];
        }
        self.wish_starts.clone_from(&ends);
        let mut wishes = vec![Wish { key: 0, rank: 0, at: 0 }; ends.last().map_or(0, |&end| end as usize)];
        for rank in ranks {
            self.each_wish(rank, |group, at| {
                let key = self.prepared.key(rank, group);
                wishes[ends[group as usize] as usize] = Wish { key, rank, at };
                ends[group as usize] += 1;
            });
        }
        if self.prepared.siblings.is_some() {
            // Ranks ascend already; only a sibling puts a child before an earlier rank.
            for bounds in self.wish_starts.array_windows::<2>() {
                wishes[bounds[0] as usize..bounds[1] as usize].sort_by_key(|wish| wish.key);
            }
        }
        self.wishes = wishes;
    }

    /// Calls with (group, place in the choices) of each wish.
    fn each_wish(&self, rank: u32, mut wish: impl FnMut(u32, u32)) {
        let (from, to) = self.prepared.bounds(rank);
        let seat = self.seats[rank as usize];
        for at in from..to.min(seat.at) {
            match self.prepared.choices.items[at as usize] {
                ANY => {}
                group => wish(group, at),
            }
        }
        if !self.prepared.ends_in_any(rank) || seat.at < to - 1 {
            return;
        }
        // Only where a sibling gives another key than the one that all groups behind `*` see.
        let named = &self.prepared.choices.items[from as usize..to as usize];
        for &group in self.prepared.siblings_of(rank) {
            if !named.contains(&group) && (seat.at == NONE || group < seat.group) {
                wish(group, to - 1);
            }
        }
    }
}

fn rank_count(seats: &[Seat]) -> u32 {
    u32::try_from(seats.len()).unwrap_or(NONE)
}

fn members(held: &[u32], seats: &[Seat]) -> Lists {
    let mut starts = vec![0];
    let mut end = 0;
    for &held in held {
        end += held;
        starts.push(end);
    }
    let mut next = starts.clone();
    let mut items = vec![0; end as usize];
    for (seat, rank) in seats.iter().zip(0..).filter(|(seat, _)| seat.group != NONE) {
        items[next[seat.group as usize] as usize] = rank;
        next[seat.group as usize] += 1;
    }
    Lists { starts, items }
}

impl Prepared {
    /// Where the rank's choices start and end.
    pub(super) fn bounds(&self, rank: u32) -> (u32, u32) {
        (self.choices.starts[rank as usize], self.choices.starts[rank as usize + 1])
    }

    /// Whether the rank's list ends in `*`.
    pub(super) fn ends_in_any(&self, rank: u32) -> bool {
        let (from, to) = self.bounds(rank);
        to > from && self.choices.items[to as usize - 1] == ANY
    }

    pub(super) fn siblings_of(&self, rank: u32) -> &[u32] {
        self.siblings.as_ref().map_or(&[], |lists| lists.get(rank as usize))
    }

    /// The rank's key at a group: the one that the proposals use.
    pub(super) fn key(&self, rank: u32, group: u32) -> u32 {
        if self.siblings.is_none() {
            return rank;
        }
        let block = self.blocks.partition_point(|&start| start <= rank).max(1);
        let (start, end) = (self.blocks[block - 1], self.blocks[block]);
        let plain = start + end + (rank - start);
        if self.siblings_of(rank).contains(&group) { plain - (end - start) } else { plain }
    }

    /// The seat of a rank in a group.
    pub(super) fn seat(&self, rank: u32, group: u32) -> Seat {
        let (from, to) = self.bounds(rank);
        if group == NONE {
            return NOWHERE;
        }
        let named = (from..to).find(|&at| self.choices.items[at as usize] == group);
        Seat { at: named.unwrap_or(to.saturating_sub(1)), group }
    }

    pub(super) fn won(&self, rank: u32, seat: Seat) -> Won {
        match seat.group {
            NONE => Won::NOTHING,
            group => Won { choice: seat.at - self.choices.starts[rank as usize], group },
        }
    }
}
