//! Kindergartens, their groups and the ledger of places.

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::{GroupKind, Language, PlaceStatus};
use super::kato::Kato;
use super::queue::QueueKey;

/// A preschool organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kindergarten {
    /// Its id, as the department gave it.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// Where it stands.
    pub territory: Kato,
    /// The territory whose queues its places serve first.
    pub queue_territory: Kato,
    /// The name in Kazakh.
    pub name_kk: String,
    /// The name in Russian.
    pub name_ru: String,
}

/// A class of a kindergarten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id, as the department gave it.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The kindergarten.
    pub kindergarten: String,
    /// The name.
    pub name: String,
    /// Youngest age, in full months.
    pub age_from_months: i32,
    /// First age that is too old, in full months.
    pub age_to_months: i32,
    /// Language of upbringing and instruction.
    pub language: Language,
    /// Kind.
    pub kind: GroupKind,
    /// Places by the norm.
    pub capacity: i32,
    /// Children who have a contract.
    pub enrolled: i32,
}

impl Group {
    /// Whether a child of this age can attend.
    pub fn fits_age(&self, age_months: i32) -> bool {
        (self.age_from_months..self.age_to_months).contains(&age_months)
    }

    /// Whether a child of this age and wish can attend. A group of several languages takes a wish for any of them.
    pub fn suits(&self, age_months: i32, language: Language) -> bool {
        self.fits_age(age_months) && (self.language == language || self.language == Language::Mixed)
    }
}

/// One vacancy with its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its id.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The group.
    pub group: String,
    /// The one queue that it is published for.
    pub queue: QueueKey,
    /// The first day on which a child can come.
    pub available_on: NaiveDate,
    /// Where it stands in the ledger.
    pub status: PlaceStatus,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// When it came on the bulletin.
    pub published_at: Option<DateTime<Utc>>,
    /// Why it was taken back; empty otherwise.
    pub reason: String,
}
