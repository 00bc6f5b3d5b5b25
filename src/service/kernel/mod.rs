//! What every wing stands on: who may do what, how a "no" is said, how a territory reaches, words and keys.

pub mod acting;
pub mod actors;
pub(crate) mod authority;
pub(crate) mod keys;
pub(crate) mod notices;
pub(crate) mod numbers;
pub(crate) mod ordering;
pub(crate) mod own;
pub mod permissions;
pub mod problem;
pub(crate) mod query;
pub(crate) mod reach;
pub mod registers;
pub(crate) mod words;
