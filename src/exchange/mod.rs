//! CSV in and out: every fault by file, row and column; all or nothing.

pub mod fault;
pub mod instance;
