#![allow(clippy::indexing_slicing, reason = "a checked instance keeps every index below its length; hot loop")]
//! Children ranked anew by other tiers and another mix, without sorting them or laying their choices out again.
//!
//! One layout holds the children by (own tier, instant, ticket). Whatever a scenario makes of the tiers, its order is a
//! merge of these blocks, and a mix alternates between them; so a run reads the layout from front to back in a few
//! streams, as a run over a layout of its own would.

use std::collections::BTreeMap;

use super::super::instance::Instance;
use super::super::order::{FIRST_PRIORITY_LAST, NoTurns, OUT_OF_TURN, Rule, by_turns};
use super::super::prepared::Prepared;
use super::super::settled::Won;
use super::super::solve::{NONE, Workspace};
use super::outcome::{Count, Outcome};

/// The children by (own tier, instant, ticket), with what they have in the base run.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    prepared: Prepared,
    /// The tiers that occur, each with the end of its block.
    tiers: Vec<(u8, u32)>,
    /// The place of each child of the layout among all by (instant, ticket).
    ages: Vec<u32>,
    /// What each child of the layout has in the base run.
    base: Vec<Won>,
}

/// The arrays of a run, kept for the next one.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    /// Children of the layout in the order of the rule.
    order: Vec<u32>,
    by_tier: Vec<u32>,
    /// Where each tier's ranks start, and the end of the last.
    blocks: Vec<u32>,
    workspace: Workspace,
}

impl Layout {
    /// `base` is what each child has in the base run, by position in the instance.
    pub(super) fn new(instance: &Instance, base: &[Won]) -> Result<Self, NoTurns> {
        let parts = instance.parts();
        let prepared = Prepared::new(instance, Rule::Program)?;
        let by_age = Prepared::with_tiers(instance, &vec![0; instance.children()], Rule::Queue { mix: None })?.order;
        let mut age_of = vec![0; by_age.len()];
        for (&position, age) in by_age.iter().zip(0..) {
            age_of[position as usize] = age;
        }
        let ages = prepared.order.iter().map(|&position| age_of[position as usize]).collect();
        let base = prepared.order.iter().map(|&position| base[position as usize]).collect();
        let mut tiers: Vec<(u8, u32)> = vec![];
        for (&position, end) in prepared.order.iter().zip(1..) {
            let tier = parts.tiers[position as usize];
            match tiers.last_mut().filter(|(last, _)| *last == tier) {
                Some((_, last_end)) => *last_end = end,
                None => tiers.push((tier, end)),
            }
        }
        Ok(Self { prepared, tiers, ages, base })
    }

    /// Ranks the children by other tiers: those of a tier that is a key of `tiers` count as of its value.
    pub(super) fn rank(&self, tiers: &BTreeMap<u8, u8>, rule: Rule, scratch: &mut Scratch) {
        let mut sources: BTreeMap<u8, Vec<std::ops::Range<u32>>> = BTreeMap::new();
        let mut start = 0;
        for &(tier, end) in &self.tiers {
            sources.entry(*tiers.get(&tier).unwrap_or(&tier)).or_default().push(start..end);
            start = end;
        }
        let Scratch { order, by_tier, blocks, .. } = scratch;
        by_tier.clear();
        blocks.clear();
        blocks.push(0);
        let (mut first_priority_from, mut general_from) = (0, 0);
        for (tier, ranges) in sources {
            let from = by_tier.len();
            ranges.iter().for_each(|range| by_tier.extend(range.clone()));
            if ranges.len() > 1 {
                // The standard sort finds the ascending runs and merges them.
                by_tier[from..].sort_by_key(|&slot| self.ages[slot as usize]);
            }
            let end = by_tier.len();
            blocks.push(u32::try_from(end).unwrap_or(NONE));
            if tier == OUT_OF_TURN {
                first_priority_from = end;
            }
            if tier <= FIRST_PRIORITY_LAST {
                general_from = end;
            }
        }
        let general_from = general_from.max(first_priority_from);
        if let Rule::Queue { mix: Some(mix) } = rule {
            order.clear();
            order.extend_from_slice(&by_tier[..first_priority_from]);
            let (first_priority, general) = by_tier[first_priority_from..].split_at(general_from - first_priority_from);
            by_turns(first_priority, general, mix, order);
        } else {
            std::mem::swap(order, by_tier);
        }
    }

    /// Allocates these places in the order that was ranked last.
    pub(super) fn run(&self, rule: Rule, places: &[u32], with_moves: bool, scratch: &mut Scratch) -> Outcome {
        let Scratch { order, blocks, workspace, .. } = scratch;
        if rule == Rule::Program && self.prepared.siblings.is_some() {
            self.prepared.propose(|rank| order[rank as usize], blocks, places, workspace);
        } else {
            self.prepared.serve(order.iter().copied(), places, workspace);
        }
        self.outcome(workspace, with_moves)
    }

    /// Counts the children's results beside those of the base run.
    fn outcome(&self, workspace: &Workspace, with_moves: bool) -> Outcome {
        let mut outcome = Outcome::default();
        let starts = &self.prepared.choices.starts;
        let mut start = 0;
        for &(tier, end) in &self.tiers {
            let mut count = Count { children: u64::from(end - start), ..Count::default() };
            let block = start as usize..end as usize;
            let results = workspace.seats[block.clone()].iter().zip(&self.base[block.clone()]);
            for ((seat, &base), slot) in results.zip(block) {
                let now = match seat.group {
                    NONE => Won::NOTHING,
                    group => Won { choice: seat.at - starts[slot], group },
                };
                if now.is_placed() {
                    outcome.place(now.choice);
                    count.placed += 1;
                }
                // Nearly all children fare alike, so one comparison tells of most of them.
                if now != base {
                    count.better += u64::from(now < base);
                    count.worse += u64::from(now > base);
                    count.gained += u64::from(now.is_placed() && !base.is_placed());
                    count.lost += u64::from(base.is_placed() && !now.is_placed());
                    if with_moves {
                        outcome.moves.push((self.prepared.order[slot], base, now));
                    }
                }
            }
            outcome.all.add(&count);
            outcome.by_tier.insert(tier, count);
            start = end;
        }
        outcome
    }
}
