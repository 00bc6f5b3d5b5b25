#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! The proposals.
//!
//! Every (child, group) pair has one 32-bit key, smaller is better, and no two children share one. In a tier whose ranks
//! are `start..start + size` a child with a sibling at the group has key `2*start + (rank - start)`, another one
//! `2*start + size + (rank - start)`. A group's threshold is the key of its worst child when it is full, a number above all
//! keys while it has room, and 0 where it has no place at all: a child is taken exactly if its key is below. How far above
//! says how much room there is, so that most children touch this one array and the place of their key, and nothing else of a
//! group: in a country these arrays are larger than the caches.
//! Children are served in queue order, so a tier never displaces an earlier one, and the displaced child can be read from
//! its key. Only a group that displaces needs its members as a heap, and few do, so the heap is made then. Members stand
//! in one array; a group's room there doubles until it holds its capacity, so that memory stays linear in the children
//! and groups, whatever the capacities are.

pub use super::conditions::NONE;
use super::instance::{ANY, Instance};
use super::prepared::Prepared;
use super::thresholds::Thresholds;

/// Who got which group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allocation {
    /// The group's position for each child's position, or [`NONE`].
    pub group_of: Vec<u32>,
    /// The kindergartens that families gave up for good, where no allocation contents them all.
    pub gave_up: Vec<GaveUp>,
}

/// A family that gave a kindergarten up because its wishes and those of others run in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaveUp {
    /// The positions of its children, by id.
    pub family: Vec<u32>,
    /// The position of the kindergarten's first group.
    pub group: u32,
    /// The families of the circle, it among them.
    pub cycle: Vec<Vec<u32>>,
}

impl Allocation {
    /// How many children got a place.
    pub fn placed(&self) -> usize {
        self.group_of.iter().filter(|&&group| group != NONE).count()
    }

    /// (child id, group id) by ascending child id; no group where the child was not placed.
    pub fn rows<'a>(&'a self, instance: &'a Instance) -> impl Iterator<Item = (u32, Option<u32>)> + 'a {
        let ids = &instance.parts().child_ids;
        let by_id = instance.by_id();
        (0..ids.len()).map(move |i| {
            let position = by_id.map_or(i, |by_id| by_id[i] as usize);
            (ids[position], instance.group_id(self.group_of[position]))
        })
    }
}

/// A child's seat while proposals go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    /// Where in the choices its held proposal stands.
    pub(super) at: u32,
    /// The group that holds it.
    pub(super) group: u32,
}

const FREE: Seat = Seat { at: 0, group: NONE };

/// Room for this many members is made at first.
const FIRST_ROOM: u32 = 32;

/// Keys stay below. A threshold from here on says for how many more there is room.
const OPEN: u32 = 1 << 31;

/// A group while proposals go on: what is asked only when its room is full.
#[derive(Clone, Copy, Debug)]
struct Holder {
    capacity: u32,
    /// Where its members' keys start.
    start: u32,
    /// For how many there is room.
    room: u32,
    /// Whether its members stand as a heap.
    heaped: bool,
}

/// The arrays of a run, kept so that the next run over the same layout allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// By the children's places in the layout.
    pub(super) seats: Vec<Seat>,
    /// Of each group; where one order serves all, its free places instead.
    thresholds: Vec<u32>,
    /// Where the room of each group ends.
    ends: Vec<u32>,
    holders: Vec<Holder>,
    /// Keys of the groups' members.
    members: Vec<u32>,
    tree: Thresholds,
}

impl Workspace {
    /// The group's position of a rank after a run, or [`NONE`].
    pub fn group_of_rank(&self, rank: usize) -> u32 {
        self.seats.get(rank).map_or(NONE, |seat| seat.group)
    }
}

impl Prepared {
    /// Allocates with the instance's capacities.
    pub fn solve(&self) -> Allocation {
        let mut workspace = Workspace::default();
        self.solve_with(&self.capacities, &mut workspace);
        let mut group_of = vec![NONE; self.order.len()];
        for (seat, &position) in workspace.seats.iter().zip(&self.order) {
            group_of[position as usize] = seat.group;
        }
        Allocation { group_of, gave_up: vec![] }
    }

    /// Allocates with other capacities, one per group; missing ones count as 0. The result stays in the workspace.
    pub fn solve_with(&self, capacities: &[u32], workspace: &mut Workspace) {
        match &self.siblings {
            None => self.serve(0..self.order.len() as u32, capacities, workspace),
            Some(_) => self.propose(|rank| rank, &self.blocks, capacities, workspace),
        }
    }

    /// One order for all groups: nobody is ever displaced, so serving in order is enough. `order` names every place of the
    /// layout once.
    pub(super) fn serve(&self, order: impl Iterator<Item = u32>, capacities: &[u32], workspace: &mut Workspace) {
        let w = workspace;
        w.seats.clear();
        w.seats.resize(self.order.len(), FREE);
        w.thresholds.clear();
        w.thresholds.extend_from_slice(capacities);
        w.thresholds.resize(self.capacities.len(), 0);
        if self.any {
            w.tree.reset(&w.thresholds);
        }
        let choices = &self.choices;
        for slot in order {
            let (from, to) = (choices.starts[slot as usize], choices.starts[slot as usize + 1]);
            for (&choice, at) in choices.items[from as usize..to as usize].iter().zip(from..) {
                let group = if choice == ANY { w.tree.first_above(0).unwrap_or(NONE) } else { choice };
                let Some(free) = w.thresholds.get_mut(group as usize) else { break };
                if *free == 0 {
                    continue;
                }
                *free -= 1;
                w.seats[slot as usize] = Seat { at, group };
                if *free == 0 && self.any {
                    w.tree.set(group, 0);
                }
                break;
            }
        }
    }

    /// Each group's own order: proposals, tier by tier. `slot` gives the layout's place of a rank, `blocks` where each
    /// tier's ranks start.
    pub(super) fn propose(
        &self,
        slot: impl Fn(u32) -> u32 + Copy,
        blocks: &[u32],
        capacities: &[u32],
        workspace: &mut Workspace,
    ) {
        let capacities = capacities.iter().copied().chain(std::iter::repeat(0)).take(self.capacities.len());
        let w = workspace;
        w.seats.clear();
        w.seats.resize(self.order.len(), FREE);
        w.holders.clear();
        w.ends.clear();
        w.thresholds.clear();
        let mut end = 0;
        for capacity in capacities {
            let (start, room) = (end, capacity.min(FIRST_ROOM));
            end += room;
            w.holders.push(Holder { capacity, start, room, heaped: false });
            w.ends.push(end);
            w.thresholds.push(if room == 0 { 0 } else { OPEN + room });
        }
        w.members.clear();
        w.members.resize(end as usize, 0);
        if self.any {
            w.tree.reset(&w.thresholds);
        }
        for &[start, end] in blocks.array_windows() {
            Run { prepared: self, w, slot }.propose(start, end);
        }
    }
}

struct Run<'a, S> {
    prepared: &'a Prepared,
    w: &'a mut Workspace,
    slot: S,
}

impl<S: Fn(u32) -> u32> Run<'_, S> {
    /// Serves the ranks of one tier; a displaced child, always of the same tier, proposes on at once.
    fn propose(&mut self, start: u32, end: u32) {
        let base = 2 * start;
        let middle = base + (end - start);
        for rank in start..end {
            let mut proposer = rank;
            let mut slot = (self.slot)(rank);
            let mut at = self.prepared.choices.starts[slot as usize];
            while let Some((group, key, held_at)) = self.next_taker(slot, at, base + (proposer - start), middle - base)
            {
                let displaced = self.hold(slot, group, key, held_at);
                if displaced == NONE {
                    break;
                }
                proposer = start + if displaced >= middle { displaced - middle } else { displaced - base };
                slot = (self.slot)(proposer);
                let seat = &mut self.w.seats[slot as usize];
                seat.group = NONE;
                at = seat.at;
            }
        }
    }

    /// The first group, from the proposer's choice `at` on, that takes it: (group, key there, place in the choices).
    /// `with_sibling` is its key where a sibling is, `size` how much later it is elsewhere.
    /// A threshold only ever falls, so looking again at the choice that displaced it is harmless.
    #[inline]
    fn next_taker(&self, slot: u32, at: u32, with_sibling: u32, size: u32) -> Option<(u32, u32, u32)> {
        let plain = with_sibling + size;
        let siblings = self.prepared.siblings.as_ref().map_or(&[][..], |lists| {
            &lists.items[lists.starts[slot as usize] as usize..lists.starts[slot as usize + 1] as usize]
        });
        let to = self.prepared.choices.starts[slot as usize + 1];
        for (&group, held_at) in self.prepared.choices.items[at as usize..to as usize].iter().zip(at..) {
            if group == ANY {
                let favoured = siblings.iter().copied().filter(|&g| self.w.thresholds[g as usize] > with_sibling).min();
                let group = self.w.tree.first_above(plain).into_iter().chain(favoured).min()?;
                let key = if favoured == Some(group) { with_sibling } else { plain };
                return Some((group, key, held_at));
            }
            let key = if siblings.contains(&group) { with_sibling } else { plain };
            if key < self.w.thresholds[group as usize] {
                return Some((group, key, held_at));
            }
        }
        None
    }

    /// The group takes the child. Returns the key that it displaces, or [`NONE`].
    #[inline]
    fn hold(&mut self, slot: u32, group: u32, key: u32, at: u32) -> u32 {
        self.w.seats[slot as usize] = Seat { at, group };
        let threshold = &mut self.w.thresholds[group as usize];
        if *threshold < OPEN {
            return self.displace(group, key);
        }
        let free = *threshold - OPEN;
        *threshold -= 1;
        self.w.members[(self.w.ends[group as usize] - free) as usize] = key;
        if free == 1 {
            self.fill(group);
        }
        NONE
    }

    /// The group's room is full: there is more, or from now on it takes only who is ahead of its worst.
    fn fill(&mut self, group: u32) {
        let holder = &mut self.w.holders[group as usize];
        let own = holder.start as usize..(holder.start + holder.room) as usize;
        if holder.room == holder.capacity {
            let worst = self.w.members[own].iter().copied().max().unwrap_or_default();
            return self.close(group, worst);
        }
        let held = holder.room;
        holder.start = u32::try_from(self.w.members.len()).unwrap_or(NONE);
        holder.room = held.saturating_mul(2).min(holder.capacity);
        let end = holder.start + holder.room;
        self.w.members.extend_from_within(own);
        self.w.members.resize(end as usize, 0);
        self.w.ends[group as usize] = end;
        self.w.thresholds[group as usize] = OPEN + (holder.room - held);
    }

    /// A full group takes a child for its worst one. Returns the key of that.
    fn displace(&mut self, group: u32, key: u32) -> u32 {
        let holder = &mut self.w.holders[group as usize];
        let heap = &mut self.w.members[holder.start as usize..(holder.start + holder.room) as usize];
        if !holder.heaped {
            holder.heaped = true;
            for node in (0..heap.len() / 2).rev() {
                sift_down(heap, node);
            }
        }
        let displaced = std::mem::replace(&mut heap[0], key);
        sift_down(heap, 0);
        let worst = heap[0];
        self.close(group, worst);
        displaced
    }

    /// From now on the group takes only who is ahead of its worst.
    fn close(&mut self, group: u32, worst: u32) {
        self.w.thresholds[group as usize] = worst;
        if self.prepared.any {
            self.w.tree.set(group, worst);
        }
    }
}

/// Restores the heap (largest first) below a node.
fn sift_down(heap: &mut [u32], mut node: usize) {
    let key = heap[node];
    loop {
        let mut child = 2 * node + 1;
        if child >= heap.len() {
            break;
        }
        if child + 1 < heap.len() && heap[child + 1] > heap[child] {
            child += 1;
        }
        if heap[child] <= key {
            break;
        }
        heap[node] = heap[child];
        node = child;
    }
    heap[node] = key;
}
