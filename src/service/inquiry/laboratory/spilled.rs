//! What the queues of villages leave, and the queue of the home takes in.

use std::collections::{BTreeMap, HashMap};

use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Instance, Laboratory, Outcome, PlaceChange, Scenario};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::compute::market::Market;
use crate::service::rounds::fault::internal;

/// Places by group's id.
type Places = HashMap<String, u32>;

/// What a queue takes in: in the base run, and in each scenario.
#[derive(Default)]
pub(super) struct TakenIn {
    base: Places,
    scenarios: Vec<Places>,
}

/// What was left so far, by the queue that takes it in.
#[derive(Default)]
pub(super) struct Spilled(BTreeMap<QueueKey, TakenIn>);

impl Spilled {
    /// Notes what a queue leaves to `target`. The scenarios were run with moves.
    pub(super) fn leave(
        &mut self,
        target: QueueKey,
        market: &Market,
        laboratory: &Laboratory<'_>,
        scenarios: &[Scenario],
        outcomes: &[Outcome],
    ) {
        let taken = self.0.entry(target).or_default();
        taken.scenarios.resize_with(scenarios.len(), Places::default);
        let left = scenarios.iter().zip(outcomes).map(|(scenario, outcome)| laboratory.left_after(scenario, outcome));
        let all = std::iter::once(laboratory.left()).chain(left);
        for (places, left) in std::iter::once(&mut taken.base).chain(&mut taken.scenarios).zip(all) {
            for (group, left) in market.groups.iter().zip(left) {
                *places.entry(group.id.clone()).or_default() += left;
            }
        }
    }

    /// What this queue takes in; the places of the base run are added to its market.
    ///
    /// # Errors
    /// None that a sound market has.
    pub(super) fn taken_in(&mut self, market: &mut Market) -> Result<TakenIn, Problem> {
        let Some(taken) = self.0.remove(&market.queue) else { return Ok(TakenIn::default()) };
        let mut parts = market.instance.parts().clone();
        for (places, group) in parts.capacities.iter_mut().zip(&market.groups) {
            *places = places.saturating_add(taken.base.get(&group.id).copied().unwrap_or_default());
        }
        market.instance = Instance::from_parts(parts).map_err(internal)?;
        Ok(taken)
    }
}

impl TakenIn {
    /// Adds to each scenario what it takes in beside the base run, or less.
    pub(super) fn change(&self, market: &Market, scenarios: &mut [Scenario]) {
        for (scenario, places) in scenarios.iter_mut().zip(&self.scenarios) {
            for (group, at) in market.groups.iter().zip(0..) {
                let of = |places: &Places| i64::from(places.get(&group.id).copied().unwrap_or_default());
                let by = of(places) - of(&self.base);
                if by != 0 {
                    scenario.places.push(PlaceChange::By(at, by));
                }
            }
        }
    }
}
