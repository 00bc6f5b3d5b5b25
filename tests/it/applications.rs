//! Applications: how they come in, whom they name together, what their proofs are worth.

mod changes;
pub mod channels;
mod corrections;
mod duplicates;
pub mod families;
mod life;
mod moving;
mod proofs;
mod siblings;
mod transfers;
mod unnumbered;
mod words;
