#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! Where each group's places ran out, and why a choice came to nothing.

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

/// Why a full group did not take a child: the first respect in which its last child was ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The group had no place at all.
    NoPlaces,
    /// The last child has an earlier tier.
    Tier,
    /// The last child has an earlier tier, and a sibling there besides.
    TierSibling,
    /// The same tier, but the last child has a sibling there.
    Sibling,
    /// The last child applied earlier; siblings do not count, or both have one there.
    Instant,
    /// The last child applied earlier, and neither has a sibling there, who would count.
    InstantAlone,
    /// The same instant, but the last child has a smaller ticket.
    Ticket,
    /// The last child has an earlier turn in the merged order.
    Turn,
    /// The places that were left, or went to children behind, are reserved for others.
    Reserved,
    /// The kindergarten could not take the whole family.
    Together,
    /// Not all of the family named this kindergarten.
    NotCommon,
}

impl Prepared {
    /// The cut-off of every group.
    pub fn cut_offs(&self, instance: &Instance, rule: Rule, allocation: &Allocation) -> Vec<CutOff> {
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

/// Why the full group with this cut-off did not take the child.
pub fn reason(instance: &Instance, rule: Rule, group: u32, cut_off: &CutOff, child: u32) -> Reason {
    let parts = instance.parts();
    let sibling = || parts.siblings.get(child as usize).contains(&group);
    Barrier::new(rule, cut_off).reason(parts.tiers[child as usize], parts.applied_at[child as usize], sibling)
}

/// As much of a full group's cut-off as tells why it did not take a child: a country asks it millions of times.
#[derive(Clone, Copy, Debug)]
pub struct Barrier {
    applied_at: i64,
    tier: u8,
    kind: BarrierKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BarrierKind {
    /// The group took nobody.
    Closed,
    /// The last child is known by its turn.
    Turn,
    /// The last child counted as having a sibling there.
    WithSibling,
    /// Siblings count, but the last child has none there.
    Alone,
    Plain,
}

impl Barrier {
    /// Of a group's cut-off.
    pub fn new(rule: Rule, cut_off: &CutOff) -> Self {
        let (applied_at, tier) = cut_off.last.map_or((0, 0), |last| (last.applied_at, last.tier));
        let kind = match (cut_off.last, rule) {
            (None, _) => BarrierKind::Closed,
            (_, Rule::QueueByTurn | Rule::Queue { mix: Some(_) }) => BarrierKind::Turn,
            (Some(last), _) if last.sibling => BarrierKind::WithSibling,
            (_, Rule::Program) => BarrierKind::Alone,
            _ => BarrierKind::Plain,
        };
        Self { applied_at, tier, kind }
    }

    /// Why a child of this tier and instant was not taken; `sibling` is asked whether it has one there.
    #[inline]
    pub fn reason(&self, tier: u8, applied_at: i64, sibling: impl FnOnce() -> bool) -> Reason {
        match self.kind {
            BarrierKind::Closed => Reason::NoPlaces,
            BarrierKind::Turn => Reason::Turn,
            BarrierKind::WithSibling if tier != self.tier => Reason::TierSibling,
            _ if tier != self.tier => Reason::Tier,
            BarrierKind::WithSibling if !sibling() => Reason::Sibling,
            BarrierKind::Alone if applied_at != self.applied_at => Reason::InstantAlone,
            _ if applied_at != self.applied_at => Reason::Instant,
            _ => Reason::Ticket,
        }
    }
}
