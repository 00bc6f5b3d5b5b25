//! The JSON API, a file per family of routes.

pub mod applications;
pub mod cases;
pub mod corrections;
pub mod outbox;
pub mod places;
pub mod public;
pub mod queues;
pub mod referrals;
pub mod rounds;
