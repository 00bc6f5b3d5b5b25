//! All behaviour tests, one binary: each module is what a reader would look for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

mod allocate_cli;
mod allocation;
mod audit;
mod calendar;
mod cli;
mod copying;
mod crash;
mod deadline;
mod desk;
mod domain;
mod exchange;
mod following;
mod life;
mod order;
mod past;
mod program;
mod racing;
mod regulations;
mod rules;
mod sample;
mod tables;
mod tick;
