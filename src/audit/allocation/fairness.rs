#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The fairness report: envy, placement, waiting and the places left, from the published files alone.
//!
//! ```
//! use kezek::audit::allocation::fairness::fairness;
//! use kezek::audit::allocation::{Published, Rule};
//!
//! // One group (id 10) with one place; child 1 applied before child 2.
//! let published = Published {
//!     group_ids: &[10],
//!     capacities: &[1],
//!     child_ids: &[1, 2],
//!     tiers: &[3, 3],
//!     applied_at: &[100, 200],
//!     turns: None,
//!     sibling_starts: &[0, 0, 0],
//!     siblings: &[],
//!     choice_starts: &[0, 1, 2],
//!     choices: &[0, 0],
//! };
//! assert!(fairness(&published, &[(1, 10), (2, 0)], Rule::Queue)?.is_sound());
//!
//! let bent = fairness(&published, &[(1, 0), (2, 10)], Rule::Queue)?;
//! assert_eq!((bent.envy, bent.first_envy), (1, Some((1, 10))));
//! # Ok::<(), kezek::audit::allocation::Finding>(())
//! ```

use std::collections::BTreeMap;

use super::check::{Taken, groups_of};
use super::finding::Finding;
use super::key::Keys;
use super::published::{ANY, Published, Rule};

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

/// Looks at an allocation, (child id, group id or 0) by ascending child id.
///
/// # Errors
/// Rows that are not those of the published children, and turns that the rule asks for and the file does not have.
pub fn fairness(published: &Published<'_>, allocation: &[(u32, u32)], rule: Rule) -> Result<Fairness, Finding> {
    let keys = Keys::new(published, rule).map_err(|what| Finding { child: None, what })?;
    let groups = groups_of(published, allocation)?;
    let taken = Taken::new(&keys, &groups);
    let count = published.group_ids.len();
    let bounds: Vec<_> = (0..count).map(|group| taken.bound(published, group)).collect();
    let mut found = Fairness::default();
    let mut wronged = vec![false; count];
    for (child, &own) in groups.iter().enumerate() {
        let choices = published.choices_of(child);
        let mut better = true;
        for (at, &choice) in choices.iter().enumerate() {
            // Nothing and `*` are the same number.
            better &= choice != own || choice == ANY;
            let all = if choice == ANY { 0..u32::try_from(count).unwrap_or(NONE) } else { choice..choice + 1 };
            for group in all.take_while(|&group| better && group != own) {
                if bounds[group as usize].admits(keys.key(child, group)) && !choices[..at].contains(&group) {
                    found.envies(published, child, group);
                    wronged[group as usize] = true;
                }
            }
        }
    }
    let named = named_by(published);
    for (group, (&named_by, &places)) in (0..).zip(named.iter().zip(published.capacities)) {
        let left = places.saturating_sub(taken.placed[group as usize]);
        let reason = match (wronged[group as usize], named_by) {
            (true, _) => WhyLeft::RefusedWrongly,
            (false, 0) => WhyLeft::NobodyNamedIt,
            (false, _) => WhyLeft::AllGotItOrBetter,
        };
        if left > 0 {
            found.left.push(Left { group, places: left, named_by, reason });
        }
    }
    found.not_allowed = not_allowed(published, &groups, &taken);
    found.groups = groups;
    Ok(found)
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

/// Groups that have more children than places, or children who did not choose them.
fn not_allowed(published: &Published<'_>, groups: &[u32], taken: &Taken) -> Vec<NotAllowed> {
    let mut not_chosen = vec![(0, NONE); published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        let choices = published.choices_of(child);
        if !choices.contains(&group) && choices.last() != Some(&ANY) {
            let (count, first) = &mut not_chosen[group as usize];
            *count += 1;
            *first = published.child_ids[child].min(*first);
        }
    }
    let mut found = vec![];
    for (group, (&(not_chosen, first), &places)) in (0..).zip(not_chosen.iter().zip(published.capacities)) {
        let placed = taken.placed[group as usize];
        let exceeding = placed.saturating_sub(places);
        let last = taken.last[group as usize].map_or(NONE, |(_, child)| published.child_ids[child]);
        let child = if not_chosen > 0 { first } else { last };
        if exceeding > 0 || not_chosen > 0 {
            found.push(NotAllowed { group, places, placed, exceeding, not_chosen, child });
        }
    }
    found
}

impl Fairness {
    /// Whether the allocation is one that the files allow, and nobody has justified envy.
    pub fn is_sound(&self) -> bool {
        self.envy == 0 && self.not_allowed.is_empty() && self.held_lost == 0 && self.families_apart == 0
    }

    /// Counts a case of envy.
    pub(super) fn envies(&mut self, published: &Published<'_>, child: usize, group: u32) {
        self.envy += 1;
        let pair = (published.child_ids[child], published.group_ids[group as usize]);
        self.first_envy = Some(self.first_envy.map_or(pair, |first| first.min(pair)));
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
