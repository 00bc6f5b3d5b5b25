//! The number of a child and its reasons.

pub mod queues;
pub mod reasons;
pub mod text;
pub mod view;
