//! The engine: order, allocation and what is computed from them, each against a naive model.

pub mod allocation;
mod correction;
mod laboratory;
mod order;
pub mod special;
mod special_naive;
mod standing;
