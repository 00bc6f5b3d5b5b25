//! Results and messages: what a family and an office get in writing.

pub mod outbox;
pub mod results;
pub mod scans;
