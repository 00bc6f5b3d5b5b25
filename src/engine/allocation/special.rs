#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Places that are held, families that stay together, places that are reserved.
//!
//! This is a path of its own, taken only where an instance has such columns. It is child-proposing deferred acceptance
//! as well, with these differences:
//!
//! - **Held places.** A child that has a place keeps it unless it wins a better one: the place is added to the group's,
//!   stands last on the child's list, and the child goes before everybody there (guaranteed priority: A. Abdulkadiroğlu,
//!   T. Sönmez, "School choice: a mechanism design approach", 2003). What it leaves goes on in the same run. Kept:
//!   stability against the priorities as changed, child-optimality, strategy-proofness.
//! - **Reserved places.** A group asks one reserve after the other: each takes the best of its children (those of some
//!   tiers, or of a category), as many as it has places, of those whom no reserve before it took; then the best of the rest
//!   get the other places. What a reserve leaves stays empty, or where it says so joins the other places (minority reserves:
//!   I. Hafalir, B. Yenmez, M. Yildirim, "Effective affirmative action in school choice", 2013; several that share children:
//!   S. Kominers, T. Sönmez, "Matching with slot-specific priorities", 2016). A child has one seat to ask a group for, so no
//!   child ever makes another one welcome (substitutes) and the same three guarantees hold, envy being judged by this choice.
//!   A held place is of no reserve.
//! - **Families.** Children who apply together get places in one kindergarten, or each stays with what it has. With such
//!   wishes a stable allocation need not exist (A. Roth, 1984; for siblings in school choice J. Correa et al., 2019 and
//!   2022), so something must give. Here a family asks one kindergarten after the other, in the order of the member with
//!   the smallest id, of those where every member has a choice; a kindergarten that cannot take all of them is given up
//!   for good, by the families first whose last member stands latest. Of n families that are not whole there, the largest of m
//!   children, n/m must go in any case ([`must_give_up`]), so many do at a time, and one at least. Kept: every
//!   family is whole, no child without a family has justified envy, the result is unique and does not depend on row order.
//!   Lost: a family may find later that a kindergarten it gave up would now have room (it has the first claim in the next
//!   round), and it can gain by reordering its list; neither child-optimality nor strategy-proofness is claimed for
//!   families.

mod correction;

use std::collections::BTreeMap;

pub use correction::{correct_special, correct_special_within};

use super::cutoff::{CutOff, Last, Reason, reason};
use super::instance::{ANY, Instance};
use super::order::{NoTurns, Rule, ranked};
use super::prepared::Prepared;
use super::solve::{Allocation, NONE, solve};

/// Places of a group that some children take first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reserve {
    /// Which children.
    pub whom: Whom,
    /// How many places.
    pub places: u32,
    /// Whether places that they leave go to others.
    pub open: bool,
}

/// The children for whom places are reserved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Those of the tiers from the first to the second.
    Tiers(u8, u8),
    /// Those who have the category of this code, whatever their tier.
    Category(String),
}

impl Whom {
    /// Whether a child of this tier, with these categories, is one of them.
    pub fn covers(&self, tier: u8, categories: &[String]) -> bool {
        match self {
            Whom::Tiers(from, to) => (*from..=*to).contains(&tier),
            Whom::Category(code) => categories.contains(code),
        }
    }
}

/// What an instance asks beside choices and priorities. A list that is not asked for is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Special {
    /// By child: the position of the group where it has a place, or [`NONE`].
    pub holds: Vec<u32>,
    /// By child: its family, 0 where it applies alone.
    pub together: Vec<u32>,
    /// By group: its reserves, each asked after those before it, with no more places than the group has.
    pub reserves: Vec<Vec<Reserve>>,
    /// By child: its categories, of those that reserves name; empty where no reserve names one.
    pub categories: Vec<Vec<String>>,
    /// By group: a number for its kindergarten; asked for by families only.
    pub kindergartens: Vec<u32>,
}

impl Special {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.together.is_empty() && self.reserves.is_empty()
    }

    /// The group where a child has a place, or [`NONE`].
    pub fn held_by(&self, child: u32) -> u32 {
        self.holds.get(child as usize).copied().unwrap_or(NONE)
    }

    /// Whether places of a group are held or reserved, by position.
    pub fn set_apart(&self, groups: usize) -> Vec<bool> {
        let mut apart: Vec<bool> =
            (0..groups).map(|group| self.reserves.get(group).is_some_and(|r| !r.is_empty())).collect();
        for &group in &self.holds {
            apart.get_mut(group as usize).into_iter().for_each(|apart| *apart = true);
        }
        apart
    }

    /// The categories of a child.
    pub fn categories_of(&self, child: u32) -> &[String] {
        self.categories.get(child as usize).map_or(&[], Vec::as_slice)
    }

    /// The reserves of a group.
    pub fn reserves_of(&self, group: u32) -> &[Reserve] {
        self.reserves.get(group as usize).map_or(&[], Vec::as_slice)
    }

    /// The families of two and more: children's positions by ascending family.
    pub fn families(&self) -> Vec<Vec<u32>> {
        let mut families: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (&family, child) in self.together.iter().zip(0..).filter(|(family, _)| **family != 0) {
            families.entry(family).or_default().push(child);
        }
        families.into_values().filter(|members| members.len() > 1).collect()
    }

    /// The places of each group with those that are held there.
    pub fn places(&self, instance: &Instance) -> Vec<u32> {
        let mut places = instance.parts().capacities.clone();
        for &group in self.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        places
    }
}

/// Allocates with what is held, reserved and asked for together, where anything is.
pub fn solve_with(instance: &Instance, special: Option<&Special>, rule: Rule) -> Result<Allocation, NoTurns> {
    special.map_or_else(|| solve(instance, rule), |special| solve_special(instance, special, rule))
}

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

/// Allocates with what is held, reserved and asked for together.
pub fn solve_special(instance: &Instance, special: &Special, rule: Rule) -> Result<Allocation, NoTurns> {
    Ok(AskedAgain::new(instance, special, rule)?.solve(BTreeMap::new()))
}

/// An instance that is allocated again and again, a few children asking for less than their lists: what a family does whose
/// children stand in several instances.
pub struct AskedAgain<'a>(Run<'a>);

impl<'a> AskedAgain<'a> {
    /// For one instance.
    pub fn new(instance: &'a Instance, special: &'a Special, rule: Rule) -> Result<Self, NoTurns> {
        Ok(Self(Run::new(instance, special, rule)?))
    }

    /// Allocates, these children having these lists of groups.
    pub fn solve(&mut self, lists: BTreeMap<u32, Vec<u32>>) -> Allocation {
        let run = &mut self.0;
        run.lists = lists;
        let mut families: Vec<Family> = run.special.families().iter().map(|members| run.family(members)).collect();
        loop {
            families.iter().for_each(|family| run.ask(family));
            let group_of = run.allocate();
            if !run.give_up(&mut families, &group_of) {
                return Allocation { group_of };
            }
        }
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
    /// For one run.
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

/// Each child's place in the order of the rule, siblings aside.
fn ranks(instance: &Instance, rule: Rule) -> Result<Vec<u32>, NoTurns> {
    let order = ranked(instance, &instance.parts().tiers, rule)?;
    let mut ranks = vec![0; order.len()];
    for (&position, rank) in order.iter().zip(0..) {
        ranks[position as usize] = rank;
    }
    Ok(ranks)
}

/// The key of a child at a group, smaller first; 0 where it holds a place there.
type Key = u64;

pub(super) struct Run<'a> {
    instance: &'a Instance,
    special: &'a Special,
    ranks: Vec<u32>,
    program: bool,
    places: Vec<u32>,
    /// Lists of children in families, as the family asks now.
    lists: BTreeMap<u32, Vec<u32>>,
}

struct Family {
    /// Each member with all groups that it takes, best first; a held one last.
    members: Vec<(u32, Vec<u32>)>,
    kindergartens: Vec<u32>,
    /// Which kindergarten it asks; their count where it stays.
    asks: usize,
}

#[derive(Clone, Copy, Default)]
struct Progress {
    at: usize,
    any: u32,
    at_held: bool,
}

impl<'a> Run<'a> {
    pub(super) fn new(instance: &'a Instance, special: &'a Special, rule: Rule) -> Result<Self, NoTurns> {
        let (ranks, places) = (ranks(instance, rule)?, special.places(instance));
        Ok(Self { instance, special, ranks, program: rule == Rule::Program, places, lists: BTreeMap::new() })
    }

    fn key(&self, child: u32, group: u32) -> Key {
        let parts = self.instance.parts();
        if self.special.held_by(child) == group {
            return 0;
        }
        let rank = u64::from(self.ranks[child as usize]);
        if !self.program {
            return rank + 1;
        }
        let sibling = parts.siblings.get(child as usize).contains(&group);
        (u64::from(parts.tiers[child as usize]) << 33 | u64::from(!sibling) << 32 | rank) + 1
    }

    /// The groups that a child takes, best first; what is behind its held group is worse than staying.
    fn taken_by(&self, child: u32) -> Vec<u32> {
        let mut progress = Progress::default();
        std::iter::from_fn(|| self.next_group(child, &mut progress)).collect()
    }

    /// The next group that a child asks.
    fn next_group(&self, child: u32, progress: &mut Progress) -> Option<u32> {
        let held = self.special.held_by(child);
        if progress.at_held {
            return None;
        }
        let own = self.instance.parts().choices.get(child as usize);
        let list = self.lists.get(&child).map_or(own, Vec::as_slice);
        while let Some(&choice) = list.get(progress.at) {
            let group = if choice == ANY {
                let group = progress.any;
                progress.any += 1;
                if group as usize >= self.places.len() {
                    break;
                }
                if list.contains(&group) {
                    continue;
                }
                group
            } else {
                progress.at += 1;
                choice
            };
            progress.at_held = group == held;
            return Some(group);
        }
        progress.at = list.len();
        progress.at_held = true;
        (held != NONE).then_some(held)
    }

    /// Proposals, child by child.
    fn allocate(&self) -> Vec<u32> {
        let mut members: Vec<Vec<(Key, u32)>> = vec![vec![]; self.places.len()];
        let mut progress = vec![Progress::default(); self.instance.children()];
        let mut group_of = vec![NONE; self.instance.children()];
        for first in (0..).take(self.instance.children()) {
            let mut child = first;
            while let Some(group) = self.next_group(child, &mut progress[child as usize]) {
                let entry = (self.key(child, group), child);
                let list = &mut members[group as usize];
                list.insert(list.partition_point(|other| *other < entry), entry);
                group_of[child as usize] = group;
                let Some(refused) = self.refused(group, list) else { break };
                (_, child) = list.remove(refused);
                group_of[child as usize] = NONE;
            }
        }
        group_of
    }

    /// Which of the members the group would not keep. One child more never makes it refuse two.
    fn refused(&self, group: u32, members: &[(Key, u32)]) -> Option<usize> {
        let places = self.places[group as usize] as usize;
        let reserves = self.special.reserves_of(group);
        if reserves.is_empty() {
            return members.len().checked_sub(1).filter(|&last| last >= places);
        }
        let tiers = &self.instance.parts().tiers;
        let mut left: Vec<u32> = reserves.iter().map(|reserve| reserve.places).collect();
        let mut others: Vec<usize> = vec![];
        let mut holders = 0;
        for (at, &(key, child)) in members.iter().enumerate() {
            // Best first, each by the first reserve that has room for it: so each reserve gets the best that earlier ones left.
            let categories = self.special.categories_of(child);
            let covers = |reserve: &Reserve| reserve.whom.covers(tiers[child as usize], categories);
            let own = left.iter_mut().zip(reserves).find(|(left, reserve)| **left > 0 && covers(reserve));
            match own {
                _ if key == 0 => holders += 1,
                Some((left, _)) => *left -= 1,
                None => others.push(at),
            }
        }
        let reserved: usize = reserves.iter().map(|reserve| reserve.places as usize).sum();
        let open = reserves.iter().zip(&left).filter(|(reserve, _)| reserve.open).map(|(_, &left)| left as usize);
        let room = (places + open.sum::<usize>()).saturating_sub(holders + reserved);
        others.get(room).copied()
    }

    fn family(&self, members: &[u32]) -> Family {
        let mut members: Vec<(u32, Vec<u32>)> = members.iter().map(|&child| (child, self.taken_by(child))).collect();
        members.sort_by_key(|&(child, _)| self.instance.parts().child_ids[child as usize]);
        let kindergarten = |group: &u32| self.special.kindergartens[*group as usize];
        let mut kindergartens: Vec<u32> = vec![];
        let lead = members.first().map_or(&[][..], |(_, list)| list);
        for found in lead.iter().map(kindergarten) {
            let common = members.iter().all(|(_, list)| list.iter().any(|group| kindergarten(group) == found));
            if common && !kindergartens.contains(&found) {
                kindergartens.push(found);
            }
        }
        Family { members, kindergartens, asks: 0 }
    }

    /// Sets the lists of a family's members to the kindergarten that it asks.
    fn ask(&mut self, family: &Family) {
        let asked = family.kindergartens.get(family.asks);
        for (child, list) in &family.members {
            let here = list.iter().filter(|group| Some(&self.special.kindergartens[**group as usize]) == asked);
            self.lists.insert(*child, here.copied().collect());
        }
    }

    /// Of the families that are not whole, some of each kindergarten go on to their next. Whether any did.
    fn give_up(&self, families: &mut [Family], group_of: &[u32]) -> bool {
        let mut torn: BTreeMap<u32, Vec<(u32, usize)>> = BTreeMap::new();
        for (number, family) in families.iter().enumerate() {
            let Some(&asked) = family.kindergartens.get(family.asks) else { continue };
            let there = |child: u32| match group_of[child as usize] {
                NONE => false,
                group => self.special.kindergartens[group as usize] == asked,
            };
            if family.members.iter().all(|&(child, _)| there(child)) {
                continue;
            }
            let latest = family.members.iter().map(|&(child, _)| self.ranks[child as usize]).max().unwrap_or(0);
            torn.entry(asked).or_default().push((latest, number));
        }
        for there in torn.values_mut() {
            let largest = there.iter().map(|&(_, number)| families[number].members.len()).max().unwrap_or(1);
            there.sort_unstable_by(|a, b| b.cmp(a));
            for &(_, number) in there.iter().take(must_give_up(there.len(), largest)) {
                families[number].asks += 1;
            }
        }
        !torn.is_empty()
    }
}

/// How many of so many families that are not whole in one kindergarten give it up at once, the largest having so many children:
/// a family that is not whole holds at most one place less than it has children, and whoever becomes whole needs a place that
/// another leaves, so at least these must go in any case.
pub fn must_give_up(families: usize, largest: usize) -> usize {
    families.div_ceil(largest.max(1))
}
