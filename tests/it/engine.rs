//! The engine: order, allocation and what is computed from them, each against a naive model.

pub mod allocation;
pub mod conditions;
mod conditions_naive;
mod correction;
mod families;
mod laboratory;
mod order;
