#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The fairness report beside held places, reserved places and families. Envy is judged by whom a group would choose, and where
//! turns decide by the seats that are left; of a family by whether a kindergarten has room for all of it. A group with
//! reserves is asked anew for every child that likes it better, so this is slower than the plain report.

use std::collections::BTreeSet;

use super::super::conditions::NONE;
use super::super::families::Family;
use super::super::finding::Finding;
use super::super::market::Market;
use super::super::published::{Published, Rule};
use super::super::rows::groups_of;
use super::super::seating::{Seating, Unit};
use super::report::{Fairness, Left, NotAllowed, WhyLeft, named_by};

/// What came of the wishes for a group by those who have something that they like less.
#[derive(Clone, Copy, Default)]
struct Wishes {
    wronged: bool,
    refused: bool,
    of_family: bool,
}

impl Wishes {
    fn note(&mut self, wronged: bool) {
        self.wronged |= wronged;
        self.refused |= !wronged;
    }
}

/// Looks at an allocation, (child id, group id or 0) by ascending child id.
///
/// # Errors
/// Rows that are not those of the published children, and turns that the rule asks for and the file does not have.
pub(super) fn fairness_choosing(
    published: &Published<'_>,
    allocation: &[(u32, u32)],
    rule: Rule,
) -> Result<Fairness, Finding> {
    let market = Market::new(published, rule)?;
    let groups = groups_of(published, allocation)?;
    let mut members: Vec<Vec<usize>> = vec![vec![]; published.group_ids.len()];
    for (child, &group) in groups.iter().enumerate().filter(|(_, group)| **group != NONE) {
        members[group as usize].push(child);
    }
    let mut found = Fairness { held_lost: lost(&market, &groups), ..Fairness::default() };
    let mut wishes = vec![Wishes::default(); members.len()];
    let exceeding = match market.serves_in_line() {
        true => in_line(&market, &groups, &mut found, &mut wishes),
        false => by_choices(&market, &groups, &members, &mut found, &mut wishes),
    };
    found.left = left(&market, &members, &wishes);
    found.not_allowed = not_allowed(&market, &members, &exceeding);
    found.groups = groups;
    Ok(found)
}

fn lost(market: &Market<'_>, groups: &[u32]) -> u64 {
    let lost = |(child, group): (usize, &u32)| *group == NONE && market.conditions.held(child) != NONE;
    groups.iter().enumerate().filter(|pair| lost(*pair)).count() as u64
}

/// Where turns decide: with those behind gone, who finds a seat that it likes better. By group: how many found none for
/// what they have.
fn in_line(market: &Market<'_>, groups: &[u32], found: &mut Fairness, wishes: &mut [Wishes]) -> Vec<usize> {
    let mut seating = Seating::new(market);
    let mut exceeding = vec![0; wishes.len()];
    let mut take = |seating: &mut Seating<'_>, child: usize| {
        let own = groups[child];
        if own != NONE && !seating.take(child, own) {
            exceeding[own as usize] += 1;
        }
    };
    for (_, unit) in market.line() {
        match unit {
            Unit::Alone(child) => {
                let own = groups[child];
                for better in market.wishes(child).take_while(|&group| group != own) {
                    let has_seat = seating.has_seat(child, better);
                    wishes[better as usize].note(has_seat);
                    if has_seat {
                        found.envies(market.keys.published, child, better);
                    }
                }
                take(&mut seating, child);
            }
            Unit::Together(family) => {
                of_family(market, groups, &family, found, wishes, |home| seating.way(&family, home).is_some());
                if family.home(market, groups).is_none() || !seating.take_all(&family, groups) {
                    family.members.iter().for_each(|&child| take(&mut seating, child));
                }
            }
        }
    }
    exceeding
}

/// Elsewhere: whom the groups would choose of those who like them better. By group: how many of those that it has it would
/// not.
fn by_choices(
    market: &Market<'_>,
    groups: &[u32],
    members: &[Vec<usize>],
    found: &mut Fairness,
    wishes: &mut [Wishes],
) -> Vec<usize> {
    let doors = market.doors(members);
    let families = market.conditions.families();
    let in_family: BTreeSet<usize> = families.iter().flatten().copied().collect();
    for (child, &own) in groups.iter().enumerate().filter(|(child, _)| !in_family.contains(child)) {
        for better in market.wishes(child).take_while(|&group| group != own) {
            let chosen = market.would_choose(better, doors[better as usize], &members[better as usize], child);
            wishes[better as usize].note(chosen);
            if chosen {
                found.envies(market.keys.published, child, better);
            }
        }
    }
    for family in families {
        let family = Family::read(market, &family);
        let room = |home| market.would_choose_all(members, &doors, &family.members, &family.takes_in(home));
        of_family(market, groups, &family, found, wishes, room);
    }
    let over = |(group, members): (u32, &Vec<usize>)| members.len() - market.chosen(group, members.clone()).len();
    (0..).zip(members).map(over).collect()
}

/// Whether a family is apart, and the kindergartens that it likes better and that have room for all of it.
fn of_family(
    market: &Market<'_>,
    groups: &[u32],
    family: &Family,
    found: &mut Fairness,
    wishes: &mut [Wishes],
    mut room: impl FnMut(u32) -> bool,
) {
    let has = family.home(market, groups);
    found.families_apart += u64::from(has.is_none() && !family.stays(market, groups));
    for &child in &family.members {
        for group in market.wishes(child).take_while(|&group| group != groups[child]) {
            wishes[group as usize].of_family |= has.is_none() || market.home(group) != has;
        }
    }
    let blocked = family.better(market, groups).iter().copied().find(|&home| room(home));
    if let Some(home) = blocked {
        let group = market.conditions.kindergartens.iter().position(|&other| other == home).unwrap_or_default();
        found.blocks(market.keys.published, family.members[0], u32::try_from(group).unwrap_or(NONE));
        family.takes_in(home).into_iter().flatten().for_each(|&group| wishes[group as usize].wronged = true);
    }
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

fn not_allowed(market: &Market<'_>, members: &[Vec<usize>], exceeding: &[usize]) -> Vec<NotAllowed> {
    let ids = market.keys.published.child_ids;
    let mut found = vec![];
    for (group, members) in (0..).zip(members) {
        let strangers = || members.iter().copied().filter(|&child| !market.list(child).contains(&group));
        let count = |children: usize| u32::try_from(children).unwrap_or(NONE);
        let (exceeding, not_chosen) = (count(exceeding[group as usize]), count(strangers().count()));
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
