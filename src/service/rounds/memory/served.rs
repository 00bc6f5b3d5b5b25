//! The allocation of a standing queue, brought forward.
//!
//! Under `queue` those who come first choose first: the queue is served again from the first turn that changed, and no further
//! than its places reach. Under `program` the acts are those of [`StandingAllocation`]: a joining child is one more proposer, a
//! place more a chain of vacancies.

use std::collections::BTreeSet;

use super::allocation::{Allocation, Basis, Engine, Terms};
use super::queue::StandingQueue;
use crate::engine::allocation::standing::{ServedTurns, StandingAllocation, StandingChild, Taken};
use crate::engine::order::QueueOrder;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::compute::offer::{Allocated, Taker, choices};
use crate::service::rounds::fault::internal;
use crate::store::seats::Seated;

/// The allocation of the moment, brought forward from the one before.
pub(crate) fn served(standing: &mut StandingQueue, terms: &Terms<'_>) -> Result<Allocated, Problem> {
    standing.order.set_mix(terms.profile.mix.value);
    let (basis, places) = (terms.basis(), terms.places());
    let before = standing.allocation.take().filter(|a| a.basis == basis);
    let allocation = match before {
        Some(a) if a.places == places && !standing.moved && standing.changed.is_empty() => a,
        before => brought_forward(standing, terms, basis, places, before)?,
    };
    (standing.moved, standing.changed) = (false, BTreeSet::new());
    let served = allocated(standing, &allocation.taken, allocation.participants);
    standing.allocation = Some(allocation);
    Ok(served)
}

fn brought_forward(
    standing: &mut StandingQueue,
    terms: &Terms<'_>,
    basis: Basis,
    places: Vec<u32>,
    before: Option<Allocation>,
) -> Result<Allocation, Problem> {
    let part = |seated: &Seated| terms.takes_part(seated);
    let other = |old: &[u32]| -> BTreeSet<u32> {
        (0..).zip(old.iter().zip(&places)).filter(|(_, (old, new))| old != new).map(|(group, _)| group).collect()
    };
    let (engine, taken) = match before.map(|a| (a.engine, other(&a.places))) {
        Some((Engine::Program(mut market), groups)) if terms.by_program() => {
            standing.turns_served += propose(standing, terms, &mut market, &groups, &places)?;
            let taken = in_order(&standing.order, |ticket| market.group_of(ticket));
            (Engine::Program(market), taken)
        }
        Some((Engine::Queue(turns), _)) if !terms.by_program() => serve(standing, terms, turns, part),
        _ => anew(standing, terms, part)?,
    };
    let participants = standing.entries.values().filter(|seated| terms.takes_part(seated)).count();
    Ok(Allocation { basis, places, engine, taken, participants })
}

/// The allocation without some of the entries; nothing of it is kept.
pub(crate) fn served_without(
    standing: &mut StandingQueue,
    terms: &Terms<'_>,
    passed_over: impl Fn(&String) -> bool,
) -> Result<Allocated, Problem> {
    standing.order.set_mix(terms.profile.mix.value);
    let part = |seated: &Seated| terms.takes_part(seated) && !passed_over(&seated.number);
    let participants = standing.entries.values().filter(|seated| part(seated)).count();
    let (_, taken) = anew(standing, terms, part)?;
    Ok(allocated(standing, &taken, participants))
}

fn anew(
    standing: &mut StandingQueue,
    terms: &Terms<'_>,
    part: impl Fn(&Seated) -> bool,
) -> Result<(Engine, Vec<Taken>), Problem> {
    if terms.by_program() {
        let groups = (1..).zip(terms.places());
        let mut market = StandingAllocation::new(groups);
        for seated in standing.entries.values().filter(|seated| part(seated)) {
            standing.turns_served += 1;
            market.join(&child(standing, terms, seated)).map_err(internal)?;
        }
        let taken = in_order(&standing.order, |ticket| market.group_of(ticket));
        return Ok((Engine::Program(Box::new(market)), taken));
    }
    Ok(serve(standing, terms, ServedTurns::default(), part))
}

fn serve(
    standing: &mut StandingQueue,
    terms: &Terms<'_>,
    mut turns: ServedTurns,
    part: impl Fn(&Seated) -> bool,
) -> (Engine, Vec<Taken>) {
    let places = (0..).zip(terms.places()).collect();
    let participants = standing.order.in_order().filter_map(|placed| {
        let ticket = placed.seat.ticket;
        standing.entries.get(&ticket).filter(|seated| part(seated)).map(|_| (ticket, placed.position))
    });
    let list = |ticket| {
        let all = standing.entries.get(&ticket).map(|seated| choices(seated, terms.offered)).unwrap_or_default();
        all.into_iter().map(|id| id - 1).collect()
    };
    let anew = turns.serve(places, participants, &standing.changed, list);
    standing.turns_served += anew;
    let taken = turns.taken().to_vec();
    (Engine::Queue(turns), taken)
}

/// Tells the market of everybody who changed and of every group with other places; how many that were.
fn propose(
    standing: &StandingQueue,
    terms: &Terms<'_>,
    market: &mut StandingAllocation,
    groups: &BTreeSet<u32>,
    places: &[u32],
) -> Result<u64, Problem> {
    for &ticket in &standing.changed {
        // Who did not take part has nothing to leave.
        let _ = market.leave(ticket);
        if let Some(seated) = standing.entries.get(&ticket).filter(|seated| terms.takes_part(seated)) {
            market.join(&child(standing, terms, seated)).map_err(internal)?;
        }
    }
    for &group in groups {
        let places = places.get(group as usize).copied().unwrap_or_default();
        market.set_places(group + 1, places).map_err(internal)?;
    }
    Ok((standing.changed.len() + groups.len()) as u64)
}

fn child(standing: &StandingQueue, terms: &Terms<'_>, seated: &Seated) -> StandingChild {
    let there = standing.siblings.as_ref().and_then(|s| s.get(&seated.number)).map_or(&[][..], Vec::as_slice);
    let with_sibling = (1..).zip(terms.offered).filter(|(_, o)| there.contains(&o.group.kindergarten));
    StandingChild {
        id: seated.ticket,
        tier: seated.tier,
        applied_at: seated.applied_at.timestamp_micros(),
        siblings: with_sibling.map(|(id, _)| id).collect(),
        choices: choices(seated, terms.offered),
    }
}

fn allocated(standing: &StandingQueue, taken: &[Taken], participants: usize) -> Allocated {
    let given = taken.iter().filter_map(|taken| {
        let seated = standing.entries.get(&taken.child)?;
        Some((Taker::of(seated, taken.position), taken.group as usize))
    });
    Allocated { given: given.collect(), participants, run: None }
}

/// Those who have a group (by id from 1), in the merged order.
fn in_order(order: &QueueOrder, group_of: impl Fn(u32) -> Option<u32>) -> Vec<Taken> {
    let taken = order.in_order().filter_map(|placed| {
        let group = group_of(placed.seat.ticket)?.checked_sub(1)?;
        Some(Taken { child: placed.seat.ticket, position: placed.position, group })
    });
    taken.collect()
}
