//! The acts: one act is one write transaction (load, decide, save, journal).

pub mod effects;
pub mod live;
pub mod permissions;
pub mod problem;
