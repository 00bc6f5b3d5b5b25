#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Allocations with held places, reserved places and families: the same promises, checked by their definition.
//!
//! A group's choice among children is written as it is said: who holds a place there keeps it, of each reserve in turn the
//! best take its places, the best of the rest take what is left. An allocation is right where every group would choose just its
//! members, nobody has less than it held, every family is in one kindergarten or stays, and nobody blocks it: no group would
//! choose a child alone who likes it better than what it got, and no kindergarten that a family likes better would choose
//! all of it.

use super::conditions::{NONE, PublishedConditions, PublishedWhom};
use super::finding::Finding;
use super::key::{Key, Keys};
use super::published::{ANY, Published, Rule};

/// What a group says to one child more.
#[derive(Clone, Copy)]
pub(super) enum Door {
    /// There is room for whoever comes.
    Open,
    /// Whoever goes before its last member comes in; nobody where it has no places.
    Before(Option<(bool, Key)>),
    /// It must choose among all anew.
    Reserved,
}

/// The published files with their keys.
pub(super) struct Market<'a> {
    pub(super) keys: Keys<'a>,
    pub(super) conditions: &'a PublishedConditions<'a>,
    pub(super) places: Vec<u32>,
}

impl<'a> Market<'a> {
    pub(super) fn new(published: &'a Published<'a>, rule: Rule) -> Result<Self, Finding> {
        let conditions = &published.conditions;
        let keys = Keys::new(published, rule).map_err(|what| Finding { child: None, what })?;
        let mut places = published.capacities.to_vec();
        for &group in conditions.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        Ok(Self { keys, conditions, places })
    }

    pub(super) fn key(&self, child: usize, group: u32) -> (bool, Key) {
        (self.conditions.held(child) != group, self.keys.key(child, group))
    }

    /// Whom a group chooses of these children.
    pub(super) fn chosen(&self, group: u32, mut children: Vec<usize>) -> Vec<usize> {
        if self.conditions.reserves.get(group as usize).is_none_or(Vec::is_empty)
            && children.len() <= self.places[group as usize] as usize
        {
            return children;
        }
        children.sort_by_cached_key(|&child| self.key(child, group));
        let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) =
            children.into_iter().partition(|&child| self.conditions.held(child) == group);
        let mut kept_empty = 0;
        for reserve in self.conditions.reserves.get(group as usize).into_iter().flatten() {
            let mut left = reserve.places as usize;
            rest.retain(|&child| {
                let takes = left > 0 && self.is_for(reserve.whom, child);
                if takes {
                    left -= 1;
                    chosen.push(child);
                }
                !takes
            });
            if !reserve.open {
                kept_empty += left;
            }
        }
        let room = (self.places[group as usize] as usize).saturating_sub(chosen.len() + kept_empty);
        chosen.extend(rest.into_iter().take(room));
        chosen
    }

    /// Whether a reserve is for a child.
    pub(super) fn is_for(&self, whom: PublishedWhom<'_>, child: usize) -> bool {
        self.conditions.is_for(whom, child, self.keys.published.tiers[child])
    }

    /// What each group says to one child more than these members.
    pub(super) fn doors(&self, members: &[Vec<usize>]) -> Vec<Door> {
        (0..).zip(members).map(|(group, members)| self.door(group, members)).collect()
    }

    fn door(&self, group: u32, members: &[usize]) -> Door {
        if self.conditions.reserves.get(group as usize).is_some_and(|reserves| !reserves.is_empty()) {
            return Door::Reserved;
        }
        let Some(last) = (self.places[group as usize] as usize).checked_sub(1) else { return Door::Before(None) };
        let mut keys: Vec<(bool, Key)> = members.iter().map(|&child| self.key(child, group)).collect();
        if last >= keys.len() {
            return Door::Open;
        }
        Door::Before(Some(*keys.select_nth_unstable(last).1))
    }

    /// Whether a group would choose a child beside its members.
    pub(super) fn would_choose(&self, group: u32, door: Door, members: &[usize], child: usize) -> bool {
        match door {
            Door::Open => true,
            _ if self.conditions.held(child) == group => true,
            Door::Before(last) => last.is_some_and(|last| self.key(child, group) < last),
            Door::Reserved => {
                let with = members.iter().copied().chain([child]).collect();
                self.chosen(group, with).contains(&child)
            }
        }
    }

    /// Whether a group does not take a child in this run.
    fn excludes(&self, child: usize, group: u32) -> bool {
        !self.conditions.exclusions.is_empty() && self.conditions.exclusions.contains(&(child, group))
    }

    /// All groups that a child takes, best first; its held one is the last.
    pub(super) fn wishes(&self, child: usize) -> impl Iterator<Item = u32> {
        let published = self.keys.published;
        let choices = published.choices_of(child);
        let held = self.conditions.held(child);
        let named = choices.iter().copied().filter(|&group| group != ANY);
        let behind_any = if choices.last() == Some(&ANY) { published.group_ids.len() } else { 0 };
        let others = (0..).take(behind_any).filter(|group| !choices.contains(group));
        named
            .chain(others)
            .filter(move |&group| group == held || !self.excludes(child, group))
            .take_while(move |&group| group != held)
            .chain(Some(held).filter(|&held| held != NONE))
    }

    /// Whether a child takes a group.
    pub(super) fn takes(&self, child: usize, group: u32) -> bool {
        let choices = self.keys.published.choices_of(child);
        if self.conditions.held(child) != NONE || self.excludes(child, group) {
            return self.wishes(child).any(|wish| wish == group);
        }
        choices.contains(&group) || choices.last() == Some(&ANY)
    }

    /// Whether the groups would choose all of a family, each member in one of these of its groups, beside those who are there.
    pub(super) fn would_choose_all(
        &self,
        members: &[Vec<usize>],
        doors: &[Door],
        family: &[usize],
        groups: &[&[u32]],
    ) -> bool {
        // Whom a group would not choose alone it does not choose beside brothers and sisters.
        let alone = |child: usize, group: u32| {
            let there = &members[group as usize];
            let own = there.iter().any(|other| family.contains(other));
            own || self.would_choose(group, doors[group as usize], there, child)
        };
        let open: Vec<Vec<u32>> = family
            .iter()
            .zip(groups)
            .map(|(&child, own)| own.iter().copied().filter(|&group| alone(child, group)).collect())
            .collect();
        let open: Vec<&[u32]> = open.iter().map(Vec::as_slice).collect();
        open.iter().all(|own| !own.is_empty()) && self.try_all(members, family, &open, &mut vec![])
    }

    fn try_all(&self, members: &[Vec<usize>], family: &[usize], groups: &[&[u32]], coming: &mut Vec<u32>) -> bool {
        let Some(own) = groups.get(coming.len()) else { return true };
        own.iter().any(|&group| {
            coming.push(group);
            let here: Vec<usize> =
                family.iter().zip(&*coming).filter(|(_, to)| **to == group).map(|(&child, _)| child).collect();
            let others = members[group as usize].iter().copied().filter(|child| !family.contains(child));
            let chosen = self.chosen(group, others.chain(here.iter().copied()).collect());
            let all = here.iter().all(|child| chosen.contains(child));
            let found = all && self.try_all(members, family, groups, coming);
            coming.pop();
            found
        })
    }

    pub(super) fn list(&self, child: usize) -> Vec<u32> {
        self.wishes(child).collect()
    }

    pub(super) fn name(&self, group: u32) -> String {
        self.keys.published.group_ids.get(group as usize).map_or("no place".to_owned(), |id| format!("group {id}"))
    }
}
