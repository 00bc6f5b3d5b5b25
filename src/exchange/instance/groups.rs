//! `groups.csv`: ids and free places; further columns inform people and change nothing.

use std::path::Path;

use super::group_facts::{GroupFacts, said};
use super::reserves::read_reserves;
use crate::engine::allocation::Reserve;
use crate::exchange::csv::blocks::{Blocks, ReadFault, trim_end};
use crate::exchange::csv::fields::{number, split};
use crate::exchange::csv::header::{find_columns, read_header};
use crate::exchange::fault::{Fault, Faults};

const KNOWN: [&str; 9] =
    ["id", "capacity", "kindergarten", "territory", "language", "kind", "age_from_months", "age_to_months", "reserved"];
const RESERVED: usize = 8;
const REQUIRED: usize = 2;
const ID: usize = 0;
const CAPACITY: usize = 1;

/// The groups by ascending id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GroupsRead {
    /// Ids, strictly ascending where there was no fault.
    pub ids: Vec<u32>,
    /// Free places, by the same order.
    pub capacities: Vec<u32>,
    /// What the file says for readers, by the same order; empty where it has none of these columns.
    pub facts: Vec<GroupFacts>,
    /// Reserved places; empty where there is no such column.
    pub reserves: Vec<Vec<Reserve>>,
}

/// A group as its row says it, with where it stood.
#[derive(Default)]
struct GroupRow {
    id: u32,
    row: u64,
    capacity: u32,
    facts: GroupFacts,
    reserves: Vec<Reserve>,
}

/// Reads and checks the file; what is wrong is added to `faults`.
pub(super) fn read_groups(path: &Path, faults: &mut Faults) -> GroupsRead {
    let file = path.display().to_string();
    let whole = |fault: &ReadFault| Fault { file: file.clone(), row: 0, column: None, message: fault.message() };
    let blocks = match Blocks::open(path) {
        Ok(blocks) => blocks,
        Err(fault) => {
            faults.push(whole(&fault));
            return GroupsRead::default();
        }
    };
    let rows = read_rows(&blocks, &file, faults);
    if let Some(fault) = blocks.into_fault() {
        faults.push(whole(&fault));
    }
    let (mut rows, columns) = rows;
    rows.sort_unstable_by_key(|row| (row.id, row.row));
    for [before, GroupRow { id, row, .. }] in rows.array_windows() {
        if before.id == *id {
            let message = format!("id {id} occurs in an earlier row; give every group its own id");
            faults.push(Fault { file: file.clone(), row: *row, column: Some("id".to_owned()), message });
        }
    }
    rows.dedup_by_key(|row| row.id);
    let (ids, capacities) = rows.iter().map(|row| (row.id, row.capacity)).unzip();
    let reserving = columns.contains(&RESERVED);
    let reserves =
        if reserving { rows.iter_mut().map(|row| std::mem::take(&mut row.reserves)).collect() } else { vec![] };
    let informs = columns.len() > REQUIRED + usize::from(reserving);
    let facts = if informs { rows.into_iter().map(|row| row.facts).collect() } else { vec![] };
    GroupsRead { ids, capacities, facts, reserves }
}

/// The sound rows, and the columns.
fn read_rows(blocks: &Blocks, file: &str, faults: &mut Faults) -> (Vec<GroupRow>, Vec<usize>) {
    let mut rows = vec![];
    let header = match read_header(blocks) {
        Ok(header) => header,
        Err((row, message)) => {
            faults.push(Fault { file: file.to_owned(), row, column: None, message });
            return (rows, vec![]);
        }
    };
    let Some(columns) = find_columns(file, &header, &KNOWN, REQUIRED, faults) else { return (rows, vec![]) };
    let mut block = vec![];
    let mut row = 1;
    // A quoted name may span lines, so a line that only lacks its closing quote waits for the next one.
    let mut open: Vec<u8> = vec![];
    let mut open_row = 0;
    while blocks.next(&mut block).is_some() {
        for line in block.split_inclusive(|&b| b == b'\n') {
            row += 1;
            if open.is_empty() {
                open_row = row;
            }
            open.extend_from_slice(line);
            let line = trim_end(&open);
            if !line.is_empty() && quotes_are_even(line) {
                rows.extend(read_row(line, &columns, file, open_row, faults));
            } else if !line.is_empty() && open.len() <= 1 << 16 {
                continue;
            } else if !line.is_empty() {
                rows.extend(read_row(line, &columns, file, open_row, faults));
            }
            open.clear();
        }
    }
    if !open.is_empty() {
        rows.extend(read_row(trim_end(&open), &columns, file, open_row, faults));
    }
    (rows, columns)
}

fn quotes_are_even(line: &[u8]) -> bool {
    line.iter().filter(|&&b| b == b'"').count() % 2 == 0
}

fn read_row(line: &[u8], columns: &[usize], file: &str, row: u64, faults: &mut Faults) -> Option<GroupRow> {
    let mut fault = |column: Option<&str>, message: String| {
        faults.push(Fault { file: file.to_owned(), row, column: column.map(str::to_owned), message });
    };
    let fields = match split(line) {
        Ok(fields) if fields.len() == columns.len() => fields,
        Ok(fields) => {
            fault(None, format!("{} fields, but the header has {}", fields.len(), columns.len()));
            return None;
        }
        Err(line) => {
            fault(None, line.message().to_owned());
            return None;
        }
    };
    let (mut id, mut capacity) = (None, None);
    let mut facts = GroupFacts::default();
    let mut reserves = vec![];
    for (field, &column) in fields.iter().zip(columns) {
        let value = number(field);
        if column == ID {
            id = value.filter(|&id| id > 0);
            if id.is_none() {
                fault(
                    Some("id"),
                    format!("'{field}' is no id; write a whole number from 1 to 4294967295, without leading zeros"),
                );
            }
        } else if column == CAPACITY {
            capacity = value;
            if capacity.is_none() {
                fault(
                    Some("capacity"),
                    format!("'{field}' is no number of places; write a whole number from 0 to 4294967295"),
                );
            }
        } else if column == RESERVED {
            match read_reserves(field) {
                Ok(read) => reserves = read,
                Err(message) => fault(Some("reserved"), message),
            }
        } else {
            inform(&mut facts, column, field);
        }
    }
    if let Some(capacity) = capacity {
        let reserved: u64 = reserves.iter().map(|reserve| u64::from(reserve.places)).sum();
        if reserved > u64::from(capacity) {
            fault(
                Some("reserved"),
                format!("{reserved} places are reserved, but the group has {capacity}; reserve fewer"),
            );
        }
    }
    // A group whose capacity is at fault is still a known group for the children's lists.
    Some(GroupRow { id: id?, row, capacity: capacity.unwrap_or_default(), facts, reserves })
}

/// What is only information is never a fault: an age that is no number is left out.
fn inform(facts: &mut GroupFacts, column: usize, field: &str) {
    match KNOWN.get(column).copied().unwrap_or_default() {
        "kindergarten" => facts.kindergarten = said(field),
        "territory" => facts.territory = said(field),
        "language" => facts.language = said(field),
        "kind" => facts.kind = said(field),
        "age_from_months" => facts.age_from_months = field.parse().unwrap_or_default(),
        "age_to_months" => facts.age_to_months = field.parse().unwrap_or_default(),
        _ => {}
    }
}
