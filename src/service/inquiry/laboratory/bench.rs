//! The laboratory of one queue: plain, or with what is reserved and asked for together.

use crate::engine::allocation::{Laboratory, Outcome, PlaceValue, Rule, Scenario, SpecialLaboratory};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::compute::market::Market;
use crate::service::rounds::fault::internal;

pub(super) enum Bench<'a> {
    Plain(Box<Laboratory<'a>>),
    Special(SpecialLaboratory<'a>),
}

impl<'a> Bench<'a> {
    /// Makes the base run of a market.
    pub(super) fn new(market: &'a Market, rule: Rule) -> Result<Self, Problem> {
        let instance = &market.instance;
        Ok(match &market.special {
            Some(special) => Bench::Special(SpecialLaboratory::new(instance, special, rule).map_err(internal)?),
            None => Bench::Plain(Box::new(Laboratory::new(instance, rule).map_err(internal)?)),
        })
    }

    /// What came of the base run.
    pub(super) fn base(&self) -> &Outcome {
        match self {
            Bench::Plain(laboratory) => laboratory.base(),
            Bench::Special(laboratory) => laboratory.base(),
        }
    }

    /// Runs the scenarios; their outcomes stand in the same order. `with_moves` keeps every child's change.
    pub(super) fn run(&self, scenarios: &[Scenario], with_moves: bool) -> Result<Vec<Outcome>, Problem> {
        let outcomes = match self {
            Bench::Plain(laboratory) => laboratory.run(scenarios, with_moves),
            Bench::Special(laboratory) => laboratory.run(scenarios, with_moves),
        };
        outcomes.map_err(internal)
    }

    /// The places that each group has left in the base run.
    pub(super) fn left(&self) -> Vec<u32> {
        match self {
            Bench::Plain(laboratory) => laboratory.left(),
            Bench::Special(laboratory) => laboratory.left(),
        }
    }

    /// The same of a scenario that was run with moves.
    pub(super) fn left_after(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<u32> {
        match self {
            Bench::Plain(laboratory) => laboratory.left_after(scenario, outcome),
            Bench::Special(laboratory) => laboratory.left_after(scenario, outcome),
        }
    }

    /// What one more place in each group would bring; nothing in a large queue with reserves or families.
    pub(super) fn values(&self) -> Vec<PlaceValue> {
        match self {
            Bench::Plain(laboratory) => laboratory.values(),
            Bench::Special(laboratory) => laboratory.values().unwrap_or_default(),
        }
    }
}
