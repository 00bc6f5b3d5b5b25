//! The file's lines, parsed block by block on all threads.

use std::sync::Mutex;

use super::careful::slow_row;
use super::column::CATEGORIES;
use super::fast::fast_row;
use super::sheet::{Block, BlocksRead, Context, Ends, Entry, Met, Row, Sheet, length};
use crate::exchange::csv::blocks::{Blocks, trim_end};

/// Reads the blocks on all threads, each with a sheet of its own.
pub(super) fn read_blocks(blocks: &Blocks, context: &Context<'_>) -> BlocksRead {
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
    let with_text = |text: usize| context.columns.contains(&(CATEGORIES + text));
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
        for (text, (own, all)) in sheet.own.iter_mut().zip(&mut sheet.texts).enumerate() {
            if with_text(text) {
                all.push(std::mem::take(own).into_boxed_str());
            }
        }
    }
}
