//! A row that has a quote or a fault: every field is looked at with care.

use super::super::reserves::is_category;
use super::column::{CATEGORIES, HOLDS, INFORMS, KNOWN, TIED, TOGETHER, is_plain};
use super::sheet::{BLANK, Block, Context, Met, Row, Sheet};
use crate::domain::instant::{read_micros, take_date};
use crate::engine::allocation::ANY;
use crate::exchange::csv::fields::{number, split};
use crate::exchange::fault::Fault;

/// A row that has a quote or a fault: every field is looked at, every fault is named.
pub(super) fn slow_row(
    line: &[u8],
    context: &Context<'_>,
    met: &mut Met,
    sheet: &mut Sheet,
    block: &mut Block,
) -> Option<Row> {
    if line.is_empty() {
        return None;
    }
    let number_of_line = block.lines;
    let mut faults = vec![];
    let mut row = BLANK;
    match split(line) {
        Err(fault) => faults.push((None, fault.message().to_owned())),
        Ok(fields) if fields.len() != context.columns.len() => {
            faults.push((None, format!("{} fields, but the header has {}", fields.len(), context.columns.len())));
        }
        Ok(fields) => {
            for (field, &column) in fields.iter().zip(context.columns) {
                let name = KNOWN.get(column).copied();
                let list = if column == 4 { &mut sheet.siblings } else { &mut sheet.choices };
                let result = match column {
                    4 | 5 => slow_list(field, context, met, list, column == 5),
                    HOLDS => slow_held(field, context, &mut row),
                    CATEGORIES..INFORMS if is_plain(column, field) => {
                        sheet.say(column, field);
                        Ok(())
                    }
                    CATEGORIES => Err(no_categories(field)),
                    TIED => Err(format!(
                        "'{field}' is neither yes nor nothing; write yes where brothers and sisters stand in other queues"
                    )),
                    _ => slow_value(field, column, &mut row),
                };
                if let Err(message) = result {
                    faults.push((name, message));
                }
            }
        }
    }
    let sound = faults.is_empty();
    if !sound && row.id > 0 {
        // Its id still counts: whoever mends the row should not hear of a repetition only then.
        block.lost.push((row.id, number_of_line));
    }
    for (column, message) in faults {
        let (file, column) = (context.file.to_owned(), column.map(str::to_owned));
        block.faults.push(Fault { file, row: number_of_line, column, message });
    }
    sound.then_some(row)
}

fn slow_value(field: &str, column: usize, row: &mut Row) -> Result<(), String> {
    let found = match column {
        0 => number(field).filter(|&id| id > 0).map(|id| row.id = id),
        1 => number(field).and_then(|tier| u8::try_from(tier).ok()).map(|tier| row.tier = tier),
        2 => read_micros(field.as_bytes()).map(|at| row.applied_at = at),
        3 if field.is_empty() => Some(()),
        3 => take_date(field.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|_| ()),
        TOGETHER if field.is_empty() => Some(()),
        TOGETHER => number(field).filter(|&family| family > 0).map(|family| row.together = family),
        INFORMS.. => Some(()),
        _ => plain_turn(field).map(|turn| row.turn = turn),
    };
    found.ok_or_else(|| {
        let wanted = match column {
            0 => "is no id; write a whole number from 1 to 4294967295, without leading zeros",
            1 => "is no tier; write a whole number from 0 to 255",
            2 => "is no instant; write RFC 3339 with an offset, such as 2026-03-21T09:00:00+05:00, up to microseconds",
            3 => "is no date; write YYYY-MM-DD or nothing",
            TOGETHER => "is no family; write a whole number from 1, the same for all its children, or nothing",
            _ => "is no turn; write a whole number, smaller first",
        };
        format!("'{field}' {wanted}")
    })
}

/// The group where the child has a place, or nothing.
fn slow_held(field: &str, context: &Context<'_>, row: &mut Row) -> Result<(), String> {
    let found = number(field).filter(|&id| id > 0).and_then(|id| context.lookup.find(id));
    match found {
        Some(group) => row.holds = group,
        None if !field.is_empty() && context.groups_sound => {
            return Err(format!(
                "group '{field}' is not in the groups file; write the id of the group held, or nothing"
            ));
        }
        None => {}
    }
    Ok(())
}

/// Which of these is no code of a category.
fn no_categories(field: &str) -> String {
    let code = field.split(';').find(|code| !is_category(code)).unwrap_or_default();
    format!("'{code}' is no category; write codes such as large_family, separated by semicolons, or nothing")
}

/// A signed 64-bit number without plus sign or leading zeros.
fn plain_turn(field: &str) -> Option<i64> {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let plain = digits == "0" || (digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.starts_with('0'));
    plain.then(|| field.parse().ok()).flatten()
}

fn slow_list(
    field: &str,
    context: &Context<'_>,
    met: &mut Met,
    list: &mut Vec<u32>,
    any_allowed: bool,
) -> Result<(), String> {
    if field.is_empty() {
        return Ok(());
    }
    met.begin();
    let mut rest = field.split(';').peekable();
    while let Some(id) = rest.next() {
        if any_allowed && id == "*" {
            if rest.peek().is_some() {
                return Err("'*' means every other group, so it must be the last choice".to_owned());
            }
            list.push(ANY);
            return Ok(());
        }
        let known = number(id).filter(|&id| id > 0);
        let Some(known) = known else {
            return Err(format!("'{id}' is no group id; write ids from groups.csv, separated by semicolons"));
        };
        match context.lookup.find(known) {
            Some(group) if met.first_time(group) => list.push(group),
            None if context.groups_sound => {
                return Err(format!("group {id} is not in the groups file; add it there or remove it here"));
            }
            _ => {}
        }
    }
    Ok(())
}
