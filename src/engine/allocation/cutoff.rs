#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! Where each group's places ran out.

use super::instance::Instance;
use super::order::Rule;
use super::prepared::Prepared;
use super::solve::{Allocation, NONE};

/// A group after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// Its places, with those that were held there before the run.
    pub places: u32,
    /// How many were given.
    pub placed: u32,
    /// The child with the latest priority among those placed. It is the cut-off where no place is left.
    pub last: Option<Last>,
}

impl CutOff {
    /// Whether no place is left.
    pub fn is_full(&self) -> bool {
        self.placed >= self.places
    }
}

/// The last child that a group took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Its position in the instance.
    pub child: u32,
    /// Its place in the order of the rule, from 0, siblings aside.
    pub rank: u32,
    /// Whether it counted as having a sibling there; only [`Rule::Program`] asks.
    pub sibling: bool,
    /// Its priority tier, 0 first.
    pub tier: u8,
    /// Its instant, microseconds since 1970 UTC.
    pub applied_at: i64,
}

impl Prepared {
    /// The cut-off of every group.
    pub(super) fn cut_offs(&self, instance: &Instance, rule: Rule, allocation: &Allocation) -> Vec<CutOff> {
        let parts = instance.parts();
        let siblings = self.siblings.as_ref().filter(|_| rule == Rule::Program);
        let all = [0, u32::try_from(self.order.len()).unwrap_or(NONE)];
        let blocks = if siblings.is_some() { self.blocks.as_slice() } else { &all };
        // How many each group holds, and the latest of their keys: those that the proposals use.
        let mut held: Vec<(u32, u32)> = vec![(0, 0); parts.capacities.len()];
        for &[start, end] in blocks.array_windows() {
            for (&child, rank) in self.order[start as usize..end as usize].iter().zip(start..) {
                let group = allocation.group_of[child as usize];
                let Some((placed, latest)) = held.get_mut(group as usize) else { continue };
                let favoured = siblings.is_some_and(|lists| lists.get(rank as usize).contains(&group));
                *placed += 1;
                *latest = (*latest).max(rank + if favoured { start } else { end });
            }
        }
        let last = |key: u32| {
            let block = blocks.partition_point(|&start| 2 * start <= key).clamp(1, blocks.len() - 1);
            let (start, end) = (blocks[block - 1], blocks[block]);
            let sibling = key < start + end;
            let rank = if sibling { key - start } else { key - end };
            let child = self.order[rank as usize];
            let (tier, applied_at) = (parts.tiers[child as usize], parts.applied_at[child as usize]);
            Last { child, rank, sibling, tier, applied_at }
        };
        let cut_off = |(&places, &(placed, key))| CutOff { places, placed, last: (placed > 0).then(|| last(key)) };
        parts.capacities.iter().zip(&held).map(cut_off).collect()
    }
}
