#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! Why a choice came to nothing.

mod choosing;
mod reason;

use super::cutoff::CutOff;
use super::instance::Instance;
use super::order::{NoTurns, Rule};
use choosing::ChoosingReasons;
use reason::Barrier;
pub use reason::Reason;

/// Why choices of one run came to nothing.
#[derive(Clone, Debug)]
pub struct Reasons<'a> {
    instance: &'a Instance,
    cut_offs: &'a [CutOff],
    barriers: Vec<Barrier>,
    /// Where something is held, reserved or asked for together.
    choosing: Option<ChoosingReasons<'a>>,
}

impl<'a> Reasons<'a> {
    /// Ready to be asked about a run that left these cut-offs.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn new(instance: &'a Instance, rule: Rule, cut_offs: &'a [CutOff]) -> Result<Self, NoTurns> {
        let choosing = (!instance.conditions().is_empty()).then(|| ChoosingReasons::new(instance, rule)).transpose()?;
        let measure = |cut_off: &CutOff| choosing.as_ref().map_or(*cut_off, |choosing| choosing.measure(cut_off));
        let barriers = cut_offs.iter().map(|cut_off| Barrier::new(rule, &measure(cut_off))).collect();
        Ok(Self { instance, cut_offs, barriers, choosing })
    }

    /// Whether turns decide and some children apply together: then each of these was served with the number of another.
    pub fn has_numbers(&self) -> bool {
        self.choosing.as_ref().is_some_and(ChoosingReasons::has_numbers)
    }

    /// The number from 1 with which a child was served that applies together, where turns decide: that of the last of its
    /// family.
    pub fn served_with(&self, child: u32) -> Option<u32> {
        self.choosing.as_ref().and_then(|choosing| choosing.served_with(child))
    }

    /// Why a child that ended in `got`, or nowhere, was not taken by a group that it likes better.
    #[inline]
    pub fn reason(&self, group: u32, child: u32, got: u32) -> Reason {
        let of_choosing =
            |choosing: &ChoosingReasons<'_>| choosing.reason(group, &self.cut_offs[group as usize], child, got);
        self.choosing.as_ref().and_then(of_choosing).unwrap_or_else(|| {
            let parts = self.instance.parts();
            let sibling = || parts.siblings.get(child as usize).contains(&group);
            let (tier, applied_at) = (parts.tiers[child as usize], parts.applied_at[child as usize]);
            self.barriers[group as usize].reason(tier, applied_at, sibling)
        })
    }
}
