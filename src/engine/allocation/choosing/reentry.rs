#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! Where groups rank by themselves, or seats can be taken away again: units come in one after the other, and again when room
//! appears, until nothing moves.
//!
//! First children alone get their places. Then units come in, those first that stand first, each into the first kindergarten of its list
//! where all of it would be chosen; whoever has to leave asks on, a unit as a whole. When a place is left in a kindergarten
//! that a unit likes better, it asks there again. At the end children alone get the best that they can have beside the
//! units, and it goes on if that opens a kindergarten to a unit.
//!
//! An allocation that occurs twice is a cycle. Then the units ask in other orders, on and from the beginning, many times; a
//! market that has no solution ends in a cycle under all of them, and of its units the one that stands last gives up for good the best
//! kindergarten into which it came. Orders are drawn by the ids of children alone.

use std::collections::{BTreeMap, BTreeSet};

use super::super::instance::Lists;
use super::super::solve::{Allocation, GaveUp, NONE};
use super::placement::{Placement, Step, spread};
use super::run::Run;
use super::units::Units;

/// Orders that are tried before a unit gives a kindergarten up.
const ORDERS: u64 = 100;
/// The same where units are many: a circle of few of them is soon gone through.
const ORDERS_OF_MANY: u64 = 25;
/// With so many units at most an order is also tried from the beginning.
const AFRESH_MAX: usize = 64;

struct Asking<'r> {
    run: &'r Run<'r>,
    units: &'r Units,
    placement: Placement<'r>,
    /// Where every unit stays; kept where they are few.
    start: Option<Placement<'r>>,
    /// By unit: the kindergartens that it asks, best first; of those given up [`NONE`].
    asks: Vec<Vec<u32>>,
    /// By unit: the number of the kindergarten that it has; how many it asks where it stays.
    has: Vec<usize>,
    /// By kindergarten: the units that ask it.
    asked_by: BTreeMap<u32, Vec<u32>>,
    /// Units that may find room, by the order in which they ask.
    waiting: BTreeSet<(u64, u32)>,
    /// Which order it is, from 0.
    order: u64,
    /// Allocations that there were, each with how many steps had been made.
    met: BTreeMap<u64, usize>,
    gave_up: Vec<Given>,
}

/// A kindergarten that a unit gave up, by its number on the unit's list.
struct Given {
    unit: u32,
    at: usize,
    home: u32,
    cycle: Vec<u32>,
}

impl Run<'_> {
    /// Lets units come in until nothing moves.
    pub(super) fn let_in(&self, units: &Units) -> Allocation {
        let group_of = self.alone(units, |_| NONE);
        let placement = Placement::new(self, units, group_of);
        let asks: Vec<Vec<u32>> = units.all.iter().map(|unit| units.asks(self, unit).collect()).collect();
        let mut asked_by: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for (own, unit) in asks.iter().zip(0..) {
            own.iter().for_each(|&home| asked_by.entry(home).or_default().push(unit));
        }
        let mut asking = Asking {
            run: self,
            units,
            start: (units.all.len() <= AFRESH_MAX).then(|| placement.clone()),
            placement,
            has: asks.iter().map(Vec::len).collect(),
            asks,
            asked_by,
            waiting: BTreeSet::new(),
            order: 0,
            met: BTreeMap::new(),
            gave_up: vec![],
        };
        asking.all_wait();
        asking.until_quiet();
        let gave_up = asking.missed();
        Allocation { group_of: asking.placement.group_of, gave_up }
    }
}

impl Run<'_> {
    /// The best for children alone beside families whose children have these groups, or what they hold.
    fn alone(&self, units: &Units, has: impl Fn(u32) -> u32) -> Vec<u32> {
        let holds = self.conditions.holds.iter().any(|&group| group != NONE);
        let keeps = self.conditions.reserves.iter().any(|reserves| !reserves.is_empty());
        if holds || keeps || !self.conditions.exclusions.is_empty() {
            return self.allocate(|child| units.of(child).map(|_| has(child)));
        }
        let mut choices = Lists::default();
        choices.items.reserve(self.prepared.choices.items.len());
        choices.starts.reserve(self.instance.children());
        for (&child, rank) in self.prepared.order().iter().zip(0..) {
            match units.of(child) {
                None => choices.items.extend_from_slice(self.prepared.choices.get(rank)),
                Some(_) => choices.items.extend(Some(has(child)).filter(|&group| group != NONE)),
            }
            // As many as the instance has at most.
            choices.starts.push(u32::try_from(choices.items.len()).unwrap_or(NONE));
        }
        self.prepared.with_choices(choices).solve().group_of
    }
}

impl Asking<'_> {
    /// What was given up and would still be had in the end.
    fn missed(&self) -> Vec<GaveUp> {
        let members = |unit: &u32| self.units.all[*unit as usize].members.clone();
        let still = |given: &&Given| {
            given.at < self.has[given.unit as usize] && self.placement.room(given.unit, given.home, 0).is_some()
        };
        let told = |given: &Given| GaveUp {
            family: members(&given.unit),
            group: self.units.groups_of(given.home).first().copied().unwrap_or(NONE),
            cycle: given.cycle.iter().map(members).collect(),
        };
        self.gave_up.iter().filter(still).map(told).collect()
    }

    /// Where a unit stands in the order that is tried.
    fn place(&self, unit: u32) -> (u64, u32) {
        let own = &self.units.all[unit as usize];
        let id = own.members.first().map_or(0, |&child| self.run.instance.parts().child_ids[child as usize]);
        match self.order {
            0 => (u64::from(own.last), unit),
            order => (spread(spread(order) ^ u64::from(id)), unit),
        }
    }

    fn all_wait(&mut self) {
        self.waiting = (0..).take(self.asks.len()).map(|unit| self.place(unit)).collect();
    }

    fn until_quiet(&mut self) {
        loop {
            while let Some((_, unit)) = self.waiting.pop_first() {
                self.ask(unit);
            }
            let best = self.run.alone(self.units, |child| self.placement.group_of[child as usize]);
            if best == self.placement.group_of {
                return;
            }
            self.placement.adopt(best);
            self.all_wait();
        }
    }

    /// A unit asks the kindergartens that it likes better than what it has.
    fn ask(&mut self, unit: u32) {
        let better = self.asks[unit as usize].iter().take(self.has[unit as usize]).enumerate();
        let room = |(at, &home): (usize, &u32)| {
            Some((at, self.placement.room(unit, home, self.order).filter(|_| home != NONE)?))
        };
        let Some((at, groups)) = better.filter(|&(_, &home)| home != NONE).find_map(room) else { return };
        let before = self.placement.steps.len();
        self.placement.come(unit, at, &groups);
        self.follow(before);
        let steps = self.placement.steps.len();
        let again = self.met.insert(self.placement.mark, steps);
        let long = steps > 16 * self.asks.len() + 64;
        if again.is_some() || long {
            self.cycle(again.unwrap_or(0));
        }
    }

    /// Takes note of who came and went since a step, and of who may find room now.
    fn follow(&mut self, from: usize) {
        for step in self.placement.steps.get(from..).unwrap_or_default() {
            match *step {
                Step::Came(unit, at) => self.has[unit as usize] = at,
                Step::Went(unit) => self.has[unit as usize] = self.asks[unit as usize].len(),
            }
        }
        let went = self.placement.steps.iter().skip(from).filter_map(|step| match step {
            Step::Came(..) => None,
            Step::Went(unit) => Some(*unit),
        });
        let went: Vec<u32> = went.collect();
        let vacated = std::mem::take(&mut self.placement.vacated);
        let near = vacated.iter().filter_map(|home| Some((*home, self.asked_by.get(home)?)));
        let likes = |home: u32, unit: u32| {
            self.asks[unit as usize].iter().take(self.has[unit as usize]).any(|&asked| asked == home)
        };
        let near = near.flat_map(|(home, units)| units.iter().copied().filter(move |&unit| likes(home, unit)));
        let places: Vec<(u64, u32)> = went.into_iter().chain(near).map(|unit| self.place(unit)).collect();
        self.waiting.extend(places);
    }

    /// The steps since this one lead round in a circle: another order, or one of its units gives a kindergarten up.
    fn cycle(&mut self, from: usize) {
        let units = self.placement.steps.get(from..).unwrap_or_default().iter();
        let moved = units.map(|step| match *step {
            Step::Came(unit, _) | Step::Went(unit) => unit,
        });
        // Nobody else finds room: whoever is not waiting asked in vain since the last place was left.
        let mut units: BTreeSet<u32> = moved.chain(self.waiting.iter().map(|&(_, unit)| unit)).collect();
        let orders = if self.start.is_some() { ORDERS } else { ORDERS_OF_MANY };
        if self.order < orders {
            self.order += 1;
            if let Some(start) = self.start.as_ref().filter(|_| self.order.is_multiple_of(2)) {
                self.placement = start.clone();
                self.has = self.asks.iter().map(Vec::len).collect();
                units.extend((0..).take(self.asks.len()));
            }
        } else {
            self.give_up(from);
            units.extend(self.waiting.iter().map(|&(_, unit)| unit));
            self.order = 0;
        }
        self.placement.steps.clear();
        self.met.clear();
        self.waiting = units.into_iter().map(|unit| self.place(unit)).collect();
    }

    fn give_up(&mut self, from: usize) {
        let mut came: BTreeMap<u32, usize> = BTreeMap::new();
        for step in self.placement.steps.get(from..).unwrap_or_default() {
            if let Step::Came(unit, at) = *step {
                let best = came.entry(unit).or_insert(at);
                *best = at.min(*best);
            }
        }
        let last = came.iter().max_by_key(|(unit, _)| self.units.all[**unit as usize].last);
        let Some((&unit, &at)) = last else { return };
        let home = std::mem::replace(&mut self.asks[unit as usize][at], NONE);
        self.gave_up.push(Given { unit, at, home, cycle: came.keys().copied().collect() });
        if self.has[unit as usize] == at {
            let before = self.placement.steps.len();
            self.placement.go(unit);
            self.follow(before);
        }
    }
}
