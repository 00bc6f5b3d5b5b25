//! `children.csv`: rows are parsed in parallel; a sound row never leaves the fast path, any other is read again with care.

mod careful;
pub(super) mod column;
mod fast;
mod file;
mod joined;
mod lines;
mod sheet;

pub(super) use column::{KNOWN, REQUIRED};
pub(super) use file::read_children;
pub(super) use joined::ChildrenRead;
