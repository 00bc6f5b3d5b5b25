//! Acts that touch several nouns at once, as they are asked for over the counter and by the clock.

pub mod applications;
pub mod catalogue;
pub mod clock;
mod days;
pub mod erasure;
pub mod moving;
pub mod places;
pub mod referrals;
pub mod register;
pub mod tick;
