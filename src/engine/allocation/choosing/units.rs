#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Families as units, and the kindergartens that they can ask.

use std::collections::BTreeSet;

use super::super::instance::{ANY, Lists};
use super::super::solve::NONE;
use super::run::Run;

/// Children who get places in one kindergarten, or each stays with what it has.
#[derive(Clone, Debug)]
pub(in crate::engine::allocation) struct Unit {
    /// By ascending id.
    pub(in crate::engine::allocation) members: Vec<u32>,
    /// The member whose list is the unit's.
    lead: u32,
    /// The place of its last member in the order of the rule.
    pub(in crate::engine::allocation) last: u32,
}

/// The families of a run, and the groups of each kindergarten.
#[derive(Clone, Debug)]
pub(in crate::engine::allocation) struct Units {
    pub(in crate::engine::allocation) all: Vec<Unit>,
    /// By child: its unit, or [`NONE`] where it applies alone.
    of: Vec<u32>,
    /// By group: its kindergarten, numbered by the smallest group.
    home: Vec<u32>,
    /// By kindergarten: its groups.
    groups: Lists,
}

impl Units {
    pub(in crate::engine::allocation) fn new(run: &Run<'_>) -> Self {
        let mut of = vec![NONE; run.instance.children()];
        let mut all = vec![];
        for (mut members, number) in run.conditions.families().into_iter().zip(0..) {
            members.sort_by_key(|&child| run.instance.parts().child_ids[child as usize]);
            members.iter().for_each(|&child| of[child as usize] = number);
            let explicit = members.iter().find(|&&child| run.list(child).first().is_some_and(|&first| first != ANY));
            let lead = explicit.or(members.first()).copied().unwrap_or(NONE);
            let last = members.iter().map(|&child| run.ranks[child as usize]).max().unwrap_or_default();
            all.push(Unit { members, lead, last });
        }
        let (home, groups) = homes(if all.is_empty() { &[] } else { &run.conditions.kindergartens });
        Self { all, of, home, groups }
    }

    /// The unit of a child; none where it applies alone.
    pub(in crate::engine::allocation) fn of(&self, child: u32) -> Option<u32> {
        self.of.get(child as usize).copied().filter(|&unit| unit != NONE)
    }

    /// The groups of a kindergarten.
    pub(super) fn groups_of(&self, kindergarten: u32) -> &[u32] {
        self.groups.get(kindergarten as usize)
    }

    /// The kindergarten of a group; of none the largest number.
    pub(in crate::engine::allocation) fn home(&self, group: u32) -> u32 {
        self.home.get(group as usize).copied().unwrap_or(NONE)
    }

    /// The kindergartens where every member takes some group, in the order of the unit's list.
    pub(in crate::engine::allocation) fn asks(&self, run: &Run<'_>, unit: &Unit) -> impl Iterator<Item = u32> {
        let mut met = BTreeSet::new();
        let takes = move |child: u32, home: u32| self.groups_of(home).iter().any(|&group| run.takes(child, group));
        run.taken_by(unit.lead)
            .map(|group| self.home(group))
            .filter(move |&home| met.insert(home) && unit.members.iter().all(|&child| takes(child, home)))
    }
}

/// The kindergarten of each group, numbered in the order of their first groups, and the groups of each.
fn homes(kindergartens: &[u32]) -> (Vec<u32>, Lists) {
    let mut by_number: Vec<(u32, u32)> = kindergartens.iter().copied().zip(0..).collect();
    by_number.sort_unstable();
    let mut by_first: Vec<Vec<u32>> =
        by_number.chunk_by(|a, b| a.0 == b.0).map(|own| own.iter().map(|&(_, group)| group).collect()).collect();
    by_first.sort_unstable();
    let (mut home, mut groups) = (vec![NONE; kindergartens.len()], Lists::default());
    for (own, number) in by_first.iter().zip(0..) {
        own.iter().for_each(|&group| home[group as usize] = number);
        groups.items.extend(own);
        groups.starts.push(u32::try_from(groups.items.len()).unwrap_or(NONE));
    }
    (home, groups)
}
