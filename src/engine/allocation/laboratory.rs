//! The policy laboratory: the same children and groups under other rules and other places.
//!
//! Where many scenarios rank children alike they share one settled market; other places are worked out from there as a
//! [`Ripple`], so a thousand of them cost hardly more than one run. Those that rank children by themselves are run whole,
//! over one layout that serves all rankings; so is every scenario where something is held, reserved or asked for together.
//! Scenarios run in parallel and do not depend on each other.
//!
//! [`Ripple`]: super::Ripple

mod outcome;
mod reranked;
mod rippled;
mod scenario;
mod whole;

use super::instance::Instance;
use super::order::{NoTurns, Rule};
pub use outcome::{Count, Outcome, PlaceValue};
use rippled::Rippled;
pub use scenario::{PlaceChange, Scenario};
use whole::Whole;

/// A base run, and what can be asked about it.
#[derive(Clone, Debug)]
pub struct Laboratory<'a>(Way<'a>);

#[derive(Clone, Debug)]
enum Way<'a> {
    Rippled(Box<Rippled<'a>>),
    Whole(Box<Whole<'a>>),
}

impl<'a> Laboratory<'a> {
    /// Makes the base run.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        Ok(Self(match instance.conditions().is_empty() {
            true => Way::Rippled(Box::new(Rippled::new(instance, rule)?)),
            false => Way::Whole(Box::new(Whole::new(instance, rule)?)),
        }))
    }

    /// What came of the base run.
    pub fn base(&self) -> &Outcome {
        match &self.0 {
            Way::Rippled(way) => way.base(),
            Way::Whole(way) => way.base(),
        }
    }

    /// Runs the scenarios; their outcomes stand in the same order. `with_moves` keeps every child's change. Where a group has
    /// fewer places than its reserves, the later reserves give way.
    ///
    /// # Errors
    /// A scenario's rule asks for turns that the children do not have.
    pub fn run(&self, scenarios: &[Scenario], with_moves: bool) -> Result<Vec<Outcome>, NoTurns> {
        match &self.0 {
            Way::Rippled(way) => way.run(scenarios, with_moves),
            Way::Whole(way) => way.run(scenarios, with_moves),
        }
    }

    /// The places that each group has left in the base run; held ones are not among them.
    pub fn left(&self) -> Vec<u32> {
        match &self.0 {
            Way::Rippled(way) => way.left(),
            Way::Whole(way) => way.left(),
        }
    }

    /// The places that each group has left in a scenario that was run with moves.
    pub fn left_after(&self, scenario: &Scenario, outcome: &Outcome) -> Vec<u32> {
        match &self.0 {
            Way::Rippled(way) => way.left_after(scenario, outcome),
            Way::Whole(way) => way.left_after(scenario, outcome),
        }
    }

    /// What one more place in each group would bring, by position. Where each costs a run, it is found only where children
    /// times groups are two millions at most.
    pub fn values(&self) -> Option<Vec<PlaceValue>> {
        match &self.0 {
            Way::Rippled(way) => Some(way.values()),
            Way::Whole(way) => way.values(),
        }
    }
}
