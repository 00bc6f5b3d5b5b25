//! `allocation.csv`: who got which group.

use std::path::Path;

use rayon::prelude::*;

use crate::exchange::csv::blocks::{Blocks, trim_end};
use crate::exchange::csv::fields::{number, push_number, split, take_number};
use crate::exchange::csv::header::{find_columns, read_header};
use crate::exchange::fault::{Fault, Faults};

const KNOWN: [&str; 2] = ["child_id", "group_id"];
const HEADER: &[u8] = b"child_id,group_id\n";
const ROWS_TOGETHER: usize = 1 << 15;

/// The file's bytes, in pieces: `child_id,group_id`, LF, by ascending child id, no group where it is 0.
pub fn allocation_csv(rows: &[(u32, u32)]) -> Vec<Vec<u8>> {
    let mut pieces = vec![HEADER.to_vec()];
    pieces.par_extend(rows.par_chunks(ROWS_TOGETHER).map(|rows| {
        let mut piece = Vec::with_capacity(rows.len() * 16);
        for &(child, group) in rows {
            push_number(&mut piece, child);
            piece.push(b',');
            if group != 0 {
                push_number(&mut piece, group);
            }
            piece.push(b'\n');
        }
        piece
    }));
    pieces
}

/// Reads an allocation: (child id, group id or 0) by ascending child id. A child that occurs twice is a fault.
pub fn read_allocation(path: &Path) -> Result<Vec<(u32, u32)>, Faults> {
    let file = path.display().to_string();
    let mut faults = Faults::default();
    let mut push = |row: u64, column: Option<&str>, message: String| {
        faults.push(Fault { file: file.clone(), row, column: column.map(str::to_owned), message });
    };
    let mut rows: Vec<(u32, u32, u64)> = vec![];
    match Blocks::open(path) {
        Err(fault) => push(0, None, fault.message()),
        Ok(blocks) => {
            match read_header(&blocks) {
                Err((row, message)) => push(row, None, message),
                Ok(header) => {
                    let mut header_faults = Faults::default();
                    let columns = find_columns(&file, &header, &KNOWN, KNOWN.len(), &mut header_faults);
                    header_faults.listed.into_iter().for_each(|f| push(f.row, f.column.as_deref(), f.message));
                    if let Some(columns) = columns {
                        read_rows(&blocks, &columns, &mut rows, &mut push);
                    }
                }
            }
            if let Some(fault) = blocks.into_fault() {
                push(0, None, fault.message());
            }
        }
    }
    if !rows.is_sorted_by(|a, b| a.0 < b.0) {
        rows.par_sort_unstable_by_key(|&(child, _, row)| (child, row));
        for &[(before, _, _), (child, _, row)] in rows.array_windows() {
            // A row whose id is at fault has none.
            if before == child && child > 0 {
                push(
                    row,
                    Some("child_id"),
                    format!("child {child} occurs in an earlier row; each child has one result"),
                );
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(rows.into_iter().map(|(child, group, _)| (child, group)).collect())
}

/// The row in which a file that was read names a child; 0 where it does not, or is gone.
pub(super) fn row_of(path: &Path, child: u32) -> u64 {
    let mut rows = vec![];
    let Ok(blocks) = Blocks::open(path) else { return 0 };
    let columns = read_header(&blocks)
        .ok()
        .and_then(|header| find_columns("", &header, &KNOWN, KNOWN.len(), &mut Faults::default()));
    if let Some(columns) = columns {
        read_rows(&blocks, &columns, &mut rows, &mut |_, _, _| {});
    }
    rows.iter().find(|&&(id, ..)| id == child).map_or(0, |&(.., row)| row)
}

fn read_rows(
    blocks: &Blocks,
    columns: &[usize],
    rows: &mut Vec<(u32, u32, u64)>,
    push: &mut impl FnMut(u64, Option<&str>, String),
) {
    let mut block = vec![];
    let mut row = 1;
    while blocks.next(&mut block).is_some() {
        for line in block.split_inclusive(|&b| b == b'\n') {
            row += 1;
            let line = trim_end(line);
            if line.is_empty() {
                continue;
            }
            if let Some((child, group)) = fast_row(line, columns) {
                rows.push((child, group, row));
                continue;
            }
            let fields = match split(line) {
                Ok(fields) if fields.len() == columns.len() => fields,
                Ok(fields) => {
                    push(row, None, format!("{} fields, but the header has {}", fields.len(), columns.len()));
                    continue;
                }
                Err(fault) => {
                    push(row, None, fault.message().to_owned());
                    continue;
                }
            };
            let mut values = [0, 0];
            for ((field, &column), name) in fields.iter().zip(columns).zip(columns.iter().map(|&c| KNOWN.get(c))) {
                let value = number(field).filter(|&id| id > 0);
                match (value, values.get_mut(column)) {
                    (Some(id), Some(slot)) => *slot = id,
                    _ if column == 1 && field.is_empty() => {}
                    _ => push(row, name.copied(), format!("'{field}' is no id")),
                }
            }
            rows.push((values[0], values[1], row));
        }
    }
}

/// A row in the usual order of columns without quotes.
fn fast_row(line: &[u8], columns: &[usize]) -> Option<(u32, u32)> {
    if columns != [0, 1] {
        return None;
    }
    let (child, rest) = take_number(line)?;
    let rest = rest.strip_prefix(b",")?;
    let (group, rest) = if rest.is_empty() { (0, rest) } else { take_number(rest).filter(|&(group, _)| group > 0)? };
    (child > 0 && rest.is_empty()).then_some((child, group))
}
