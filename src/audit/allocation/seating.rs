#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Where turns decide: who finds which seat when those behind are gone.
//!
//! The children alone and the families stand in one line, a family where its last member does. Whoever comes takes a seat
//! for good: of the group's reserves that are for it the first with a seat left, else one that is kept for nobody.

use std::collections::BTreeSet;

use super::conditions::NONE;
use super::families::Family;
use super::market::Market;

/// Families of so many children are seated by trying one way after the other.
const FEW: usize = 3;

/// Whoever is served at once.
pub(super) enum Unit {
    Alone(usize),
    Together(Family),
}

impl Market<'_> {
    /// Whether one order serves all groups and no seat is taken away again.
    pub(super) fn serves_in_line(&self) -> bool {
        let open = self.conditions.reserves.iter().flatten().any(|reserve| reserve.open);
        let one_order = self.keys.is_one_order() && !self.conditions.is_tied;
        one_order && !open && self.conditions.holds.iter().all(|&group| group == NONE)
    }

    /// By child: the place in the line from 1 of the last of its family, its own where it applies alone; none where each
    /// group has its own order.
    pub(super) fn served_with(&self) -> Vec<Option<u32>> {
        let children = self.keys.published.child_ids.len();
        let mut served: Vec<Option<u32>> = (0..children).map(|child| self.keys.order(child)).collect();
        for family in self.conditions.families() {
            let last = family.iter().filter_map(|&child| self.keys.order(child)).max();
            family.iter().for_each(|&child| served[child] = last);
        }
        served
    }

    /// All who are served, each with its turn, by ascending turn: the place in the line from 1 where it is served.
    pub(super) fn line(&self) -> impl Iterator<Item = (u32, Unit)> {
        let mut families: Vec<Option<Vec<usize>>> = self.conditions.families().into_iter().map(Some).collect();
        let mut of = vec![usize::MAX; self.keys.published.child_ids.len()];
        let mut left = vec![0; families.len()];
        for (number, family) in families.iter().flatten().enumerate() {
            left[number] = family.len();
            family.iter().for_each(|&child| of[child] = number);
        }
        self.keys.in_order().into_iter().zip(1..).filter_map(move |(child, turn)| {
            let Some(family) = families.get_mut(of[child]) else { return Some((turn, Unit::Alone(child))) };
            let left = &mut left[of[child]];
            *left -= 1;
            let whole = family.take_if(|_| *left == 0)?;
            Some((turn, Unit::Together(Family::read(self, &whole))))
        })
    }
}

/// The seats that are left at a moment.
pub(super) struct Seating<'m> {
    market: &'m Market<'m>,
    /// By group: of each reserve, and at the end those that are kept for nobody.
    left: Vec<Vec<u32>>,
    /// By group and kind of seat: the turn in which the last one went, 0 where there was none, the largest number while some are left.
    gone: Vec<Vec<u32>>,
    /// Whose turn it is.
    turn: u32,
}

impl<'m> Seating<'m> {
    /// Before anybody came.
    pub(super) fn new(market: &'m Market<'m>) -> Self {
        let left = market.places.iter().enumerate().map(|(group, &places)| {
            let reserves = market.conditions.reserves.get(group).into_iter().flatten();
            let mut left: Vec<u32> = reserves.map(|reserve| reserve.places).collect();
            left.push(places.saturating_sub(left.iter().sum()));
            left
        });
        let left: Vec<Vec<u32>> = left.collect();
        let gone = left.iter().map(|own| own.iter().map(|&seats| if seats > 0 { u32::MAX } else { 0 }).collect());
        Self { market, gone: gone.collect(), left, turn: 0 }
    }

    /// The next turn.
    pub(super) fn begin(&mut self, turn: u32) {
        self.turn = turn;
    }

    /// Whether a child found a seat in a group in a turn that is over.
    pub(super) fn had_seat(&self, child: usize, group: u32, turn: u32) -> bool {
        match self.gone[group as usize][..] {
            [gone] => gone >= turn,
            ref gone => self.kinds(child, group).into_iter().any(|kind| gone[kind] >= turn),
        }
    }

    /// Takes note of which seats of a group have gone in this turn.
    fn note(&mut self, group: u32) {
        for (gone, &left) in self.gone[group as usize].iter_mut().zip(&self.left[group as usize]) {
            if left == 0 && *gone == u32::MAX {
                *gone = self.turn;
            }
        }
    }

    /// The kind of seat of a group that a child finds.
    fn found(&self, child: usize, group: u32) -> Option<usize> {
        let left = &self.left[group as usize];
        match left[..] {
            [0] => None,
            [_] => Some(0),
            _ => self.kinds(child, group).into_iter().find(|&kind| left[kind] > 0),
        }
    }

    /// The kinds of seats of a group that a child may have.
    fn kinds(&self, child: usize, group: u32) -> Vec<usize> {
        let reserves = self.market.conditions.reserves.get(group as usize).map_or(&[][..], Vec::as_slice);
        let own = (0..reserves.len()).filter(|&kind| self.market.is_for(reserves[kind].whom, child));
        own.chain([reserves.len()]).collect()
    }

    /// Whether a child finds a seat in a group.
    pub(super) fn has_seat(&self, child: usize, group: u32) -> bool {
        self.found(child, group).is_some()
    }

    /// A child takes a seat in a group; whether there is one.
    pub(super) fn take(&mut self, child: usize, group: u32) -> bool {
        self.found(child, group).is_some_and(|kind| {
            self.left[group as usize][kind] -= 1;
            self.note(group);
            true
        })
    }

    /// Whether a family finds seats in a kindergarten: the groups, members by id, of the first way to seat them.
    pub(super) fn way(&mut self, family: &Family, home: u32) -> Option<Vec<u32>> {
        let groups = family.takes_in(home);
        // Most kindergartens that a family likes better are full: that is told without a try.
        let mut own = family.members.iter().zip(&groups);
        if own.any(|(&child, own)| !own.iter().any(|&group| self.has_seat(child, group))) {
            return None;
        }
        let met: BTreeSet<u32> = groups.iter().flat_map(|own| *own).copied().collect();
        let before: Vec<(u32, Vec<u32>)> =
            met.into_iter().map(|group| (group, self.left[group as usize].clone())).collect();
        let way = self.seated(&family.members, &groups);
        for (group, left) in before {
            self.left[group as usize] = left;
        }
        way
    }

    /// A family takes seats in the groups that it has; whether there are such.
    pub(super) fn take_all(&mut self, family: &Family, groups: &[u32]) -> bool {
        let own: Vec<&[u32]> = family.members.iter().map(|&child| std::slice::from_ref(&groups[child])).collect();
        let all = self.seated(&family.members, &own);
        all.iter().flatten().for_each(|&group| self.note(group));
        all.is_some()
    }

    /// Seats children, each in one of its groups: the groups of the first way, if there is one.
    pub(super) fn seated(&mut self, children: &[usize], groups: &[&[u32]]) -> Option<Vec<u32>> {
        let mut chosen = vec![];
        self.seat_rest(children, groups, &mut chosen, &mut BTreeSet::new()).then_some(chosen)
    }

    fn seat_rest(
        &mut self,
        children: &[usize],
        groups: &[&[u32]],
        chosen: &mut Vec<u32>,
        in_vain: &mut BTreeSet<(usize, Vec<Vec<u32>>)>,
    ) -> bool {
        let at = chosen.len();
        let Some(&child) = children.get(at) else { return true };
        // Few children have few ways; of more, what was tried in vain is not tried again.
        let many = children.len() > FEW;
        let state =
            || (at, groups.iter().flat_map(|own| *own).map(|&group| self.left[group as usize].clone()).collect());
        let state = many.then(state);
        if state.as_ref().is_some_and(|state| in_vain.contains(state)) {
            return false;
        }
        for &group in groups[at] {
            for kind in self.kinds(child, group) {
                if self.left[group as usize][kind] == 0 {
                    continue;
                }
                self.left[group as usize][kind] -= 1;
                chosen.push(group);
                if self.seat_rest(children, groups, chosen, in_vain) {
                    return true;
                }
                chosen.pop();
                self.left[group as usize][kind] += 1;
            }
        }
        in_vain.extend(state);
        false
    }
}
