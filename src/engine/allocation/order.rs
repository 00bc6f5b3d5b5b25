#![allow(clippy::indexing_slicing, reason = "buckets are counted before they are filled; hot loop")]
//! The rule of a run, and the order in which it ranks children.

use std::fmt;

use rayon::prelude::*;

use super::instance::Instance;
use crate::domain::mix::Mix;

/// The tier that goes before all others, whole.
pub(super) const OUT_OF_TURN: u8 = 0;
/// The last tier of the first-priority stream; later tiers are the general stream.
pub(super) const FIRST_PRIORITY_LAST: u8 = 2;

/// Buckets are found by this many upper bits.
const BUCKET_BITS: u32 = 12;
/// Buckets sorted by one task.
const BUCKETS_TOGETHER: usize = 64;

/// How a run ranks children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The queue order: (tier, instant, ticket). With a mix: tier 0 first, then tiers 1 and 2 (first priority) and the
    /// later ones (general) by turns.
    Queue {
        /// How the two streams alternate.
        mix: Option<Mix>,
    },
    /// The given turns, smaller first, then the ticket: a live queue's own merged order.
    QueueByTurn,
    /// Each group ranks by (tier, sibling already there, instant, ticket).
    Program,
}

/// [`Rule::QueueByTurn`] was asked of an instance whose children have no turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTurns;

impl fmt::Display for NoTurns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the children have no turns: give every child a turn, or use another rule")
    }
}

impl std::error::Error for NoTurns {}

/// Positions of the children in the order in which the rule ranks them (siblings aside).
pub(super) fn ranked(instance: &Instance, tiers: &[u8], rule: Rule) -> Result<Vec<u32>, NoTurns> {
    let parts = instance.parts();
    match rule {
        Rule::QueueByTurn => {
            let turns = parts.turns.as_deref().or((instance.children() == 0).then_some(&[])).ok_or(NoTurns)?;
            Ok(sorted(turns.iter().map(|&turn| (0, turn)), &parts.child_ids))
        }
        Rule::Program | Rule::Queue { mix: None } => Ok(by_tier(instance, tiers)),
        Rule::Queue { mix: Some(mix) } => Ok(merged(by_tier(instance, tiers), tiers, mix)),
    }
}

fn by_tier(instance: &Instance, tiers: &[u8]) -> Vec<u32> {
    let parts = instance.parts();
    sorted(tiers.iter().copied().zip(parts.applied_at.iter().copied()), &parts.child_ids)
}

/// Positions sorted by (tier, instant or turn, id).
fn sorted(keys: impl Iterator<Item = (u8, i64)> + Clone, ids: &[u32]) -> Vec<u32> {
    let low = keys.clone().map(|(_, at)| at).min().unwrap_or_default();
    let high = keys.clone().map(|(_, at)| at).max().unwrap_or_default();
    let tier_high = keys.clone().map(|(tier, _)| u64::from(tier)).max().unwrap_or_default();
    // Two's complement: the distance of any two instants fits in 64 bits without a sign.
    let span = high.wrapping_sub(low).cast_unsigned();
    let shift = u64::BITS - span.leading_zeros();
    let largest = tier_high.checked_shl(shift).filter(|shifted| shifted.checked_shr(shift) == Some(tier_high));
    let positions = ids.iter().zip(0..).map(|(&id, position): (&u32, u32)| u64::from(id) << 32 | u64::from(position));
    match largest {
        Some(largest) => {
            let packed = |(tier, at): (u8, i64)| u64::from(tier) << shift | at.wrapping_sub(low).cast_unsigned();
            by_buckets(keys.map(packed).zip(positions).collect(), largest | span)
        }
        // A span of two thousand years and more together with tiers does not fit in one word.
        None => {
            let mut rows: Vec<((u8, i64), u64)> = keys.zip(positions).collect();
            rows.par_sort_unstable();
            rows.into_iter().map(|(_, position)| position as u32).collect()
        }
    }
}

/// Sorts (key, id and position) and returns the positions, the lower halves of the second part: one pass puts rows into
/// buckets by the key's upper bits, then the buckets are sorted in parallel.
fn by_buckets(rows: Vec<(u64, u64)>, largest: u64) -> Vec<u32> {
    let shift = (u64::BITS - largest.leading_zeros()).saturating_sub(BUCKET_BITS);
    let bucket = |key: u64| (key >> shift) as usize;
    let mut ends = vec![0_u32; bucket(largest) + 1];
    for &(key, _) in &rows {
        ends[bucket(key)] += 1;
    }
    let sizes = ends.clone();
    let mut next = 0;
    for end in &mut ends {
        (*end, next) = (next, next + *end);
    }
    let mut sorted = vec![(0, 0); rows.len()];
    for &row in &rows {
        let place = &mut ends[bucket(row.0)];
        sorted[*place as usize] = row;
        *place += 1;
    }
    let mut rest = sorted.as_mut_slice();
    let mut buckets = Vec::with_capacity(sizes.len());
    for size in sizes {
        let (part, tail) = rest.split_at_mut(size as usize);
        rest = tail;
        buckets.push(part);
    }
    buckets.into_par_iter().with_min_len(BUCKETS_TOGETHER).for_each(<[_]>::sort_unstable);
    sorted.into_par_iter().map(|(_, position)| position as u32).collect()
}

/// Merges the two streams by turns behind the out-of-turn tier. `order` is by (tier, instant, id).
fn merged(order: Vec<u32>, tiers: &[u8], mix: Mix) -> Vec<u32> {
    let tier = |position: &u32| tiers.get(*position as usize).copied().unwrap_or_default();
    let p_from = order.partition_point(|position| tier(position) == OUT_OF_TURN);
    let g_from = order.partition_point(|position| tier(position) <= FIRST_PRIORITY_LAST);
    let mut result = Vec::with_capacity(order.len());
    result.extend_from_slice(&order[..p_from]);
    by_turns(&order[p_from..g_from], &order[g_from..], mix, &mut result);
    result
}

/// Appends the streams' children by turns. The k-th of the first stream has turn `(k/p)*(p+g) + k%p`, the j-th of the
/// second `(j/g)*(p+g) + p + j%g`, so by ascending turn p of the one and g of the other alternate, and the stream that is
/// longer ends alone.
pub(super) fn by_turns(first_priority: &[u32], general: &[u32], mix: Mix, result: &mut Vec<u32>) {
    let (mut first_priority, mut general) = (first_priority, general);
    while !first_priority.is_empty() && !general.is_empty() {
        for (stream, most) in [(&mut first_priority, mix.p()), (&mut general, mix.g())] {
            let (turns, rest) = stream.split_at(stream.len().min(most as usize));
            result.extend_from_slice(turns);
            *stream = rest;
        }
    }
    result.extend_from_slice(first_priority);
    result.extend_from_slice(general);
}
