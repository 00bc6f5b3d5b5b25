//! What is handed in, and what becomes of an entry in its queue.

pub(crate) mod applicant;
pub(crate) mod child;
pub(crate) mod contradiction;
pub mod court;
pub(crate) mod duplicate;
pub(crate) mod entry;
pub(crate) mod families;
pub mod handed_in;
pub(crate) mod identity;
pub(crate) mod likeness;
pub mod package;
pub mod proofs;
pub(crate) mod reading;
pub mod replacing;
pub mod representatives;
pub mod signed;
pub mod takings;
pub(crate) mod transfers;
