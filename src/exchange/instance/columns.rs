//! The header: which column stands where.

use crate::exchange::fault::{Fault, Faults};

/// Finds the columns of a header by name. `None`, with faults, where one is missing, unknown or named twice.
///
/// The result has, for each column of the file, its position in `known`.
pub(super) fn find_columns(
    file: &str,
    header: &[String],
    known: &[&str],
    required: usize,
    faults: &mut Faults,
) -> Option<Vec<usize>> {
    let mut fine = true;
    let mut fault = |column: &str, message: String| {
        faults.push(Fault { file: file.to_owned(), row: 1, column: column.to_owned(), message });
        fine = false;
    };
    let mut found = Vec::with_capacity(header.len());
    for name in header {
        match known.iter().position(|k| k == name) {
            None => fault(name, format!("unknown column; remove it, the columns are {}", known.join(","))),
            Some(column) if found.contains(&column) => {
                fault(name, "the column is there twice; keep one of them".to_owned());
            }
            Some(column) => found.push(column),
        }
    }
    for (column, name) in known.iter().enumerate().take(required) {
        if !found.contains(&column) {
            fault(name, format!("the column is missing; the header must be {}", known_header(known, required)));
        }
    }
    fine.then_some(found)
}

fn known_header(known: &[&str], required: usize) -> String {
    known.iter().take(required).copied().collect::<Vec<_>>().join(",")
}
