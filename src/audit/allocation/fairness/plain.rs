#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The report where nothing is held, reserved or asked for together.

use super::super::finding::Finding;
use super::super::key::Keys;
use super::super::published::{ANY, Published, Rule};
use super::super::rows::groups_of;
use super::super::taken::Taken;
use super::report::{Fairness, Left, NotAllowed, WhyLeft, named_by};

const NONE: u32 = u32::MAX;

/// Looks at an allocation, (child id, group id or 0) by ascending child id.
pub(super) fn fairness_plain(
    published: &Published<'_>,
    allocation: &[(u32, u32)],
    rule: Rule,
) -> Result<Fairness, Finding> {
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
