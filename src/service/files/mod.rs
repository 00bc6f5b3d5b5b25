//! Whole registers in and out of files.

pub mod calendar;
pub mod exports;
pub mod import_applications;
pub mod imports;
