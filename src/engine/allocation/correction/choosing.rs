#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Correction runs beside held places, reserved places and families.
//!
//! A family is harmed as one: where the corrected run places it in a kindergarten that it asks for earlier, all its members
//! get what they were due there, so that the remedy does not tear it; within one kindergarten it fares alike. Alone a child
//! is judged by its own list. Extra places are counted by whom the group would choose: a place that is kept for others is
//! none for the remedy. Families do not claim freed places: what is free must do for all of them, which a round decides.

use std::collections::BTreeSet;

use super::super::choosing::{Key, Run, Unit, Units};
use super::super::instance::Instance;
use super::super::order::{NoTurns, Rule};
use super::super::solve::NONE;
use super::found::{Claims, Concerned, Correction};

/// Compares a committed allocation with a run of the corrected instance, the remedy finding these places by group.
pub(super) fn correct_choosing(
    instance: &Instance,
    rule: Rule,
    committed: &[u32],
    room: &[u32],
) -> Result<Correction, NoTurns> {
    let mut run = Run::new(instance, rule)?;
    let due = Run::new(instance, rule)?.solve().group_of;
    let before = |child: u32| committed.get(child as usize).copied().unwrap_or(NONE);
    let units = Units::new(&run);
    let (mut moved, mut stays) = (BTreeSet::<u32>::new(), BTreeSet::<u32>::new());
    for unit in &units.all {
        let asked = |group_of: &dyn Fn(u32) -> u32| asked(&run, &units, unit, group_of);
        let (got, due) = (asked(&before), asked(&|child| due[child as usize]));
        if due < got {
            moved.extend(&unit.members);
        } else if got < due {
            stays.extend(&unit.members);
        }
    }
    let places = std::mem::replace(&mut run.places, room.to_vec());
    let mut found = Correction { places, ..Correction::default() };
    let mut harmed: Vec<(u32, Key, Concerned)> = vec![];
    let mut kept: Vec<u32> = vec![];
    for child in (0..).take(instance.children()) {
        let (got, due) = (run.won(child, before(child)), run.won(child, due[child as usize]));
        let concerned = Concerned { child, got, due, extra: false };
        let alone = units.of(child).is_none();
        let moves = due != got && (moved.contains(&child) || (alone && due < got));
        if moves {
            harmed.push((due.group, run.key(child, due.group), concerned));
        } else if stays.contains(&child) || (alone && got < due) {
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
    let together: BTreeSet<u32> = units.all.iter().flat_map(|unit| &unit.members).copied().collect();
    let mut claims = Claims::new(&found, &run.places, |_| true, committed);
    let open = claims.open();
    for (&keeps, child) in kept.iter().zip(0..).filter(|(_, child)| !together.contains(child)) {
        let list: Vec<u32> = run.taken_by(child).collect();
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

/// How early a unit asks for the kindergarten that it got; behind all where it got none as a whole.
fn asked(run: &Run<'_>, units: &Units, unit: &Unit, got: &dyn Fn(u32) -> u32) -> usize {
    let mut homes = unit.members.iter().map(|&child| units.home(got(child)));
    let first = homes.next().filter(|&first| homes.all(|home| home == first));
    let asked = first.and_then(|first| units.asks(run, unit).position(|asked| asked == first));
    asked.unwrap_or(usize::MAX)
}
