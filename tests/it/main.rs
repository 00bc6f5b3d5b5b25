//! All behaviour tests, one binary: each module is what a reader would look for.

mod domain;
mod exchange;
mod sample;
