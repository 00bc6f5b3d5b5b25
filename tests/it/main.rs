//! All behaviour tests, one binary: each module is what a reader would look for.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is how a test speaks"
)]

mod ahead;
mod allocate_cli;
mod allocation;
mod audit;
mod bad_input;
mod calendar;
mod cases;
mod certificate;
mod channels;
mod cli;
mod clock;
mod copying;
mod corrected_round;
mod correction;
mod corrections;
mod crash;
mod deadline;
mod decrees;
mod departures;
mod desk;
mod dice;
mod domain;
mod every_route;
mod exchange;
mod explanations;
mod fairness;
mod families;
mod faults;
mod following;
mod held_rounds;
mod idempotency;
mod interrupted;
mod laboratory;
mod life;
mod lives;
mod openapi;
mod order;
mod ordering;
mod pages;
mod past;
mod permissions;
mod positions;
mod program;
mod program_rule;
mod proofs;
mod proxies;
mod racing;
mod reasons;
mod referrals;
mod registers;
mod regulations;
mod reports;
mod reserved_places;
mod rounds;
mod rules;
mod sample;
mod sealed;
mod siblings;
mod simulate_cli;
mod simulations;
mod special;
mod special_naive;
mod spilling;
mod standing;
mod standing_rounds;
mod store;
mod tables;
mod tick;
mod tidy;
mod transfers;
