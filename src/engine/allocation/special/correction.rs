#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Correction runs beside held places, reserved places and families.
//!
//! A family is harmed as one: where the corrected run places it in a kindergarten that it asks for earlier, all its members
//! get what they were due there, so that the remedy does not tear it. Within one kindergarten, and alone, each child is
//! judged by its own list. Extra places are counted by whom the group would choose: a place that is kept for others is
//! none for the remedy. Families do not claim freed places: what is free must do for all of them, which a round decides.

use std::collections::BTreeSet;

use super::super::correction::{Claims, Concerned, Correction};
use super::super::instance::Instance;
use super::super::order::{NoTurns, Rule};
use super::super::solve::NONE;
use super::asked::Special;
use super::run::{Family, Key, Run, solve_special};

/// Compares a committed allocation with a run of the corrected instance, as [`super::super::correct`] does.
pub fn correct_special(
    instance: &Instance,
    special: &Special,
    rule: Rule,
    committed: &[u32],
) -> Result<Correction, NoTurns> {
    correct_special_within(instance, special, rule, committed, &special.places(instance))
}

/// As [`correct_special`], where the remedy finds other numbers of places than the corrected run: by group, those that are
/// left when others keep what they have of them, with those that are held.
pub fn correct_special_within(
    instance: &Instance,
    special: &Special,
    rule: Rule,
    committed: &[u32],
    room: &[u32],
) -> Result<Correction, NoTurns> {
    let mut run = Run::new(instance, special, rule)?;
    let due = solve_special(instance, special, rule)?.group_of;
    let before = |child: u32| committed.get(child as usize).copied().unwrap_or(NONE);
    let families: Vec<Family> = special.families().iter().map(|members| run.family(members)).collect();
    let (mut moved, mut stays) = (BTreeSet::new(), BTreeSet::new());
    for family in &families {
        let members = || family.members.iter().map(|&(child, _)| child);
        let (got, due) = (run.asked(family, before), run.asked(family, |child| due[child as usize]));
        if due < got {
            moved.extend(members());
        } else if got < due {
            stays.extend(members());
        }
    }
    let places = std::mem::replace(&mut run.places, room.to_vec());
    let mut found = Correction { places, ..Correction::default() };
    let mut harmed: Vec<(u32, Key, Concerned)> = vec![];
    let mut kept: Vec<u32> = vec![];
    for child in (0..).take(instance.children()) {
        let (got, due) = (run.won(child, before(child)), run.won(child, due[child as usize]));
        let concerned = Concerned { child, got, due, extra: false };
        let moves = due != got && (moved.contains(&child) || (due < got && !stays.contains(&child)));
        if moves {
            harmed.push((due.group, run.key(child, due.group), concerned));
        } else if got < due {
            found.profited.push(concerned);
        }
        kept.push(if moves { due.group } else { got.group });
    }
    let mut members: Vec<Vec<(Key, u32)>> = vec![vec![]; run.places.len()];
    for (&group, child) in kept.iter().zip(0..).filter(|(group, _)| **group != NONE) {
        members[group as usize].push((run.key(child, group), child));
    }
    for (members, group) in members.iter_mut().zip(0..) {
        members.sort_unstable();
        found.held.push(u32::try_from(members.len()).unwrap_or(NONE));
        found.extra.push(run.too_many(group, members.clone()));
    }
    found.mark(harmed);
    let together: BTreeSet<u32> = families.iter().flat_map(|family| &family.members).map(|&(child, _)| child).collect();
    let mut claims = Claims::new(&found, &run.places, |_| true, committed);
    let open = claims.open();
    for (&keeps, child) in kept.iter().zip(0..).filter(|(_, child)| !together.contains(child)) {
        let list = run.taken_by(child);
        let better = list.iter().take_while(|group| **group != keeps).enumerate();
        for (at, &group) in better.filter(|&(_, &group)| open[group as usize]) {
            if list[..at].contains(&group) {
                continue;
            }
            let mut with = members[group as usize].clone();
            let entry = (run.key(child, group), child);
            with.insert(with.partition_point(|other| *other < entry), entry);
            if run.refused(group, &with).is_none() {
                claims.add(group, entry.0, child);
            }
        }
    }
    found.freed = claims.freed(&found, &run.places);
    Ok(found)
}

impl Run<'_> {
    /// How early a family asks for the kindergarten that it got; behind all where it got none as a whole.
    fn asked(&self, family: &Family, got: impl Fn(u32) -> u32) -> usize {
        let kindergarten = |&(child, _): &(u32, Vec<u32>)| self.special.kindergartens.get(got(child) as usize).copied();
        let first = family.members.first().and_then(kindergarten);
        let whole = first.filter(|_| family.members.iter().all(|member| kindergarten(member) == first));
        let asked = whole.and_then(|whole| family.kindergartens.iter().position(|&asked| asked == whole));
        asked.unwrap_or(usize::MAX)
    }

    /// How many of these members, sorted by key, the group would not keep.
    fn too_many(&self, group: u32, mut members: Vec<(Key, u32)>) -> u32 {
        let mut count = 0;
        while let Some(refused) = self.refused(group, &members) {
            members.remove(refused);
            count += 1;
        }
        count
    }
}
