//! The header: which column stands where.

use super::blocks::Blocks;
use super::fields::split;
use crate::exchange::fault::{Fault, Faults};

/// The header's fields.
///
/// # Errors
/// The row at fault, 0 where the file as a whole is, and what is wrong.
pub(in crate::exchange) fn read_header(blocks: &Blocks) -> Result<Vec<String>, (u64, String)> {
    let line = blocks.header().map_err(|fault| (0, fault.message()))?;
    split(&line).map_err(|fault| (1, fault.message().to_owned()))
}

/// Finds the columns of a header by name. `None`, with faults, where one is missing, unknown or named twice.
///
/// The result has, for each column of the file, its position in `known`.
pub(in crate::exchange) fn find_columns(
    file: &str,
    header: &[String],
    known: &[&str],
    required: usize,
    faults: &mut Faults,
) -> Option<Vec<usize>> {
    let mut fine = true;
    let mut fault = |column: Option<&str>, message: String| {
        faults.push(Fault { file: file.to_owned(), row: 1, column: column.map(str::to_owned), message });
        fine = false;
    };
    if header.iter().all(String::is_empty) {
        fault(None, format!("there is no header; the first row must be {}", known_header(known, required)));
        return None;
    }
    let mut found = Vec::with_capacity(header.len());
    for (name, number) in header.iter().zip(1..) {
        match known.iter().position(|k| k == name) {
            None if name.is_empty() => {
                fault(None, format!("column {number} has no name; remove it, the columns are {}", known.join(",")));
            }
            None => fault(Some(name), format!("unknown column; remove it, the columns are {}", known.join(","))),
            Some(column) if found.contains(&column) => {
                fault(Some(name), "the column is there twice; keep one of them".to_owned());
            }
            Some(column) => found.push(column),
        }
    }
    for (column, name) in known.iter().enumerate().take(required) {
        if !found.contains(&column) {
            fault(Some(name), format!("the column is missing; the header must be {}", known_header(known, required)));
        }
    }
    fine.then_some(found)
}

fn known_header(known: &[&str], required: usize) -> String {
    known.iter().take(required).copied().collect::<Vec<_>>().join(",")
}
