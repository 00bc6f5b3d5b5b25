//! Queue order, positions and allocation: pure, deterministic, without IO or clock.

pub mod allocation;
pub mod deadlines;
pub mod order;
