//! The counter: what the clock does, and how far it is believed.

pub mod clock;
pub mod days;
mod tick;
