//! Corrections where nothing is held, reserved or asked for together.

use super::super::instance::{ANY, Instance};
use super::super::order::{NoTurns, Rule};
use super::super::prepared::Prepared;
use super::super::settled::{Settled, Won};
use super::super::solve::NONE;
use super::found::{Claims, Concerned, Correction};

/// Compares a committed allocation with a run of the corrected instance, the remedy finding these places by group.
pub(super) fn correct_plain(
    instance: &Instance,
    rule: Rule,
    committed: &[u32],
    room: &[u32],
) -> Result<Correction, NoTurns> {
    let settled = Settled::new(Prepared::new(instance, rule)?);
    let mut found = Correction { held: vec![0; instance.groups()], ..Correction::default() };
    let mut harmed: Vec<(u32, u32, Concerned)> = vec![];
    let mut kept: Vec<Won> = vec![];
    for (&child, rank) in settled.prepared().order().iter().zip(0..) {
        let group = committed.get(child as usize).copied().unwrap_or(NONE);
        let (got, due) = (named(settled.prepared(), rank, group), settled.won(rank));
        let concerned = Concerned { child, got, due, extra: false };
        let keeps = if due < got {
            harmed.push((due.group, settled.prepared().key(rank, due.group), concerned));
            due
        } else {
            if got < due {
                found.profited.push(concerned);
            }
            got
        };
        if let Some(held) = found.held.get_mut(keeps.group as usize) {
            *held += 1;
        }
        kept.push(keeps);
    }
    found.profited.sort_unstable_by_key(|concerned| concerned.child);
    found.places.clone_from(&instance.parts().capacities);
    found.extra = found.held.iter().zip(room).map(|(held, places)| held.saturating_sub(*places)).collect();
    found.mark(harmed);
    let full = |group: usize| settled.held.get(group) == found.places.get(group);
    let mut claims = Claims::new(&found, room, full, committed);
    let open = claims.open();
    for (&child, (keeps, rank)) in settled.prepared().order().iter().zip(kept.into_iter().zip(0..)) {
        let list = settled.prepared().choices.get(rank as usize);
        wishes(list, keeps, &open, |group| {
            claims.add(group, u64::from(settled.prepared().key(rank, group)), child);
        });
    }
    found.freed = claims.freed(&found, room);
    Ok(found)
}

/// Calls with every open group that a list names before what the child keeps.
fn wishes(list: &[u32], keeps: Won, open: &[bool], mut wish: impl FnMut(u32)) {
    for (&choice, n) in list.iter().zip(0..) {
        if n > keeps.choice || (n == keeps.choice && choice != ANY) {
            return;
        }
        if choice != ANY {
            let first = !list.iter().take(n as usize).any(|&before| before == choice);
            if first && open.get(choice as usize) == Some(&true) {
                wish(choice);
            }
            continue;
        }
        let until = if n == keeps.choice { keeps.group } else { NONE };
        let groups = open.iter().zip(0..until).filter(|(open, group)| **open && !list.contains(group));
        groups.for_each(|(_, group)| wish(group));
    }
}

/// What a group is on a child's list.
fn named(prepared: &Prepared, rank: u32, group: u32) -> Won {
    if group == NONE {
        return Won::NOTHING;
    }
    let (list, any) = (prepared.choices.get(rank as usize), prepared.ends_in_any(rank));
    if any || list.contains(&group) {
        prepared.won(rank, prepared.seat(rank, group))
    } else {
        Won { choice: Won::NOT_NAMED, group }
    }
}
