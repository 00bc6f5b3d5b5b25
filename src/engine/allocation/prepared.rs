//! An instance laid out in the order of the queue, so that the proposals read memory from front to back.

use rayon::prelude::*;

use super::instance::{ANY, Instance, Lists};
use super::order::{NoTurns, Rule, ranked};

/// Children gathered by one task.
const GATHERED_TOGETHER: usize = 1 << 14;

/// An instance in queue order: rank r is the r-th child that the rule serves. One layout serves any number of runs with
/// other capacities.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Position in the instance of each rank.
    pub(super) order: Vec<u32>,
    /// The children's choices, by rank.
    pub(super) choices: Lists,
    /// Siblings' groups by rank; `None` where the rule does not ask for them.
    pub(super) siblings: Option<Lists>,
    /// First rank of each tier that occurs, and the number of children as the last entry. One block where groups do not
    /// rank by tier themselves.
    pub(super) blocks: Vec<u32>,
    /// Places of each group.
    pub(super) capacities: Vec<u32>,
    /// Whether some list ends in [`ANY`].
    pub(super) any: bool,
}

impl Prepared {
    /// Lays the instance out for a rule.
    pub fn new(instance: &Instance, rule: Rule) -> Result<Self, NoTurns> {
        Self::with_tiers(instance, &instance.parts().tiers, rule)
    }

    /// The same with other tiers, one per child: what another list of categories would bring.
    pub fn with_tiers(instance: &Instance, tiers: &[u8], rule: Rule) -> Result<Self, NoTurns> {
        let parts = instance.parts();
        let order = ranked(instance, tiers, rule)?;
        let program = rule == Rule::Program;
        let siblings = (program && !parts.siblings.items.is_empty()).then(|| gathered(&parts.siblings, &order));
        let choices = gathered(&parts.choices, &order);
        let blocks = if siblings.is_some() { tier_blocks(tiers) } else { vec![0, count(order.len())] };
        let any = choices.items.contains(&ANY);
        Ok(Self { order, choices, siblings, blocks, capacities: parts.capacities.clone(), any })
    }

    /// The same children with other choices, by rank.
    pub(super) fn with_choices(&self, choices: Lists) -> Self {
        let Self { order, siblings, blocks, capacities, .. } = self;
        let any = choices.items.contains(&ANY);
        Self {
            order: order.clone(),
            choices,
            siblings: siblings.clone(),
            blocks: blocks.clone(),
            capacities: capacities.clone(),
            any,
        }
    }

    /// The position in the instance of each rank.
    pub fn order(&self) -> &[u32] {
        &self.order
    }
}

/// Counts stay below 2^31 in a checked instance.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Where each tier's ranks start.
fn tier_blocks(tiers: &[u8]) -> Vec<u32> {
    let mut sizes = [0u32; 256];
    for &tier in tiers {
        if let Some(size) = sizes.get_mut(usize::from(tier)) {
            *size += 1;
        }
    }
    let mut blocks = vec![0];
    let mut end = 0;
    for size in sizes.into_iter().filter(|&size| size > 0) {
        end += size;
        blocks.push(end);
    }
    blocks
}

/// The lists in another order.
fn gathered(lists: &Lists, order: &[u32]) -> Lists {
    // A byte for each: that much stays in the caches, and most children have no sibling to look for.
    let bounds = lists.starts.array_windows().map(|[from, to]| to - from);
    let short: Vec<u8> = bounds.map(|length| u8::try_from(length).unwrap_or(u8::MAX)).collect();
    let short_of = |position: u32| short.get(position as usize).copied().unwrap_or_default();
    let mut starts = vec![0; order.len() + 1];
    if let Some((_, ends)) = starts.split_first_mut() {
        let length = |(end, &position): (&mut u32, &u32)| {
            *end = match short_of(position) {
                u8::MAX => count(lists.get(position as usize).len()),
                short => u32::from(short),
            }
        };
        ends.par_iter_mut().zip(order).with_min_len(GATHERED_TOGETHER).for_each(length);
        let mut end = 0;
        for start in ends {
            end += *start;
            *start = end;
        }
    }
    let mut items = vec![0; lists.items.len()];
    let mut rest = items.as_mut_slice();
    let mut tasks = Vec::with_capacity(order.len() / GATHERED_TOGETHER + 1);
    let (mut first, mut begin) = (0, 0);
    for ranks in order.chunks(GATHERED_TOGETHER) {
        first += ranks.len();
        let end = starts.get(first).copied().unwrap_or(begin);
        let Some((part, tail)) = rest.split_at_mut_checked((end - begin) as usize) else { break };
        tasks.push((ranks, part));
        (rest, begin) = (tail, end);
    }
    tasks.into_par_iter().for_each(|(ranks, mut part)| {
        for &position in ranks.iter().filter(|&&position| short_of(position) > 0) {
            let list = lists.get(position as usize);
            let Some((target, tail)) = part.split_at_mut_checked(list.len()) else { return };
            target.copy_from_slice(list);
            part = tail;
        }
    });
    Lists { starts, items }
}
