//! What is told of the registry itself: its clock, its numbers, its messages, its counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::codes::Role;
use crate::domain::instant::ToldInstant;
use crate::trust::end::{Head, Numbers};

/// A home whose last record lay in the future was set back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockMended {
    /// The instant of the record that lay in the future.
    pub last: ToldInstant,
    /// How many applications this record dates anew because they were registered in the future.
    pub registered: u64,
}

/// The clock was confirmed after a long rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockConfirmed {
    /// The instant of the newest record of all homes before.
    pub newest: ToldInstant,
}

/// A chain stood behind records that a server had seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumbersSkipped {
    /// The last record that had been seen and is not there.
    pub seen: Head,
    /// The numbers behind which the home goes on.
    pub numbers: Numbers,
}

/// Messages were taken to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MessagesTaken {
    /// How many.
    pub messages: u64,
    /// As whom they were taken.
    pub role: Role,
}

/// The acts of a civil day were counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActsCounted {
    /// The day in the home.
    pub day: NaiveDate,
    /// When it ended: records from this instant on are of a later day.
    pub ended_at: ToldInstant,
    /// The last record that is counted; the first is the one behind the last that was counted before.
    pub until: i64,
    /// How often each act was done, by its code.
    pub acts: BTreeMap<String, u64>,
}
