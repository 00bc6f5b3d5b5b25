#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Whether an allocation is sound beside held places, reserved places and families, and is what its certificate says.

use super::super::certificate::{Certificate, CertifiedCutOff, CertifiedLast, Counts};
use super::super::check::{claimed_turns, groups_of};
use super::super::finding::Finding;
use super::super::published::Published;
use super::market::{Door, Market};
use super::published::{NONE, PublishedSpecial};

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
        if let Some(what) = unfair(market, groups, &members, &doors, child, in_family) {
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
    members: &[Vec<usize>],
    doors: &[Door],
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
