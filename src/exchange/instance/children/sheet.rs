//! What the threads fill while they read: sheets of children, blocks of lines.

use super::super::lookup::GroupLookup;
use super::column::{CATEGORIES, HOLDS, TEXTS, TOGETHER, TURN};
use crate::engine::allocation::NONE;
use crate::exchange::fault::Faults;

/// What every row is read against.
pub(super) struct Context<'a> {
    pub(super) file: &'a str,
    pub(super) columns: &'a [usize],
    pub(super) lookup: &'a GroupLookup,
    pub(super) groups_sound: bool,
}

impl Context<'_> {
    /// Whether there are turns.
    pub(super) fn with_turn(&self) -> bool {
        self.columns.contains(&TURN)
    }

    /// Whether places are held or families told.
    pub(super) fn with_special(&self) -> bool {
        self.columns.iter().any(|column| [HOLDS, TOGETHER].contains(column))
    }
}

/// What one thread has read so far, in as few and as large lists as can be: such a list goes back to the system at once
/// when it is let go, and small ones of many lengths would each bring pages of their own into memory.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<Entry>,
    pub(super) turns: Vec<i64>,
    pub(super) holds: Vec<u32>,
    pub(super) together: Vec<u32>,
    /// By column of text: what the row at hand says, and all.
    pub(super) own: [String; TEXTS],
    pub(super) texts: [Vec<Box<str>>; TEXTS],
    pub(super) siblings: Vec<u32>,
    pub(super) choices: Vec<u32>,
}

/// A child on a sheet.
pub(super) struct Entry {
    pub(super) applied_at: i64,
    pub(super) id: u32,
    /// Where its lists end on the sheet; they begin where those of the row before end.
    pub(super) sibling_end: u32,
    pub(super) choice_end: u32,
    pub(super) tier: u8,
}

/// A block of lines and where its children stand.
#[derive(Default)]
pub(super) struct Block {
    /// The thread on whose sheet they stand.
    pub(super) thread: usize,
    /// Its first row, sibling and choice there.
    pub(super) from: Ends,
    pub(super) to: Ends,
    pub(super) runs: Vec<(usize, u64)>,
    pub(super) lines: u64,
    pub(super) faults: Faults,
    /// Ids of rows at fault, with their lines.
    pub(super) lost: Vec<(u32, u64)>,
}

/// How far a sheet is filled.
#[derive(Clone, Copy, Default)]
pub(super) struct Ends {
    pub(super) rows: usize,
    pub(super) siblings: usize,
    pub(super) choices: usize,
}

/// Groups already met in the list at hand, so that a repetition is seen at once.
pub(super) struct Met {
    list: u32,
    last: Vec<u32>,
}

impl Met {
    pub(super) fn new(groups: usize) -> Self {
        Self { list: 0, last: vec![0; groups] }
    }

    pub(super) fn begin(&mut self) {
        if self.list == u32::MAX {
            self.last.fill(0);
            self.list = 0;
        }
        self.list += 1;
    }

    #[inline]
    pub(super) fn first_time(&mut self, group: u32) -> bool {
        match self.last.get_mut(group as usize) {
            Some(last) => std::mem::replace(last, self.list) != self.list,
            None => true,
        }
    }
}

/// The single values of a row.
pub(super) struct Row {
    pub(super) id: u32,
    pub(super) tier: u8,
    pub(super) applied_at: i64,
    pub(super) turn: i64,
    pub(super) holds: u32,
    pub(super) together: u32,
}

/// A row of which nothing was read yet.
pub(super) const BLANK: Row = Row { id: 0, tier: 0, applied_at: 0, turn: 0, holds: NONE, together: 0 };

/// The blocks in their order, and the sheets by thread.
pub(super) struct BlocksRead {
    pub(super) blocks: Vec<Block>,
    pub(super) sheets: Vec<Sheet>,
}

impl Sheet {
    /// Room for all of the file, of which this is the first block and there are `about` so many: in case this thread reads
    /// it alone. What is not used is never touched. All lists get the same room in bytes: the allocator keeps those of one
    /// size together, so that a small file touches few of its pages.
    pub(super) fn make_room(&mut self, block: &[u8], about: u64, context: &Context<'_>) {
        let times = usize::try_from(about).unwrap_or(1).saturating_add(1);
        let count = |wanted: u8| block.iter().filter(|&&byte| byte == wanted).count();
        let rows = count(b'\n') + 1;
        let bytes = (rows * size_of::<Entry>()).max((rows + count(b';')) * size_of::<u32>()).saturating_mul(times);
        roomy(&mut self.rows, bytes);
        roomy(&mut self.choices, bytes);
        roomy(&mut self.siblings, bytes);
        if context.with_turn() {
            roomy(&mut self.turns, bytes);
        }
        if context.with_special() {
            roomy(&mut self.holds, bytes);
            roomy(&mut self.together, bytes);
        }
    }

    /// What the row at hand says in a column of text.
    pub(super) fn say(&mut self, column: usize, text: &str) {
        if let Some(own) = self.own.get_mut(column - CATEGORIES) {
            text.clone_into(own);
        }
    }

    pub(super) fn ends(&self) -> Ends {
        Ends { rows: self.rows.len(), siblings: self.siblings.len(), choices: self.choices.len() }
    }
}

/// Room of so many bytes; where there is not so much to be had, the list grows as it is filled.
fn roomy<T>(list: &mut Vec<T>, bytes: usize) {
    list.try_reserve_exact(bytes / size_of::<T>()).unwrap_or_default();
}

/// A file is at most [`FILE_BYTES_MAX`](crate::exchange::csv::blocks::FILE_BYTES_MAX) and every item takes two bytes of it,
/// so all items count within 32 bits.
pub(super) fn length(list: &[u32]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
