#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! What an instance asks beside choices and priorities: held places, families, reserves.

use std::collections::BTreeMap;

/// Where a child has no place.
pub const NONE: u32 = u32::MAX;

/// Places of a group that some children take first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// The children who take them.
    pub whom: Whom,
    /// How many places are kept for them.
    pub places: u32,
    /// Whether places that they leave go to others.
    pub open: bool,
}

/// The children for whom places are reserved. What is narrower stands first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    /// Those who have this code, whatever their tier: that of a category, or whatever else children are told apart by.
    Category(String),
    /// Those of the tiers from the first to the second.
    Tiers(u8, u8),
}

impl Whom {
    /// Whether a child of this tier, with these categories, is one of them.
    pub fn covers(&self, tier: u8, categories: &[String]) -> bool {
        match self {
            Whom::Tiers(from, to) => (*from..=*to).contains(&tier),
            Whom::Category(code) => categories.contains(code),
        }
    }
}

/// What an instance asks beside choices and priorities. A list that is not asked for is empty; where all are, the case is the
/// plain one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conditions {
    /// By child: the position of the group where it has a place, or [`NONE`].
    pub holds: Vec<u32>,
    /// By child: its family, 0 where it applies alone.
    pub together: Vec<u32>,
    /// By group: its reserves, each asked after those before it, with no more places than the group has.
    pub reserves: Vec<Vec<Reserve>>,
    /// By child: its categories, of those that reserves name; empty where no reserve names one.
    pub categories: Vec<Vec<String>>,
    /// By group: a number for its kindergarten; asked for by families only.
    pub kindergartens: Vec<u32>,
    /// Children whom a group does not take in this run.
    pub exclusions: Vec<Exclusion>,
    /// The positions of children whose brothers and sisters stand in other queues, by orders that do not compare: they ask for
    /// what those were given too, and families beside them ask again when room appears, whatever the rule.
    pub tied: Vec<u32>,
}

/// A child whom a group does not take in this run: it was offered just this vacancy before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exclusion {
    /// The position of the child.
    pub child: u32,
    /// The position of the group.
    pub group: u32,
    /// The last day on which it holds, in days since 1970-01-01, where there is one. It is told, and does not decide: whoever makes
    /// the instance leaves out what is over.
    pub until: Option<i64>,
}

impl Conditions {
    /// Whether every list has one entry per child or per group, and leads to no other group than these.
    pub(super) fn fits(&self, children: usize, groups: usize) -> bool {
        let per_child = [self.holds.len(), self.together.len(), self.categories.len()];
        let per_group = [self.reserves.len(), self.kindergartens.len()];
        per_child.iter().all(|&length| length == 0 || length == children)
            && per_group.iter().all(|&length| length == 0 || length == groups)
            && self.holds.iter().all(|&group| group == NONE || (group as usize) < groups)
            && (self.together.is_empty() || self.kindergartens.len() == groups)
            && self.exclusions.iter().all(|out| (out.child as usize) < children && (out.group as usize) < groups)
            && self.tied.iter().all(|&child| (child as usize) < children)
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.together.is_empty() && self.reserves.is_empty() && self.exclusions.is_empty()
    }

    /// The group where a child has a place, or [`NONE`].
    pub fn held_by(&self, child: u32) -> u32 {
        self.holds.get(child as usize).copied().unwrap_or(NONE)
    }

    /// Whether places of a group are held or reserved, by position.
    pub fn set_apart(&self, groups: usize) -> Vec<bool> {
        let mut apart: Vec<bool> =
            (0..groups).map(|group| self.reserves.get(group).is_some_and(|r| !r.is_empty())).collect();
        for &group in &self.holds {
            apart.get_mut(group as usize).into_iter().for_each(|apart| *apart = true);
        }
        apart
    }

    /// Whether a reserve is for a child of this tier.
    pub(super) fn is_for(&self, whom: &Whom, child: u32, tier: u8) -> bool {
        whom.covers(tier, self.categories_of(child))
    }

    /// The categories of a child.
    fn categories_of(&self, child: u32) -> &[String] {
        self.categories.get(child as usize).map_or(&[], Vec::as_slice)
    }

    /// The reserves of a group.
    pub fn reserves_of(&self, group: u32) -> &[Reserve] {
        self.reserves.get(group as usize).map_or(&[], Vec::as_slice)
    }

    /// The families of two and more: children's positions by ascending family.
    pub fn families(&self) -> Vec<Vec<u32>> {
        let mut families: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (&family, child) in self.together.iter().zip(0..).filter(|(family, _)| **family != 0) {
            families.entry(family).or_default().push(child);
        }
        families.into_values().filter(|members| members.len() > 1).collect()
    }

    /// The places of each group with those that are held there, of these free ones.
    pub fn places(&self, capacities: &[u32]) -> Vec<u32> {
        let mut places = capacities.to_vec();
        for &group in self.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        places
    }
}
