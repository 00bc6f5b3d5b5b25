//! The journal chain, what its records seal, and signature verdicts: what lets anyone check the registry.

pub mod act;
pub mod journal;
pub mod opening;
pub mod seal;
pub mod signature;
