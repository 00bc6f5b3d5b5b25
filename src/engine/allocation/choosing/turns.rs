#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Where turns decide: units are served one after the other.

use super::super::solve::NONE;
use super::run::Run;
use super::seats::Seats;
use super::units::Units;

impl Run<'_> {
    /// Each child's place in the order in which units are served: that of the last of its family.
    pub(in crate::engine::allocation) fn turn_of(&self, units: &Units, child: u32) -> u32 {
        let unit = units.of(child).map(|unit| units.all[unit as usize].last);
        unit.unwrap_or(self.ranks[child as usize])
    }

    /// Serves every unit where its last member stands.
    pub(super) fn serve(&self, units: &Units) -> Vec<u32> {
        let mut seats = Seats::new(self);
        // By rank: memory is read and written from front to back.
        let mut group_of = vec![NONE; self.instance.children()];
        for (&child, rank) in self.prepared.order().iter().zip(0..) {
            let Some(unit) = units.of(child).map(|unit| &units.all[unit as usize]) else {
                if let Some(seat) = seats.first_for(child, self.prepared.choices.get(rank as usize)) {
                    seats.take(seat);
                    group_of[rank as usize] = seat.group;
                }
                continue;
            };
            if unit.last != rank {
                continue;
            }
            let found = units.asks(self, unit).find_map(|home| seats.all_for(units, unit, home));
            for (&member, seat) in unit.members.iter().zip(found.into_iter().flatten()) {
                seats.take(seat);
                group_of[self.ranks[member as usize] as usize] = seat.group;
            }
        }
        self.by_position(&group_of)
    }

    /// What stands by rank, by the children's positions.
    pub(super) fn by_position(&self, by_rank: &[u32]) -> Vec<u32> {
        let mut group_of = vec![NONE; by_rank.len()];
        for (&child, &group) in self.prepared.order().iter().zip(by_rank) {
            group_of[child as usize] = group;
        }
        group_of
    }
}
