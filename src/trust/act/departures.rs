//! What is told to a child of an enrolment that ended.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::codes::{PlaceStatus, ReferralStatus, Role};

/// A child left its kindergarten.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Departure {
    /// The enrolment that ended.
    pub departed: EnrolmentEnded,
    /// The last day on which the child attends.
    pub last_day: NaiveDate,
    /// As whom it was done.
    pub role: Role,
}

/// An enrolment that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnrolmentEnded {
    /// The number of the referral by which the child was enrolled.
    pub referral: String,
    /// What the referral is now: `departed`.
    pub status: ReferralStatus,
    /// The number of its application.
    pub application: String,
    /// The number of the place that the child had.
    pub place: String,
    /// What the place is now.
    pub place_status: PlaceStatus,
    /// The first day on which another child can come.
    pub available_on: NaiveDate,
    /// Why the place is not free again.
    pub warnings: Vec<String>,
    /// The number of the same child's request for a transfer, which is now its one application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
}
