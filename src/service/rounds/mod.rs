//! Who gets which place: computed, asked for, held, kept in files.

pub mod ahead;
pub(crate) mod compute;
pub(crate) mod due;
pub(crate) mod fairness;
pub(crate) mod fault;
pub(crate) mod files;
pub mod held;
pub mod hold;
pub mod memory;
pub mod next;
pub(crate) mod passed;
pub mod refer;
pub(crate) mod report;
pub mod skips;
