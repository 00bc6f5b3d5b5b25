//! The journal chain, sealed facts and signature verdicts: what lets anyone check the registry.

pub mod act;
pub mod journal;
pub mod seal;
pub mod signature;
