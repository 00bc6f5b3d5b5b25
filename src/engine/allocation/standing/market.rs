//! A market in which each child's priority is its own: acts move only whom they concern.
//!
//! Every group keeps its members, the last one first, and those who wish for it, the next one first: two priority queues
//! with removal from the middle and new priorities. How an act goes on from there, and why that equals a full run, is
//! said in [`super::super::ripple`].

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use priority_queue::PriorityQueue;

use super::child::StandingChild;
use crate::engine::allocation::Rule;

/// (tier, no sibling there, instant or turn, ticket); smaller goes first.
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

/// The market.
#[derive(Clone, Debug)]
pub(super) struct Market {
    rule: Rule,
    groups: BTreeMap<u32, Group>,
    seats: HashMap<u32, Seat>,
    /// (child, group before) since the act began.
    changed: Vec<(u32, Option<u32>)>,
    /// Groups that another child may be next for since the act began.
    touched: BTreeSet<u32>,
}

impl Market {
    pub(super) fn new(rule: Rule, places: BTreeMap<u32, u32>) -> Self {
        let groups = places.into_iter().map(|(id, places)| (id, Group { places, ..Group::default() })).collect();
        Self { rule, groups, seats: HashMap::new(), changed: vec![], touched: BTreeSet::new() }
    }

    pub(super) fn group_of(&self, id: u32) -> Option<u32> {
        self.seats.get(&id).and_then(Seat::group)
    }

    pub(super) fn next_for(&self, group: u32) -> Option<u32> {
        self.groups.get(&group)?.waiting.peek().map(|(&child, _)| child)
    }

    /// One more proposer.
    pub(super) fn join(&mut self, child: &StandingChild, list: Vec<u32>) -> Vec<(u32, Option<u32>)> {
        let key = |group: u32| match self.rule {
            Rule::Program => (child.tier, !child.siblings.contains(&group), child.applied_at, child.id),
            Rule::QueueByTurn => (0, false, child.turn, child.id),
            Rule::Queue { .. } => (child.tier, false, child.applied_at, child.id),
        };
        let wishes: Vec<(u32, Key)> = list.into_iter().map(|group| (group, key(group))).collect();
        self.seats.insert(child.id, Seat { at: wishes.len(), wishes });
        self.changed.push((child.id, None));
        self.propose(child.id, 0);
        self.end()
    }

    /// What it had goes on, and it no longer stands in anybody's way.
    pub(super) fn leave(&mut self, id: u32) -> Vec<(u32, Option<u32>)> {
        let Some(seat) = self.seats.remove(&id) else { return vec![] };
        self.changed.push((id, seat.group()));
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
        self.end()
    }

    pub(super) fn set_places(&mut self, group: u32, places: u32) -> Vec<(u32, Option<u32>)> {
        let Some(found) = self.groups.get_mut(&group) else { return vec![] };
        found.places = places;
        self.fill(group);
        self.turn_cycles();
        while let Some(last) = self.last_too_many(group) {
            self.reject(last);
        }
        self.end()
    }

    fn end(&mut self) -> Vec<(u32, Option<u32>)> {
        self.touched.clear();
        std::mem::take(&mut self.changed)
    }

    fn last_too_many(&mut self, group: u32) -> Option<u32> {
        let group = self.groups.get_mut(&group)?;
        let too_many = group.members.len() > group.places as usize;
        too_many.then(|| group.members.pop()).flatten().map(|(child, _)| child)
    }

    /// A child that its group no longer holds waits there and proposes on.
    fn reject(&mut self, child: u32) {
        let Some(seat) = self.seats.get_mut(&child) else { return };
        let (at, had) = (seat.at, seat.group());
        seat.at = seat.wishes.len();
        let refused = seat.wishes.get(at).copied();
        self.changed.push((child, had));
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
                    self.changed.push((last, seat.group()));
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
        self.changed.push((child, left));
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
        if self.rule != Rule::Program {
            return;
        }
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
