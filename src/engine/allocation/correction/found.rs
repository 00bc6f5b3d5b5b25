//! What a correction run found, and who waits for the places that a remedy leaves free.

use super::super::settled::Won;

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
