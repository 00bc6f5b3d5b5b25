//! All that calls out of the process: ports and their clients.
//!
//! The state's registers of persons and of powers of attorney are asked through [`registers::Registers`]. A register that
//! cannot answer is a value with its reason, never an error: the case waits and says so. Ask before a write begins: an
//! answer may take seconds, and no home stays locked so long.

pub mod breaker;
pub mod client;
pub mod embedded;
pub mod pace;
pub mod provider;
pub mod registers;
