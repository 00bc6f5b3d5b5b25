//! Files in and out of a registry.

mod decrees;
mod tables;
