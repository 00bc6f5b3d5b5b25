//! The standing allocation of a round that is not committed yet: it follows every act and always equals a full run over
//! the children and places of the moment.
//!
//! Under [`Rule::Program`](super::Rule::Program) a child's priority does not depend on the others, so an act moves only those
//! whom it concerns: a child that joins is one more proposer, a place more is a vacancy chain, a departure is both
//! ([`StandingAllocation`]). Under the queue a child that joins or leaves can shift the turns behind it; the order is kept by
//! the index of the queue, with its spent turns, and [`ServedTurns`] serves it again from the first turn that changed.

mod child;
mod market;
mod turns;

pub use child::{StandingChild, StandingFault};
pub use market::StandingAllocation;
pub use turns::{ServedTurns, Taken};
