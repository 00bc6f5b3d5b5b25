#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! The proposals beside what is held, reserved and asked for together.

use std::collections::BTreeMap;

use super::super::instance::{ANY, Instance};
use super::super::order::{NoTurns, Rule, ranked};
use super::super::settled::Won;
use super::super::solve::{Allocation, NONE, solve};
use super::asked::{Reserve, Special};

/// Allocates with what is held, reserved and asked for together, where anything is.
pub fn solve_with(instance: &Instance, special: Option<&Special>, rule: Rule) -> Result<Allocation, NoTurns> {
    special.map_or_else(|| solve(instance, rule), |special| solve_special(instance, special, rule))
}

/// Allocates with what is held, reserved and asked for together.
pub fn solve_special(instance: &Instance, special: &Special, rule: Rule) -> Result<Allocation, NoTurns> {
    Ok(AskedAgain::new(instance, special, rule)?.solve(BTreeMap::new()))
}

/// An instance that is allocated again and again, a few children asking for less than their lists: what a family does whose
/// children stand in several instances.
pub struct AskedAgain<'a>(Run<'a>);

impl<'a> AskedAgain<'a> {
    /// Ready to allocate one instance.
    pub fn new(instance: &'a Instance, special: &'a Special, rule: Rule) -> Result<Self, NoTurns> {
        Ok(Self(Run::new(instance, special, rule)?))
    }

    /// Allocates, these children having these lists of groups.
    pub fn solve(&mut self, lists: BTreeMap<u32, Vec<u32>>) -> Allocation {
        let run = &mut self.0;
        run.lists = lists;
        let mut families: Vec<Family> = run.special.families().iter().map(|members| run.family(members)).collect();
        loop {
            families.iter().for_each(|family| run.ask(family));
            let group_of = run.allocate();
            if !run.give_up(&mut families, &group_of) {
                return Allocation { group_of };
            }
        }
    }
}

/// Each child's place in the order of the rule, siblings aside.
fn ranks(instance: &Instance, rule: Rule) -> Result<Vec<u32>, NoTurns> {
    let order = ranked(instance, &instance.parts().tiers, rule)?;
    let mut ranks = vec![0; order.len()];
    for (&position, rank) in order.iter().zip(0..) {
        ranks[position as usize] = rank;
    }
    Ok(ranks)
}

/// The key of a child at a group, smaller first; 0 where it holds a place there.
pub(super) type Key = u64;

/// The proposals of one instance.
pub(in crate::engine::allocation) struct Run<'a> {
    pub(super) instance: &'a Instance,
    pub(super) special: &'a Special,
    pub(super) ranks: Vec<u32>,
    program: bool,
    pub(super) places: Vec<u32>,
    /// Lists of children in families, as the family asks now.
    lists: BTreeMap<u32, Vec<u32>>,
}

/// Children who apply together, and what they can ask for.
pub(super) struct Family {
    /// Each member with all groups that it takes, best first; a held one last.
    pub(super) members: Vec<(u32, Vec<u32>)>,
    pub(super) kindergartens: Vec<u32>,
    /// Which kindergarten it asks; their count where it stays.
    asks: usize,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    at: usize,
    any: u32,
    at_held: bool,
}

impl<'a> Run<'a> {
    pub(in crate::engine::allocation) fn new(
        instance: &'a Instance,
        special: &'a Special,
        rule: Rule,
    ) -> Result<Self, NoTurns> {
        let (ranks, places) = (ranks(instance, rule)?, special.places(instance));
        Ok(Self { instance, special, ranks, program: rule == Rule::Program, places, lists: BTreeMap::new() })
    }

    pub(super) fn key(&self, child: u32, group: u32) -> Key {
        let parts = self.instance.parts();
        if self.special.held_by(child) == group {
            return 0;
        }
        let rank = u64::from(self.ranks[child as usize]);
        if !self.program {
            return rank + 1;
        }
        let sibling = parts.siblings.get(child as usize).contains(&group);
        (u64::from(parts.tiers[child as usize]) << 33 | u64::from(!sibling) << 32 | rank) + 1
    }

    /// The groups that a child takes, best first; what is behind its held group is worse than staying.
    pub(super) fn taken_by(&self, child: u32) -> Vec<u32> {
        let mut progress = Progress::default();
        std::iter::from_fn(|| self.next_group(child, &mut progress)).collect()
    }

    /// The next group that a child asks.
    fn next_group(&self, child: u32, progress: &mut Progress) -> Option<u32> {
        let held = self.special.held_by(child);
        if progress.at_held {
            return None;
        }
        let own = self.instance.parts().choices.get(child as usize);
        let list = self.lists.get(&child).map_or(own, Vec::as_slice);
        while let Some(&choice) = list.get(progress.at) {
            let group = if choice == ANY {
                let group = progress.any;
                progress.any += 1;
                if group as usize >= self.places.len() {
                    break;
                }
                if list.contains(&group) {
                    continue;
                }
                group
            } else {
                progress.at += 1;
                choice
            };
            progress.at_held = group == held;
            return Some(group);
        }
        progress.at = list.len();
        progress.at_held = true;
        (held != NONE).then_some(held)
    }

    /// Proposals, child by child.
    fn allocate(&self) -> Vec<u32> {
        let mut members: Vec<Vec<(Key, u32)>> = vec![vec![]; self.places.len()];
        let mut progress = vec![Progress::default(); self.instance.children()];
        let mut group_of = vec![NONE; self.instance.children()];
        for first in (0..).take(self.instance.children()) {
            let mut child = first;
            while let Some(group) = self.next_group(child, &mut progress[child as usize]) {
                let entry = (self.key(child, group), child);
                let list = &mut members[group as usize];
                list.insert(list.partition_point(|other| *other < entry), entry);
                group_of[child as usize] = group;
                let Some(refused) = self.refused(group, list) else { break };
                (_, child) = list.remove(refused);
                group_of[child as usize] = NONE;
            }
        }
        group_of
    }

    /// Which of the members the group would not keep. One child more never makes it refuse two.
    pub(super) fn refused(&self, group: u32, members: &[(Key, u32)]) -> Option<usize> {
        let places = self.places[group as usize] as usize;
        let reserves = self.special.reserves_of(group);
        if reserves.is_empty() {
            return members.len().checked_sub(1).filter(|&last| last >= places);
        }
        let tiers = &self.instance.parts().tiers;
        let mut left: Vec<u32> = reserves.iter().map(|reserve| reserve.places).collect();
        let mut others: Vec<usize> = vec![];
        let mut holders = 0;
        for (at, &(key, child)) in members.iter().enumerate() {
            // Best first, each by the first reserve that has room for it: so each reserve gets the best that earlier ones left.
            let categories = self.special.categories_of(child);
            let covers = |reserve: &Reserve| reserve.whom.covers(tiers[child as usize], categories);
            let own = left.iter_mut().zip(reserves).find(|(left, reserve)| **left > 0 && covers(reserve));
            match own {
                _ if key == 0 => holders += 1,
                Some((left, _)) => *left -= 1,
                None => others.push(at),
            }
        }
        let reserved: usize = reserves.iter().map(|reserve| reserve.places as usize).sum();
        let open = reserves.iter().zip(&left).filter(|(reserve, _)| reserve.open).map(|(_, &left)| left as usize);
        let room = (places + open.sum::<usize>()).saturating_sub(holders + reserved);
        others.get(room).copied()
    }

    /// What a group is on a child's list; what stands behind the held group is not on it.
    pub(in crate::engine::allocation) fn won(&self, child: u32, group: u32) -> Won {
        if group == NONE {
            return Won::NOTHING;
        }
        if !self.taken_by(child).contains(&group) {
            return Won { choice: Won::NOT_NAMED, group };
        }
        let list = self.instance.parts().choices.get(child as usize);
        let named = list.iter().position(|&choice| choice == group);
        let choice = named.or_else(|| list.iter().position(|&choice| choice == ANY));
        Won { choice: choice.and_then(|choice| u32::try_from(choice).ok()).unwrap_or(Won::HELD), group }
    }

    pub(super) fn family(&self, members: &[u32]) -> Family {
        let mut members: Vec<(u32, Vec<u32>)> = members.iter().map(|&child| (child, self.taken_by(child))).collect();
        members.sort_by_key(|&(child, _)| self.instance.parts().child_ids[child as usize]);
        let kindergarten = |group: &u32| self.special.kindergartens[*group as usize];
        let mut kindergartens: Vec<u32> = vec![];
        let lead = members.first().map_or(&[][..], |(_, list)| list);
        for found in lead.iter().map(kindergarten) {
            let common = members.iter().all(|(_, list)| list.iter().any(|group| kindergarten(group) == found));
            if common && !kindergartens.contains(&found) {
                kindergartens.push(found);
            }
        }
        Family { members, kindergartens, asks: 0 }
    }

    /// Sets the lists of a family's members to the kindergarten that it asks.
    fn ask(&mut self, family: &Family) {
        let asked = family.kindergartens.get(family.asks);
        for (child, list) in &family.members {
            let here = list.iter().filter(|group| Some(&self.special.kindergartens[**group as usize]) == asked);
            self.lists.insert(*child, here.copied().collect());
        }
    }

    /// Of the families that are not whole, some of each kindergarten go on to their next. Whether any did.
    fn give_up(&self, families: &mut [Family], group_of: &[u32]) -> bool {
        let mut torn: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for (number, family) in families.iter().enumerate() {
            let Some(&asked) = family.kindergartens.get(family.asks) else { continue };
            let there = |child: u32| match group_of[child as usize] {
                NONE => false,
                group => self.special.kindergartens[group as usize] == asked,
            };
            if family.members.iter().all(|&(child, _)| there(child)) {
                continue;
            }
            let latest = family.members.iter().map(|&(child, _)| self.ranks[child as usize]).max().unwrap_or(0);
            torn.entry(asked).or_default().push((latest, number));
        }
        for there in torn.values_mut() {
            let largest = there.iter().map(|&(_, number)| families[number].members.len()).max().unwrap_or(1);
            there.sort_unstable_by(|a, b| b.cmp(a));
            for &(_, number) in there.iter().take(must_give_up(there.len(), largest)) {
                families[number].asks += 1;
            }
        }
        !torn.is_empty()
    }
}

/// How many of so many families that are not whole in one kindergarten give it up at once, the largest having so many children:
/// a family that is not whole holds at most one place less than it has children, and whoever becomes whole needs a place that
/// another leaves, so at least these must go in any case.
pub fn must_give_up(families: usize, largest: usize) -> usize {
    families.div_ceil(largest.max(1))
}
