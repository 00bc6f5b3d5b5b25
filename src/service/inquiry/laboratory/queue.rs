//! A queue of the scope, as the laboratory serves it.

use crate::domain::queue::QueueKey;
use crate::engine::allocation::Rule;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::rounds::compute::market::Market;

/// A queue of the scope.
pub(super) struct Queue {
    pub(super) market: Market,
    /// The rule of the base run.
    pub(super) base: Rule,
    /// By group: whether it is the queue's own; the others are of queues that spill to it.
    pub(super) own: Vec<bool>,
    /// The queue of the scope that gets what this one leaves.
    pub(super) spills_to: Option<QueueKey>,
}

/// The rule of a profile, turns counted from the beginning.
pub(super) fn base_rule(profile: &Profile) -> Rule {
    match profile.round_rule.value {
        RoundRule::Program => Rule::Program,
        RoundRule::Queue => Rule::Queue { mix: profile.mix.value },
    }
}
