#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child")]
//! The priority of a child at a group as a tuple, smaller first.

use rayon::prelude::*;

use super::published::{Published, Rule};

/// (tier, no sibling there, instant or place in the queue order, id). Where the queue order decides only the third and
/// the fourth differ.
pub(super) type Key = (u8, bool, i64, u32);

/// Whom a group takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bound {
    /// Nobody: it has no places.
    Nobody,
    /// Whoever is not behind this key: it is full.
    UpTo(Key),
    /// Anybody: places are left.
    Anybody,
}

impl Bound {
    pub(super) fn admits(self, key: Key) -> bool {
        self >= Self::UpTo(key)
    }
}

/// The keys of an instance under a rule.
pub(super) struct Keys<'a> {
    pub(super) published: &'a Published<'a>,
    /// Place of each child in the queue order from 0, where that decides.
    order: Option<Vec<u32>>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(published: &'a Published<'a>, rule: Rule) -> Result<Self, String> {
        let by_tier = |child: usize| (published.tiers[child], published.applied_at[child]);
        let mut sorted: Vec<usize>;
        match rule {
            Rule::Program => return Ok(Self { published, order: None }),
            Rule::Queue => sorted = sorted_by(published, by_tier),
            Rule::QueueByTurn => {
                let none = published.child_ids.is_empty().then_some(&[][..]);
                let turns =
                    published.turns.or(none).ok_or("the certificate says that turns were given, the file has none")?;
                sorted = sorted_by(published, |child| (0, turns[child]));
            }
            Rule::QueueMixed { p, g } => {
                sorted = sorted_by(published, by_tier);
                let turns = mixed_turns(&sorted, published.tiers, u64::from(p), u64::from(g));
                sorted.sort_by_key(|&child| turns[child]);
            }
        }
        let mut order = vec![0; sorted.len()];
        for (&child, place) in sorted.iter().zip(0..) {
            order[child] = place;
        }
        Ok(Self { published, order: Some(order) })
    }

    /// The place of a child in the queue order from 1, where that decides.
    pub(super) fn order(&self, child: usize) -> Option<u32> {
        self.order.as_ref().map(|order| order[child] + 1)
    }

    /// Whether one queue order serves all groups.
    pub(super) fn is_one_order(&self) -> bool {
        self.order.is_some()
    }

    /// The children in the queue order; in that of the file where it does not decide.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut children: Vec<usize> = (0..self.published.child_ids.len()).collect();
        if let Some(order) = &self.order {
            order.iter().enumerate().for_each(|(child, &place)| children[place as usize] = child);
        }
        children
    }

    /// Whether a sibling at the group counts for the child.
    pub(super) fn sibling(&self, child: usize, group: u32) -> bool {
        self.order.is_none() && self.published.siblings_of(child).contains(&group)
    }

    pub(super) fn key(&self, child: usize, group: u32) -> Key {
        self.key_with(child, self.sibling(child, group))
    }

    pub(super) fn key_with(&self, child: usize, sibling: bool) -> Key {
        let p = self.published;
        match &self.order {
            Some(order) => (0, false, i64::from(order[child]), p.child_ids[child]),
            None => (p.tiers[child], !sibling, p.applied_at[child], p.child_ids[child]),
        }
    }
}

/// The children by this key, then by id.
fn sorted_by(published: &Published<'_>, key: impl Fn(usize) -> (u8, i64)) -> Vec<usize> {
    let row = |(child, &id): (usize, &u32)| (key(child), id, child);
    let mut rows: Vec<((u8, i64), u32, usize)> = published.child_ids.iter().enumerate().map(row).collect();
    rows.par_sort_unstable();
    rows.into_iter().map(|(.., child)| child).collect()
}

/// (after tier 0, turn) of every child: the k-th first-priority child has turn (k/p)(p+g) + k mod p, the j-th general one
/// (j/g)(p+g) + p + j mod g. `sorted` is by tier, instant and id.
fn mixed_turns(sorted: &[usize], tiers: &[u8], p: u64, g: u64) -> Vec<(bool, u64)> {
    let mut turns = vec![(false, 0); tiers.len()];
    let (mut k, mut j) = (0, 0);
    for &child in sorted {
        turns[child] = match tiers[child] {
            0 => (false, 0),
            1 | 2 => {
                k += 1;
                (true, (k - 1) / p * (p + g) + (k - 1) % p)
            }
            _ => {
                j += 1;
                (true, (j - 1) / g * (p + g) + p + (j - 1) % g)
            }
        };
    }
    turns
}
