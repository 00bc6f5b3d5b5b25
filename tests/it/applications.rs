//! Applications: how they come in, whom they name together, what their proofs are worth.

pub mod channels;
pub mod families;
mod life;
mod proofs;
mod siblings;
mod transfers;
