//! `children.csv`: rows are parsed in parallel; a sound row never leaves the fast path, any other is read again with care.

mod careful;
mod joined;

use std::path::Path;
use std::sync::Mutex;

use super::blocks::{Blocks, ReadFault, trim_end};
use super::columns::{find_columns, read_header};
use super::fields::take_number;
use super::lookup::GroupLookup;
use crate::domain::instant::{take_date, take_micros};
use crate::engine::allocation::{ANY, NONE, Parts};
use crate::exchange::fault::{Fault, Faults};
use careful::slow_row;
use joined::merged;

/// `channel` and `category` inform reports and change nothing.
pub(super) const KNOWN: [&str; 12] = [
    "id",
    "priority_tier",
    "applied_at",
    "birth_date",
    "siblings_at",
    "choices",
    "turn",
    "holds",
    "together",
    "categories",
    "channel",
    "category",
];
pub(super) const REQUIRED: usize = 6;
const TURN: usize = 6;
const HOLDS: usize = 7;
const TOGETHER: usize = 8;
const CATEGORIES: usize = 9;
/// This and the later ones inform.
const INFORMS: usize = 10;

/// Which of the further columns may be there.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// `turn`.
    pub turn: bool,
    /// `holds`, `together` and `categories`, and `reserved` of the groups.
    pub special: bool,
}

/// The children as the file has them, and where each one stood.
#[derive(Clone, Debug, Default)]
pub struct ChildrenRead {
    /// The arrays of the children; those of the groups are empty.
    pub parts: Parts,
    /// The group where each child has a place, or [`NONE`]; empty where there is no such column.
    pub holds: Vec<u32>,
    /// The family of each child, or 0; empty where there is no such column.
    pub together: Vec<u32>,
    /// The categories of each child, as the column has them; empty where there is no such column.
    pub categories: Vec<Box<str>>,
    /// The row of each child.
    pub rows: Rows,
    /// The id and the row of each child whose row is at fault in something else.
    pub lost: Vec<(u32, u64)>,
}

/// The row of each child: runs of consecutive rows.
#[derive(Clone, Debug, Default)]
pub struct Rows {
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

/// Reads and checks the file; what is wrong is added to `faults`. Groups are looked up only where `groups_sound`: after
/// a fault in their own file every list would seem wrong.
pub fn read_children(
    path: &Path,
    lookup: &GroupLookup,
    groups_sound: bool,
    allowed: Allowed,
    faults: &mut Faults,
) -> ChildrenRead {
    let file = path.display().to_string();
    let whole = |message: String| Fault { file: file.clone(), row: 0, column: String::new(), message };
    let blocks = match Blocks::open(path) {
        Ok(blocks) => blocks,
        Err(fault) => {
            faults.push(whole(fault.message()));
            return ChildrenRead::default();
        }
    };
    let header = match read_header(&blocks) {
        Ok(header) => header,
        Err((row, message)) => {
            faults.push(Fault { file: file.clone(), row, column: String::new(), message });
            return ChildrenRead::default();
        }
    };
    let Some(columns) = find_columns(&file, &header, &KNOWN, REQUIRED, faults) else { return ChildrenRead::default() };
    let turn = "turns replace tier and mix: use --rule queue without --mix, or remove the column";
    let special = "this command does not know held places, families and reserves; remove the column";
    let barred = [HOLDS, TOGETHER, CATEGORIES].map(|column| (column, allowed.special, special));
    let barred = [(TURN, allowed.turn, turn)].into_iter().chain(barred);
    for (column, _, message) in barred.filter(|(column, fine, _)| !fine && columns.contains(column)) {
        let column = KNOWN.get(column).copied().unwrap_or_default().to_owned();
        faults.push(Fault { file: file.clone(), row: 1, column, message: message.to_owned() });
    }
    let context = Context { file: &file, columns: &columns, lookup, groups_sound };
    let read = read_blocks(&blocks, &context);
    let fault: Option<ReadFault> = blocks.into_fault();
    let read = merged(read, &columns, faults);
    if let Some(fault) = fault {
        faults.push(whole(fault.message()));
    }
    read
}

struct Context<'a> {
    file: &'a str,
    columns: &'a [usize],
    lookup: &'a GroupLookup,
    groups_sound: bool,
}

impl Context<'_> {
    fn with_turn(&self) -> bool {
        self.columns.contains(&TURN)
    }

    fn with_special(&self) -> bool {
        self.columns.iter().any(|column| [HOLDS, TOGETHER].contains(column))
    }
}

/// What one thread has read so far, in as few and as large lists as can be: such a list goes back to the system at once
/// when it is let go, and small ones of many lengths would each bring pages of their own into memory.
#[derive(Default)]
struct Sheet {
    rows: Vec<Entry>,
    turns: Vec<i64>,
    holds: Vec<u32>,
    together: Vec<u32>,
    /// The categories of the row at hand, and of all.
    own: String,
    categories: Vec<Box<str>>,
    siblings: Vec<u32>,
    choices: Vec<u32>,
}

/// A child on a sheet.
struct Entry {
    applied_at: i64,
    id: u32,
    /// Where its lists end on the sheet; they begin where those of the row before end.
    sibling_end: u32,
    choice_end: u32,
    tier: u8,
}

/// A block of lines and where its children stand.
#[derive(Default)]
struct Block {
    /// Whose sheet.
    thread: usize,
    /// Its first row, sibling and choice there.
    from: Ends,
    to: Ends,
    runs: Vec<(usize, u64)>,
    lines: u64,
    faults: Faults,
    /// Ids of rows at fault, with their lines.
    lost: Vec<(u32, u64)>,
}

/// How far a sheet is filled.
#[derive(Clone, Copy, Default)]
struct Ends {
    rows: usize,
    siblings: usize,
    choices: usize,
}

/// Groups already met in the list at hand, so that a repetition is seen at once.
struct Met {
    list: u32,
    last: Vec<u32>,
}

impl Met {
    fn new(groups: usize) -> Self {
        Self { list: 0, last: vec![0; groups] }
    }

    fn begin(&mut self) {
        if self.list == u32::MAX {
            self.last.fill(0);
            self.list = 0;
        }
        self.list += 1;
    }

    #[inline]
    fn first_time(&mut self, group: u32) -> bool {
        match self.last.get_mut(group as usize) {
            Some(last) => std::mem::replace(last, self.list) != self.list,
            None => true,
        }
    }
}

/// The single values of a row.
struct Row {
    id: u32,
    tier: u8,
    applied_at: i64,
    turn: i64,
    holds: u32,
    together: u32,
}

const BLANK: Row = Row { id: 0, tier: 0, applied_at: 0, turn: 0, holds: NONE, together: 0 };

/// The blocks in their order, and the sheets by thread.
struct BlocksRead {
    blocks: Vec<Block>,
    sheets: Vec<Sheet>,
}

fn read_blocks(blocks: &Blocks, context: &Context<'_>) -> BlocksRead {
    let done: Mutex<Vec<(usize, Block)>> = Mutex::default();
    let sheets: Mutex<Vec<(usize, Sheet)>> = Mutex::default();
    let work = |thread: usize| {
        let mut bytes = vec![];
        let mut met = Met::new(context.lookup.len());
        let mut sheet = Sheet::default();
        while let Some(number) = blocks.next(&mut bytes) {
            if sheet.rows.capacity() == 0 {
                sheet.make_room(&bytes, blocks.about(&bytes), context);
            }
            let mut block = Block { thread, from: sheet.ends(), ..Block::default() };
            parse(&bytes, context, &mut met, &mut sheet, &mut block);
            block.to = sheet.ends();
            done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((number, block));
        }
        sheets.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((thread, sheet));
    };
    rayon::scope(|scope| {
        (1..rayon::current_num_threads()).for_each(|thread| {
            scope.spawn({
                let work = &work;
                move |_| work(thread)
            })
        });
        work(0);
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|&(number, _)| number);
    let mut sheets = sheets.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    sheets.sort_unstable_by_key(|&(thread, _)| thread);
    BlocksRead {
        blocks: done.into_iter().map(|(_, block)| block).collect(),
        sheets: sheets.into_iter().map(|(_, sheet)| sheet).collect(),
    }
}

fn parse(bytes: &[u8], context: &Context<'_>, met: &mut Met, sheet: &mut Sheet, block: &mut Block) {
    let (with_turn, with_special) = (context.with_turn(), context.with_special());
    let with_categories = context.columns.contains(&CATEGORIES);
    let mut rest = bytes;
    let mut previous = 0;
    while !rest.is_empty() {
        block.lines += 1;
        let Ends { rows, siblings, choices } = sheet.ends();
        let row = match fast_row(rest, context, met, sheet) {
            Some((row, after)) => {
                rest = after;
                Some(row)
            }
            None => {
                sheet.siblings.truncate(siblings);
                sheet.choices.truncate(choices);
                let end = rest.iter().position(|&b| b == b'\n').map_or(rest.len(), |at| at + 1);
                let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
                rest = after;
                slow_row(trim_end(line), context, met, sheet, block)
            }
        };
        let Some(Row { id, tier, applied_at, turn, holds, together }) = row else {
            sheet.siblings.truncate(siblings);
            sheet.choices.truncate(choices);
            continue;
        };
        if previous + 1 != block.lines || block.runs.is_empty() {
            block.runs.push((rows - block.from.rows, block.lines));
        }
        previous = block.lines;
        let (sibling_end, choice_end) = (length(&sheet.siblings), length(&sheet.choices));
        sheet.rows.push(Entry { applied_at, id, sibling_end, choice_end, tier });
        if with_turn {
            sheet.turns.push(turn);
        }
        if with_special {
            sheet.holds.push(holds);
            sheet.together.push(together);
        }
        if with_categories {
            sheet.categories.push(std::mem::take(&mut sheet.own).into_boxed_str());
        }
    }
}

impl Sheet {
    /// Room for all of the file, of which this is the first block and there are `about` so many: in case this thread reads
    /// it alone. What is not used is never touched. All lists get the same room in bytes: the allocator keeps those of one
    /// size together, so that a small file touches few of its pages.
    fn make_room(&mut self, block: &[u8], about: u64, context: &Context<'_>) {
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

    fn ends(&self) -> Ends {
        Ends { rows: self.rows.len(), siblings: self.siblings.len(), choices: self.choices.len() }
    }
}

/// Room of so many bytes; where there is not so much to be had, the list grows as it is filled.
fn roomy<T>(list: &mut Vec<T>, bytes: usize) {
    list.try_reserve_exact(bytes / size_of::<T>()).unwrap_or_default();
}

/// A file is at most [`super::FILE_BYTES_MAX`] and every item takes two bytes of it, so all items count within 32 bits.
fn length(list: &[u32]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// A row without quotes or faults, and what follows its line end.
#[inline]
fn fast_row<'a>(text: &'a [u8], context: &Context<'_>, met: &mut Met, sheet: &mut Sheet) -> Option<(Row, &'a [u8])> {
    let mut row = BLANK;
    let mut rest = text;
    let last = context.columns.len() - 1;
    for (place, &column) in context.columns.iter().enumerate() {
        match column {
            0 => {
                (row.id, rest) = take_number(rest)?;
                if row.id == 0 {
                    return None;
                }
            }
            1 => {
                let tier;
                (tier, rest) = take_number(rest)?;
                row.tier = u8::try_from(tier).ok()?;
            }
            2 => (row.applied_at, rest) = take_micros(rest)?,
            3 if rest.first() == Some(&b',') => {}
            3 => (_, rest) = take_date(rest)?,
            4 => rest = take_list(rest, context.lookup, met, &mut sheet.siblings, false)?,
            5 => rest = take_list(rest, context.lookup, met, &mut sheet.choices, true)?,
            HOLDS | TOGETHER | CATEGORIES if let None | Some(b',' | b'\r' | b'\n') = rest.first() => {}
            HOLDS => {
                let id;
                (id, rest) = take_number(rest)?;
                row.holds = context.lookup.find(id)?;
            }
            TOGETHER => (row.together, rest) = take_number(rest).filter(|&(family, _)| family > 0)?,
            // Few files have such a column, and few children a category.
            CATEGORIES => return None,
            INFORMS.. => rest = skip_text(rest)?,
            _ => {
                let negative = rest.first() == Some(&b'-');
                let turn;
                (turn, rest) = take_number(if negative { rest.get(1..)? } else { rest })?;
                row.turn = if negative { -i64::from(turn) } else { i64::from(turn) };
            }
        }
        if place < last {
            rest = rest.strip_prefix(b",")?;
        }
    }
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    match rest.split_first() {
        Some((b'\n', after)) => Some((row, after)),
        None => Some((row, rest)),
        Some(_) => None,
    }
}

/// What follows a plain text; whatever else than ASCII is in it is left to the careful way.
fn skip_text(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().position(|b| matches!(b, b',' | b'\r' | b'\n')).unwrap_or(text.len());
    let (field, rest) = text.split_at_checked(end)?;
    field.iter().all(|&b| b.is_ascii() && b != b'"').then_some(rest)
}

/// A list of known groups, repetitions left out.
#[inline]
fn take_list<'a>(
    text: &'a [u8],
    lookup: &GroupLookup,
    met: &mut Met,
    list: &mut Vec<u32>,
    any_allowed: bool,
) -> Option<&'a [u8]> {
    if let None | Some(b',' | b'\n' | b'\r') = text.first() {
        return Some(text);
    }
    met.begin();
    let (mut value, mut digits) = (0_u64, 0);
    for (at, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            // No id starts with a zero, and ten digits are enough for 32 bits.
            if (digit == 0 && digits == 0) || digits == 10 {
                return None;
            }
            value = value * 10 + u64::from(digit);
            digits += 1;
            continue;
        }
        if byte == b'*' && any_allowed && digits == 0 {
            list.push(ANY);
            return text.get(at + 1..);
        }
        push_group(value, lookup, met, list)?;
        if byte != b';' {
            return text.get(at..);
        }
        (value, digits) = (0, 0);
    }
    push_group(value, lookup, met, list)?;
    Some(&[])
}

/// Adds the group with this id, unless the list has it.
#[inline(always)]
fn push_group(id: u64, lookup: &GroupLookup, met: &mut Met, list: &mut Vec<u32>) -> Option<()> {
    // A missing number is 0, which no group has.
    let group = lookup.find(u32::try_from(id).ok().filter(|&id| id > 0)?)?;
    if met.first_time(group) {
        list.push(group);
    }
    Some(())
}
