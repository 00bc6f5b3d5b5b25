//! CSV itself: a stream cut into records and cells, a cell and its value, tables of rows; and for large files blocks of
//! lines that several threads read, and pieces that several threads make.

pub(super) mod blocks;
pub mod cell;
pub(super) mod fields;
pub mod file;
pub(super) mod header;
pub(super) mod pieces;
pub mod scan;
pub mod table;
