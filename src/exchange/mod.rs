//! CSV in and out: every fault by file, row and column; all or nothing.
//!
//! A file is UTF-8 with a header; columns may stand in any order, CRLF and a byte-order mark are accepted. The shapes of a
//! registry's files are in [`rows`], [`read`] and [`Reader`] take them in, [`Writer`] puts them out, and what one wrote the
//! other reads back. The files of an allocation are in [`instance`], what is claimed of one in [`certificate`].

pub mod certificate;
pub mod csv;
pub mod fault;
pub mod instance;
mod kind;
mod level;
pub mod output;
pub mod report;
pub mod rows;

pub use csv::file::{Rows, read, write};
pub use csv::table::{Reader, Writer};
pub use fault::{Fault, Faults};
pub use kind::Kind;
