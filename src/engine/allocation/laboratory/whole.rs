#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length")]
//! The laboratory beside held places, reserved places and families: every scenario is a run of its own. Nothing is worked
//! out from the base run, so a scenario costs what an allocation costs.

use rayon::prelude::*;

use super::super::choosing::{Run, Unit, Units};
use super::super::instance::{ANY, Instance};
use super::super::order::{NoTurns, Rule};
use super::super::settled::Won;
use super::super::solve::NONE;
use super::outcome::{Outcome, PlaceValue, left_of};
use super::scenario::{PlaceChange, Scenario, changed_places};

/// Most children times groups for which the value of every place is found.
const VALUED_MAX: usize = 2_000_000;

/// A base run, and what can be asked about it.
#[derive(Clone, Debug)]
pub(super) struct Whole<'a> {
    instance: &'a Instance,
    rule: Rule,
    /// What each child has in the base run, by position.
    base: Vec<Won>,
    outcome: Outcome,
    /// By child: whether it applies together with others.
    in_family: Vec<bool>,
    /// By group: how many children wish for it by name.
    wishes: Vec<u32>,
}

impl<'a> Whole<'a> {
    /// Makes the base run.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub(super) fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        let base = run(instance, rule)?;
        let outcome = Outcome::of(&instance.parts().tiers, &base, &base, |_| false);
        let mut wishes = vec![0_u32; instance.groups()];
        for (child, won) in base.iter().enumerate() {
            let list = instance.parts().choices.get(child);
            for &group in list.iter().take_while(|&&group| group != won.group && group != ANY) {
                wishes.get_mut(group as usize).into_iter().for_each(|count| *count += 1);
            }
        }
        let mut in_family = vec![false; instance.children()];
        for child in instance.conditions().families().into_iter().flatten() {
            in_family.get_mut(child as usize).into_iter().for_each(|known| *known = true);
        }
        Ok(Self { instance, rule, base, outcome, in_family, wishes })
    }

    /// What came of the base run.
    pub(super) fn base(&self) -> &Outcome {
        &self.outcome
    }

    /// Runs the scenarios; their outcomes stand in the same order. `with_moves` keeps every child's change. Where a group has
    /// fewer places than its reserves, the later reserves give way.
    ///
    /// # Errors
    /// A scenario's rule asks for turns that the children do not have.
    pub(super) fn run(&self, scenarios: &[Scenario], with_moves: bool) -> Result<Vec<Outcome>, NoTurns> {
        scenarios.par_iter().map(|scenario| self.run_one(scenario, with_moves)).collect()
    }

    /// The places that each group has left in the base run; held ones are not among them.
    pub(super) fn left(&self) -> Vec<u32> {
        left_of(self.instance.places(), &self.base, &[])
    }

    /// The places that each group has left in a scenario that was run with moves.
    pub(super) fn left_after(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<u32> {
        let held = self.instance.places();
        let held = held.iter().zip(&self.instance.parts().capacities).map(|(all, free)| all - free);
        let places = self.capacities(scenario).into_iter().zip(held).map(|(free, held)| free + held);
        left_of(places.collect(), &self.base, &outcome.moves)
    }

    /// What one more place in each group would bring, by position. Each costs a run, so it is found only where children times
    /// groups are two millions at most.
    pub(super) fn values(&self) -> Option<Vec<PlaceValue>> {
        let groups = self.instance.groups();
        if self.instance.children().saturating_mul(groups) > VALUED_MAX {
            return None;
        }
        // A place that nobody likes better than what it got can still let a family be whole where another of it does.
        let any = self.instance.parts().choices.items.contains(&ANY) || !self.instance.conditions().together.is_empty();
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
        let instance = self.instance.varied(tiers, capacities);
        let now = run(&instance, scenario.rule.unwrap_or(self.rule))?;
        let mut outcome =
            Outcome::of(&parts.tiers, &self.base, &now, |child| self.in_family.get(child as usize) == Some(&true));
        if with_moves {
            let changed = (0..).zip(self.base.iter().zip(&now)).filter(|(_, (base, now))| base != now);
            outcome.moves = changed.map(|(position, (&base, &now))| (position, base, now)).collect();
            outcome.moves.sort_unstable_by_key(|&(position, ..)| parts.child_ids.get(position as usize));
        }
        Ok(outcome)
    }
}

/// What each child has after a run.
fn run(instance: &Instance, rule: Rule) -> Result<Vec<Won>, NoTurns> {
    let lists = Run::new(instance, rule)?;
    let allocation = lists.solve();
    let units = Units::new(&lists);
    let won = |(child, &group): (u32, &u32)| match units.of(child) {
        Some(unit) if group != NONE => {
            won_together(&lists, &units, &units.all[unit as usize], &allocation.group_of, child)
        }
        _ => lists.won(child, group),
    };
    Ok((0..).zip(&allocation.group_of).map(won).collect())
}

/// What a child of a family has: which kindergarten of the family's list, and the group there.
fn won_together(run: &Run<'_>, units: &Units, unit: &Unit, group_of: &[u32], child: u32) -> Won {
    let group = group_of[child as usize];
    let home = units.home(group);
    let whole = unit.members.iter().all(|&member| units.home(group_of[member as usize]) == home);
    let asked = units.asks(run, unit).position(|asked| asked == home).filter(|_| whole);
    let choice = asked.and_then(|asked| u32::try_from(asked).ok());
    choice.map_or(Won { choice: Won::HELD, group }, |choice| Won { choice, group })
}
