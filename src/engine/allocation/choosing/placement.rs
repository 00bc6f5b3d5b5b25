#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! Who has which place while units come and go. Children who apply alone are never wronged: whoever loses its place asks
//! on, and a place that is left goes to the best who likes it better.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::instance::{ANY, Lists};
use super::super::solve::NONE;
use super::run::{Key, Run};
use super::units::Units;

/// Ways to seat a unit in one kindergarten that are tried at most. A family of three in a kindergarten of twenty groups has 8000.
const WAYS_MAX: u32 = 1 << 16;

/// A unit that came or went.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    /// Into a kindergarten of its list, by number.
    Came(u32, usize),
    Went(u32),
}

/// The places at a moment.
#[derive(Clone)]
pub(super) struct Placement<'r> {
    run: &'r Run<'r>,
    units: &'r Units,
    pub(super) group_of: Vec<u32>,
    /// By group: whom it has, best first.
    members: Vec<Vec<(Key, u32)>>,
    /// A number that two different allocations hardly share.
    pub(super) mark: u64,
    /// Children alone who lost their place.
    loose: Vec<u32>,
    /// Groups that somebody left.
    opened: Vec<u32>,
    /// Kindergartens of such groups.
    pub(super) vacated: BTreeSet<u32>,
    pub(super) steps: Vec<Step>,
    /// By child: where what it has stands on its list.
    places: Vec<u64>,
    /// By group: who applies alone and names it; made when the first place is left.
    named: Option<Lists>,
    /// Who applies alone and ends in [`ANY`].
    open_to_all: Vec<u32>,
    /// Who applies alone and takes a group, best first, each with where the group stands on its list; of groups that were left.
    wishes: BTreeMap<u32, Rc<[Wish]>>,
}

/// A child that takes a group.
#[derive(Clone, Copy, Debug)]
struct Wish {
    key: Key,
    child: u32,
    place: u64,
}

/// Spreads a number over all bits (SplitMix64).
pub(super) fn spread(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl<'r> Placement<'r> {
    /// An allocation in which every unit stays with what it has.
    pub(super) fn new(run: &'r Run<'r>, units: &'r Units, group_of: Vec<u32>) -> Self {
        let mut placement = Self {
            run,
            units,
            group_of: vec![],
            members: vec![],
            mark: 0,
            loose: vec![],
            opened: vec![],
            vacated: BTreeSet::new(),
            steps: vec![],
            places: vec![],
            named: None,
            open_to_all: vec![],
            wishes: BTreeMap::new(),
        };
        placement.adopt(group_of);
        placement
    }

    /// Takes another allocation for the one that stands.
    pub(super) fn adopt(&mut self, group_of: Vec<u32>) {
        self.members = vec![vec![]; self.run.places.len()];
        self.mark = 0;
        for (&group, child) in group_of.iter().zip(0..) {
            if group != NONE {
                self.members[group as usize].push((self.run.key(child, group), child));
                self.mark ^= mark_of(child, group);
            }
        }
        self.members.iter_mut().for_each(|members| members.sort_unstable());
        self.places = group_of.iter().zip(0..).map(|(&group, child)| self.run.place_of(child, group)).collect();
        self.group_of = group_of;
    }

    fn put(&mut self, child: u32, group: u32) {
        let entry = (self.run.key(child, group), child);
        let members = &mut self.members[group as usize];
        members.insert(members.partition_point(|other| *other < entry), entry);
        self.group_of[child as usize] = group;
        self.places[child as usize] = self.run.place_of(child, group);
        self.mark ^= mark_of(child, group);
    }

    /// Takes a child out of its group, which is then open.
    fn take_out(&mut self, child: u32) {
        let group = std::mem::replace(&mut self.group_of[child as usize], NONE);
        self.places[child as usize] = u64::MAX;
        let Some(members) = self.members.get_mut(group as usize) else { return };
        let entry = (self.run.key(child, group), child);
        if let Ok(at) = members.binary_search(&entry) {
            members.remove(at);
        }
        self.mark ^= mark_of(child, group);
        self.opened.push(group);
        self.vacated.insert(self.units.home(group));
    }

    /// Groups of a kindergarten, one for each member by id, where all of a unit would be chosen beside those who are there: of all ways
    /// the first, groups by id in the order 0, and in another one as it draws them.
    pub(super) fn room(&self, unit: u32, kindergarten: u32, order: u64) -> Option<Vec<u32>> {
        let mut groups = self.units.groups_of(kindergarten).to_vec();
        if order > 0 {
            let id = |group: u32| u64::from(self.run.instance.group_id(group).unwrap_or_default());
            groups.sort_by_cached_key(|&group| spread(spread(order) ^ id(group)));
        }
        let (mut chosen, mut ways) = (vec![], WAYS_MAX);
        self.seat(&self.units.all[unit as usize].members, &groups, &mut chosen, &mut ways).then_some(chosen)
    }

    fn seat(&self, members: &[u32], groups: &[u32], chosen: &mut Vec<u32>, ways: &mut u32) -> bool {
        let Some(&child) = members.get(chosen.len()) else { return true };
        for &group in groups {
            if *ways == 0 {
                return false;
            }
            if !self.run.takes(child, group) {
                continue;
            }
            *ways -= 1;
            chosen.push(group);
            if self.would_choose(members, chosen, group) && self.seat(members, groups, chosen, ways) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    /// Whether a group would choose all those of these members who are to come into it, as many as have a group yet.
    fn would_choose(&self, members: &[u32], groups: &[u32], group: u32) -> bool {
        let there = &self.members[group as usize];
        let coming = members.iter().zip(groups).filter(|&(_, &to)| to == group);
        let mut coming: Vec<(Key, u32)> = coming.map(|(&child, _)| (self.run.key(child, group), child)).collect();
        let stays = |entry: &(Key, u32)| !members.contains(&entry.1);
        if self.run.conditions.reserves_of(group).is_empty() {
            let worst = coming.iter().max().copied().unwrap_or_default();
            let ahead = there.iter().take_while(|entry| **entry < worst).filter(|entry| stays(entry)).count();
            return ahead + coming.len() <= self.run.places[group as usize] as usize;
        }
        let who: Vec<u32> = coming.iter().map(|&(_, child)| child).collect();
        coming.extend(there.iter().copied().filter(|entry| stays(entry)));
        coming.sort_unstable();
        while let Some(refused) = self.run.refused(group, &coming) {
            if who.contains(&coming.remove(refused).1) {
                return false;
            }
        }
        true
    }

    /// A unit comes into these groups, of the kindergarten of this number on its list; everybody else settles.
    pub(super) fn come(&mut self, unit: u32, at: usize, groups: &[u32]) {
        let members = &self.units.all[unit as usize].members;
        members.iter().for_each(|&child| self.take_out(child));
        members.iter().zip(groups).for_each(|(&child, &group)| self.put(child, group));
        self.steps.push(Step::Came(unit, at));
        groups.iter().for_each(|&group| self.send_away(group));
        self.settle();
    }

    /// A unit goes back to what it has; everybody else settles.
    pub(super) fn go(&mut self, unit: u32) {
        self.leave(unit);
        self.settle();
    }

    fn leave(&mut self, unit: u32) {
        self.steps.push(Step::Went(unit));
        let members = &self.units.all[unit as usize].members;
        members.iter().for_each(|&child| self.take_out(child));
        for &child in members {
            let held = self.run.conditions.held_by(child);
            if held != NONE {
                self.put(child, held);
                self.send_away(held);
            }
        }
    }

    /// Whom a group would not keep.
    fn send_away(&mut self, group: u32) {
        while let Some(refused) = self.run.refused(group, &self.members[group as usize]) {
            let (_, child) = self.members[group as usize].remove(refused);
            self.group_of[child as usize] = NONE;
            self.places[child as usize] = u64::MAX;
            self.mark ^= mark_of(child, group);
            match self.units.of(child) {
                None => self.loose.push(child),
                Some(unit) => self.leave(unit),
            }
        }
    }

    fn settle(&mut self) {
        loop {
            if let Some(child) = self.loose.pop() {
                self.ask_on(child);
            } else if let Some(group) = self.opened.pop() {
                self.fill(group);
            } else {
                return;
            }
        }
    }

    /// A child alone asks one group of its list after the other.
    fn ask_on(&mut self, child: u32) {
        if self.group_of[child as usize] != NONE {
            return;
        }
        for group in self.run.taken_by(child) {
            let places = self.run.places[group as usize] as usize;
            let members = &self.members[group as usize];
            let plain = self.run.conditions.reserves_of(group).is_empty();
            let is_behind = || members.last().is_none_or(|last| *last < (self.run.key(child, group), child));
            if plain && members.len() >= places && is_behind() {
                continue;
            }
            self.put(child, group);
            self.send_away(group);
            if self.group_of[child as usize] == group {
                return;
            }
            // It was sent away again, and asks on here.
            self.loose.retain(|&other| other != child);
        }
    }

    /// A group that somebody left takes the best of those alone who like it better, as long as it would choose one.
    fn fill(&mut self, group: u32) {
        let wishes = self.wishes_for(group);
        let plain = self.run.conditions.reserves_of(group).is_empty();
        for wish in wishes.iter() {
            if wish.place >= self.places[wish.child as usize] {
                continue;
            }
            let members = &self.members[group as usize];
            let entry = (wish.key, wish.child);
            let chosen = if plain {
                let room = members.len() < self.run.places[group as usize] as usize;
                room || members.last().is_some_and(|last| entry < *last)
            } else {
                let mut with = members.clone();
                let at = with.partition_point(|other| *other < entry);
                with.insert(at, entry);
                self.run.refused(group, &with) != Some(at)
            };
            if chosen {
                self.take_out(wish.child);
                self.put(wish.child, group);
                self.send_away(group);
            } else if plain {
                return;
            }
        }
    }

    /// Who applies alone and takes a group, best first.
    fn wishes_for(&mut self, group: u32) -> Rc<[Wish]> {
        if let Some(known) = self.wishes.get(&group) {
            return Rc::clone(known);
        }
        let run = self.run;
        if self.named.is_none() {
            let children = || (0..).take(run.instance.children()).filter(|&child| self.units.of(child).is_none());
            let named = || children().flat_map(|child| run.named(child).map(move |group| (child, group)));
            self.named = Some(named_by(run.places.len(), named));
            self.open_to_all = children().filter(|&child| run.list(child).last() == Some(&ANY)).collect();
        }
        let named = self.named.as_ref().map_or(&[][..], |named| named.get(group as usize));
        let wish = |&child: &u32| Wish { key: run.key(child, group), child, place: run.place_of(child, group) };
        let mut wishes: Vec<Wish> = named.iter().chain(&self.open_to_all).map(wish).collect();
        wishes.sort_unstable_by_key(|wish| (wish.key, wish.child));
        let wishes: Rc<[Wish]> = wishes.into();
        self.wishes.insert(group, Rc::clone(&wishes));
        wishes
    }
}

fn mark_of(child: u32, group: u32) -> u64 {
    spread(u64::from(child) << 32 | u64::from(group))
}

/// By group: the children of these pairs.
fn named_by<I: Iterator<Item = (u32, u32)>>(groups: usize, pairs: impl Fn() -> I) -> Lists {
    let mut starts = vec![0_u32; groups + 1];
    pairs().for_each(|(_, group)| starts[group as usize + 1] += 1);
    (0..groups).for_each(|group| starts[group + 1] += starts[group]);
    let mut next = starts.clone();
    let mut items = vec![0; starts.last().map_or(0, |&end| end as usize)];
    for (child, group) in pairs() {
        items[next[group as usize] as usize] = child;
        next[group as usize] += 1;
    }
    Lists { starts, items }
}
