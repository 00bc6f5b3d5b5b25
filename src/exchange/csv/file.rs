//! A file of rows as a whole.

use std::io;

use super::table::{Reader, Row, Writer};
use crate::exchange::fault::Faults;

/// A file that was read without a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<R> {
    /// Its rows, in the order of the file.
    pub rows: Vec<R>,
    /// The line of the file on which each row begins, for whoever complains of a row later.
    pub lines: Vec<u64>,
    /// What its author should look at, though nothing is wrong.
    pub warnings: Faults,
}

/// Reads a whole file; `file` is its name as the user gave it. Any fault refuses the whole.
///
/// # Errors
/// All faults, up to the limit of [`Faults`].
pub fn read<R: Row>(file: &str, input: impl io::Read) -> Result<Rows<R>, Faults> {
    let mut reader = Reader::open(file, input)?;
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    while let Some(row) = reader.next() {
        rows.push(row);
        lines.push(reader.line());
    }
    Ok(Rows { rows, lines, warnings: reader.finish()? })
}

/// Writes a whole file with its header and returns how many rows it has.
///
/// # Errors
/// What the output refuses, for instance a full disk.
pub fn write<'r, R: Row + 'r>(output: impl io::Write, rows: impl IntoIterator<Item = &'r R>) -> io::Result<u64> {
    let mut writer = Writer::open(output)?;
    for row in rows {
        writer.write(row)?;
    }
    writer.finish()
}
