//! Who gets which place: computed, asked for, held, kept in files.

pub mod ahead;
pub(crate) mod fairness;
pub(crate) mod files;
pub mod held;
pub mod hold;
pub mod memory;
pub(crate) mod report;
pub(crate) mod scope;
pub mod skips;
