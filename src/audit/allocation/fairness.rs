#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The fairness report: envy, placement, waiting and the places left, from the published files alone.

use std::collections::BTreeMap;

use super::check::{Taken, groups_of};
use super::key::Keys;
use super::{ANY, Finding, Published, Rule};

const NONE: u32 = u32::MAX;

/// What is reported about an allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fairness {
    /// Pairs of a child and a group that it likes better and that gave a place to a child behind it, or left one free.
    pub envy: u64,
    /// The first of them, by child's id: child's id and group's id.
    pub first_envy: Option<(u32, u32)>,
    /// By child: the group's position, or the largest number.
    pub groups: Vec<u32>,
    /// Groups with places left, by position.
    pub left: Vec<Left>,
}

/// A group with places left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The group's position.
    pub group: u32,
    /// How many places.
    pub places: u32,
    /// How many children named it; `*` names every group.
    pub named_by: u64,
    /// Why.
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
}

/// Children counted in one part of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Children.
    pub children: u64,
    /// Those with a place.
    pub placed: u64,
    /// Those with the group that they named first.
    pub first_choice: u64,
}

/// Waiting times in whole days, by nearest rank.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Children.
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
    let mut first: Option<(u32, u32)> = None;
    let mut named = vec![0_u64; count];
    let mut by_star = 0;
    let mut wronged = vec![false; count];
    for (child, &own) in groups.iter().enumerate() {
        let choices = published.choices_of(child);
        let mut better = true;
        for &choice in choices {
            if choice == ANY {
                by_star += 1;
            } else {
                named[choice as usize] += 1;
            }
            // Nothing and `*` are the same number.
            better &= choice != own || choice == ANY;
            let all = if choice == ANY { 0..u32::try_from(count).unwrap_or(NONE) } else { choice..choice + 1 };
            for group in all.take_while(|&group| better && group != own) {
                if bounds[group as usize].admits(keys.key(child, group)) && !(choice == ANY && choices.contains(&group))
                {
                    found.envy += 1;
                    wronged[group as usize] = true;
                    let pair = (published.child_ids[child], published.group_ids[group as usize]);
                    first = Some(first.map_or(pair, |first| first.min(pair)));
                }
            }
        }
    }
    found.first_envy = first;
    for (group, (&named, &places)) in (0..).zip(named.iter().zip(published.capacities)) {
        let left = places.saturating_sub(taken.placed[group as usize]);
        let named_by = named + by_star;
        let reason = match (wronged[group as usize], named_by) {
            (true, _) => WhyLeft::RefusedWrongly,
            (false, 0) => WhyLeft::NobodyNamedIt,
            (false, _) => WhyLeft::AllGotItOrBetter,
        };
        if left > 0 {
            found.left.push(Left { group, places: left, named_by, reason });
        }
    }
    found.groups = groups;
    Ok(found)
}

impl Fairness {
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
