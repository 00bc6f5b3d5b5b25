#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Whom a group would choose, written as it is said.

use super::super::finding::Finding;
use super::super::key::{Key, Keys};
use super::super::published::{ANY, Published, Rule};
use super::published::{NONE, PublishedSpecial, PublishedWhom};

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
    pub(super) special: &'a PublishedSpecial<'a>,
    pub(super) places: Vec<u32>,
}

impl<'a> Market<'a> {
    pub(super) fn new(
        published: &'a Published<'a>,
        special: &'a PublishedSpecial<'a>,
        rule: Rule,
    ) -> Result<Self, Finding> {
        let keys = Keys::new(published, rule).map_err(|what| Finding { child: None, what })?;
        let mut places = published.capacities.to_vec();
        for &group in special.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        Ok(Self { keys, special, places })
    }

    pub(super) fn key(&self, child: usize, group: u32) -> (bool, Key) {
        (self.special.held(child) != group, self.keys.key(child, group))
    }

    /// Whom a group chooses of these children.
    pub(super) fn chosen(&self, group: u32, mut children: Vec<usize>) -> Vec<usize> {
        children.sort_unstable_by_key(|&child| self.key(child, group));
        let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) =
            children.into_iter().partition(|&child| self.special.held(child) == group);
        let mut kept_empty = 0;
        for reserve in self.special.reserves.get(group as usize).into_iter().flatten() {
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

    fn is_for(&self, whom: PublishedWhom<'_>, child: usize) -> bool {
        match whom {
            PublishedWhom::Tiers(from, to) => (from..=to).contains(&self.keys.published.tiers[child]),
            PublishedWhom::Category(code) => {
                self.special.categories.get(child).is_some_and(|own| own.iter().any(|category| category == code))
            }
        }
    }

    /// What each group says to one child more than these members.
    pub(super) fn doors(&self, members: &[Vec<usize>]) -> Vec<Door> {
        (0..).zip(members).map(|(group, members)| self.door(group, members)).collect()
    }

    fn door(&self, group: u32, members: &[usize]) -> Door {
        if self.special.reserves.get(group as usize).is_some_and(|reserves| !reserves.is_empty()) {
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
            _ if self.special.held(child) == group => true,
            Door::Before(last) => last.is_some_and(|last| self.key(child, group) < last),
            Door::Reserved => {
                let with = members.iter().copied().chain([child]).collect();
                self.chosen(group, with).contains(&child)
            }
        }
    }

    /// All groups that a child takes, best first; its held one is the last.
    pub(super) fn wishes(&self, child: usize) -> impl Iterator<Item = u32> {
        let published = self.keys.published;
        let choices = published.choices_of(child);
        let held = self.special.held(child);
        let named = choices.iter().copied().filter(|&group| group != ANY);
        let behind_any = if choices.last() == Some(&ANY) { published.group_ids.len() } else { 0 };
        let others = (0..).take(behind_any).filter(|group| !choices.contains(group));
        named.chain(others).take_while(move |&group| group != held).chain(Some(held).filter(|&held| held != NONE))
    }

    pub(super) fn list(&self, child: usize) -> Vec<u32> {
        self.wishes(child).collect()
    }

    pub(super) fn name(&self, group: u32) -> String {
        self.keys.published.group_ids.get(group as usize).map_or("no place".to_owned(), |id| format!("group {id}"))
    }
}
