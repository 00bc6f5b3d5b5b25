//! A queue with mixing: served again from the first turn that an act changed.

use std::collections::{BTreeMap, HashMap};

use super::child::StandingChild;
use crate::domain::mix::Mix;
use crate::engine::allocation::order::merged;

/// (tier, instant, ticket).
type Seat = (u8, i64, u32);

/// The queue.
#[derive(Clone, Debug)]
pub(super) struct MixedQueue {
    mix: Mix,
    places: BTreeMap<u32, u32>,
    /// By tier, instant and ticket.
    sorted: Vec<Seat>,
    lists: HashMap<u32, Vec<u32>>,
    /// The children in the order of their turns.
    order: Vec<u32>,
    given: HashMap<u32, u32>,
}

impl MixedQueue {
    pub(super) fn new(mix: Mix, places: BTreeMap<u32, u32>) -> Self {
        Self { mix, places, sorted: vec![], lists: HashMap::new(), order: vec![], given: HashMap::new() }
    }

    pub(super) fn group_of(&self, id: u32) -> Option<u32> {
        self.given.get(&id).copied()
    }

    pub(super) fn join(&mut self, child: &StandingChild, list: Vec<u32>) -> Vec<(u32, Option<u32>)> {
        let seat = (child.tier, child.applied_at, child.id);
        let at = self.sorted.partition_point(|&other| other < seat);
        self.sorted.insert(at, seat);
        self.lists.insert(child.id, list);
        self.reorder()
    }

    pub(super) fn leave(&mut self, child: &StandingChild) -> Vec<(u32, Option<u32>)> {
        let seat = (child.tier, child.applied_at, child.id);
        self.sorted.retain(|&other| other != seat);
        self.lists.remove(&child.id);
        self.reorder()
    }

    pub(super) fn set_places(&mut self, group: u32, places: u32) -> Vec<(u32, Option<u32>)> {
        let old = self.places.insert(group, places).unwrap_or_default();
        let mut kept = 0;
        let first = self.order.iter().position(|id| {
            let given = self.group_of(*id);
            if given == Some(group) {
                kept += 1;
                return kept > places;
            }
            let wishes =
                || self.lists.get(id).into_iter().flatten().take_while(|&&g| given != Some(g)).any(|&g| g == group);
            places > old && wishes()
        });
        first.map_or_else(Vec::new, |first| self.serve_from(first, self.order.clone()))
    }

    /// The order of the turns is another one.
    fn reorder(&mut self) -> Vec<(u32, Option<u32>)> {
        let tiers: Vec<u8> = self.sorted.iter().map(|&(tier, ..)| tier).collect();
        let positions = (0..u32::try_from(tiers.len()).unwrap_or(u32::MAX)).collect();
        let order: Vec<u32> = merged(positions, &tiers, self.mix)
            .into_iter()
            .filter_map(|position| self.sorted.get(position as usize).map(|&(.., id)| id))
            .collect();
        let first = order.iter().zip(&self.order).take_while(|(new, old)| new == old).count();
        self.serve_from(first, order)
    }

    /// Serves the queue from a place in the order on; those before keep what they have.
    fn serve_from(&mut self, first: usize, order: Vec<u32>) -> Vec<(u32, Option<u32>)> {
        let served = self.order.iter().chain(&order);
        let mut before: BTreeMap<u32, Option<u32>> = served.map(|&id| (id, self.group_of(id))).collect();
        for id in self.order.iter().skip(first) {
            self.given.remove(id);
        }
        let mut left = self.places.clone();
        for id in order.iter().take(first) {
            before.remove(id);
            if let Some(places) = self.given.get(id).and_then(|group| left.get_mut(group)) {
                *places = places.saturating_sub(1);
            }
        }
        for id in order.iter().skip(first) {
            for group in self.lists.get(id).into_iter().flatten() {
                if let Some(places) = left.get_mut(group).filter(|places| **places > 0) {
                    *places -= 1;
                    self.given.insert(*id, *group);
                    break;
                }
            }
        }
        self.order = order;
        before.into_iter().collect()
    }
}
