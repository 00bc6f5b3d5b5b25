//! Allocations with held places, reserved places and families: the same promises, checked by their definition.
//!
//! A group's choice among children is written as it is said: who holds a place there keeps it, of each reserve in turn the
//! best take its places, the best of the rest take what is left. An allocation is right where every group would choose just its
//! members, nobody has less than it held, every family is in one kindergarten or stays, and no group would choose a child
//! who likes it better than what it got (for a child of a family: a group of the kindergarten that the family got). That
//! families gave kindergartens up in the right order is shown by [`replay_special`].

mod check;
mod fairness;
mod market;
mod published;
mod replay;

pub use super::certificate::SpecialCounts;
pub use check::verify_special;
pub use fairness::fairness_special;
pub use published::{PublishedReserve, PublishedSpecial, PublishedWhom};
pub use replay::replay_special;
