//! Correction runs: a committed allocation beside what the corrected input would have given, and the remedy that takes a
//! place from nobody.
//!
//! A child is *harmed* where the corrected run gives it something better than the committed one did, by its own list. The
//! remedy leaves everybody what they have and gives each harmed child what it was due. A group then may hold more than its
//! corrected places: these are the extra places, and no fewer would do without moving a child that was not harmed. Where
//! extra places cannot be had, the same rows are the first claims in the next round, in the order of the rule.
//!
//! A harmed child leaves what it had. Nobody is due that place, or the corrected run would have given it; but whoever likes
//! it better than what it has can have it in the next round, and by the rule one child comes first: the *next claim*.

use super::instance::{ANY, Instance};
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
    /// By group: its corrected places, with those that children hold there from before.
    pub places: Vec<u32>,
    /// By group: how many places more than the corrected ones that takes.
    pub extra: Vec<u32>,
    /// Groups with places that are free after the remedy, by position.
    pub freed: Vec<Freed>,
}

/// A group in which the remedy leaves places free: fewer children have it than before, or somebody waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freed {
    /// The position of the group in the instance.
    pub group: u32,
    /// Places that are free there.
    pub places: u32,
    /// How many children like it better than what they have after the remedy, and could be taken.
    pub waiting: u32,
    /// The position of the first of them by the rule.
    pub next: Option<u32>,
}

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

impl Correction {
    /// Takes the harmed children with (group due, key there), and marks those for whom the group's places do not do: the
    /// last ones.
    pub(super) fn mark<K: Ord + Copy>(&mut self, mut harmed: Vec<(u32, K, Concerned)>) {
        harmed.sort_unstable_by_key(|&(group, key, _)| (group, key));
        let mut left = self.extra.clone();
        for (group, _, concerned) in harmed.iter_mut().rev() {
            if let Some(left) = left.get_mut(*group as usize).filter(|left| **left > 0) {
                *left -= 1;
                concerned.extra = true;
            }
        }
        self.harmed = harmed.into_iter().map(|(.., concerned)| concerned).collect();
    }
}

/// Who waits for the places that a remedy leaves free.
pub(super) struct Claims {
    /// By group: whether it has free places that somebody could wish for.
    open: Vec<bool>,
    /// By group: whether fewer children have it than before.
    left: Vec<bool>,
    waiting: Vec<u32>,
    first: Vec<Option<(u64, u32)>>,
}

impl Claims {
    /// `room` is by group the places that the remedy finds; `wanted` tells by position the groups that somebody can wish for
    /// at all.
    pub(super) fn new(found: &Correction, room: &[u32], wanted: impl Fn(usize) -> bool, committed: &[u32]) -> Self {
        let groups = found.places.len();
        let mut before = vec![0_u32; groups];
        for &group in committed {
            if let Some(count) = before.get_mut(group as usize) {
                *count += 1;
            }
        }
        let both = || found.held.iter().zip(room).zip(&before);
        Self {
            open: both().enumerate().map(|(group, ((held, places), _))| held < places && wanted(group)).collect(),
            left: both().map(|((held, places), before)| held < places && held < before).collect(),
            waiting: vec![0; groups],
            first: vec![None; groups],
        }
    }

    /// The groups that can be wished for.
    pub(super) fn open(&self) -> Vec<bool> {
        self.open.clone()
    }

    /// A child with this key likes the group better than what it has.
    pub(super) fn add(&mut self, group: u32, key: u64, child: u32) {
        let (Some(waiting), Some(first)) = (self.waiting.get_mut(group as usize), self.first.get_mut(group as usize))
        else {
            return;
        };
        *waiting += 1;
        *first = Some(first.map_or((key, child), |first| first.min((key, child))));
    }

    pub(super) fn freed(self, found: &Correction, room: &[u32]) -> Vec<Freed> {
        let free = room.iter().zip(&found.held).map(|(places, held)| places.saturating_sub(*held));
        let claims = self.left.into_iter().zip(self.waiting).zip(self.first);
        let rows = free.zip(claims).zip(0..).map(|((places, ((left, waiting), first)), group)| {
            (left || waiting > 0).then_some(Freed { group, places, waiting, next: first.map(|(_, child)| child) })
        });
        rows.flatten().collect()
    }
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
