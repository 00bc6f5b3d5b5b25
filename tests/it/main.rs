//! All behaviour tests, one binary: each module is what a reader would look for.

mod allocate_cli;
mod allocation;
mod audit;
