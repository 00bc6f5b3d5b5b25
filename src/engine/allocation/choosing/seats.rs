#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! The seats of groups that serve one order: those of closed reserves, and the others. A seat once given is kept.

use super::super::instance::ANY;
use super::super::thresholds::Thresholds;
use super::run::Run;
use super::units::{Unit, Units};

/// Seats of a group for the same children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seat {
    pub(super) group: u32,
    /// Which reserve of the group; their count for the seats that are kept for nobody.
    reserve: usize,
}

/// The seats that are left.
pub(super) struct Seats<'r> {
    run: &'r Run<'r>,
    /// By group: what is kept for nobody.
    others: Vec<u32>,
    /// By group: what is left of each reserve.
    kept: Vec<Vec<u32>>,
    /// The groups with reserves.
    keeping: Vec<u32>,
    /// The groups where seats are left that are kept for nobody; only where some list ends in [`ANY`].
    open: Option<Thresholds>,
}

impl<'r> Seats<'r> {
    pub(super) fn new(run: &'r Run<'r>) -> Self {
        let groups = run.places.len();
        let reserves = |group: u32| run.conditions.reserves_of(group);
        let kept: Vec<Vec<u32>> =
            (0..).take(groups).map(|group| reserves(group).iter().map(|reserve| reserve.places).collect()).collect();
        let others: Vec<u32> =
            run.places.iter().zip(&kept).map(|(places, kept)| places.saturating_sub(kept.iter().sum())).collect();
        let keeping = (0..).take(groups).filter(|&group| !reserves(group).is_empty()).collect();
        let open = run.instance.parts().choices.items.contains(&ANY).then(|| {
            let mut open = Thresholds::default();
            open.reset(&others);
            open
        });
        Self { run, others, kept, keeping, open }
    }

    fn left(&self, seat: Seat) -> u32 {
        let of = self.kept[seat.group as usize].get(seat.reserve);
        *of.unwrap_or(&self.others[seat.group as usize])
    }

    /// The seats of a group that a child may have, free or not, in the order in which it takes them: of the reserves that are for it, then
    /// of those for nobody.
    fn seats_for(&self, child: u32, group: u32) -> impl Iterator<Item = Seat> {
        let reserves = self.run.conditions.reserves_of(group);
        let own = reserves.iter().enumerate().filter(move |(_, reserve)| self.run.is_for(reserve, child));
        own.map(|(reserve, _)| reserve).chain([reserves.len()]).map(move |reserve| Seat { group, reserve })
    }

    /// The first seat of a group that a child can have.
    fn free_for(&self, child: u32, group: u32) -> Option<Seat> {
        if self.keeping.is_empty() || self.kept[group as usize].is_empty() {
            return (self.others[group as usize] > 0).then_some(Seat { group, reserve: 0 });
        }
        self.seats_for(child, group).find(|&seat| self.left(seat) > 0)
    }

    pub(super) fn take(&mut self, seat: Seat) {
        let group = seat.group as usize;
        match self.kept[group].get_mut(seat.reserve) {
            Some(left) => *left -= 1,
            None => {
                self.others[group] -= 1;
                if let Some(open) = self.open.as_mut().filter(|_| self.others[group] == 0) {
                    open.set(seat.group, 0);
                }
            }
        }
    }

    /// The first seat on the list of a child that applies alone.
    pub(super) fn first_for(&self, child: u32, list: &[u32]) -> Option<Seat> {
        let named = list.iter().filter(|&&group| group != ANY && !self.run.is_barred(child, group));
        let seat = named.copied().find_map(|group| self.free_for(child, group));
        seat.or_else(|| (list.last() == Some(&ANY)).then(|| self.any_for(child)).flatten())
    }

    /// The first group by id with a seat for a child. Those that it named have none, or it would have it already.
    fn any_for(&self, child: u32) -> Option<Seat> {
        if self.run.is_barred_somewhere(child) {
            let groups = (0..).take(self.others.len());
            return groups.filter(|&group| self.run.takes(child, group)).find_map(|group| self.free_for(child, group));
        }
        let open = self.open.as_ref().and_then(|open| open.first_above(0));
        let keeping = self.keeping.iter().copied().find(|&group| self.free_for(child, group).is_some());
        open.into_iter().chain(keeping).min().and_then(|group| self.free_for(child, group))
    }

    /// Seats for all members of a unit in a kindergarten: of all ways to seat them the first one, members by id, groups by id,
    /// seats of a group as a child takes them.
    pub(super) fn all_for(&self, units: &Units, unit: &Unit, kindergarten: u32) -> Option<Vec<Seat>> {
        let groups = units.groups_of(kindergarten);
        let mut seats: Vec<(Seat, u32)> = vec![];
        let mut wanted: Vec<Vec<usize>> = vec![];
        for &child in &unit.members {
            let mut own = vec![];
            for seat in groups.iter().filter(|&&g| self.run.takes(child, g)).flat_map(|&g| self.seats_for(child, g)) {
                let left = self.left(seat);
                let known = seats.iter().position(|(known, _)| *known == seat);
                let at = known.unwrap_or_else(|| {
                    seats.push((seat, left));
                    seats.len() - 1
                });
                if left > 0 {
                    own.push(at);
                }
            }
            if own.is_empty() {
                return None;
            }
            wanted.push(own);
        }
        let mut left: Vec<u32> = seats.iter().map(|&(_, left)| left).collect();
        first_matching(&wanted, &mut left).map(|chosen| chosen.into_iter().map(|at| seats[at].0).collect())
    }
}

/// For each row one of its columns, no column more often than it is left; the first such choice, row by row.
fn first_matching(wanted: &[Vec<usize>], left: &mut [u32]) -> Option<Vec<usize>> {
    let mut chosen = vec![];
    for (row, own) in wanted.iter().enumerate() {
        let fits = |&at: &usize| {
            if left[at] == 0 {
                return false;
            }
            left[at] -= 1;
            let fits = can_match(&wanted[row + 1..], left);
            left[at] += u32::from(!fits);
            fits
        };
        chosen.push(own.iter().copied().find(fits)?);
    }
    Some(chosen)
}

/// Whether each row can have one of its columns: paths that let earlier rows give way.
fn can_match(wanted: &[Vec<usize>], left: &[u32]) -> bool {
    let mut taken: Vec<Vec<usize>> = vec![vec![]; left.len()];
    (0..wanted.len()).all(|row| give_way(row, wanted, left, &mut taken, &mut vec![false; left.len()]))
}

fn give_way(row: usize, wanted: &[Vec<usize>], left: &[u32], taken: &mut [Vec<usize>], met: &mut [bool]) -> bool {
    for &at in &wanted[row] {
        if left[at] == 0 || std::mem::replace(&mut met[at], true) {
            continue;
        }
        if taken[at].len() < left[at] as usize {
            taken[at].push(row);
            return true;
        }
        for n in 0..taken[at].len() {
            if give_way(taken[at][n], wanted, left, taken, met) {
                taken[at][n] = row;
                return true;
            }
        }
    }
    false
}
