//! A sound row, read from front to back: nearly all rows are.

use super::super::lookup::GroupLookup;
use super::column::{CATEGORIES, HOLDS, INFORMS, TOGETHER, is_plain};
use super::sheet::{BLANK, Context, Met, Row, Sheet};
use crate::domain::instant::{take_date, take_micros};
use crate::engine::allocation::ANY;
use crate::exchange::csv::fields::take_number;

/// A row without quotes or faults, and what follows its line end.
#[inline]
pub(super) fn fast_row<'a>(
    text: &'a [u8],
    context: &Context<'_>,
    met: &mut Met,
    sheet: &mut Sheet,
) -> Option<(Row, &'a [u8])> {
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
            HOLDS | TOGETHER if let None | Some(b',' | b'\r' | b'\n') = rest.first() => {}
            HOLDS => {
                let id;
                (id, rest) = take_number(rest)?;
                row.holds = context.lookup.find(id)?;
            }
            TOGETHER => (row.together, rest) = take_number(rest).filter(|&(family, _)| family > 0)?,
            CATEGORIES..INFORMS => {
                let after = skip_text(rest)?;
                let text = std::str::from_utf8(rest.get(..rest.len() - after.len())?).ok()?;
                if !is_plain(column, text) {
                    return None;
                }
                sheet.say(column, text);
                rest = after;
            }
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
