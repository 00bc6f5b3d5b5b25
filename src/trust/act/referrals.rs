//! What is told to a child of its referral.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::cases::CaseTold;
use super::departures::EnrolmentEnded;
use crate::domain::codes::{ReferralStatus, Role};
use crate::domain::instant::ToldInstant;
use crate::rules::profile::Consequence;

/// Something was done with a referral.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralChanged {
    /// The number of the referral.
    pub referral: String,
    /// The number of its application.
    pub application: String,
    /// The number of its place.
    pub place: String,
    /// What the referral is now.
    pub status: ReferralStatus,
    /// The code of the ground on which it ended; none where it did not.
    pub ground: Option<String>,
    /// The last day on which it can be presented.
    pub valid_until: NaiveDate,
    /// As whom it was done.
    pub role: Role,
    /// The case of the admission, where it moved.
    pub case: Option<CaseTold>,
    /// The enrolment that the contract of a transfer ended, if it did.
    pub departed: Option<EnrolmentEnded>,
}

/// The term of a referral ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralExpired {
    /// The number of the referral.
    pub referral: String,
    /// The number of its application.
    pub application: String,
    /// The number of its place.
    pub place: String,
    /// What the referral is now: `expired`.
    pub status: ReferralStatus,
    /// The last day on which it could be presented.
    pub valid_until: NaiveDate,
    /// The instant by which its term was over.
    pub due_at: ToldInstant,
    /// What becomes of the application.
    pub consequence: Consequence,
}
