//! What is told of applications that are probably of one child: to the pair, and to each seat of a merge.

use serde::{Deserialize, Serialize};

use super::cases::CaseTold;
use crate::domain::codes::Role;
use crate::domain::duplicate::DuplicateStatus;

/// A pair was named, or decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DuplicateJudged {
    /// The id of the pair.
    pub duplicate: String,
    /// What it is since then.
    pub became: DuplicateStatus,
    /// As whom.
    pub role: Role,
}

/// An application ended because its child has another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedAway {
    /// The number of the application that ended.
    pub application: String,
    /// The number of the one that stays.
    pub merged_into: String,
    /// As whom they were merged.
    pub role: Role,
    /// The cases that ended with it.
    pub cases: Vec<CaseTold>,
}

/// An application stays for a child that had two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergedIn {
    /// The number of the application that stays, at its own instant and turn.
    pub application: String,
    /// The number of the one that ended.
    pub merged_from: String,
    /// As whom they were merged.
    pub role: Role,
}

/// A merge was undone: told to the seat that had stayed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MergeUndone {
    /// The number of the application that had stayed.
    pub application: String,
    /// The number of the one that waits again.
    pub parted_from: String,
    /// As whom it was undone.
    pub role: Role,
}
