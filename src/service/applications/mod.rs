//! What is handed in, and what becomes of an entry in its queue.

pub(crate) mod entry;
pub(crate) mod families;
pub mod handed_in;
pub mod proofs;
pub(crate) mod transfers;
