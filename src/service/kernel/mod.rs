//! What every wing stands on: who may do what, how a "no" is said, how a territory reaches, words and keys.

pub mod acting;
pub mod actors;
pub(crate) mod authority;
pub(crate) mod keys;
pub(crate) mod numbers;
pub(crate) mod ordering;
pub mod permissions;
pub mod problem;
pub(crate) mod query;
pub(crate) mod reach;
pub mod registers;
pub mod tokens;
pub(crate) mod words;
