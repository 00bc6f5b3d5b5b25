//! What is told to a seat of what was taken from it, or is to be; and to a scan.

use serde::{Deserialize, Serialize};

use super::cases::CaseTold;
use crate::domain::codes::{Role, Status};
use crate::domain::instant::ToldInstant;
use crate::domain::taking::{TakingAct, TakingStatus};

/// An official asked to take something; it waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakingAsked {
    /// The number of the application.
    pub application: String,
    /// The id of the taking.
    pub taking: String,
    /// What is to be taken.
    pub takes: TakingAct,
    /// As whom it was asked.
    pub role: Role,
}

/// Nobody confirmed it in time: nothing was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakingLapsed {
    /// The number of the application.
    pub application: String,
    /// The id of the taking.
    pub taking: String,
    /// The instant by which its term was over.
    pub due_at: ToldInstant,
}

/// What was asked or taken was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakingUndone {
    /// The number of the application that has again what was taken.
    pub application: String,
    /// The id of the taking.
    pub taking: String,
    /// `objected` where it had waited, `undone` where it was done, `pending` where it was done by an account that somebody misused and
    /// waits for a second person now.
    pub became: TakingStatus,
    /// Where the application stands now.
    pub stands: Status,
    /// Whether the place had been given on, so that the child is owed one.
    pub owed: bool,
    /// As whom it was undone.
    pub role: Role,
    /// The case that it opened anew, where its decision is awaited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseTold>,
}

/// An application went back to the territory that it had come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedBack {
    /// The number of the application that ended here.
    pub application: String,
    /// Its number there.
    pub moved_to: String,
    /// As whom it was moved.
    pub role: Role,
    /// The cases that ended with it.
    pub cases: Vec<CaseTold>,
}

/// A scan of a paper was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScanKept {
    /// The id of the scan.
    pub scan: String,
    /// As whom it was uploaded.
    pub role: Role,
}

/// A family was told that an account was misused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentTold {
    /// The number of the application.
    pub application: String,
    /// The key of the account.
    pub account: String,
}
