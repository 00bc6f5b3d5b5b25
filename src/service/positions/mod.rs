//! The number of a child and its reasons.

pub mod ended;
pub mod queues;
pub mod reasons;
pub mod shape;
pub mod text;
pub mod view;
pub(crate) mod written;
