//! What is handed in, and what becomes of an entry in its queue.

pub(crate) mod duplicate;
pub(crate) mod entry;
pub(crate) mod families;
pub mod handed_in;
pub(crate) mod identity;
pub mod package;
pub mod proofs;
pub mod representatives;
pub mod takings;
pub(crate) mod transfers;
