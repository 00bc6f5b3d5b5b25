//! A market in which each child's priority is its own: acts move only whom they concern. It equals a full run under
//! [`Rule::Program`](crate::engine::allocation::Rule::Program).
//!
//! Every group keeps its members, the last one first, and those who wish for it, the next one first: two priority queues
//! with removal from the middle and new priorities. How an act goes on from there, and why that equals a full run, is
//! said in [`super::super::ripple`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use priority_queue::PriorityQueue;

use super::child::{StandingChild, StandingFault};

/// (tier, no sibling there, instant, ticket); smaller goes first.
type Key = (u8, bool, i64, u32);

#[derive(Clone, Debug, Default)]
struct Group {
    places: u32,
    members: PriorityQueue<u32, Key>,
    waiting: PriorityQueue<u32, Reverse<Key>>,
}

impl Group {
    fn is_open(&self) -> bool {
        self.members.len() < self.places as usize
    }
}

#[derive(Clone, Debug)]
struct Seat {
    /// The groups in the child's order, and its key at each.
    wishes: Vec<(u32, Key)>,
    /// Which of them it has; their count where it has none.
    at: usize,
}

impl Seat {
    fn group(&self) -> Option<u32> {
        self.wishes.get(self.at).map(|&(group, _)| group)
    }
}

/// A standing allocation: who has which group, act by act.
#[derive(Clone, Debug)]
pub struct StandingAllocation {
    groups: BTreeMap<u32, Group>,
    seats: HashMap<u32, Seat>,
    /// Groups that another child may be next for since the act began.
    touched: BTreeSet<u32>,
}

impl StandingAllocation {
    /// A market of these groups (id, places) without children.
    pub fn new(groups: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let groups = groups.into_iter().map(|(id, places)| (id, Group { places, ..Group::default() })).collect();
        Self { groups, seats: HashMap::new(), touched: BTreeSet::new() }
    }

    /// The group that a child has; `None` also where no such child takes part.
    pub fn group_of(&self, id: u32) -> Option<u32> {
        self.seats.get(&id).and_then(Seat::group)
    }

    /// A child joins: one more proposer.
    ///
    /// # Errors
    /// The child takes part already, or names an unknown group.
    pub fn join(&mut self, child: &StandingChild) -> Result<(), StandingFault> {
        if self.seats.contains_key(&child.id) {
            return Err(StandingFault::Joined(child.id));
        }
        let unknown = |group: &&u32| !self.groups.contains_key(group);
        if let Some(&group) = child.siblings.iter().chain(&child.choices).find(unknown) {
            return Err(StandingFault::UnknownGroup(group));
        }
        let mut named = BTreeSet::new();
        let once = child.choices.iter().filter(|group| named.insert(**group));
        let key = |group: &u32| (child.tier, !child.siblings.contains(group), child.applied_at, child.id);
        let wishes: Vec<(u32, Key)> = once.map(|group| (*group, key(group))).collect();
        self.seats.insert(child.id, Seat { at: wishes.len(), wishes });
        self.propose(child.id, 0);
        Ok(())
    }

    /// A child leaves: it withdrew, was enrolled elsewhere, or is in no state to be given a place. What it had goes on, and
    /// it no longer stands in anybody's way.
    ///
    /// # Errors
    /// No such child takes part.
    pub fn leave(&mut self, id: u32) -> Result<(), StandingFault> {
        let seat = self.seats.remove(&id).ok_or(StandingFault::NotThere(id))?;
        for &(group, _) in seat.wishes.iter().take(seat.at) {
            if let Some(group) = self.groups.get_mut(&group) {
                group.waiting.remove(&id);
            }
            self.touched.insert(group);
        }
        if let Some(group) = seat.group() {
            if let Some(group) = self.groups.get_mut(&group) {
                group.members.remove(&id);
            }
            self.fill(group);
        }
        self.turn_cycles();
        Ok(())
    }

    /// A group has other places: some were reported, or withdrawn.
    ///
    /// # Errors
    /// There is no such group.
    pub fn set_places(&mut self, group: u32, places: u32) -> Result<(), StandingFault> {
        self.groups.get_mut(&group).ok_or(StandingFault::UnknownGroup(group))?.places = places;
        self.fill(group);
        self.turn_cycles();
        while let Some(last) = self.last_too_many(group) {
            self.reject(last);
        }
        Ok(())
    }

    /// The child who would get one more place in the group.
    fn next_for(&self, group: u32) -> Option<u32> {
        self.groups.get(&group)?.waiting.peek().map(|(&child, _)| child)
    }

    fn last_too_many(&mut self, group: u32) -> Option<u32> {
        let group = self.groups.get_mut(&group)?;
        let too_many = group.members.len() > group.places as usize;
        too_many.then(|| group.members.pop()).flatten().map(|(child, _)| child)
    }

    /// A child that its group no longer holds waits there and proposes on.
    fn reject(&mut self, child: u32) {
        let Some(seat) = self.seats.get_mut(&child) else { return };
        let at = seat.at;
        seat.at = seat.wishes.len();
        let refused = seat.wishes.get(at).copied();
        if let Some((group, key)) = refused
            && let Some(group) = self.groups.get_mut(&group)
        {
            group.waiting.push(child, Reverse(key));
        }
        self.propose(child, at + 1);
    }

    /// Down the child's list from a place on; whoever is displaced proposes on.
    fn propose(&mut self, child: u32, from: usize) {
        let (mut child, mut at) = (child, from);
        loop {
            let Some(seat) = self.seats.get_mut(&child) else { return };
            let Some(&(id, key)) = seat.wishes.get(at) else { return };
            let Some(group) = self.groups.get_mut(&id) else { return };
            let last = group.members.peek().map(|(&last, &key)| (last, key));
            if group.is_open() {
                group.members.push(child, key);
                seat.at = at;
                return;
            }
            match last {
                Some((last, last_key)) if key < last_key && group.places > 0 => {
                    group.members.remove(&last);
                    group.members.push(child, key);
                    group.waiting.push(last, Reverse(last_key));
                    seat.at = at;
                    let Some(seat) = self.seats.get_mut(&last) else { return };
                    let next = seat.at + 1;
                    seat.at = seat.wishes.len();
                    (child, at) = (last, next);
                }
                _ => {
                    group.waiting.push(child, Reverse(key));
                    at += 1;
                }
            }
        }
    }

    /// Vacancy chains from a group.
    fn fill(&mut self, group: u32) {
        let mut open = vec![group];
        while let Some(group) = open.pop() {
            let Some(child) = self.groups.get(&group).filter(|g| g.is_open()).and_then(|_| self.next_for(group)) else {
                continue;
            };
            let left = self.move_up(child, group);
            open.push(group);
            open.extend(left);
        }
    }

    /// Gives a child a group that it wishes for; what it leaves is returned.
    fn move_up(&mut self, child: u32, to: u32) -> Option<u32> {
        let seat = self.seats.get_mut(&child)?;
        let left = seat.group();
        let old = seat.at;
        seat.at = seat.wishes.iter().position(|&(group, _)| group == to)?;
        for (at, (group, key)) in seat.wishes.iter().enumerate().take(old.saturating_add(1)) {
            self.touched.insert(*group);
            let Some(found) = self.groups.get_mut(group) else { continue };
            if at >= seat.at {
                found.waiting.remove(&child);
                found.members.remove(&child);
            }
            if at == seat.at {
                found.members.push(child, *key);
            }
        }
        left
    }

    /// Only where siblings cross can children exchange their places to everybody's advantage.
    fn turn_cycles(&mut self) {
        while let Some(group) = self.touched.pop_first() {
            while let Some(cycle) = self.cycle_from(group) {
                for (child, group) in cycle {
                    self.move_up(child, group);
                }
            }
        }
    }

    /// From group to the group that its next child has: the cycle in which that ends, as (child, group that it gets).
    fn cycle_from(&self, group: u32) -> Option<Vec<(u32, u32)>> {
        let mut path: Vec<(u32, u32)> = vec![];
        let mut at = group;
        loop {
            if let Some(start) = path.iter().position(|&(_, group)| group == at) {
                return Some(path.split_off(start));
            }
            let child = self.next_for(at)?;
            path.push((child, at));
            at = self.group_of(child)?;
        }
    }
}
