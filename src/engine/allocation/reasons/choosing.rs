#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Why choices came to nothing where something is held, reserved or asked for together.

use std::collections::BTreeSet;

use super::super::choosing::{Run, Units};
use super::super::cutoff::{CutOff, Last};
use super::super::instance::Instance;
use super::super::order::{NoTurns, Rule};
use super::reason::Reason;

/// Why choices of such an allocation came to nothing.
#[derive(Clone, Debug)]
pub(super) struct ChoosingReasons<'a> {
    run: Run<'a>,
    units: Units,
    /// By unit: the kindergartens where every member takes a group.
    common: Vec<BTreeSet<u32>>,
}

impl<'a> ChoosingReasons<'a> {
    /// Ready to be asked about one run of this instance.
    pub(super) fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        let run = Run::new(instance, rule)?;
        let units = Units::new(&run);
        let common = units.all.iter().map(|unit| units.asks(&run, unit).collect()).collect();
        Ok(Self { run, units, common })
    }

    /// The number with which a child was served, from 1, where turns decide: that of the last of its family.
    pub(super) fn served_with(&self, child: u32) -> Option<u32> {
        self.units.of(child).filter(|_| self.run.in_order).map(|_| self.run.turn_of(&self.units, child) + 1)
    }

    /// Whether some children have such a number.
    pub(super) fn has_numbers(&self) -> bool {
        self.run.in_order && !self.units.all.is_empty()
    }

    /// The cut-off by which children are measured: of a family that was served with its last member, that member.
    pub(super) fn measure(&self, cut_off: &CutOff) -> CutOff {
        let measured = |last: Last| {
            let child = self.run.prepared.order()[last.rank as usize];
            let parts = self.run.instance.parts();
            Last { child, tier: parts.tiers[child as usize], applied_at: parts.applied_at[child as usize], ..last }
        };
        CutOff { last: cut_off.last.map(|last| if self.run.in_order { measured(last) } else { last }), ..*cut_off }
    }

    /// Why a child that ended in `got`, or nowhere, was not taken by a group that it likes better; none where its own key
    /// at the group's cut-off says so.
    pub(super) fn reason(&self, group: u32, cut_off: &CutOff, child: u32, got: u32) -> Option<Reason> {
        let run = &self.run;
        if run.is_barred(child, group) {
            return Some(Reason::Excluded);
        }
        let stays = got == run.conditions.held_by(child);
        if let Some(unit) = self.units.of(child) {
            if !self.common[unit as usize].contains(&self.units.home(group)) {
                return Some(Reason::NotCommon);
            }
            if self.run.in_order || stays || self.units.home(group) != self.units.home(got) {
                return Some(Reason::Together);
            }
        }
        let Some(last) = cut_off.last else {
            return Some(if cut_off.is_full() { Reason::NoPlaces } else { Reason::Reserved });
        };
        let ahead = match self.run.in_order {
            true => run.turn_of(&self.units, child) < last.rank,
            false => run.key(child, group) < run.key(last.child, group),
        };
        (ahead || !cut_off.is_full()).then_some(Reason::Reserved)
    }
}
