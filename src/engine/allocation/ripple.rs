#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! What other numbers of places would change, without allocating anew.
//!
//! **A place more.** The place goes to the child with the first claim among those who wish for the group; the place that
//! it leaves goes on in the same way, until nobody wishes for it or a child without a place takes it (a vacancy chain:
//! Y. Blum, A. Roth, U. Rothblum, "Vacancy chains and equilibration in senior-level labor markets", 1997). The result is
//! stable. Where all groups rank alike no other allocation is. Where siblings cross there can be a better one: a child
//! that moved on no longer stands in the way of an exchange. Let every group point to the group that the child next for
//! it has: along a cycle of such pointers every child can move up and stability is kept, and an allocation without a
//! cycle is the one best for the children (the rotations of R. Irving and P. Leather, 1986, read from the groups'
//! side). So cycles are looked for behind the children that moved, and turned, until there is none.
//!
//! **A place less.** The last child there proposes on; whoever it displaces proposes on. Nothing that was refused before
//! would be granted now, so this is a full run's end.
//!
//! Both equal a full run with the changed places; a test compares them. More places are handled before fewer.

use super::instance::ANY;
use super::settled::{Settled, Wish, Won};
use super::solve::{NONE, Seat};
use super::thresholds::Thresholds;

/// A child whose result changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Its rank in the layout.
    pub rank: u32,
    /// What it has in the settled market.
    pub from: Won,
    /// What it would have.
    pub to: Won,
}

/// Works out changes of one settled market, one after the other; each starts from the market as it is settled.
#[derive(Clone, Debug)]
pub struct Ripple<'a> {
    settled: &'a Settled,
    seats: Vec<Seat>,
    held: Vec<u32>,
    capacities: Vec<u32>,
    /// How far the wishes for a group are used up, and in which run.
    cursors: Vec<(u32, u32)>,
    /// The run in which a rank moved, a group was visited.
    moved_in: Vec<u32>,
    visited: Vec<u32>,
    run: u32,
    visit: u32,
    /// The first visit since a pointer changed: a group visited since then leads into no cycle.
    fresh: u32,
    /// By the place among those with `*`: behind which group they would move up through it.
    tails: Thresholds,
    moved: Vec<u32>,
    changed: Vec<u32>,
    open: Vec<u32>,
}

impl<'a> Ripple<'a> {
    /// Over a settled market.
    pub fn new(settled: &'a Settled) -> Self {
        let groups = settled.prepared.capacities.len();
        let mut tails = Thresholds::default();
        let values: Vec<u32> =
            settled.with_any.iter().map(|&rank| tail(settled, rank, settled.seats[rank as usize])).collect();
        tails.reset(&values);
        Self {
            settled,
            seats: settled.seats.clone(),
            held: settled.held.clone(),
            capacities: settled.prepared.capacities.clone(),
            cursors: vec![(0, 0); groups],
            moved_in: vec![0; settled.seats.len()],
            visited: vec![0; groups],
            run: 0,
            visit: 0,
            fresh: 1,
            tails,
            moved: vec![],
            changed: vec![],
            open: vec![],
        }
    }

    /// What changes where these groups (by position, each once) have these places instead. Unknown positions are passed
    /// over. The moves stand by ascending rank.
    pub fn with_places(&mut self, places: &[(u32, u32)]) -> Vec<Move> {
        self.undo();
        for &(group, places) in places {
            if let Some(capacity) = self.capacities.get_mut(group as usize) {
                *capacity = places;
                self.changed.push(group);
            }
        }
        self.open.extend_from_slice(&self.changed);
        self.fill_open();
        if self.settled.prepared.siblings.is_some() {
            self.turn_cycles();
        }
        for at in 0..self.changed.len() {
            self.shrink(self.changed[at]);
        }
        self.moved.sort_unstable();
        self.moved.dedup();
        let (settled, seats) = (self.settled, &self.seats);
        let won = |rank: u32| settled.prepared.won(rank, seats[rank as usize]);
        let moves = self.moved.iter().map(|&rank| Move { rank, from: settled.won(rank), to: won(rank) });
        moves.filter(|step| step.from != step.to).collect()
    }

    fn undo(&mut self) {
        for rank in std::mem::take(&mut self.moved) {
            let seat = self.settled.seats[rank as usize];
            self.seat(rank, seat);
        }
        // Putting them back is no move of the next run.
        self.moved.clear();
        for group in std::mem::take(&mut self.changed) {
            self.capacities[group as usize] = self.settled.prepared.capacities[group as usize];
        }
        if self.run == u32::MAX {
            self.moved_in.fill(0);
            self.cursors.fill((0, 0));
            self.run = 0;
        }
        self.run += 1;
    }

    /// Gives a rank another seat and keeps the counts.
    fn seat(&mut self, rank: u32, seat: Seat) {
        let old = std::mem::replace(&mut self.seats[rank as usize], seat);
        if old.group != NONE {
            self.held[old.group as usize] -= 1;
        }
        if seat.group != NONE {
            self.held[seat.group as usize] += 1;
        }
        if self.settled.prepared.any
            && let Ok(place) = self.settled.with_any.binary_search(&rank)
        {
            self.tails.set(u32::try_from(place).unwrap_or(NONE), tail(self.settled, rank, seat));
        }
        if self.moved_in[rank as usize] != self.run {
            self.moved_in[rank as usize] = self.run;
            self.moved.push(rank);
        }
    }

    /// The wish with the first claim to a place in the group.
    fn next_for(&mut self, group: u32) -> Option<Wish> {
        let wishes = self.settled.wishes(group);
        let cursor = &mut self.cursors[group as usize];
        if cursor.0 != self.run {
            *cursor = (self.run, 0);
        }
        let still = |wish: &Wish| {
            let seat = self.seats[wish.rank as usize];
            seat.at > wish.at || (seat.at == wish.at && seat.group > group)
        };
        let mut named = None;
        while let Some(wish) = wishes.get(cursor.1 as usize) {
            if still(wish) {
                named = Some(*wish);
                break;
            }
            cursor.1 += 1;
        }
        let any = self.tails.first_above(group).map(|place| {
            let rank = self.settled.with_any[place as usize];
            Wish {
                key: self.settled.prepared.key_without_sibling(rank),
                rank,
                at: self.settled.prepared.bounds(rank).1 - 1,
            }
        });
        match (named, any) {
            (Some(named), Some(any)) => Some(if named.key <= any.key { named } else { any }),
            (named, any) => named.or(any),
        }
    }

    /// Vacancy chains, from every open group.
    fn fill_open(&mut self) {
        while let Some(group) = self.open.pop() {
            if self.held[group as usize] >= self.capacities[group as usize] {
                continue;
            }
            let Some(wish) = self.next_for(group) else { continue };
            let left = self.seats[wish.rank as usize].group;
            self.seat(wish.rank, Seat { at: wish.at, group });
            self.open.push(group);
            if left != NONE {
                self.open.push(left);
            }
        }
    }

    /// Turns cycles of pointers until there is none.
    fn turn_cycles(&mut self) {
        self.fresh = self.visit.saturating_add(1);
        let mut checked = 0;
        while let Some(&rank) = self.moved.get(checked) {
            checked += 1;
            let (from, to) = self.settled.prepared.bounds(rank);
            let before = self.settled.seats[rank as usize].at;
            for at in from..to.min(before.saturating_add(1)) {
                match self.settled.prepared.choices.items[at as usize] {
                    ANY => {
                        let siblings = self.settled.prepared.siblings_of(rank);
                        let next = self.next_through_any(rank);
                        next.chain(siblings.iter().copied()).for_each(|group| self.turn_from(group));
                    }
                    group => self.turn_from(group),
                }
            }
        }
    }

    /// The groups that had this child next through its `*` without a sibling there: those behind which it alone, among the
    /// children with `*` up to it, would have moved up.
    fn next_through_any(&self, rank: u32) -> std::ops::Range<u32> {
        let place = self.settled.with_any.binary_search(&rank).unwrap_or_default();
        let behind = tail(self.settled, rank, self.settled.seats[rank as usize]);
        self.tails.largest_before(place)..behind.min(u32::try_from(self.held.len()).unwrap_or(NONE))
    }

    /// Follows the pointers from a group; turns the cycle that they end in, as long as they end in one.
    fn turn_from(&mut self, group: u32) {
        while let Some(cycle_at) = self.follow(group) {
            self.turn(cycle_at);
            self.fresh = self.visit.saturating_add(1);
        }
    }

    /// Moves every child along the cycle through this group.
    fn turn(&mut self, cycle_at: u32) {
        let mut steps = vec![];
        let mut at = cycle_at;
        while let Some(wish) = self.next_for(at) {
            steps.push((wish, at));
            at = self.seats[wish.rank as usize].group;
            if at == cycle_at || at == NONE {
                break;
            }
        }
        for (wish, group) in steps {
            // A child that moved before may now open other cycles: it is looked at once more.
            if self.moved_in[wish.rank as usize] == self.run {
                self.moved.push(wish.rank);
            }
            self.seat(wish.rank, Seat { at: wish.at, group });
        }
    }

    /// A group on the cycle that the pointers from here lead into.
    fn follow(&mut self, group: u32) -> Option<u32> {
        if self.visit == u32::MAX {
            self.visited.fill(0);
            (self.visit, self.fresh) = (0, 1);
        }
        self.visit += 1;
        let mut at = group;
        loop {
            // A group with a free place has nobody who wishes for it, so the way ends there.
            let wish = self.next_for(at)?;
            let before = std::mem::replace(&mut self.visited[at as usize], self.visit);
            if before == self.visit {
                return Some(at);
            }
            if before >= self.fresh {
                return None;
            }
            at = self.seats[wish.rank as usize].group;
            if at == NONE {
                return None;
            }
        }
    }

    /// Lets the last ones of a group go that has too few places now.
    fn shrink(&mut self, group: u32) {
        while self.held[group as usize] > self.capacities[group as usize] {
            let Some((_, rank)) = self.worst(group) else { return };
            self.propose_on(rank);
        }
    }

    /// The member of a group with the latest key.
    fn worst(&self, group: u32) -> Option<(u32, u32)> {
        let settled = self.settled.members.get(group as usize).iter();
        let ranks = settled.chain(&self.moved).filter(|&&rank| self.seats[rank as usize].group == group);
        ranks.map(|&rank| (self.settled.prepared.key(rank, group), rank)).max()
    }

    /// The child gives its place back and proposes on; so does whoever it displaces.
    fn propose_on(&mut self, rank: u32) {
        let mut rank = rank;
        loop {
            let old = self.seats[rank as usize];
            self.seat(rank, Seat { at: NONE, group: NONE });
            let Some(seat) = self.next_taker(rank, old) else { return };
            let full = self.held[seat.group as usize] >= self.capacities[seat.group as usize];
            let displaced = if full { self.worst(seat.group) } else { None };
            self.seat(rank, seat);
            match displaced {
                Some((_, displaced)) => rank = displaced,
                None => return,
            }
        }
    }

    /// The first seat from the old one on whose group takes the child.
    fn next_taker(&self, rank: u32, old: Seat) -> Option<Seat> {
        let prepared = &self.settled.prepared;
        let takes = |group: u32| {
            let places = self.capacities[group as usize];
            let free = self.held[group as usize] < places;
            free || (places > 0 && self.worst(group).is_some_and(|(key, _)| prepared.key(rank, group) < key))
        };
        for at in old.at..prepared.bounds(rank).1 {
            match prepared.choices.items[at as usize] {
                ANY => {
                    let from = if at == old.at { old.group } else { 0 };
                    let to = u32::try_from(self.held.len()).unwrap_or(NONE);
                    return (from..to).find(|&group| takes(group)).map(|group| Seat { at, group });
                }
                group if takes(group) => return Some(Seat { at, group }),
                _ => {}
            }
        }
        None
    }
}

impl super::prepared::Prepared {
    /// The rank's key at a group without its sibling.
    fn key_without_sibling(&self, rank: u32) -> u32 {
        // No group has this position, so no sibling is there.
        self.key(rank, NONE)
    }
}

/// Behind which group's position a child moves up through its `*`: all where it has no place, none where it has a named
/// choice.
fn tail(settled: &Settled, rank: u32, seat: Seat) -> u32 {
    let any_at = settled.prepared.bounds(rank).1 - 1;
    if seat.at >= any_at { seat.group } else { 0 }
}
