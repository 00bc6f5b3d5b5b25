#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! What an instance asks beside choices and priorities: held places, families, reserves.

use std::collections::BTreeMap;

use super::super::instance::Instance;
use super::super::solve::NONE;

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

/// The children for whom places are reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Those of the tiers from the first to the second.
    Tiers(u8, u8),
    /// Those who have the category of this code, whatever their tier.
    Category(String),
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

/// What an instance asks beside choices and priorities. A list that is not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Special {
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
}

impl Special {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.together.is_empty() && self.reserves.is_empty()
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

    /// The categories of a child.
    pub fn categories_of(&self, child: u32) -> &[String] {
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

    /// The places of each group with those that are held there.
    pub fn places(&self, instance: &Instance) -> Vec<u32> {
        let mut places = instance.parts().capacities.clone();
        for &group in self.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        places
    }
}
