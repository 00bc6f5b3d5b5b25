#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! What an allocation itself says about every group.

use super::key::{Bound, Key, Keys};
use super::published::Published;

const NONE: u32 = u32::MAX;

/// What the allocation itself says about every group.
pub(super) struct Taken {
    pub(super) placed: Vec<u32>,
    pub(super) last: Vec<Option<(Key, usize)>>,
}

impl Taken {
    pub(super) fn new(keys: &Keys<'_>, groups: &[u32]) -> Self {
        let count = keys.published.group_ids.len();
        let mut taken = Self { placed: vec![0; count], last: vec![None; count] };
        for (child, &group) in groups.iter().enumerate().filter(|&(_, &group)| group != NONE) {
            let entry = (keys.key(child, group), child);
            taken.placed[group as usize] += 1;
            let last = &mut taken.last[group as usize];
            *last = (*last).max(Some(entry));
        }
        taken
    }

    pub(super) fn bound(&self, published: &Published<'_>, group: usize) -> Bound {
        match self.last[group] {
            _ if self.placed[group] < published.capacities[group] => Bound::Anybody,
            Some((key, _)) => Bound::UpTo(key),
            None => Bound::Nobody,
        }
    }
}
