//! The number of a child and its reasons.

pub mod queues;
pub mod reasons;
pub(crate) mod text;
pub mod view;
