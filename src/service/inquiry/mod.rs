//! After a round: why, what if, and what went wrong.

pub mod corrections;
pub mod explanations;
pub mod laboratory;
