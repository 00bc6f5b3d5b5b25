#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! In the rounds of the 1962 paper.

use super::super::finding::Finding;
use super::super::key::{Bound, Key, Keys};
use super::super::published::{ANY, Published, Rule};

const NONE: u32 = u32::MAX;

/// Allocates: by child the group's position, or the largest number.
pub(super) fn replayed(published: &Published<'_>, rule: Rule) -> Result<Vec<u32>, Finding> {
    let keys = Keys::new(published, rule).map_err(|what| Finding { child: None, what })?;
    Ok(by_rounds(&keys))
}

/// Where a child's proposals stand.
#[derive(Clone, Copy, Default)]
struct Progress {
    /// The number of the choice that it asks next, from 0.
    choice: u32,
    /// The next group of `*`.
    any: u32,
}

/// In every round all free children propose to their next choice; each group keeps its best, the rest are free again.
fn by_rounds(keys: &Keys<'_>) -> Vec<u32> {
    let published = keys.published;
    let mut held: Vec<Vec<(Key, usize)>> = vec![vec![]; published.group_ids.len()];
    let mut progress = vec![Progress::default(); published.child_ids.len()];
    let mut free: Vec<usize> = (0..published.child_ids.len()).collect();
    let mut asked: Vec<u32> = vec![];
    // The last key that each full group kept; nobody behind it will ever be kept there.
    let nobody = |&places: &u32| if places == 0 { Bound::Nobody } else { Bound::Anybody };
    let mut bounds: Vec<Bound> = published.capacities.iter().map(nobody).collect();
    while !free.is_empty() {
        for child in free.drain(..) {
            let group = next_group(keys, &bounds, child, &mut progress[child]);
            if group != NONE {
                held[group as usize].push((keys.key(child, group), child));
                asked.push(group);
            }
        }
        asked.sort_unstable();
        asked.dedup();
        for group in asked.drain(..) {
            let members = &mut held[group as usize];
            members.sort_unstable();
            let kept = members.len().min(published.capacities[group as usize] as usize);
            free.extend(members.drain(kept..).map(|(_, child)| child));
            if let (true, Some(&(key, _))) = (kept == published.capacities[group as usize] as usize, members.last()) {
                bounds[group as usize] = Bound::UpTo(key);
            }
        }
    }
    let mut groups = vec![NONE; published.child_ids.len()];
    for (members, group) in held.iter().zip(0..) {
        for &(_, child) in members {
            groups[child] = group;
        }
    }
    groups
}

/// The next group on the child's list. Of the groups behind `*` those are passed over that are full of children ahead.
fn next_group(keys: &Keys<'_>, bounds: &[Bound], child: usize, progress: &mut Progress) -> u32 {
    let published = keys.published;
    let choices = published.choices_of(child);
    while let Some(&group) = choices.get(progress.choice as usize) {
        if group != ANY {
            progress.choice += 1;
            return group;
        }
        let group = progress.any;
        let Some(bound) = bounds.get(group as usize) else { return NONE };
        progress.any += 1;
        if bound.admits(keys.key(child, group)) && !choices.contains(&group) {
            return group;
        }
    }
    NONE
}
