//! The application, those who stand behind it, and what they claim.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::codes::{ApplicantKind, Channel, Decision, Language, ProofStatus, Status, Stream, Turn};
use super::iin::Iin;
use super::kato::Kato;
use super::queue::QueueKey;

/// The child for whom the place is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The random key by which the journal knows the child.
    pub key: String,
    /// The child's IIN; one application in the country holds it.
    pub iin: Iin,
    /// Surname, name, patronymic as on the birth certificate.
    pub name: String,
    /// From the birth certificate, never from the IIN.
    pub birth_on: NaiveDate,
}

/// Who applies for the child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    /// The applicant's IIN, which the certificate of a portal request must name too.
    pub iin: Iin,
    /// As on the identity document.
    pub name: String,
    /// In what right somebody applies for the child.
    pub kind: ApplicantKind,
    /// Up to two phones or e-mail addresses.
    pub contacts: Vec<String>,
    /// The power of attorney, where the kind is attorney.
    pub power: Option<PowerOfAttorney>,
}

/// On what an attorney acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerOfAttorney {
    /// The number of the power.
    pub number: String,
    /// The last day on which it holds.
    pub until_on: NaiveDate,
}

/// A claim to a category with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryClaim {
    /// The code of the category in the profile.
    pub code: String,
    /// What is shown as proof, if anything is: a number or a short description.
    pub proof: Option<String>,
    /// How far it is believed.
    pub status: ProofStatus,
}

/// A document of the package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The kind, for instance `birth_certificate`.
    pub kind: String,
    /// The number on it, where it has one.
    pub number: Option<String>,
    /// The last day on which it is valid, where it has one.
    pub expires_on: Option<NaiveDate>,
}

/// The request lodged for a child through a channel, with its seat in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The number that people know it by.
    pub number: String,
    /// The home that owns it.
    pub home: Kato,
    /// The child's random key.
    pub child: String,
    /// The way it was handed in.
    pub channel: Channel,
    /// The territory named in the application.
    pub territory: Kato,
    /// The queue that it stands in.
    pub queue: QueueKey,
    /// The language of the group that is asked for.
    pub language: Language,
    /// Increasing without gaps per home; the last tie-break.
    pub ticket: u32,
    /// The instant that orders the queue.
    pub applied_at: DateTime<Utc>,
    /// When the registry took it in; differs from `applied_at` only for imports with evidence.
    pub registered_at: DateTime<Utc>,
    /// The precedence class by the categories that count.
    pub tier: u8,
    /// The stream of that tier.
    pub stream: Stream,
    /// What became of the turn.
    pub turn: Turn,
    /// Where it stands in its life (`life::after`).
    pub status: Status,
    /// What its case came to; pending until somebody decides.
    pub decision: Decision,
    /// Kindergartens, most wanted first; none means any.
    pub preferences: Vec<String>,
    /// The regulation that governs it, by its registration's instant.
    pub regulation: String,
    /// The profile that governs it.
    pub profile: String,
    /// What is known of the signature.
    pub signature: String,
    /// When the consent to use protected data was given, or the law named that dispenses with it.
    pub consent_at: DateTime<Utc>,
    /// The key of the sealed facts.
    pub facts: String,
}

/// Full months lived on a day: the month is full on the day of the month of birth, or on the first of the next month
/// where that day does not exist.
pub fn age_months(birth_on: NaiveDate, on: NaiveDate) -> i32 {
    let months = (on.year() - birth_on.year()) * 12 + on.month() as i32 - birth_on.month() as i32;
    if on.day() < birth_on.day() { months - 1 } else { months }
}
