#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! The proposals beside what is held, reserved and asked for together.

use std::collections::BTreeMap;

use super::super::conditions::{Conditions, Reserve};
use super::super::instance::{ANY, Instance};
use super::super::order::{NoTurns, Rule};
use super::super::prepared::Prepared;
use super::super::settled::Won;
use super::super::solve::NONE;

/// The key of a child at a group, smaller first; 0 where it holds a place there.
pub(in crate::engine::allocation) type Key = u64;

/// Whether one order serves all groups and no seat is ever taken away again: then serving the units in that order is the
/// whole of it.
pub(in crate::engine::allocation) fn serves_in_order(conditions: &Conditions, rule: Rule) -> bool {
    let holds = conditions.holds.iter().any(|&group| group != NONE);
    let one_order = rule != Rule::Program && conditions.tied.is_empty();
    one_order && !holds && !conditions.reserves.iter().flatten().any(|reserve| reserve.open)
}

/// The proposals of one instance.
#[derive(Clone, Debug)]
pub(in crate::engine::allocation) struct Run<'a> {
    pub(in crate::engine::allocation) instance: &'a Instance,
    pub(in crate::engine::allocation) conditions: &'a Conditions,
    /// Children in the order of the rule, siblings aside, with their choices.
    pub(in crate::engine::allocation) prepared: Prepared,
    /// Each child's place in that order.
    pub(in crate::engine::allocation) ranks: Vec<u32>,
    pub(super) program: bool,
    /// Whether units are served one after the other.
    pub(in crate::engine::allocation) in_order: bool,
    pub(in crate::engine::allocation) places: Vec<u32>,
    /// By child: the groups that do not take it.
    barred: BTreeMap<u32, Vec<u32>>,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    at: usize,
    any: u32,
    at_held: bool,
}

impl<'a> Run<'a> {
    pub(in crate::engine::allocation) fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        let prepared = Prepared::new(instance, rule)?;
        let mut ranks = vec![0; instance.children()];
        for (&position, rank) in prepared.order().iter().zip(0..) {
            ranks[position as usize] = rank;
        }
        let conditions = instance.conditions();
        let mut barred: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for out in &conditions.exclusions {
            barred.entry(out.child).or_default().push(out.group);
        }
        Ok(Self {
            instance,
            conditions,
            prepared,
            ranks,
            program: rule == Rule::Program,
            in_order: serves_in_order(conditions, rule),
            places: instance.places(),
            barred,
        })
    }

    /// What a child asks for, most wanted first, [`ANY`] at the end.
    pub(super) fn list(&self, child: u32) -> &[u32] {
        self.instance.parts().choices.get(child as usize)
    }

    /// The groups that a child names.
    pub(super) fn named(&self, child: u32) -> impl Iterator<Item = u32> {
        self.list(child).iter().copied().filter(|&group| group != ANY)
    }

    /// Where a group stands on a child's list; the largest number where the child does not take it, as what is worse than the
    /// place that it holds.
    pub(super) fn place_of(&self, child: u32, group: u32) -> u64 {
        let list = self.list(child);
        let raw = |group: u32| match list.iter().position(|&choice| choice == group) {
            _ if group == NONE || self.is_barred(child, group) => u64::MAX,
            Some(at) => at as u64,
            None if list.last() == Some(&ANY) => u64::from(u32::MAX) + u64::from(group),
            None => u64::MAX,
        };
        match self.conditions.held_by(child) {
            NONE => raw(group),
            held if held == group => raw(held).min(u64::MAX - 1),
            held => Some(raw(group)).filter(|&place| place < raw(held)).unwrap_or(u64::MAX),
        }
    }

    /// Whether a group does not take a child in this run.
    pub(in crate::engine::allocation) fn is_barred(&self, child: u32, group: u32) -> bool {
        !self.barred.is_empty() && self.barred.get(&child).is_some_and(|groups| groups.contains(&group))
    }

    /// Whether some group does not take a child in this run.
    pub(super) fn is_barred_somewhere(&self, child: u32) -> bool {
        self.barred.contains_key(&child)
    }

    /// Whether a child takes a group.
    pub(super) fn takes(&self, child: u32, group: u32) -> bool {
        self.place_of(child, group) < u64::MAX
    }

    /// Whether a reserve is for a child.
    pub(super) fn is_for(&self, reserve: &Reserve, child: u32) -> bool {
        self.conditions.is_for(&reserve.whom, child, self.instance.parts().tiers[child as usize])
    }

    pub(in crate::engine::allocation) fn key(&self, child: u32, group: u32) -> Key {
        let parts = self.instance.parts();
        if self.conditions.held_by(child) == group {
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
    pub(in crate::engine::allocation) fn taken_by(&self, child: u32) -> impl Iterator<Item = u32> {
        let mut progress = Progress::default();
        std::iter::from_fn(move || self.next_group(child, self.list(child), &mut progress))
    }

    /// The next group that a child asks.
    fn next_group(&self, child: u32, list: &[u32], progress: &mut Progress) -> Option<u32> {
        let held = self.conditions.held_by(child);
        if progress.at_held {
            return None;
        }
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
            if !progress.at_held && self.is_barred(child, group) {
                continue;
            }
            return Some(group);
        }
        progress.at = list.len();
        progress.at_held = true;
        (held != NONE).then_some(held)
    }

    /// Proposals, child by child. Some children ask for one group instead of their list, or for none.
    pub(super) fn allocate(&self, instead: impl Fn(u32) -> Option<u32>) -> Vec<u32> {
        let mut members: Vec<Vec<(Key, u32)>> = vec![vec![]; self.places.len()];
        let mut progress = vec![Progress::default(); self.instance.children()];
        let mut group_of = vec![NONE; self.instance.children()];
        for first in (0..).take(self.instance.children()) {
            let mut child = first;
            loop {
                let only = instead(child).map(|group| [group]);
                let list = match &only {
                    None => self.list(child),
                    Some([NONE]) => &[],
                    Some(only) => only,
                };
                let Some(group) = self.next_group(child, list, &mut progress[child as usize]) else { break };
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
    pub(in crate::engine::allocation) fn refused(&self, group: u32, members: &[(Key, u32)]) -> Option<usize> {
        let places = self.places[group as usize] as usize;
        let reserves = self.conditions.reserves_of(group);
        if reserves.is_empty() {
            return members.len().checked_sub(1).filter(|&last| last >= places);
        }
        let mut left: Vec<u32> = reserves.iter().map(|reserve| reserve.places).collect();
        let mut others: Vec<usize> = vec![];
        let mut holders = 0;
        for (at, &(key, child)) in members.iter().enumerate() {
            // Best first, each by the first reserve that has room for it: so each reserve gets the best that earlier ones left.
            let own = left.iter_mut().zip(reserves).find(|(left, reserve)| **left > 0 && self.is_for(reserve, child));
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
        if !self.takes(child, group) {
            return Won { choice: Won::NOT_NAMED, group };
        }
        let list = self.instance.parts().choices.get(child as usize);
        let named = list.iter().position(|&choice| choice == group);
        let choice = named.or_else(|| list.iter().position(|&choice| choice == ANY));
        Won { choice: choice.and_then(|choice| u32::try_from(choice).ok()).unwrap_or(Won::HELD), group }
    }
}
