//! Where each group's places ran out, and why a choice came to nothing.

use super::instance::Instance;
use super::order::Rule;
use super::prepared::Prepared;
use super::solve::{Allocation, NONE};

/// A group after a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutOff {
    /// Its places.
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
    /// Its tier.
    pub tier: u8,
    /// Its instant, microseconds since 1970 UTC.
    pub applied_at: i64,
}

/// Why a full group did not take a child: the first respect in which its last child was ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The group had no place at all.
    NoPlaces,
    /// The last child has an earlier tier.
    Tier,
    /// The same tier, but the last child has a sibling there.
    Sibling,
    /// The last child applied earlier.
    Instant,
    /// The same instant, but the last child has a smaller ticket.
    Ticket,
    /// The last child has an earlier turn in the merged order.
    Turn,
    /// The places that were left, or went to children behind, are reserved for other tiers.
    Reserved,
    /// The kindergarten could not take the whole family.
    Together,
}

impl Prepared {
    /// The cut-off of every group.
    pub fn cut_offs(&self, instance: &Instance, rule: Rule, allocation: &Allocation) -> Vec<CutOff> {
        let parts = instance.parts();
        let open = |&places| CutOff { places, placed: 0, last: None };
        let mut cut_offs: Vec<CutOff> = parts.capacities.iter().map(open).collect();
        let siblings = self.siblings.as_ref().filter(|_| rule == Rule::Program);
        // Ranks ascend by tier. Among children of one tier it is enough to see who has a sibling.
        let mut blocks = self.blocks.iter().skip(1).zip(0_u16..).peekable();
        let mut tiers_began: Vec<u16> = vec![0; cut_offs.len()];
        for (&child, rank) in self.order.iter().zip(0..) {
            while blocks.next_if(|(end, _)| **end <= rank).is_some() {}
            let group = allocation.group_of.get(child as usize).copied().unwrap_or(NONE);
            let (Some(cut_off), Some(began)) = (cut_offs.get_mut(group as usize), tiers_began.get_mut(group as usize))
            else {
                continue;
            };
            cut_off.placed += 1;
            let block = blocks.peek().map_or(0, |&(_, block)| block);
            let sibling = siblings.is_some_and(|lists| lists.get(rank as usize).contains(&group));
            if cut_off.last.is_none_or(|last| !sibling || last.sibling || *began != block) {
                *began = block;
                cut_off.last = Some(Last { child, rank, sibling, tier: 0, applied_at: 0 });
            }
        }
        for last in cut_offs.iter_mut().filter_map(|cut_off| cut_off.last.as_mut()) {
            last.tier = parts.tiers.get(last.child as usize).copied().unwrap_or_default();
            last.applied_at = parts.applied_at.get(last.child as usize).copied().unwrap_or_default();
        }
        cut_offs
    }
}

/// Why the full group with this cut-off did not take the child.
pub fn reason(instance: &Instance, rule: Rule, group: u32, cut_off: &CutOff, child: u32) -> Reason {
    let parts = instance.parts();
    let Some(last) = cut_off.last else { return Reason::NoPlaces };
    if matches!(rule, Rule::QueueByTurn | Rule::Queue { mix: Some(_) }) {
        return Reason::Turn;
    }
    let sibling = rule == Rule::Program && last.sibling && parts.siblings.get(child as usize).contains(&group);
    if parts.tiers.get(child as usize) != Some(&last.tier) {
        Reason::Tier
    } else if last.sibling && !sibling {
        Reason::Sibling
    } else if parts.applied_at.get(child as usize) != Some(&last.applied_at) {
        Reason::Instant
    } else {
        Reason::Ticket
    }
}
