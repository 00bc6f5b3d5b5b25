//! Acts that touch several nouns at once, as they are asked for over the counter and by the clock.

pub mod amending;
pub mod applications;
pub mod catalogue;
pub mod clock;
pub mod correcting;
mod days;
pub mod death;
pub mod debts;
pub mod departing;
pub mod duplicates;
pub mod erasure;
pub mod incidents;
pub mod merging;
pub mod moving;
pub mod places;
pub mod referrals;
pub mod register;
pub mod reserving;
pub mod takings;
pub mod tick;
pub mod undoing;
pub mod withdrawing;
