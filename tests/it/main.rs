//! All behaviour tests, one binary: each module is what a reader would look for.

mod allocation;
mod calendar;
mod domain;
mod exchange;
mod order;
mod rules;
mod sample;
