//! All behaviour tests, one binary: each module is what a reader would look for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

mod accounts;
mod applications;
mod audit;
mod cases;
mod cli;
mod counter;
mod desk;
mod dice;
mod domain;
mod engine;
mod exchange;
mod files;
mod inquiry;
mod journal;
mod positions;
mod program;
mod reads;
mod referrals;
mod registers;
mod rounds;
mod rules;
mod sample;
mod store;
mod tidy;
mod web;
