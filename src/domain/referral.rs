//! The referral (жолдама, направление): the document that gives a child a place.

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::{ReferralStatus, Role};
use super::kato::Kato;

/// The paper that sends a child to a place, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The number on the paper.
    pub number: String,
    /// The home that owns it.
    pub home: Kato,
    /// The number of the application that it answers.
    pub application: String,
    /// The number of the place that it holds.
    pub place: String,
    /// The id of the kindergarten that the child is sent to.
    pub kindergarten: String,
    /// The id of the group there.
    pub group: String,
    /// In which role the authority acted.
    pub authority_role: Role,
    /// The territory of the authority.
    pub authority_territory: Kato,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// The last day on which it holds, in the territory's zone.
    pub valid_until_on: NaiveDate,
    /// Whether its term was extended: once is all that the profiles allow.
    pub extended: bool,
    /// A short code by which a kindergarten can check a paper.
    pub check_code: String,
    /// Whether it still holds, and if not what ended it.
    pub status: ReferralStatus,
    /// Since when it has this status.
    pub status_at: DateTime<Utc>,
    /// Why it was refused or annulled; empty otherwise.
    pub ground: String,
    /// Why this child got this place, as JSON.
    pub reasons: String,
}
