//! The nouns of the field and their invariants. No IO, no clock.

pub mod codes;
pub mod iin;
pub mod kato;
