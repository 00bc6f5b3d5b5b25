#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! What a report says.

use std::collections::BTreeMap;

use super::super::published::{ANY, Published};

const NONE: u32 = u32::MAX;

/// What is reported about an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fairness {
    /// Pairs of a child and a group that it likes better and that gave a place to a child behind it, or left one free.
    pub envy: u64,
    /// The first of them, by child's id: child's id and group's id.
    pub first_envy: Option<(u32, u32)>,
    /// Groups with children whom the files do not allow there, by position: no envy shows them.
    pub not_allowed: Vec<NotAllowed>,
    /// Children who held a place and have none.
    pub held_lost: u64,
    /// Families of which not all are in one kindergarten and not all stayed.
    pub families_apart: u64,
    /// Families that block: a kindergarten that they like better has room for all of them.
    pub blocking: u64,
    /// The first of them: the smallest id of its children and of the groups of that kindergarten.
    pub first_blocking: Option<(u32, u32)>,
    /// By child: the group's position, or the largest number.
    pub groups: Vec<u32>,
    /// Groups with places left, by position.
    pub left: Vec<Left>,
}

/// A group with children whom the files do not allow there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAllowed {
    /// The position of the group in the published files.
    pub group: u32,
    /// How many children it may have.
    pub places: u32,
    /// How many children it has.
    pub placed: u32,
    /// How many of them are more than its places and reserves let in.
    pub exceeding: u32,
    /// How many of them did not choose it.
    pub not_chosen: u32,
    /// The smallest id of a child that did not choose it, or else the id of the last one that it took.
    pub child: u32,
}

/// A group with places left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The position of the group in the published files.
    pub group: u32,
    /// How many places nobody got.
    pub places: u32,
    /// How many children named it; `*` names every group.
    pub named_by: u64,
    /// What the files say of how they came to be left.
    pub reason: WhyLeft,
}

/// Why places are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyLeft {
    /// No child named the group.
    NobodyNamedIt,
    /// All who named it have it or what they like better.
    AllGotItOrBetter,
    /// A child who would rather have it did not get it: justified envy.
    RefusedWrongly,
    /// The places are reserved for tiers that did not ask for them.
    Reserved,
    /// Only children who apply together would rather have it, and their family is elsewhere or stays.
    Together,
}

/// Children counted in one part of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Children of this part.
    pub children: u64,
    /// Those with a place.
    pub placed: u64,
    /// Those with the group that they named first.
    pub first_choice: u64,
}

/// Waiting times in whole days, by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many children were measured.
    pub children: u64,
    /// A quarter, a half, three quarters, nine tenths waited at most so long; and the longest.
    pub days: [i64; 5],
}

/// How many children named each group. A child that names it and ends in `*` is one child.
pub(super) fn named_by(published: &Published<'_>) -> Vec<u64> {
    let mut named = vec![0; published.group_ids.len()];
    let mut by_star = 0;
    for child in 0..published.child_ids.len() {
        let choices = published.choices_of(child);
        if choices.last() == Some(&ANY) {
            by_star += 1;
            continue;
        }
        for (at, &group) in choices.iter().enumerate() {
            named[group as usize] += u64::from(!choices[..at].contains(&group));
        }
    }
    named.iter_mut().for_each(|named| *named += by_star);
    named
}

impl Fairness {
    /// Whether the allocation is one that the files allow, nobody has justified envy and no family blocks.
    pub fn is_sound(&self) -> bool {
        self.envy == 0
            && self.not_allowed.is_empty()
            && self.held_lost == 0
            && self.families_apart == 0
            && self.blocking == 0
    }

    /// Counts a case of envy.
    pub(super) fn envies(&mut self, published: &Published<'_>, child: usize, group: u32) {
        self.envy += 1;
        let pair = (published.child_ids[child], published.group_ids[group as usize]);
        self.first_envy = Some(self.first_envy.map_or(pair, |first| first.min(pair)));
    }

    /// Counts a family that blocks.
    pub(super) fn blocks(&mut self, published: &Published<'_>, child: usize, group: u32) {
        self.blocking += 1;
        let pair = (published.child_ids[child], published.group_ids[group as usize]);
        self.first_blocking = Some(self.first_blocking.map_or(pair, |first| first.min(pair)));
    }

    /// Placement by a label of each child. Children without one are left out.
    pub fn placement<L: Ord>(
        &self,
        published: &Published<'_>,
        label: impl Fn(usize) -> Option<L>,
    ) -> BTreeMap<L, Part> {
        let mut parts: BTreeMap<L, Part> = BTreeMap::new();
        for (child, &group) in self.groups.iter().enumerate() {
            let Some(label) = label(child) else { continue };
            let part = parts.entry(label).or_default();
            part.children += 1;
            part.placed += u64::from(group != NONE);
            part.first_choice += u64::from(group != NONE && published.choices_of(child).first() == Some(&group));
        }
        parts
    }

    /// How long children have waited at an instant (microseconds since 1970 UTC), those placed and those not.
    pub fn waiting(&self, published: &Published<'_>, at: i64, placed: bool) -> Waiting {
        const DAY: i64 = 86_400_000_000;
        let those = self.groups.iter().enumerate().filter(|(_, group)| (**group != NONE) == placed);
        let mut days: Vec<i64> =
            those.map(|(child, _)| at.saturating_sub(published.applied_at[child]).div_euclid(DAY)).collect();
        days.sort_unstable();
        let rank = |percent: usize| days.get((days.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        let days_at = [25, 50, 75, 90, 100].map(|percent| rank(percent).unwrap_or_default());
        Waiting { children: days.len() as u64, days: days_at }
    }
}
