//! Correction runs: a committed allocation beside what the corrected input would have given, and the remedy that takes a
//! place from nobody.
//!
//! A child is *harmed* where the corrected run gives it something better than the committed one did, by its own list. The
//! remedy leaves everybody what they have and gives each harmed child what it was due. A group then may hold more than its
//! corrected places: these are the extra places, and no fewer would do without moving a child that was not harmed. Where
//! extra places cannot be had, the same rows are the first claims in the next round, in the order of the rule.

use super::instance::Instance;
use super::order::{NoTurns, Rule};
use super::prepared::Prepared;
use super::settled::{Settled, Won};
use super::solve::NONE;

/// A child that the error concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concerned {
    /// Its position in the corrected instance.
    pub child: u32,
    /// What it got in the committed run, by its corrected list.
    pub got: Won,
    /// What the corrected run gives it.
    pub due: Won,
    /// Whether its remedy needs an extra place; only of harmed children.
    pub extra: bool,
}

/// What a correction run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// Harmed children by the group that they are due, and there in the order of the rule.
    pub harmed: Vec<Concerned>,
    /// Children who would have fared worse without the error, by position; they keep what they have.
    pub profited: Vec<Concerned>,
    /// By group: how many children it holds after the remedy.
    pub held: Vec<u32>,
    /// By group: how many places more than the corrected ones that takes.
    pub extra: Vec<u32>,
}

/// A choice that stands behind all others: a group that the corrected list does not name.
const NOT_NAMED: u32 = NONE - 1;

/// Compares a committed allocation with a run of the corrected instance. `committed` is the group's position that each
/// child of the corrected instance has, by position, or [`NONE`].
pub fn correct(instance: &Instance, rule: Rule, committed: &[u32]) -> Result<Correction, NoTurns> {
    correct_within(instance, rule, committed, &instance.parts().capacities)
}

/// As [`correct`], where the remedy finds other numbers of places than the corrected run: by group, those that are left when
/// others keep what they have of them.
pub fn correct_within(instance: &Instance, rule: Rule, committed: &[u32], room: &[u32]) -> Result<Correction, NoTurns> {
    let settled = Settled::new(Prepared::new(instance, rule)?);
    let mut found = Correction { held: vec![0; instance.groups()], ..Correction::default() };
    let mut harmed: Vec<(u32, u32, Concerned)> = vec![];
    for (&child, rank) in settled.prepared().order().iter().zip(0..) {
        let group = committed.get(child as usize).copied().unwrap_or(NONE);
        let (got, due) = (named(settled.prepared(), rank, group), settled.won(rank));
        let concerned = Concerned { child, got, due, extra: false };
        let keeps = if due < got {
            harmed.push((due.group, settled.prepared().key(rank, due.group), concerned));
            due.group
        } else {
            if got < due {
                found.profited.push(concerned);
            }
            group
        };
        if let Some(held) = found.held.get_mut(keeps as usize) {
            *held += 1;
        }
    }
    found.profited.sort_unstable_by_key(|concerned| concerned.child);
    found.extra = found.held.iter().zip(room).map(|(held, places)| held.saturating_sub(*places)).collect();
    harmed.sort_unstable_by_key(|&(group, key, _)| (group, key));
    // Of a group's harmed children the last ones are those for whom its places do not do.
    let mut left = found.extra.clone();
    for (group, _, concerned) in harmed.iter_mut().rev() {
        if let Some(left) = left.get_mut(*group as usize).filter(|left| **left > 0) {
            *left -= 1;
            concerned.extra = true;
        }
    }
    found.harmed = harmed.into_iter().map(|(.., concerned)| concerned).collect();
    Ok(found)
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
        Won { choice: NOT_NAMED, group }
    }
}
