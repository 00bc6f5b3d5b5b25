//! What is told of rounds, and of referrals that are issued by hand.

use serde::{Deserialize, Serialize};

use super::cases::IssuedResult;
use super::places::Listed;
use crate::domain::codes::{CorrectionGround, Role};

/// A round gave places out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundHeld {
    /// The number of the round.
    pub round: String,
    /// As whom it was held.
    pub role: Role,
    /// How many referrals it issued.
    pub referrals: u64,
    /// Its files: a map from their names to their SHA-256 in hexadecimal.
    pub certificates: Listed,
}

/// A held round was compared with the right input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundCorrected {
    /// The number of the round.
    pub round: String,
    /// Which correction of the round it is, from 1.
    pub correction: u64,
    /// What was wrong.
    pub ground: CorrectionGround,
    /// As whom it was done.
    pub role: Role,
    /// How many children should have had a place, or a better one.
    pub harmed: u64,
    /// How many should not have had what they got.
    pub profited: u64,
    /// How many places more would make it good.
    pub extra_places: u64,
    /// The files of the correction: a map from their names to their SHA-256 in hexadecimal.
    pub files: Listed,
}

/// A second person confirmed that a place goes past the child who is due. Told to the child that it shall go to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipConfirmed {
    /// The number of the confirmation.
    pub confirmation: String,
    /// The number of the place.
    pub place: String,
    /// The number of the application that shall get it.
    pub application: String,
    /// The code of the profile's ground.
    pub ground: String,
    /// As whom it was confirmed.
    pub role: Role,
}

/// A referral was issued by hand. Told to the child that got the place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Referred {
    /// The number of the application.
    pub application: String,
    /// The number of the place.
    pub place: String,
    /// The number of the referral.
    pub referral: String,
    /// The result by which it is handed over.
    pub result: IssuedResult,
    /// The position at which the child stood.
    pub position: u64,
    /// As whom it was issued.
    pub role: Role,
    /// On what each of those ahead was passed over, in the order in which they were due; empty where nobody was.
    pub skips: Vec<SkipGrounds>,
    /// How many brothers and sisters were placed with it.
    pub together: u64,
}

/// On what a child is passed over; it names no child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkipGrounds {
    /// The code of the profile's ground.
    pub ground: String,
    /// The number of the second person's confirmation.
    pub confirmation: String,
    /// The key of the second person's credential.
    pub second_person: String,
}

/// A place went past a child. Told to that child.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassedOver {
    /// The number of its application.
    pub application: String,
    /// On what.
    pub passed_over: SkipGrounds,
    /// The number of the place.
    pub place: String,
    /// As whom it was done.
    pub role: Role,
}

/// A referral was issued with that of a brother or sister. Told to the child that is placed with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferredTogether {
    /// The number of its application.
    pub application: String,
    /// The number of its place.
    pub place: String,
    /// The number of its referral.
    pub referral: String,
    /// As whom it was issued.
    pub role: Role,
}
