#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Where the places of such an allocation ran out, and why choices came to nothing.

use std::collections::BTreeMap;

use super::super::cutoff::{CutOff, Last, Reason, reason};
use super::super::instance::Instance;
use super::super::order::{NoTurns, Rule, ranked};
use super::super::prepared::Prepared;
use super::super::solve::Allocation;
use super::asked::Special;
use super::run::Run;

/// The cut-offs of an allocation, beside what is held, reserved and asked for together, where anything is.
pub fn cut_offs_with(
    instance: &Instance,
    special: Option<&Special>,
    rule: Rule,
    allocation: &Allocation,
) -> Result<Vec<CutOff>, NoTurns> {
    match special {
        Some(special) => special_cut_offs(instance, special, rule, allocation),
        None => Ok(Prepared::new(instance, rule)?.cut_offs(instance, rule, allocation)),
    }
}

/// The cut-offs of such an allocation: places with the held ones, and the last child of those who did not hold their
/// place already.
pub fn special_cut_offs(
    instance: &Instance,
    special: &Special,
    rule: Rule,
    allocation: &Allocation,
) -> Result<Vec<CutOff>, NoTurns> {
    let parts = instance.parts();
    let order = ranked(instance, &parts.tiers, rule)?;
    let mut cut_offs: Vec<CutOff> =
        special.places(instance).into_iter().map(|places| CutOff { places, placed: 0, last: None }).collect();
    for (&child, rank) in order.iter().zip(0..) {
        let group = allocation.group_of[child as usize];
        let Some(cut_off) = cut_offs.get_mut(group as usize) else { continue };
        cut_off.placed += 1;
        if special.held_by(child) == group {
            continue;
        }
        let sibling = rule == Rule::Program && parts.siblings.get(child as usize).contains(&group);
        let tier = parts.tiers[child as usize];
        if cut_off.last.is_none_or(|last| !sibling || last.sibling || last.tier != tier) {
            cut_off.last = Some(Last { child, rank, sibling, tier, applied_at: parts.applied_at[child as usize] });
        }
    }
    Ok(cut_offs)
}

/// Why choices of such an allocation came to nothing.
#[derive(Clone, Debug)]
pub struct SpecialReasons<'a> {
    special: &'a Special,
    rule: Rule,
    ranks: Vec<u32>,
    /// By child of a family: the kindergartens that all of the family named.
    common: BTreeMap<u32, Vec<u32>>,
}

impl<'a> SpecialReasons<'a> {
    /// Ready to be asked about one run of this instance.
    pub fn new(instance: &Instance, special: &'a Special, rule: Rule) -> Result<Self, NoTurns> {
        let run = Run::new(instance, special, rule)?;
        let families = special.families();
        let of_members = families.iter().flat_map(|members| {
            let common = run.family(members).kindergartens;
            members.iter().map(move |&child| (child, common.clone()))
        });
        Ok(Self { special, rule, common: of_members.collect(), ranks: run.ranks })
    }

    /// Why a child that ended in `got`, or nowhere, was not taken by a group that it likes better.
    pub fn reason(&self, instance: &Instance, group: u32, cut_off: &CutOff, child: u32, got: u32) -> Reason {
        let kindergarten = |group: u32| self.special.kindergartens.get(group as usize);
        let stays = got == self.special.held_by(child);
        if let Some(common) = self.common.get(&child) {
            if kindergarten(group).is_some_and(|named| !common.contains(named)) {
                return Reason::NotCommon;
            }
            if stays || kindergarten(group) != kindergarten(got) {
                return Reason::Together;
            }
        }
        let Some(last) = cut_off.last else {
            return if cut_off.is_full() { Reason::NoPlaces } else { Reason::Reserved };
        };
        let parts = instance.parts();
        let key = |child: u32, sibling: bool| match self.rule {
            Rule::Program => (parts.tiers[child as usize], !sibling, self.ranks[child as usize]),
            _ => (0, false, self.ranks[child as usize]),
        };
        let sibling = self.rule == Rule::Program && parts.siblings.get(child as usize).contains(&group);
        if !cut_off.is_full() || key(child, sibling) < key(last.child, last.sibling) {
            return Reason::Reserved;
        }
        reason(instance, self.rule, group, cut_off, child)
    }
}
