//! What a round computes: the free places of a scope and the children whom the rules name for them.
//!
//! Every queue is served once. Queues whose places may spill come first; then those that take in what is left, each with
//! its own places and the spilled ones together, so that no child envies a place that went to somebody behind it. Nothing
//! here is kept: [`super::hold`] and [`crate::service::referrals::issuing`] do that.

pub mod across;
pub(crate) mod ahead;
pub(crate) mod conditions;
mod entries;
mod joined;
mod kept;
pub(crate) mod market;
pub(crate) mod offer;
pub(crate) mod outcome;
mod read;
pub(crate) mod run;
pub(crate) mod scope;
pub(crate) mod serve;
