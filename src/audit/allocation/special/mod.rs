#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Allocations with held places, reserved places and families: the same promises, checked by their definition.
//!
//! A group's choice among children is written as it is said: who holds a place there keeps it, of each reserve in turn the
//! best take its places, the best of the rest take what is left. An allocation is right where every group would choose just its
//! members, nobody has less than it held, every family is in one kindergarten or stays, and no group would choose a child
//! who likes it better than what it got (for a child of a family: a group of the kindergarten that the family got). That
//! families gave kindergartens up in the right order is shown by [`replay_special`].

mod fairness;
mod replay;

use super::check::{claimed_turns, groups_of};
use super::key::{Key, Keys};
use super::{ANY, Certificate, CertifiedCutOff, CertifiedLast, Counts, Finding, Published};

pub use fairness::fairness_special;
pub use replay::replay_special;

const NONE: u32 = u32::MAX;

/// Places that some children take first, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedReserve<'a> {
    /// Which children.
    pub whom: PublishedWhom<'a>,
    /// How many places.
    pub places: u32,
    /// Whether others may have what is left.
    pub open: bool,
}

/// For whom places are reserved, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedWhom<'a> {
    /// First and last tier.
    Tiers(u8, u8),
    /// The code of a category.
    Category(&'a str),
}

/// What was published beside choices and priorities. A list that was not is empty.
#[derive(Clone, Debug, Default)]
pub struct PublishedSpecial<'a> {
    /// By child: the position of the group that it holds, or the largest number.
    pub holds: &'a [u32],
    /// By child: its family, or 0.
    pub together: &'a [u32],
    /// By group.
    pub reserves: Vec<Vec<PublishedReserve<'a>>>,
    /// By child: the categories that it has.
    pub categories: &'a [Vec<String>],
    /// By group: a number for its kindergarten.
    pub kindergartens: &'a [u32],
}

/// How much of it a run used, as certified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpecialCounts {
    /// Children who held a place.
    pub holds: u64,
    /// Children in families of two and more.
    pub together: u64,
    /// Reserved places.
    pub reserved: u64,
}

impl PublishedSpecial<'_> {
    /// The counts that a certificate states.
    pub fn counts(&self) -> SpecialCounts {
        SpecialCounts {
            holds: self.holds.iter().filter(|&&group| group != NONE).count() as u64,
            together: self.families().iter().map(|members| members.len() as u64).sum(),
            reserved: self.reserves.iter().flatten().map(|reserve| u64::from(reserve.places)).sum(),
        }
    }

    fn held(&self, child: usize) -> u32 {
        self.holds.get(child).copied().unwrap_or(NONE)
    }

    fn families(&self) -> Vec<Vec<usize>> {
        let mut pairs: Vec<(u32, usize)> =
            self.together.iter().copied().zip(0..).filter(|&(family, _)| family != 0).collect();
        pairs.sort_unstable();
        let families = pairs.chunk_by(|a, b| a.0 == b.0).filter(|members| members.len() > 1);
        families.map(|members| members.iter().map(|&(_, child)| child).collect()).collect()
    }
}

/// What a group says to one child more.
#[derive(Clone, Copy)]
enum Door {
    /// There is room.
    Open,
    /// Whoever goes before its last member comes in; nobody where it has no places.
    Before(Option<(bool, Key)>),
    /// It must choose among all anew.
    Reserved,
}

/// The published files with their keys.
struct Market<'a> {
    keys: Keys<'a>,
    special: &'a PublishedSpecial<'a>,
    places: Vec<u32>,
}

impl<'a> Market<'a> {
    fn new(
        published: &'a Published<'a>,
        special: &'a PublishedSpecial<'a>,
        rule: super::Rule,
    ) -> Result<Self, Finding> {
        let keys = Keys::new(published, rule).map_err(|what| Finding { child: None, what })?;
        let mut places = published.capacities.to_vec();
        for &group in special.holds.iter().filter(|&&group| group != NONE) {
            places[group as usize] = places[group as usize].saturating_add(1);
        }
        Ok(Self { keys, special, places })
    }

    fn key(&self, child: usize, group: u32) -> (bool, Key) {
        (self.special.held(child) != group, self.keys.key(child, group))
    }

    /// Whom a group chooses of these children.
    fn chosen(&self, group: u32, mut children: Vec<usize>) -> Vec<usize> {
        children.sort_unstable_by_key(|&child| self.key(child, group));
        let (mut chosen, mut rest): (Vec<usize>, Vec<usize>) =
            children.into_iter().partition(|&child| self.special.held(child) == group);
        let mut kept_empty = 0;
        for reserve in self.special.reserves.get(group as usize).into_iter().flatten() {
            let mut left = reserve.places as usize;
            rest.retain(|&child| {
                let takes = left > 0 && self.is_for(reserve.whom, child);
                if takes {
                    left -= 1;
                    chosen.push(child);
                }
                !takes
            });
            if !reserve.open {
                kept_empty += left;
            }
        }
        let room = (self.places[group as usize] as usize).saturating_sub(chosen.len() + kept_empty);
        chosen.extend(rest.into_iter().take(room));
        chosen
    }

    fn is_for(&self, whom: PublishedWhom<'_>, child: usize) -> bool {
        match whom {
            PublishedWhom::Tiers(from, to) => (from..=to).contains(&self.keys.published.tiers[child]),
            PublishedWhom::Category(code) => {
                self.special.categories.get(child).is_some_and(|own| own.iter().any(|category| category == code))
            }
        }
    }

    /// What each group says to one child more than these members.
    fn doors(&self, members: &[Vec<usize>]) -> Vec<Door> {
        (0..).zip(members).map(|(group, members)| self.door(group, members)).collect()
    }

    fn door(&self, group: u32, members: &[usize]) -> Door {
        if self.special.reserves.get(group as usize).is_some_and(|reserves| !reserves.is_empty()) {
            return Door::Reserved;
        }
        let Some(last) = (self.places[group as usize] as usize).checked_sub(1) else { return Door::Before(None) };
        let mut keys: Vec<(bool, Key)> = members.iter().map(|&child| self.key(child, group)).collect();
        if last >= keys.len() {
            return Door::Open;
        }
        Door::Before(Some(*keys.select_nth_unstable(last).1))
    }

    /// Whether a group would choose a child beside its members.
    fn would_choose(&self, group: u32, door: Door, members: &[usize], child: usize) -> bool {
        match door {
            Door::Open => true,
            _ if self.special.held(child) == group => true,
            Door::Before(last) => last.is_some_and(|last| self.key(child, group) < last),
            Door::Reserved => {
                let with = members.iter().copied().chain([child]).collect();
                self.chosen(group, with).contains(&child)
            }
        }
    }

    /// All groups that a child takes, best first; its held one is the last.
    fn wishes(&self, child: usize) -> impl Iterator<Item = u32> {
        let published = self.keys.published;
        let choices = published.choices_of(child);
        let held = self.special.held(child);
        let named = choices.iter().copied().filter(|&group| group != ANY);
        let behind_any = if choices.last() == Some(&ANY) { published.group_ids.len() } else { 0 };
        let others = (0..).take(behind_any).filter(|group| !choices.contains(group));
        named.chain(others).take_while(move |&group| group != held).chain(Some(held).filter(|&held| held != NONE))
    }

    fn list(&self, child: usize) -> Vec<u32> {
        self.wishes(child).collect()
    }

    fn name(&self, group: u32) -> String {
        self.keys.published.group_ids.get(group as usize).map_or("no place".to_owned(), |id| format!("group {id}"))
    }
}

/// Checks an allocation, (child id, group id or 0) by ascending child id, against the input and the certificate, the
/// hashes aside. Returns what does not agree, the first child affected first.
pub fn verify_special(
    published: &Published<'_>,
    special: &PublishedSpecial<'_>,
    allocation: &[(u32, u32)],
    certificate: &Certificate,
) -> Vec<Finding> {
    let checked = Market::new(published, special, certificate.rule)
        .and_then(|market| groups_of(published, allocation).map(|groups| check(&market, &groups, certificate)));
    let mut findings = checked.unwrap_or_else(|finding| vec![finding]);
    findings.extend(claimed_turns(published, certificate));
    findings.sort_by_key(|finding| finding.child.map_or((1, 0), |child| (0, child)));
    findings
}

fn check(market: &Market<'_>, groups: &[u32], certificate: &Certificate) -> Vec<Finding> {
    let published = market.keys.published;
    let mut members: Vec<Vec<usize>> = vec![vec![]; published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        members[group as usize].push(child);
    }
    let mut findings = vec![];
    let mut found =
        |child: usize, what: String| findings.push(Finding { child: Some(published.child_ids[child]), what });
    for (members, group) in members.iter().zip(0..) {
        let chosen = market.chosen(group, members.clone());
        if let Some(&child) = members.iter().find(|child| !chosen.contains(child)) {
            found(child, format!("{} has no place for it by its priorities and reserves", market.name(group)));
        }
    }
    let families = market.special.families();
    let mut in_family = vec![false; groups.len()];
    families.iter().flatten().for_each(|&child| in_family[child] = true);
    let doors = market.doors(&members);
    for (child, &in_family) in in_family.iter().enumerate() {
        if let Some(what) = unfair(market, groups, (&members, &doors), child, in_family) {
            found(child, what);
        }
    }
    for family in &families {
        let kindergarten = |&child: &usize| market.special.kindergartens.get(groups[child] as usize);
        let stays = family.iter().all(|&child| groups[child] == market.special.held(child));
        let one =
            family.iter().all(|child| kindergarten(child).is_some() && kindergarten(child) == kindergarten(&family[0]));
        if !stays && !one {
            found(family[0], "its family is neither in one kindergarten nor stays".to_owned());
        }
    }
    check_claims(market, groups, &members, certificate, &mut findings);
    findings
}

/// Why a child's result is not what it is due, if so.
fn unfair(
    market: &Market<'_>,
    groups: &[u32],
    (members, doors): (&[Vec<usize>], &[Door]),
    child: usize,
    in_family: bool,
) -> Option<String> {
    let (group, held) = (groups[child], market.special.held(child));
    if group == NONE && held != NONE {
        return Some(format!("held {} and lost it", market.name(held)));
    }
    if group != NONE && !market.wishes(child).any(|wish| wish == group) {
        return Some(format!("got {}, which it does not take", market.name(group)));
    }
    let kindergarten = |group: u32| market.special.kindergartens.get(group as usize);
    let stays = group == held;
    let better = market.wishes(child).take_while(|&better| better != group);
    let mut open = better.filter(|&better| !in_family || (!stays && kindergarten(better) == kindergarten(group)));
    let due =
        open.find(|&better| market.would_choose(better, doors[better as usize], &members[better as usize], child))?;
    Some(format!("got {}, but {} would choose it", market.name(group), market.name(due)))
}

/// Cut-offs and counts are as certified.
fn check_claims(
    market: &Market<'_>,
    groups: &[u32],
    members: &[Vec<usize>],
    certificate: &Certificate,
    findings: &mut Vec<Finding>,
) {
    let published = market.keys.published;
    let cut_offs: Vec<CertifiedCutOff> = members
        .iter()
        .zip(0..)
        .map(|(members, group)| {
            let others = members.iter().copied().filter(|&child| market.special.held(child) != group);
            let last = others.max_by_key(|&child| market.key(child, group)).map(|child| CertifiedLast {
                child: published.child_ids[child],
                tier: published.tiers[child],
                sibling: market.keys.sibling(child, group),
                applied_at: published.applied_at[child],
                order: market.keys.order(child),
            });
            let placed = u32::try_from(members.len()).unwrap_or(NONE);
            CertifiedCutOff {
                group: published.group_ids[group as usize],
                places: market.places[group as usize],
                placed,
                last,
            }
        })
        .collect();
    let differ = cut_offs.iter().zip(&certificate.cut_offs).find(|(real, certified)| real != certified);
    if let Some((real, _)) = differ {
        let what = format!("the cut-off of group {} is not the certified one", real.group);
        findings.push(Finding { child: real.last.map(|last| last.child), what });
    }
    let placed = groups.iter().filter(|&&group| group != NONE).count() as u64;
    let places = market.places.iter().map(|&places| u64::from(places)).sum::<u64>();
    let children = groups.len() as u64;
    let counts = Counts {
        groups: published.group_ids.len() as u64,
        places,
        places_left: places.saturating_sub(placed),
        children,
        placed,
        not_placed: children - placed,
    };
    if counts != certificate.counts || cut_offs.len() != certificate.cut_offs.len() {
        findings.push(Finding { child: None, what: format!("the counts are not the certified ones, but {counts:?}") });
    }
    if certificate.special != Some(market.special.counts()) {
        let what = "what was held, reserved and asked for together is not as certified".to_owned();
        findings.push(Finding { child: None, what });
    }
}
