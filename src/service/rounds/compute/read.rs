//! A queue as it was read for a full run: its entries, what is reserved and asked for together, and its rule.

use super::conditions;
use super::offer::{Allocated, Offered, Run, Waiting};
use crate::engine::allocation::{Allocation, Conditions, Instance, NONE, Parts, Rule, solve};
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;

/// A queue whose entries are read.
pub(super) struct ReadQueue {
    /// Those who may be placed, in the merged order.
    pub(super) waiting: Vec<Waiting>,
    /// What is reserved and asked for together.
    pub(super) asked: Conditions,
    pub(super) rule: Rule,
}

impl ReadQueue {
    /// A full run.
    pub(super) fn serve(&self, offered: &[Offered]) -> Result<Allocated, Problem> {
        let instance = self.instance(offered)?;
        let allocation = solve(&instance, self.rule).map_err(internal)?;
        Ok(self.allocated(offered, instance, allocation))
    }

    /// What is to be allocated.
    pub(super) fn instance(&self, offered: &[Offered]) -> Result<Instance, Problem> {
        instance(&self.waiting, offered, self.asked.clone(), self.rule)
    }

    /// Who got which of the offered groups.
    pub(super) fn allocated(&self, offered: &[Offered], instance: Instance, allocation: Allocation) -> Allocated {
        let given = self.waiting.iter().zip(&allocation.group_of).filter(|(_, group)| **group != NONE);
        let mut given: Vec<(&Waiting, usize)> = given.map(|(waiting, group)| (waiting, *group as usize)).collect();
        conditions::best_first(&mut given, self.rule, &self.asked, offered);
        let given = given.into_iter().map(|(waiting, group)| (waiting.taker(), group)).collect();
        let left =
            self.waiting.iter().zip(&allocation.group_of).filter(|(child, group)| **group == NONE && child.is_together);
        let waiting_together = left.map(|(child, _)| child.waits_together()).collect();
        let run = Run { instance, rule: self.rule, allocation };
        Allocated { given, participants: self.waiting.len(), waiting_together, kept: Vec::new(), run: Some(run) }
    }
}

/// The instance of those who wait, each with the groups that suit it.
pub(super) fn instance(
    waiting: &[Waiting],
    offered: &[Offered],
    asked: Conditions,
    rule: Rule,
) -> Result<Instance, Problem> {
    let turn = |child: &Waiting| i64::try_from(child.position).unwrap_or(i64::MAX);
    let mut parts = Parts {
        group_ids: (1..).zip(offered).map(|(id, _)| id).collect(),
        capacities: offered.iter().map(|o| u32::try_from(o.places.len()).unwrap_or(u32::MAX)).collect(),
        child_ids: waiting.iter().map(|child| child.seated.ticket).collect(),
        tiers: waiting.iter().map(|child| child.seated.tier).collect(),
        applied_at: waiting.iter().map(|child| child.seated.applied_at.timestamp_micros()).collect(),
        turns: (rule == Rule::QueueByTurn).then(|| waiting.iter().map(turn).collect()),
        conditions: asked,
        ..Parts::default()
    };
    for child in waiting {
        let looked_at = if child.siblings.is_empty() { &[] } else { offered };
        let with_sibling = (0..).zip(looked_at).filter(|(_, offer)| child.has_sibling_at(offer));
        parts.siblings.push(with_sibling.map(|(at, _)| at)).map_err(internal)?;
        parts.choices.push(child.choices.iter().copied()).map_err(internal)?;
    }
    Instance::from_parts(parts).map_err(internal)
}
