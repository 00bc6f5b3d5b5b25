#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Where the places of such an allocation ran out.

use super::super::cutoff::{CutOff, Last};
use super::super::solve::Allocation;
use super::run::Run;
use super::units::Units;

impl Run<'_> {
    /// The cut-offs of such an allocation: places with the held ones, and the last child of those who did not hold their
    /// place already. Where turns decide a child of a family stands where its family does.
    pub(in crate::engine::allocation) fn cut_offs(&self, allocation: &Allocation) -> Vec<CutOff> {
        let (parts, units) = (self.instance.parts(), Units::new(self));
        let in_order = self.in_order;
        let turn = |child: u32| match in_order {
            true => self.turn_of(&units, child),
            false => self.ranks[child as usize],
        };
        let place = |child: u32, group: u32| (if in_order { turn(child) } else { 0 }, self.key(child, group));
        let places = self.places.iter();
        let mut cut_offs: Vec<CutOff> = places.map(|&places| CutOff { places, placed: 0, last: None }).collect();
        for (&group, child) in allocation.group_of.iter().zip(0..) {
            let Some(cut_off) = cut_offs.get_mut(group as usize) else { continue };
            cut_off.placed += 1;
            let own = place(child, group);
            if own.1 == 0 || cut_off.last.is_some_and(|last| place(last.child, group) > own) {
                continue;
            }
            let at = child as usize;
            let sibling = self.program && parts.siblings.get(at).contains(&group);
            let (tier, applied_at) = (parts.tiers[at], parts.applied_at[at]);
            cut_off.last = Some(Last { child, rank: turn(child), sibling, tier, applied_at });
        }
        cut_offs
    }
}
