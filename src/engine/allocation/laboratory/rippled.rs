//! The laboratory where places are neither held nor reserved and nobody applies together.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::super::instance::Instance;
use super::super::order::{NoTurns, Rule};
use super::super::prepared::Prepared;
use super::super::ripple::{Move, Ripple};
use super::super::settled::{Settled, Won};
use super::super::solve::NONE;
use super::outcome::{Outcome, PlaceValue, left_of};
use super::reranked::{Layout, Scratch};
use super::scenario::{PlaceChange, Scenario, changed_places};

/// So many scenarios that rank children alike are worth a settled market of their own; it takes as long as some whole runs.
const SETTLED_FROM: usize = 8;
/// Rankings handled by one task, in the same arrays.
const RANKINGS_TOGETHER: usize = 4;

/// A base run, and what can be asked about it.
#[derive(Clone, Debug)]
pub(super) struct Rippled<'a> {
    instance: &'a Instance,
    rule: Rule,
    settled: Settled,
    /// What each child has in the base run, by position.
    base: Vec<Won>,
    outcome: Outcome,
}

impl<'a> Rippled<'a> {
    /// Makes the base run.
    pub(super) fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        let settled = Settled::new(Prepared::new(instance, rule)?);
        let mut base = vec![Won::NOTHING; instance.children()];
        for (&position, rank) in settled.prepared().order().iter().zip(0..) {
            if let Some(won) = base.get_mut(position as usize) {
                *won = settled.won(rank);
            }
        }
        let outcome = Outcome::of(&instance.parts().tiers, &base, &base, |_| false);
        Ok(Self { instance, rule, settled, base, outcome })
    }

    /// What came of the base run.
    pub(super) fn base(&self) -> &Outcome {
        &self.outcome
    }

    /// Runs the scenarios; their outcomes stand in the same order. `with_moves` keeps every child's change.
    pub(super) fn run(&self, scenarios: &[Scenario], with_moves: bool) -> Result<Vec<Outcome>, NoTurns> {
        let mut alike: BTreeMap<(RuleKey, &BTreeMap<u8, u8>), Vec<usize>> = BTreeMap::new();
        for (at, scenario) in scenarios.iter().enumerate() {
            let rule = rule_key(scenario.rule.unwrap_or(self.rule));
            alike.entry((rule, &scenario.tiers)).or_default().push(at);
        }
        let alike: Vec<Vec<usize>> = alike.into_values().collect();
        let (whole, settled): (Vec<_>, Vec<_>) =
            alike.into_iter().partition(|numbers| self.is_run_whole(scenarios, numbers));
        let mut results: Vec<Vec<(usize, Outcome)>> = settled
            .par_iter()
            .with_max_len(1)
            .map(|numbers| self.run_alike(scenarios, numbers, with_moves))
            .collect::<Result<_, _>>()?;
        if !whole.is_empty() {
            let layout = Layout::new(self.instance, &self.base)?;
            let run = |rankings: &[Vec<usize>]| {
                let mut scratch = Scratch::default();
                let run = |numbers: &Vec<usize>| self.run_whole(&layout, scenarios, numbers, with_moves, &mut scratch);
                rankings.iter().flat_map(run).collect::<Vec<_>>()
            };
            results.par_extend(whole.par_chunks(RANKINGS_TOGETHER).map(run));
        }
        let mut outcomes = vec![Outcome::default(); scenarios.len()];
        for (at, outcome) in results.into_iter().flatten() {
            if let Some(slot) = outcomes.get_mut(at) {
                *slot = outcome;
            }
        }
        Ok(outcomes)
    }

    /// Whether the scenarios rank children as the base run does.
    fn is_ranked_as_base(&self, scenario: &Scenario) -> bool {
        let rule = scenario.rule.unwrap_or(self.rule);
        rule == self.rule && (scenario.tiers.is_empty() || rule == Rule::QueueByTurn)
    }

    /// Whether these scenarios, which rank children alike, are too few for a settled market of their own.
    fn is_run_whole(&self, scenarios: &[Scenario], numbers: &[usize]) -> bool {
        let with_places = numbers.iter().filter(|&&at| scenarios.get(at).is_some_and(|s| !s.places.is_empty())).count();
        let anew = |scenario: &Scenario| {
            !self.is_ranked_as_base(scenario) && scenario.rule.unwrap_or(self.rule) != Rule::QueueByTurn
        };
        with_places < SETTLED_FROM && numbers.first().and_then(|&at| scenarios.get(at)).is_some_and(anew)
    }

    /// Scenarios over one settled market.
    fn run_alike(
        &self,
        scenarios: &[Scenario],
        numbers: &[usize],
        moves: bool,
    ) -> Result<Vec<(usize, Outcome)>, NoTurns> {
        let Some(first) = numbers.first().and_then(|&at| scenarios.get(at)) else { return Ok(vec![]) };
        if self.is_ranked_as_base(first) {
            return Ok(self.rippled_all(&self.settled, &self.outcome, scenarios, numbers, moves));
        }
        let own = &self.instance.parts().tiers;
        let tiers: Vec<u8> = own.iter().map(|tier| *first.tiers.get(tier).unwrap_or(tier)).collect();
        let rule = first.rule.unwrap_or(self.rule);
        let settled = Settled::new(Prepared::with_tiers(self.instance, &tiers, rule)?);
        let start = self.outcome_of(settled.prepared(), |rank| settled.won(rank), moves);
        Ok(self.rippled_all(&settled, &start, scenarios, numbers, moves))
    }

    /// Each scenario as a change of a settled market.
    fn rippled_all(
        &self,
        settled: &Settled,
        start: &Outcome,
        scenarios: &[Scenario],
        numbers: &[usize],
        moves: bool,
    ) -> Vec<(usize, Outcome)> {
        let run = |ripple: &mut Ripple<'_>, &at: &usize| {
            let places = self.places(scenarios.get(at).map_or(&[], |s| &s.places));
            let steps = ripple.with_places(&places);
            (at, self.rippled(settled.prepared(), start, &steps, moves))
        };
        numbers.par_iter().map_init(|| Ripple::new(settled), run).collect()
    }

    /// Scenarios that rank children alike, each as a run of its own over the layout that serves all rankings.
    fn run_whole(
        &self,
        layout: &Layout,
        scenarios: &[Scenario],
        numbers: &[usize],
        moves: bool,
        scratch: &mut Scratch,
    ) -> Vec<(usize, Outcome)> {
        let mut outcomes: Vec<(usize, Outcome)> = vec![];
        for (at, scenario) in numbers.iter().filter_map(|&at| Some((at, scenarios.get(at)?))) {
            let rule = scenario.rule.unwrap_or(self.rule);
            if outcomes.is_empty() {
                layout.rank(&scenario.tiers, rule, scratch);
            }
            let mut capacities = self.instance.parts().capacities.clone();
            for (group, places) in self.places(&scenario.places) {
                if let Some(capacity) = capacities.get_mut(group as usize) {
                    *capacity = places;
                }
            }
            let mut outcome = layout.run(rule, &capacities, moves, scratch);
            self.sort_by_id(&mut outcome.moves);
            outcomes.push((at, outcome));
        }
        outcomes
    }

    /// The outcome of a whole run.
    fn outcome_of(&self, prepared: &Prepared, won: impl Fn(u32) -> Won, with_moves: bool) -> Outcome {
        let tiers = &self.instance.parts().tiers;
        let mut outcome = Outcome::default();
        for (&position, rank) in prepared.order().iter().zip(0..) {
            let (Some(&base), Some(&tier)) = (self.base.get(position as usize), tiers.get(position as usize)) else {
                continue;
            };
            let now = won(rank);
            outcome.change(tier, base, now, true);
            if with_moves && base != now {
                outcome.moves.push((position, base, now));
            }
        }
        outcome.all.children = self.outcome.all.children;
        for (tier, count) in &self.outcome.by_tier {
            outcome.by_tier.entry(*tier).or_default().children = count.children;
        }
        self.sort_by_id(&mut outcome.moves);
        outcome
    }

    /// The outcome where a few children fare otherwise than at the start.
    fn rippled(&self, prepared: &Prepared, start: &Outcome, steps: &[Move], with_moves: bool) -> Outcome {
        let tiers = &self.instance.parts().tiers;
        let mut outcome = start.clone();
        let mut moves: BTreeMap<u32, (Won, Won)> =
            outcome.moves.drain(..).map(|(position, base, now)| (position, (base, now))).collect();
        for step in steps {
            let Some(&position) = prepared.order().get(step.rank as usize) else { continue };
            let (Some(&base), Some(&tier)) = (self.base.get(position as usize), tiers.get(position as usize)) else {
                continue;
            };
            outcome.change(tier, base, step.from, false);
            outcome.change(tier, base, step.to, true);
            if with_moves {
                moves.insert(position, (base, step.to));
            }
        }
        let changed = moves.into_iter().filter(|(_, (base, now))| base != now);
        outcome.moves = changed.map(|(position, (base, now))| (position, base, now)).collect();
        self.sort_by_id(&mut outcome.moves);
        outcome
    }

    fn sort_by_id(&self, moves: &mut [(u32, Won, Won)]) {
        moves.sort_unstable_by_key(|&(position, ..)| self.instance.parts().child_ids.get(position as usize));
    }

    /// The places of the groups that a scenario touches.
    fn places(&self, changes: &[PlaceChange]) -> Vec<(u32, u32)> {
        changed_places(&self.instance.parts().capacities, changes, |group| self.settled.wish_count(group))
    }

    /// The places that each group has left in the base run.
    pub(super) fn left(&self) -> Vec<u32> {
        self.left_of(&[], &[])
    }

    /// The places that each group has left in a scenario that was run with moves.
    pub(super) fn left_after(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<u32> {
        self.left_of(&self.places(&scenario.places), &outcome.moves)
    }

    fn left_of(&self, places: &[(u32, u32)], moves: &[(u32, Won, Won)]) -> Vec<u32> {
        let mut capacities = self.instance.parts().capacities.clone();
        for &(group, places) in places {
            capacities.get_mut(group as usize).into_iter().for_each(|capacity| *capacity = places);
        }
        left_of(capacities, &self.base, moves)
    }

    /// What one more place in each group would bring, by position.
    pub(super) fn values(&self) -> Vec<PlaceValue> {
        let capacities = &self.instance.parts().capacities;
        let value = |ripple: &mut Ripple<'_>, group: usize| {
            let places = capacities.get(group).copied().unwrap_or_default().saturating_add(1);
            let group = u32::try_from(group).unwrap_or(NONE);
            let steps = ripple.with_places(&[(group, places)]);
            let placed_more = steps.iter().filter(|step| !step.from.is_placed()).count();
            PlaceValue {
                group,
                wishes: self.settled.wish_count(group),
                placed_more: i64::try_from(placed_more).unwrap_or(i64::MAX),
                better: u32::try_from(steps.len()).unwrap_or(u32::MAX),
                worse: 0,
            }
        };
        let groups = (0..capacities.len()).into_par_iter().with_min_len(64);
        groups.map_init(|| Ripple::new(&self.settled), value).collect()
    }
}

/// Rules in an order, so that equal ones meet.
type RuleKey = (u8, u32, u32);

fn rule_key(rule: Rule) -> RuleKey {
    match rule {
        Rule::Queue { mix: None } => (0, 0, 0),
        Rule::Queue { mix: Some(mix) } => (1, mix.p(), mix.g()),
        Rule::QueueByTurn => (2, 0, 0),
        Rule::Program => (3, 0, 0),
    }
}
