//! Kindergartens and their groups.

use super::codes::{GroupKind, Language};
use super::kato::Kato;

/// A preschool organisation of any type that takes children by referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kindergarten {
    /// Its id, as the department gave it.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The territory that it stands in; it decides the queue that is served.
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
    /// The id of the kindergarten that it belongs to.
    pub kindergarten: String,
    /// What the kindergarten calls the group.
    pub name: String,
    /// Youngest age, in full months.
    pub age_from_months: i32,
    /// First age that is too old, in full months.
    pub age_to_months: i32,
    /// Language of upbringing and instruction.
    pub language: Language,
    /// The kind of group; each kind has its own queue.
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
