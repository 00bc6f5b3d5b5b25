//! CSV in and out: every fault by file, row and column; all or nothing.
//!
//! A file is UTF-8 with a header; columns may stand in any order, CRLF and a byte-order mark are accepted. The shapes are
//! in [`rows`], [`read`] and [`Reader`] take them in, [`Writer`] puts them out, and what one wrote the other reads back.

use std::io;

pub mod cell;
pub mod fault;
pub mod instance;
pub mod level;
pub mod report;
pub mod rows;
pub mod scan;
pub mod table;

pub use fault::{Fault, Faults};
pub use table::{Reader, Writer};

use table::Row;

/// What a file is about: the KIND of `kezek import` and `kezek export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Territories of the classifier; the official file too.
    Territories,
    /// Kindergartens.
    Kindergartens,
    /// Their groups.
    Groups,
    /// Free places.
    Places,
    /// Applications.
    Applications,
    /// Referrals.
    Referrals,
    /// Cases of the services.
    Cases,
}

impl Kind {
    /// Every kind, in the order in which an empty registry can take them.
    pub const ALL: [Kind; 7] = [
        Kind::Territories,
        Kind::Kindergartens,
        Kind::Groups,
        Kind::Places,
        Kind::Applications,
        Kind::Referrals,
        Kind::Cases,
    ];

    /// The word on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Kind::Territories => "territories",
            Kind::Kindergartens => "kindergartens",
            Kind::Groups => "groups",
            Kind::Places => "places",
            Kind::Applications => "applications",
            Kind::Referrals => "referrals",
            Kind::Cases => "cases",
        }
    }
}

impl std::str::FromStr for Kind {
    type Err = crate::domain::codes::UnknownCode;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.code() == code)
            .ok_or_else(|| crate::domain::codes::UnknownCode { allowed: Kind::ALL.map(Kind::code).join(", ") })
    }
}

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
