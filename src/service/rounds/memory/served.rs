//! The allocation of a standing queue, brought forward.
//!
//! Under `queue` those who come first choose first: the queue is served again from the first turn that changed, and no further
//! than its places reach. Under `program` the acts are those of [`StandingAllocation`]: a joining child is one more proposer, a
//! place more a chain of vacancies.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::super::scope::{Offered, Served, Taker, choices, internal, takes_part};
use super::queue::StandingQueue;
use crate::domain::kindergarten::Group;
use crate::engine::allocation::standing::{ServedTurns, StandingAllocation, StandingChild, Taken};
use crate::engine::order::QueueOrder;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::kernel::problem::Problem;
use crate::store::seats::Seated;

/// What is asked of a queue.
pub(super) struct Asked<'a> {
    pub(super) profile: &'a Profile,
    /// Today, where the queue is.
    pub(super) day: NaiveDate,
    pub(super) offered: &'a [Offered],
}

/// What the children's lists depend on: where it changes they are all written anew.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Basis {
    profile: String,
    day: NaiveDate,
    groups: Vec<(Group, NaiveDate)>,
}

#[derive(Debug)]
enum Engine {
    Queue(ServedTurns),
    Program(Box<StandingAllocation>),
}

/// An allocation that stands.
pub(super) struct Allocation {
    basis: Basis,
    places: Vec<u32>,
    engine: Engine,
    taken: Vec<Taken>,
    participants: usize,
}

impl Asked<'_> {
    fn basis(&self) -> Basis {
        Basis {
            profile: self.profile.code.clone(),
            day: self.day,
            groups: self.offered.iter().map(|o| (o.group.clone(), o.available_on)).collect(),
        }
    }

    fn places(&self) -> Vec<u32> {
        self.offered.iter().map(|o| u32::try_from(o.places.len()).unwrap_or(u32::MAX)).collect()
    }

    fn takes_part(&self, seated: &Seated) -> bool {
        takes_part(self.profile, self.day, seated)
    }

    fn by_program(&self) -> bool {
        self.profile.round_rule.value == RoundRule::Program
    }
}

impl StandingQueue {
    /// The allocation of the moment, brought forward from the one before.
    pub(super) fn served(&mut self, asked: &Asked<'_>) -> Result<Served, Problem> {
        self.order.set_mix(asked.profile.mix.value);
        let (basis, places) = (asked.basis(), asked.places());
        let before = self.allocation.take().filter(|a| a.basis == basis);
        let allocation = match before {
            Some(a) if a.places == places && !self.moved && self.changed.is_empty() => a,
            before => self.brought_forward(asked, (basis, places), before)?,
        };
        (self.moved, self.changed) = (false, BTreeSet::new());
        let served = self.told(&allocation.taken, allocation.participants);
        self.allocation = Some(allocation);
        Ok(served)
    }

    fn brought_forward(
        &mut self,
        asked: &Asked<'_>,
        (basis, places): (Basis, Vec<u32>),
        before: Option<Allocation>,
    ) -> Result<Allocation, Problem> {
        let part = |seated: &Seated| asked.takes_part(seated);
        let other = |old: &[u32]| -> BTreeSet<u32> {
            (0..).zip(old.iter().zip(&places)).filter(|(_, (old, new))| old != new).map(|(group, _)| group).collect()
        };
        let (engine, taken) = match before.map(|a| (a.engine, other(&a.places))) {
            Some((Engine::Program(mut market), groups)) if asked.by_program() => {
                self.turns_served += self.propose(asked, &mut market, &groups, &places)?;
                let taken = in_order(&self.order, |ticket| market.group_of(ticket));
                (Engine::Program(market), taken)
            }
            Some((Engine::Queue(turns), _)) if !asked.by_program() => self.serve(asked, turns, part),
            _ => self.anew(asked, part)?,
        };
        let participants = self.entries.values().filter(|seated| asked.takes_part(seated)).count();
        Ok(Allocation { basis, places, engine, taken, participants })
    }

    /// The allocation without some of the entries; nothing of it is kept.
    pub(super) fn served_without(
        &mut self,
        asked: &Asked<'_>,
        passed_over: impl Fn(&String) -> bool,
    ) -> Result<Served, Problem> {
        self.order.set_mix(asked.profile.mix.value);
        let part = |seated: &Seated| asked.takes_part(seated) && !passed_over(&seated.number);
        let participants = self.entries.values().filter(|seated| part(seated)).count();
        let (_, taken) = self.anew(asked, part)?;
        Ok(self.told(&taken, participants))
    }

    fn anew(&mut self, asked: &Asked<'_>, part: impl Fn(&Seated) -> bool) -> Result<(Engine, Vec<Taken>), Problem> {
        if asked.by_program() {
            let groups = (1..).zip(asked.places());
            let mut market = StandingAllocation::new(groups);
            for seated in self.entries.values().filter(|seated| part(seated)) {
                self.turns_served += 1;
                market.join(&self.child(asked, seated)).map_err(internal)?;
            }
            let taken = in_order(&self.order, |ticket| market.group_of(ticket));
            return Ok((Engine::Program(Box::new(market)), taken));
        }
        Ok(self.serve(asked, ServedTurns::default(), part))
    }

    fn serve(
        &mut self,
        asked: &Asked<'_>,
        mut turns: ServedTurns,
        part: impl Fn(&Seated) -> bool,
    ) -> (Engine, Vec<Taken>) {
        let places = (0..).zip(asked.places()).collect();
        let participants = self.order.in_order().filter_map(|placed| {
            let ticket = placed.seat.ticket;
            self.entries.get(&ticket).filter(|seated| part(seated)).map(|_| (ticket, placed.position))
        });
        let list = |ticket| {
            let all = self.entries.get(&ticket).map(|seated| choices(seated, asked.offered)).unwrap_or_default();
            all.into_iter().map(|id| id - 1).collect()
        };
        let anew = turns.serve(places, participants, &self.changed, list);
        self.turns_served += anew;
        let taken = turns.taken().to_vec();
        (Engine::Queue(turns), taken)
    }

    /// Tells the market of everybody who changed and of every group with other places; how many that were.
    fn propose(
        &self,
        asked: &Asked<'_>,
        market: &mut StandingAllocation,
        groups: &BTreeSet<u32>,
        places: &[u32],
    ) -> Result<u64, Problem> {
        for &ticket in &self.changed {
            // Who did not take part has nothing to leave.
            let _ = market.leave(ticket);
            if let Some(seated) = self.entries.get(&ticket).filter(|seated| asked.takes_part(seated)) {
                market.join(&self.child(asked, seated)).map_err(internal)?;
            }
        }
        for &group in groups {
            let places = places.get(group as usize).copied().unwrap_or_default();
            market.set_places(group + 1, places).map_err(internal)?;
        }
        Ok((self.changed.len() + groups.len()) as u64)
    }

    fn child(&self, asked: &Asked<'_>, seated: &Seated) -> StandingChild {
        let there = self.siblings.as_ref().and_then(|s| s.get(&seated.number)).map_or(&[][..], Vec::as_slice);
        let with_sibling = (1..).zip(asked.offered).filter(|(_, o)| there.contains(&o.group.kindergarten));
        StandingChild {
            id: seated.ticket,
            tier: seated.tier,
            applied_at: seated.applied_at.timestamp_micros(),
            siblings: with_sibling.map(|(id, _)| id).collect(),
            choices: choices(seated, asked.offered),
        }
    }

    fn told(&self, taken: &[Taken], participants: usize) -> Served {
        let given = taken.iter().filter_map(|taken| {
            let seated = self.entries.get(&taken.child)?;
            Some((Taker::of(seated, taken.position), taken.group as usize))
        });
        Served { given: given.collect(), participants, run: None }
    }
}

/// Those who have a group (by id from 1), in the merged order.
fn in_order(order: &QueueOrder, group_of: impl Fn(u32) -> Option<u32>) -> Vec<Taken> {
    let taken = order.in_order().filter_map(|placed| {
        let group = group_of(placed.seat.ticket)?.checked_sub(1)?;
        Some(Taken { child: placed.seat.ticket, position: placed.position, group })
    });
    taken.collect()
}
