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
mod bad_input;
mod calendar;
mod channels;
mod deadline;
mod desk;
mod domain;
mod exchange;
mod idempotency;
mod life;
mod openapi;
mod order;
mod pages;
mod permissions;
mod positions;
mod referrals;
mod regulations;
mod rounds;
mod rules;
mod sample;
mod store;
mod tidy;
