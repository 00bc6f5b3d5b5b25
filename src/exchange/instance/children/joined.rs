//! The blocks of a file as one list of children, as the rows stand.

use super::column::{CATEGORIES, HOLDS, TEXTS, TOGETHER, TURN};
use super::sheet::{Block, BlocksRead, Entry, Sheet, length};
use crate::engine::allocation::{Lists, Parts};
use crate::exchange::fault::Faults;

/// The children as the file has them, and where each one stood.
#[derive(Clone, Debug, Default)]
pub(in crate::exchange::instance) struct ChildrenRead {
    /// The arrays of the children; those of the groups are empty.
    pub parts: Parts,
    /// The group where each child has a place, or [`NONE`](crate::engine::allocation::NONE); empty where there is no such
    /// column.
    pub holds: Vec<u32>,
    /// The family of each child, or 0; empty where there is no such column.
    pub together: Vec<u32>,
    /// By column of text: what it says of each child; empty where there is no such column.
    pub texts: [Vec<Box<str>>; TEXTS],
    /// The row of each child.
    pub rows: Rows,
    /// The id and the row of each child whose row is at fault in something else.
    pub lost: Vec<(u32, u64)>,
}

/// The row of each child: runs of consecutive rows.
#[derive(Clone, Debug, Default)]
pub(in crate::exchange::instance) struct Rows {
    runs: Vec<(usize, u64)>,
}

impl Rows {
    /// The row of the child at a position.
    pub fn row(&self, index: usize) -> u64 {
        let run = self.runs.partition_point(|&(first, _)| first <= index);
        let (first, row) = run.checked_sub(1).and_then(|run| self.runs.get(run)).copied().unwrap_or_default();
        row + (index - first) as u64
    }
}

/// Joins the blocks: the choices, which are most of it, beside everything else.
pub(super) fn merged(read: BlocksRead, columns: &[usize], faults: &mut Faults) -> ChildrenRead {
    let BlocksRead { blocks, mut sheets } = read;
    let choices: Vec<Vec<u32>> = sheets.iter_mut().map(|sheet| std::mem::take(&mut sheet.choices)).collect();
    let children = blocks.iter().map(|block| block.to.rows - block.from.rows).sum();
    let join_choices = || {
        let mut all = with_room(children, choices.iter().map(Vec::len).sum());
        for block in &blocks {
            let items = choices.get(block.thread).and_then(|all| all.get(block.from.choices..block.to.choices));
            append(&mut all, block.from.choices, block.entries(&sheets), |row| row.choice_end, items);
        }
        all
    };
    let join_others = || {
        let mut parts =
            Parts { siblings: with_room(children, sheets.iter().map(|s| s.siblings.len()).sum()), ..Parts::default() };
        parts.child_ids.reserve_exact(children);
        parts.tiers.reserve_exact(children);
        parts.applied_at.reserve_exact(children);
        for block in &blocks {
            let rows = block.entries(&sheets);
            parts.child_ids.extend(rows.iter().map(|row| row.id));
            parts.tiers.extend(rows.iter().map(|row| row.tier));
            parts.applied_at.extend(rows.iter().map(|row| row.applied_at));
            let items = sheets.get(block.thread).and_then(|s| s.siblings.get(block.from.siblings..block.to.siblings));
            append(&mut parts.siblings, block.from.siblings, rows, |row| row.sibling_end, items);
        }
        parts
    };
    let (choices, parts) = rayon::join(join_choices, join_others);
    let mut read = ChildrenRead { parts: Parts { choices, ..parts }, ..ChildrenRead::default() };
    let column = |column: usize| columns.contains(&column);
    read.parts.turns = column(TURN).then(|| gathered(&blocks, &sheets, |sheet| &sheet.turns));
    if column(HOLDS) {
        read.holds = gathered(&blocks, &sheets, |sheet| &sheet.holds);
    }
    if column(TOGETHER) {
        read.together = gathered(&blocks, &sheets, |sheet| &sheet.together);
    }
    for (text, all) in read.texts.iter_mut().enumerate() {
        let of = |block: &Block| sheets.get(block.thread)?.texts.get(text)?.get(block.from.rows..block.to.rows);
        *all = blocks.iter().filter_map(of).flatten().cloned().collect();
    }
    let (mut first, mut row) = (0, 1);
    for block in blocks {
        read.rows.runs.extend(block.runs.iter().map(|&(index, line)| (first + index, row + line)));
        read.lost.extend(block.lost.iter().map(|&(id, line)| (id, row + line)));
        for mut fault in block.faults.listed {
            fault.row += row;
            faults.push(fault);
        }
        faults.unlisted += block.faults.unlisted;
        first += block.to.rows - block.from.rows;
        row += block.lines;
    }
    read
}

impl ChildrenRead {
    /// What a column of text says of each child; empty where there is no such column.
    pub fn text(&self, column: usize) -> &[Box<str>] {
        self.texts.get(column - CATEGORIES).map_or(&[], Vec::as_slice)
    }
}

impl Block {
    fn entries<'a>(&self, sheets: &'a [Sheet]) -> &'a [Entry] {
        sheets.get(self.thread).and_then(|sheet| sheet.rows.get(self.from.rows..self.to.rows)).unwrap_or_default()
    }
}

fn with_room(lists: usize, items: usize) -> Lists {
    let mut all = Lists::default();
    all.starts.reserve_exact(lists);
    all.items.reserve_exact(items);
    all
}

/// Appends a block's lists, which begin at `from` on their sheet.
fn append(lists: &mut Lists, from: usize, rows: &[Entry], end: impl Fn(&Entry) -> u32, items: Option<&[u32]>) {
    let base = length(&lists.items);
    // Both count within 32 bits, as all items of a file do.
    let from = u32::try_from(from).unwrap_or(u32::MAX);
    lists.items.extend_from_slice(items.unwrap_or_default());
    lists.starts.extend(rows.iter().map(|row| base + (end(row) - from)));
}

/// A column that is seldom there.
fn gathered<T: Clone>(blocks: &[Block], sheets: &[Sheet], column: impl Fn(&Sheet) -> &Vec<T>) -> Vec<T> {
    let of = |block: &Block| sheets.get(block.thread).and_then(|s| column(s).get(block.from.rows..block.to.rows));
    blocks.iter().filter_map(of).flatten().cloned().collect()
}
