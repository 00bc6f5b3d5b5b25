//! The file as a whole.

use std::path::Path;

use super::super::lookup::GroupLookup;
use super::column::{KNOWN, REQUIRED, TURN};
use super::joined::{ChildrenRead, merged};
use super::lines::read_blocks;
use super::sheet::Context;
use crate::exchange::csv::blocks::{Blocks, ReadFault};
use crate::exchange::csv::header::{find_columns, read_header};
use crate::exchange::fault::{Fault, Faults};

/// Reads and checks the file; what is wrong is added to `faults`. Groups are looked up only where `groups_sound`: after
/// a fault in their own file every list would seem wrong.
pub(in crate::exchange::instance) fn read_children(
    path: &Path,
    lookup: &GroupLookup,
    groups_sound: bool,
    turn_allowed: bool,
    faults: &mut Faults,
) -> ChildrenRead {
    let file = path.display().to_string();
    let whole = |message: String| Fault { file: file.clone(), row: 0, column: None, message };
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
            faults.push(Fault { file: file.clone(), row, column: None, message });
            return ChildrenRead::default();
        }
    };
    let Some(columns) = find_columns(&file, &header, &KNOWN, REQUIRED, faults) else { return ChildrenRead::default() };
    if columns.contains(&TURN) && !turn_allowed {
        let message = "turns replace tier and mix: use --rule queue without --mix, or remove the column".to_owned();
        faults.push(Fault { file: file.clone(), row: 1, column: Some("turn".to_owned()), message });
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
