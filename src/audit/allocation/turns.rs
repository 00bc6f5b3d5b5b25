#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child")]
//! Whether the turns that were given are those of a queue.
//!
//! A live queue knows what its files do not: turns that enrolled children spent, and those that a stream kept. So how its
//! two streams alternate cannot be checked from the files. That tier 0 goes first, and that inside a stream (tiers 1 and
//! 2; the later ones) the turns follow tier, instant and id, can: a tier or an instant that was changed shows there.

use super::finding::Finding;
use super::published::Published;

/// The first child, by turn, that the given turns put behind one whom the queue puts behind it. `None` where the turns are
/// those of a queue, and where none are given.
pub fn turns_against_queue(published: &Published<'_>) -> Option<Finding> {
    let turns = published.turns?;
    let mut served: Vec<usize> = (0..published.child_ids.len()).collect();
    served.sort_unstable_by_key(|&child| (turns[child], published.child_ids[child]));
    // The child served last of tier 0, of the first-priority and of the general stream.
    let mut last: [Option<usize>; 3] = [None; 3];
    for child in served {
        let stream = match published.tiers[child] {
            0 => 0,
            1 | 2 => 1,
            _ => 2,
        };
        let key = |child: usize| (published.tiers[child], published.applied_at[child], published.child_ids[child]);
        let behind = last[stream].filter(|&before| key(before) > key(child));
        let after_others = last[1].or(last[2]).filter(|_| stream == 0);
        if let Some(before) = behind.or(after_others) {
            let what = format!(
                "has turn {}, after child {} (tier {}, turn {}), but by tier ({}), instant and id the queue puts it before",
                turns[child],
                published.child_ids[before],
                published.tiers[before],
                turns[before],
                published.tiers[child]
            );
            return Some(Finding { child: Some(published.child_ids[child]), what });
        }
        last[stream] = Some(child);
    }
    None
}
