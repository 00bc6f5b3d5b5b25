//! The nouns of the field and their invariants. No IO, no clock.

pub mod account;
pub mod application;
pub mod case;
pub mod codes;
pub mod contact;
pub mod duplicate;
pub mod iin;
pub mod instant;
pub mod kato;
pub mod kindergarten;
pub mod life;
pub mod mix;
pub mod person;
pub mod place;
pub mod queue;
pub mod referral;
pub mod representative;
pub mod taking;
pub mod territory;
pub mod text;
