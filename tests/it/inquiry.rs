//! After the round: why a child got what it got, what went wrong, and what other rules would give.

mod corrected_round;
mod corrections;
mod explanations;
mod simulations;
