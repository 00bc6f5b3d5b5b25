//! The referral (жолдама, направление): the document that gives a child a place.

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::{ReferralStatus, Role};
use super::kato::Kato;

/// An issued referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The number.
    pub number: String,
    /// The home that owns it.
    pub home: Kato,
    /// The application.
    pub application: String,
    /// The place.
    pub place: String,
    /// The kindergarten.
    pub kindergarten: String,
    /// The group.
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
    /// Where it stands.
    pub status: ReferralStatus,
    /// Since when.
    pub status_at: DateTime<Utc>,
    /// Why it was refused or annulled; empty otherwise.
    pub ground: String,
    /// Why this child got this place, as JSON.
    pub reasons: String,
}
