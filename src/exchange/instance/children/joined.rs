//! The blocks of a file as one list of children, as the rows stand.

use super::{BlocksRead, ChildrenRead, HOLDS, TOGETHER, TURN, length};
use crate::engine::allocation::{Lists, Parts};
use crate::exchange::fault::Faults;

/// Joins the blocks: the choices, which are most of it, beside everything else.
pub(super) fn merged(read: BlocksRead, columns: &[usize], faults: &mut Faults) -> ChildrenRead {
    let BlocksRead { mut blocks, choices } = read;
    let join_choices = |ends: Vec<(usize, usize, Vec<u32>)>| {
        let mut all = Lists::default();
        all.starts.reserve_exact(ends.iter().map(|(.., ends)| ends.len()).sum());
        all.items.reserve_exact(choices.iter().map(Vec::len).sum());
        for (thread, from, ends) in ends {
            let to = from + ends.last().map_or(0, |&end| end as usize);
            append(&mut all, &ends, choices.get(thread).and_then(|all| all.get(from..to)).unwrap_or_default());
        }
        drop(choices);
        all
    };
    let join_siblings = |lists: Vec<(Vec<u32>, Vec<u32>)>| {
        let mut all = Lists::default();
        all.starts.reserve_exact(lists.iter().map(|(ends, _)| ends.len()).sum());
        all.items.reserve_exact(lists.iter().map(|(_, items)| items.len()).sum());
        lists.iter().for_each(|(ends, items)| append(&mut all, ends, items));
        all
    };
    let take = std::mem::take::<Vec<u32>>;
    let chosen = blocks.iter_mut().map(|b| (b.thread, b.choices_from, take(&mut b.choice_ends))).collect();
    let with_siblings = blocks.iter_mut().map(|b| (take(&mut b.sibling_ends), take(&mut b.siblings))).collect();
    let children = blocks.iter().map(|block| block.ids.len()).sum();
    let mut parts = Parts::default();
    let with_turn = columns.contains(&TURN);
    let mut turns = vec![];
    let (choices, siblings) = rayon::join(
        || join_choices(chosen),
        || {
            parts.child_ids.reserve_exact(children);
            parts.tiers.reserve_exact(children);
            parts.applied_at.reserve_exact(children);
            for block in &blocks {
                parts.child_ids.extend_from_slice(&block.ids);
                parts.tiers.extend_from_slice(&block.tiers);
                parts.applied_at.extend_from_slice(&block.applied_at);
                if with_turn {
                    turns.extend_from_slice(&block.turns);
                }
            }
            join_siblings(with_siblings)
        },
    );
    parts.turns = with_turn.then_some(turns);
    (parts.choices, parts.siblings) = (choices, siblings);
    let mut read = ChildrenRead { parts, ..ChildrenRead::default() };
    let (mut first, mut row) = (0, 1);
    let (holds, together) = (columns.contains(&HOLDS), columns.contains(&TOGETHER));
    for block in blocks {
        read.holds.extend(block.holds.iter().filter(|_| holds));
        read.together.extend(block.together.iter().filter(|_| together));
        read.rows.runs.extend(block.runs.iter().map(|&(index, line)| (first + index, row + line)));
        for mut fault in block.faults.listed {
            fault.row += row;
            faults.push(fault);
        }
        faults.unlisted += block.faults.unlisted;
        first += block.ids.len();
        row += block.lines;
    }
    read
}

/// The file is at most 4 GiB and every item takes two bytes of it, so all items count within 32 bits.
fn append(lists: &mut Lists, ends: &[u32], items: &[u32]) {
    let base = length(&lists.items);
    lists.items.extend_from_slice(items);
    lists.starts.extend(ends.iter().map(|&end| base + end));
}
