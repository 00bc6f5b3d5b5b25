//! The laboratory beside held places, reserved places and families: every scenario is a run of its own. Nothing is worked
//! out from the base run, so a scenario costs what an allocation costs.

use rayon::prelude::*;

use super::super::instance::{ANY, Instance};
use super::super::order::{NoTurns, Rule};
use super::super::settled::Won;
use super::super::special::{Run, Special, solve_special};
use super::outcome::{Outcome, PlaceValue, left_of};
use super::scenario::{PlaceChange, Scenario, changed_places};

/// Most children times groups for which the value of every place is found.
const VALUED_MAX: usize = 2_000_000;

/// A base run, and what can be asked about it.
#[derive(Clone, Debug)]
pub struct SpecialLaboratory<'a> {
    instance: &'a Instance,
    special: &'a Special,
    rule: Rule,
    /// What each child has in the base run, by position.
    base: Vec<Won>,
    outcome: Outcome,
    /// By group: how many children wish for it by name.
    wishes: Vec<u32>,
}

impl<'a> SpecialLaboratory<'a> {
    /// Makes the base run.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn new(instance: &'a Instance, special: &'a Special, rule: Rule) -> Result<Self, NoTurns> {
        let base = run(instance, special, rule)?;
        let outcome = Outcome::of(&instance.parts().tiers, &base, &base);
        let mut wishes = vec![0_u32; instance.groups()];
        for (child, won) in base.iter().enumerate() {
            let list = instance.parts().choices.get(child);
            for &group in list.iter().take(won.choice as usize) {
                wishes.get_mut(group as usize).into_iter().for_each(|count| *count += 1);
            }
        }
        Ok(Self { instance, special, rule, base, outcome, wishes })
    }

    /// What came of the base run.
    pub fn base(&self) -> &Outcome {
        &self.outcome
    }

    /// Runs the scenarios; their outcomes stand in the same order. `with_moves` keeps every child's change. Where a group has
    /// fewer places than its reserves, the later reserves give way.
    ///
    /// # Errors
    /// A scenario's rule asks for turns that the children do not have.
    pub fn run(&self, scenarios: &[Scenario], with_moves: bool) -> Result<Vec<Outcome>, NoTurns> {
        scenarios.par_iter().map(|scenario| self.run_one(scenario, with_moves)).collect()
    }

    /// The places that each group has left in the base run; held ones are not among them.
    pub fn left(&self) -> Vec<u32> {
        left_of(self.special.places(self.instance), &self.base, &[])
    }

    /// The places that each group has left in a scenario that was run with moves.
    pub fn left_after(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<u32> {
        let held = self.special.places(self.instance);
        let held = held.iter().zip(&self.instance.parts().capacities).map(|(all, free)| all - free);
        let places = self.capacities(scenario).into_iter().zip(held).map(|(free, held)| free + held);
        left_of(places.collect(), &self.base, &outcome.moves)
    }

    /// What one more place in each group would bring, by position. Each costs a run, so it is found only where children times
    /// groups are two millions at most.
    pub fn values(&self) -> Option<Vec<PlaceValue>> {
        let groups = self.instance.groups();
        if self.instance.children().saturating_mul(groups) > VALUED_MAX {
            return None;
        }
        // A place that nobody likes better than what it got can still let a family be whole where another of it does.
        let any = self.instance.parts().choices.items.contains(&ANY) || !self.special.together.is_empty();
        let value = |group: u32| {
            let wishes = self.wishes.get(group as usize).copied().unwrap_or_default();
            let nothing = PlaceValue { group, wishes, placed_more: 0, better: 0, worse: 0 };
            if wishes == 0 && !any {
                return nothing;
            }
            let more = Scenario { places: vec![PlaceChange::By(group, 1)], ..Scenario::default() };
            // The rule is the base run's, for which the turns are there.
            let Ok(outcome) = self.run_one(&more, false) else { return nothing };
            let count = |children: u64| u32::try_from(children).unwrap_or(u32::MAX);
            let placed_more = outcome.all.placed.cast_signed() - self.outcome.all.placed.cast_signed();
            PlaceValue { placed_more, better: count(outcome.all.better), worse: count(outcome.all.worse), ..nothing }
        };
        let groups = u32::try_from(groups).unwrap_or_default();
        Some((0..groups).into_par_iter().map(value).collect())
    }

    /// The free places of each group in a scenario.
    fn capacities(&self, scenario: &Scenario) -> Vec<u32> {
        let mut capacities = self.instance.parts().capacities.clone();
        let wishes = |group: u32| self.wishes.get(group as usize).copied().unwrap_or_default();
        for (group, places) in changed_places(&self.instance.parts().capacities, &scenario.places, wishes) {
            capacities.get_mut(group as usize).into_iter().for_each(|capacity| *capacity = places);
        }
        capacities
    }

    fn run_one(&self, scenario: &Scenario, with_moves: bool) -> Result<Outcome, NoTurns> {
        let parts = self.instance.parts();
        let capacities = self.capacities(scenario);
        let tiers = parts.tiers.iter().map(|tier| *scenario.tiers.get(tier).unwrap_or(tier)).collect();
        let mut special = self.special.clone();
        for (reserves, &places) in special.reserves.iter_mut().zip(&capacities) {
            let mut left = places;
            for reserve in reserves {
                reserve.places = reserve.places.min(left);
                left -= reserve.places;
            }
        }
        let instance = self.instance.varied(tiers, capacities);
        let now = run(&instance, &special, scenario.rule.unwrap_or(self.rule))?;
        let mut outcome = Outcome::of(&parts.tiers, &self.base, &now);
        if with_moves {
            let changed = (0..).zip(self.base.iter().zip(&now)).filter(|(_, (base, now))| base != now);
            outcome.moves = changed.map(|(position, (&base, &now))| (position, base, now)).collect();
            outcome.moves.sort_unstable_by_key(|&(position, ..)| parts.child_ids.get(position as usize));
        }
        Ok(outcome)
    }
}

/// What each child has after a run.
fn run(instance: &Instance, special: &Special, rule: Rule) -> Result<Vec<Won>, NoTurns> {
    let allocation = solve_special(instance, special, rule)?;
    let lists = Run::new(instance, special, rule)?;
    Ok((0..).zip(&allocation.group_of).map(|(child, &group)| lists.won(child, group)).collect())
}
