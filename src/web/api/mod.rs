//! The JSON API, a file per family of routes.

pub mod about;
pub mod accounts;
pub mod applications;
pub mod cases;
pub mod catalogue;
pub mod corrections;
pub mod documents;
pub mod duplicates;
pub mod outbox;
pub mod papers;
pub mod pending;
pub mod places;
pub mod public;
pub mod queues;
pub mod referrals;
pub mod representatives;
pub mod rounds;
pub mod sessions;
pub mod tokens;
