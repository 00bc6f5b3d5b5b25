//! Which profile orders a queue: the one door to it. The profile is the one that binds the queue's own territory at the
//! instant in question, wherever the child of an entry lives and whatever bound its registration.
//!
//! Turns and counters change by acts alone, each settled by the ratio of its own instant. A binding whose day comes changes no
//! row: from that instant on the same turns are read by the new ratio. So an order is the same function of rows, counters and
//! instant for the live index, a round, and a replay of the journal.

use chrono::{DateTime, Utc};

use super::problem::{Kind, Problem};
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::rules::profile::Profile;
use crate::rules::{Era, Rules};

/// The profile that orders a queue at an instant.
///
/// # Errors
/// 409 where none is bound.
pub(crate) fn profile(rules: &Rules, queue: QueueKey, at: DateTime<Utc>) -> Result<&Profile, Problem> {
    rules.profile_of(queue.territory, at).ok_or_else(|| {
        let message = format!("no profile is bound for {}; add it to bindings.toml", queue.territory);
        Problem::new(Kind::Conflict, "no_profile", message)
    })
}

/// The ratio that a queue merges by at an instant; none where it does not mix, or nothing is bound.
pub(crate) fn mix(rules: &Rules, queue: QueueKey, at: DateTime<Utc>) -> Option<Mix> {
    rules.profile_of(queue.territory, at).and_then(|profile| profile.mix.value)
}

/// The era around an instant in which one profile orders a queue.
pub(crate) fn era(rules: &Rules, queue: QueueKey, at: DateTime<Utc>) -> Era {
    rules.era_of(queue.territory, at)
}
