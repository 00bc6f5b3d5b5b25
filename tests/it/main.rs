//! All behaviour tests, one binary: each module is what a reader would look for.

mod allocate_cli;
mod allocation;
mod audit;
mod calendar;
mod domain;
mod exchange;
mod order;
mod rules;
mod sample;
