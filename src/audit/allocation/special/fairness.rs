#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The fairness report beside held places, reserved places and families. Envy is judged by whom a group would choose; a
//! child of a family envies only within the kindergarten that its family got. A group with reserves is asked anew for every
//! child that likes it better, so this is slower than the plain report.

use std::collections::BTreeSet;

use super::super::check::groups_of;
use super::super::fairness::{Fairness, Left, NotAllowed, WhyLeft, named_by};
use super::super::finding::Finding;
use super::super::published::{Published, Rule};
use super::market::Market;
use super::published::{NONE, PublishedSpecial};

/// What came of the wishes for a group by those who have something that they like less.
#[derive(Clone, Copy, Default)]
struct Wishes {
    wronged: bool,
    refused: bool,
    of_family: bool,
}

/// Looks at an allocation, (child id, group id or 0) by ascending child id.
///
/// # Errors
/// Rows that are not those of the published children, and turns that the rule asks for and the file does not have.
pub fn fairness_special(
    published: &Published<'_>,
    special: &PublishedSpecial<'_>,
    allocation: &[(u32, u32)],
    rule: Rule,
) -> Result<Fairness, Finding> {
    let market = Market::new(published, special, rule)?;
    let groups = groups_of(published, allocation)?;
    let mut members: Vec<Vec<usize>> = vec![vec![]; published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        members[group as usize].push(child);
    }
    let doors = market.doors(&members);
    let mut found = Fairness::default();
    let families = special.families();
    let in_family: BTreeSet<usize> = families.iter().flatten().copied().collect();
    let mut wishes = vec![Wishes::default(); members.len()];
    for (child, &own) in groups.iter().enumerate() {
        let held = special.held(child);
        found.held_lost += u64::from(held != NONE && own == NONE);
        let better: Vec<u32> = market.list(child).into_iter().take_while(|&group| group != own).collect();
        for group in better {
            let wish = &mut wishes[group as usize];
            if in_family.contains(&child) && (own == held || home(special, group) != home(special, own)) {
                wish.of_family = true;
                continue;
            }
            if market.would_choose(group, doors[group as usize], &members[group as usize], child) {
                wish.wronged = true;
                found.envies(published, child, group);
            } else {
                wish.refused = true;
            }
        }
    }
    let apart = families.iter().filter(|family| is_apart(special, &groups, family));
    found.families_apart = apart.count() as u64;
    found.left = left(&market, &members, &wishes);
    found.not_allowed = not_allowed(&market, &members);
    found.groups = groups;
    Ok(found)
}

/// The kindergarten of a group.
fn home<'a>(special: &'a PublishedSpecial<'_>, group: u32) -> Option<&'a u32> {
    special.kindergartens.get(group as usize)
}

fn is_apart(special: &PublishedSpecial<'_>, groups: &[u32], family: &[usize]) -> bool {
    let of = |child: &usize| home(special, groups[*child]);
    let stays = family.iter().all(|&child| groups[child] == special.held(child));
    let together = family.iter().all(|child| of(child).is_some() && of(child) == of(&family[0]));
    !stays && !together
}

fn left(market: &Market<'_>, members: &[Vec<usize>], wishes: &[Wishes]) -> Vec<Left> {
    let named = named_by(market.keys.published);
    let mut found = vec![];
    for (group, (members, wish)) in (0..).zip(members.iter().zip(wishes)) {
        let placed = u32::try_from(members.len()).unwrap_or(NONE);
        let places = market.places[group as usize].saturating_sub(placed);
        let named_by = named[group as usize];
        let reason = match wish {
            Wishes { wronged: true, .. } => WhyLeft::RefusedWrongly,
            Wishes { refused: true, .. } => WhyLeft::Reserved,
            Wishes { of_family: true, .. } => WhyLeft::Together,
            _ if named_by == 0 => WhyLeft::NobodyNamedIt,
            _ => WhyLeft::AllGotItOrBetter,
        };
        if places > 0 {
            found.push(Left { group, places, named_by, reason });
        }
    }
    found
}

fn not_allowed(market: &Market<'_>, members: &[Vec<usize>]) -> Vec<NotAllowed> {
    let ids = market.keys.published.child_ids;
    let mut found = vec![];
    for (group, members) in (0..).zip(members) {
        let chosen = market.chosen(group, members.clone());
        let strangers = || members.iter().copied().filter(|&child| !market.list(child).contains(&group));
        let count = |children: usize| u32::try_from(children).unwrap_or(NONE);
        let (exceeding, not_chosen) = (count(members.len() - chosen.len()), count(strangers().count()));
        if exceeding == 0 && not_chosen == 0 {
            continue;
        }
        let first = strangers().map(|child| ids[child]).min();
        let last = members.iter().copied().max_by_key(|&child| market.key(child, group)).map(|child| ids[child]);
        let child = first.or(last).unwrap_or(NONE);
        let (places, placed) = (market.places[group as usize], count(members.len()));
        found.push(NotAllowed { group, places, placed, exceeding, not_chosen, child });
    }
    found
}
