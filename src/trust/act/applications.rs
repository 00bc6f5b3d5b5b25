//! What is told to a child of its application.

use serde::{Deserialize, Serialize};

use super::cases::{CaseTold, IssuedResult};
use crate::domain::codes::{Channel, Decision, ProofStatus, Role};
use crate::domain::instant::ToldInstant;
use crate::trust::signature::SignatureVerdict;

/// An application was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The number of the application.
    pub application: String,
    /// How it came.
    pub channel: Channel,
    /// The id of the regulation that binds it.
    pub regulation: String,
    /// The code of the profile that orders its queue.
    pub profile: String,
    /// What is known of the signature under it.
    pub signature: SignatureVerdict,
    /// As whom it was taken in.
    pub role: Role,
    /// The case that it opened; none where its regulation has no steps for the channel.
    pub case: Option<CaseTold>,
}

/// What an application says was changed. What it says now stands in its rows and sealed facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amendment {
    /// The number of the application.
    pub application: String,
    /// As whom it was changed.
    pub role: Role,
}

/// Name, birth date or IIN of a child was corrected. What it was stands in sealed facts alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The number of the application at whose counter it was done.
    pub application: String,
    /// As whom it was corrected.
    pub role: Role,
}

/// An application was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// The number of the application.
    pub application: String,
    /// As whom it was withdrawn.
    pub role: Role,
    /// The number of the place that is free again, if the child had one in hand.
    pub place_freed: Option<String>,
    /// The number of the referral that was annulled with it, if there was one.
    pub referral_annulled: Option<String>,
    /// The cases that ended with it.
    pub cases: Vec<CaseTold>,
}

/// An application left for another territory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedAway {
    /// The number of the application that ended here.
    pub application: String,
    /// Its number there.
    pub moved_to: String,
    /// As whom it was moved.
    pub role: Role,
    /// The number of the place that is free again, if the child had one in hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place_freed: Option<String>,
    /// The number of the referral that was annulled with it, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral_annulled: Option<String>,
    /// The cases that ended with it.
    pub cases: Vec<CaseTold>,
}

/// An application came from another territory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedIn {
    /// The number of the application here.
    pub application: String,
    /// Its number where it came from.
    pub moved_from: String,
    /// As whom it was moved.
    pub role: Role,
    /// The case that it opened here; none where it was decided there.
    pub case: Option<CaseTold>,
}

/// A child was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Erasure {
    /// The numbers of its applications, whose seats stay.
    pub applications: Vec<String>,
    /// The key of the facts that keep the ground.
    pub facts: String,
    /// As whom it was done.
    pub role: Role,
}

/// The decision of an application was made in one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplicationDecided {
    /// The number of the application.
    pub application: String,
    /// `accepted` or `refused`.
    pub decision: Decision,
    /// The codes of the regulation's grounds; empty where it was accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<String>,
    /// As whom it was decided.
    pub role: Role,
    /// The id of the regulation that binds it.
    pub regulation: String,
    /// The result that was issued.
    pub result: IssuedResult,
    /// The number of the referral that was issued at once, if one was.
    pub referral: Option<String>,
    /// Its case, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseTold>,
}

/// A proof of a category was confirmed or rejected. Which category it was stands in the seat's rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofJudged {
    /// The number of the application.
    pub application: String,
    /// As whom it was judged.
    pub role: Role,
    /// `confirmed` or `rejected`.
    pub verdict: ProofStatus,
}

/// Proofs that nobody judged in their term ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProofsLapsed {
    /// The number of the application.
    pub application: String,
    /// How many proofs.
    pub proofs: u64,
    /// The tier that is left to the application.
    pub tier: u8,
    /// The instant by which their term was over.
    pub due_at: ToldInstant,
    /// What they count as: `rejected`.
    pub verdict: ProofStatus,
}

/// A representative of a child was given a new code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeIssued {
    /// The key of the representative.
    pub representative: String,
    /// The application at whose counter it was done.
    pub application: String,
    /// As whom it was done.
    pub role: Role,
}

/// A second person represents a child, with a code of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeAdded {
    /// The key of the representative.
    pub representative: String,
    /// The application at whose counter it was done.
    pub application: String,
    /// As whom it was done.
    pub role: Role,
}

/// Somebody without a credential asked for one-time codes, and they went to the contacts of the child's representatives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneTimeCodeSent {
    /// The application by which the family is reached.
    pub application: String,
}

/// Another person represents the child in the stead of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeReplaced {
    /// The key of the one that ended.
    pub representative: String,
    /// The key of the other one.
    pub by: String,
    /// The application at whose counter it was done.
    pub application: String,
    /// As whom it was done.
    pub role: Role,
}

/// A person represents the child no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RepresentativeEnded {
    /// The key of the representative.
    pub representative: String,
    /// The application at whose counter it was done.
    pub application: String,
    /// As whom it was done.
    pub role: Role,
}

/// The department has entered what a court or a guardianship body says of who represents a child. What, stands in the rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourtActEntered {
    /// The application at whose counter it was done.
    pub application: String,
    /// The key of the facts that name the act.
    pub facts: String,
    /// As whom it was done.
    pub role: Role,
}

/// An application was closed since its child has died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeathEntered {
    /// The number of the application.
    pub application: String,
    /// As whom it was done.
    pub role: Role,
    /// The number of the place that is free again, if the child had one.
    pub place_freed: Option<String>,
    /// The number of the referral that ended with it, if there was one.
    pub referral_ended: Option<String>,
    /// The cases that ended with it.
    pub cases: Vec<CaseTold>,
}
