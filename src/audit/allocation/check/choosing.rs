#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Whether an allocation is sound beside held places, reserved places and families, and is what its certificate says.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::super::certificate::{Certificate, CertifiedCutOff, CertifiedLast, Counts, FamilyRule};
use super::super::conditions::NONE;
use super::super::families::Family;
use super::super::finding::Finding;
use super::super::market::Market;
use super::super::published::Published;
use super::super::rows::groups_of;
use super::super::seating::{Seating, Unit};

/// Checks an allocation, (child id, group id or 0) by ascending child id, against the input and the certificate, the
/// hashes aside. Returns what does not agree.
pub(super) fn check_choosing(
    published: &Published<'_>,
    allocation: &[(u32, u32)],
    certificate: &Certificate,
) -> Result<Vec<Finding>, Finding> {
    let market = Market::new(published, certificate.rule)?;
    Ok(check(&market, &groups_of(published, allocation)?, certificate))
}

fn check(market: &Market<'_>, groups: &[u32], certificate: &Certificate) -> Vec<Finding> {
    let published = market.keys.published;
    let finding = |child: usize, what: String| Finding { child: Some(published.child_ids[child]), what };
    let judged = || {
        let mut findings = vec![];
        let mut found = |child: usize, what: String| findings.push(finding(child, what));
        match market.serves_in_line() {
            true => check_line(market, groups, &mut found),
            false => check_choices(market, groups, certificate, &mut found),
        }
        findings
    };
    let claimed = || {
        let mut findings = vec![];
        for (child, &group) in groups.iter().enumerate() {
            let held = market.conditions.held(child);
            if group == NONE && held != NONE {
                findings.push(finding(child, format!("held {} and lost it", market.name(held))));
            } else if group != NONE && !market.takes(child, group) {
                findings.push(finding(child, format!("got {}, which it does not take", market.name(group))));
            }
        }
        check_families(market, certificate, &mut findings);
        check_claims(market, groups, certificate, &mut findings);
        findings
    };
    let (judged, claimed) = rayon::join(judged, claimed);
    judged.into_iter().chain(claimed).collect()
}

/// Everybody in its turn: the seat that it has is left for it, and none that it likes better. Those alone are asked at last, all
/// at once: when the last seat of a group went tells who found one there.
fn check_line(market: &Market<'_>, groups: &[u32], found: &mut impl FnMut(usize, String)) {
    let mut seating = Seating::new(market);
    let mut turns = vec![0; groups.len()];
    for (turn, unit) in market.line() {
        seating.begin(turn);
        match unit {
            Unit::Alone(child) => {
                turns[child] = turn;
                let own = groups[child];
                if own != NONE && !seating.take(child, own) {
                    found(child, format!("got {}, which has no seat left for it in its turn", market.name(own)));
                }
            }
            Unit::Together(family) => check_turn(market, groups, &mut seating, &family, found),
        }
    }
    let due = |child: usize| {
        let mut better = market.wishes(child).take_while(|&wish| wish != groups[child]);
        better.find(|&wish| seating.had_seat(child, wish, turns[child]))
    };
    let alone = turns.par_iter().enumerate().filter(|(_, turn)| **turn > 0);
    let wronged: Vec<(usize, u32)> = alone.filter_map(|(child, _)| due(child).map(|due| (child, due))).collect();
    for (child, due) in wronged {
        let (own, due) = (market.name(groups[child]), market.name(due));
        found(child, format!("got {own}, but finds a seat in {due} in its turn"));
    }
}

fn check_turn(
    market: &Market<'_>,
    groups: &[u32],
    seating: &mut Seating<'_>,
    family: &Family,
    found: &mut impl FnMut(usize, String),
) {
    let first = family.members[0];
    let home = family.home(market, groups);
    let better = family.better(market, groups).iter().find_map(|&home| seating.way(family, home));
    if let Some(way) = better {
        found(first, format!("its family finds room in the kindergarten of {} in its turn", market.name(way[0])));
    }
    if home.is_none() && !family.stays(market, groups) {
        found(first, "its family is neither in one kindergarten nor stays".to_owned());
    }
    if let Some(home) = home {
        let way = seating.way(family, home);
        if !seating.take_all(family, groups) {
            found(first, "its family has places that are not left for it in its turn".to_owned());
        } else if way.is_some_and(|way| way.iter().zip(&family.members).any(|(way, &child)| *way != groups[child])) {
            found(first, "its family has not the first groups of the kindergarten that have room for it".to_owned());
        }
    } else {
        // Whoever has a place takes it from those behind, whether it should or not.
        family.members.iter().filter(|&&child| groups[child] != NONE).for_each(|&child| {
            seating.take(child, groups[child]);
        });
    }
}

/// Every group keeps whom it has and would choose nobody else who likes it better.
fn check_choices(
    market: &Market<'_>,
    groups: &[u32],
    certificate: &Certificate,
    found: &mut impl FnMut(usize, String),
) {
    let published = market.keys.published;
    let mut members: Vec<Vec<usize>> = vec![vec![]; published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        members[group as usize].push(child);
    }
    let members = &members[..];
    for (members, group) in members.iter().zip(0..) {
        let chosen = market.chosen(group, members.clone());
        if let Some(&child) = members.iter().find(|child| !chosen.contains(child)) {
            found(child, format!("{} has no place for it by its priorities and reserves", market.name(group)));
        }
    }
    let families = market.conditions.families();
    let mut in_family = vec![false; groups.len()];
    families.iter().flatten().for_each(|&child| in_family[child] = true);
    let doors = market.doors(members);
    for (child, &own) in groups.iter().enumerate().filter(|(child, _)| !in_family[*child]) {
        let mut better = market.wishes(child).take_while(|&wish| wish != own);
        let due = better.find(|&wish| market.would_choose(wish, doors[wish as usize], &members[wish as usize], child));
        if let Some(due) = due {
            found(child, format!("got {}, but {} would choose it", market.name(own), market.name(due)));
        }
    }
    let gave_up = certificate.families.iter().flat_map(|claim| &claim.gave_up);
    let gave_up: BTreeSet<(&[u32], u32)> = gave_up.map(|up| (up.children.as_slice(), up.group)).collect();
    for family in families {
        let family = Family::read(market, &family);
        let first = family.members[0];
        if family.home(market, groups).is_none() && !family.stays(market, groups) {
            found(first, "its family is neither in one kindergarten nor stays".to_owned());
        }
        let ids: Vec<u32> = family.members.iter().map(|&child| published.child_ids[child]).collect();
        for &home in family.better(market, groups) {
            let group = market.conditions.kindergartens.iter().position(|&other| other == home);
            let id = group.map_or(0, |group| published.group_ids[group]);
            let blocks = market.would_choose_all(members, &doors, &family.members, &family.takes_in(home));
            if blocks && !gave_up.contains(&(ids.as_slice(), id)) {
                found(first, format!("the kindergarten of group {id} would choose all of its family"));
            }
        }
    }
}

/// The certificate says how families were placed as the input decides it, and only families of a circle gave anything up.
fn check_families(market: &Market<'_>, certificate: &Certificate, findings: &mut Vec<Finding>) {
    let families = market.conditions.families();
    let due = (!families.is_empty()).then(|| match market.serves_in_line() {
        true => FamilyRule::LastMember,
        false => FamilyRule::ReEntry,
    });
    if certificate.families.as_ref().map(|claim| claim.rule) != due {
        findings
            .push(Finding { child: None, what: format!("the rule of families is not the certified one, but {due:?}") });
    }
    let ids = |family: &Vec<usize>| {
        let mut ids: Vec<u32> = family.iter().map(|&child| market.keys.published.child_ids[child]).collect();
        ids.sort_unstable();
        ids
    };
    let known: BTreeSet<Vec<u32>> = families.iter().map(ids).collect();
    for up in certificate.families.iter().flat_map(|claim| &claim.gave_up) {
        let in_circle = up.cycle.contains(&up.children) && up.cycle.iter().all(|family| known.contains(family));
        if due != Some(FamilyRule::ReEntry) || !in_circle {
            let what =
                "gave a kindergarten up by the certificate, but is in no circle of the input's families".to_owned();
            findings.push(Finding { child: up.children.first().copied(), what });
        }
    }
}

/// Cut-offs and counts are as certified.
fn check_claims(market: &Market<'_>, groups: &[u32], certificate: &Certificate, findings: &mut Vec<Finding>) {
    let published = market.keys.published;
    let served = if market.serves_in_line() { market.served_with() } else { vec![] };
    let order = |child: usize| served.get(child).copied().unwrap_or_else(|| market.keys.order(child));
    // By child, as they stand in memory.
    let mut last = vec![None; published.group_ids.len()];
    let mut placed = vec![0_u32; published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        placed[group as usize] += 1;
        if market.conditions.held(child) != group {
            let own = (served.get(child), market.key(child, group), child);
            let last = &mut last[group as usize];
            *last = (*last).max(Some(own));
        }
    }
    let cut_offs = last.iter().zip(&placed).zip(0..).map(|((last, &placed), group)| {
        let last = last.map(|(.., child)| CertifiedLast {
            child: published.child_ids[child],
            tier: published.tiers[child],
            sibling: market.keys.sibling(child, group),
            applied_at: published.applied_at[child],
            order: order(child),
        });
        let (id, places) = (published.group_ids[group as usize], market.places[group as usize]);
        CertifiedCutOff { group: id, places, placed, last }
    });
    let cut_offs: Vec<CertifiedCutOff> = cut_offs.collect();
    let differ = cut_offs.iter().zip(&certificate.cut_offs).find(|(real, certified)| real != certified);
    if let Some((real, _)) = differ {
        let what = format!("the cut-off of group {} is not the certified one", real.group);
        findings.push(Finding { child: real.last.map(|last| last.child), what });
    }
    let placed = placed.iter().map(|&placed| u64::from(placed)).sum::<u64>();
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
    if certificate.conditions != market.conditions.counts() {
        let what = "what was held, reserved and asked for together is not as certified".to_owned();
        findings.push(Finding { child: None, what });
    }
}
