//! The acts: one act is one write transaction (load, decide, save, journal).

pub mod applications;
pub(crate) mod certificates;
pub mod chains;
pub mod decide;
pub mod effects;
pub(crate) mod keys;
pub mod live;
pub mod permissions;
pub mod places;
pub mod positions;
pub mod problem;
pub mod queues;
pub mod referral_life;
pub mod referrals;
pub mod register;
pub mod registry;
pub(crate) mod results;
pub mod rounds;
pub(crate) mod standing;
pub mod tokens;
pub(crate) mod words;
