//! Verification by a second mind: certificates and journals, sharing no code with the engine.

pub mod allocation;
