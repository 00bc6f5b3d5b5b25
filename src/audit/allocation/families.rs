#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Families as the files publish them: which kindergartens a family asks, and which groups of them each of its children
//! takes.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::NONE;
use super::market::Market;
use super::published::ANY;

/// A family and its one list.
pub(super) struct Family {
    /// Its children by id.
    pub(super) members: Vec<usize>,
    /// The kindergartens where every member takes a group, as the list has them: that of the first member who names a group.
    pub(super) asks: Vec<u32>,
    /// By member: the groups that it takes in each of these, by id.
    takes: Vec<BTreeMap<u32, Vec<u32>>>,
}

impl Family {
    /// Reads the list of these children.
    pub(super) fn read(market: &Market<'_>, members: &[usize]) -> Self {
        let published = market.keys.published;
        let mut members = members.to_vec();
        members.sort_unstable_by_key(|&child| published.child_ids[child]);
        let names = |child: &&usize| published.choices_of(**child).first().is_some_and(|&first| first != ANY);
        let lead = members.iter().find(names).or(members.first()).copied();
        let mut takes: Vec<BTreeMap<u32, Vec<u32>>> = members.iter().map(|&child| by_home(market, child)).collect();
        let mut met = BTreeSet::new();
        let asked = lead.into_iter().flat_map(|lead| market.wishes(lead)).filter_map(|group| market.home(group));
        let common = |home: &u32| takes.iter().all(|own| own.contains_key(home));
        let asks: Vec<u32> = asked.filter(common).filter(|&home| met.insert(home)).collect();
        takes.iter_mut().for_each(|own| own.retain(|home, _| met.contains(home)));
        Self { members, asks, takes }
    }

    /// The groups that each member takes in a kindergarten.
    pub(super) fn takes_in(&self, home: u32) -> Vec<&[u32]> {
        self.takes.iter().map(|own| own.get(&home).map_or(&[][..], Vec::as_slice)).collect()
    }

    /// The kindergarten where all of it are, if they are in one.
    pub(super) fn home(&self, market: &Market<'_>, groups: &[u32]) -> Option<u32> {
        let of = |child: &usize| market.home(groups[*child]);
        let first = self.members.first().and_then(of)?;
        self.members.iter().all(|child| of(child) == Some(first)).then_some(first)
    }

    /// The kindergartens that it likes better than what it has.
    pub(super) fn better(&self, market: &Market<'_>, groups: &[u32]) -> &[u32] {
        let has = self.home(market, groups);
        let end = self.asks.iter().position(|&home| Some(home) == has);
        &self.asks[..end.unwrap_or(self.asks.len())]
    }

    /// Whether all of it have what they had before.
    pub(super) fn stays(&self, market: &Market<'_>, groups: &[u32]) -> bool {
        self.members.iter().all(|&child| groups[child] == market.conditions.held(child))
    }
}

fn by_home(market: &Market<'_>, child: usize) -> BTreeMap<u32, Vec<u32>> {
    let mut homes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for group in market.wishes(child) {
        if let Some(home) = market.home(group) {
            homes.entry(home).or_default().push(group);
        }
    }
    for groups in homes.values_mut() {
        groups.sort_unstable();
        groups.dedup();
    }
    homes
}

impl Market<'_> {
    /// The kindergarten of a group; none of no group.
    pub(super) fn home(&self, group: u32) -> Option<u32> {
        self.conditions.kindergartens.get(group as usize).copied().filter(|_| group != NONE)
    }
}
