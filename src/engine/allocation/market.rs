//! An instance laid out for a rule. Which way it is allocated is the engine's own choice: where nothing is held, reserved or
//! asked for together, keys of 32 bits and one threshold per group do.

use super::choosing::{Run, serves_in_order};
use super::cutoff::CutOff;
use super::instance::Instance;
use super::order::{NoTurns, Rule};
use super::prepared::Prepared;
use super::solve::Allocation;

/// An instance that is ready to be allocated by a rule.
#[derive(Debug)]
pub struct Market<'a> {
    instance: &'a Instance,
    rule: Rule,
    way: Way<'a>,
}

#[derive(Debug)]
enum Way<'a> {
    Plain(Prepared),
    Choosing(Run<'a>),
}

impl<'a> Market<'a> {
    /// Lays the instance out.
    ///
    /// # Errors
    /// The rule asks for turns that the children do not have.
    pub fn new(instance: &'a Instance, rule: Rule) -> Result<Self, NoTurns> {
        let way = match instance.conditions().is_empty() {
            true => Way::Plain(Prepared::new(instance, rule)?),
            false => Way::Choosing(Run::new(instance, rule)?),
        };
        Ok(Self { instance, rule, way })
    }

    /// Allocates.
    pub fn solve(&self) -> Allocation {
        match &self.way {
            Way::Plain(prepared) => prepared.solve(),
            Way::Choosing(run) => run.solve(),
        }
    }

    /// Where each group's places ran out in an allocation, by position.
    pub fn cut_offs(&self, allocation: &Allocation) -> Vec<CutOff> {
        match &self.way {
            Way::Plain(prepared) => prepared.cut_offs(self.instance, self.rule, allocation),
            Way::Choosing(run) => run.cut_offs(allocation),
        }
    }
}

/// Whether units are served one after the other, each where its last member stands: where turns decide and no seat is ever taken away
/// again. Elsewhere families ask again when room appears.
pub fn is_served_in_order(instance: &Instance, rule: Rule) -> bool {
    serves_in_order(instance.conditions(), rule)
}

/// Allocates an instance by a rule.
///
/// # Errors
/// The rule asks for turns that the children do not have.
pub fn solve(instance: &Instance, rule: Rule) -> Result<Allocation, NoTurns> {
    Ok(Market::new(instance, rule)?.solve())
}

/// The cut-offs of an allocation.
///
/// # Errors
/// The rule asks for turns that the children do not have.
pub fn cut_offs(instance: &Instance, rule: Rule, allocation: &Allocation) -> Result<Vec<CutOff>, NoTurns> {
    Ok(Market::new(instance, rule)?.cut_offs(allocation))
}
