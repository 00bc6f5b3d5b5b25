//! Kindergartens, their groups and the ledger of places.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::{GroupKind, Language, PlaceStatus};
use super::kato::Kato;
use super::queue::QueueKey;

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

/// For whom a place is kept: children of one tier or category get it before all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reserved {
    /// The code of a tier or of a category of the profile.
    pub whom: String,
    /// Whether others get it where no such child can use it.
    pub open: bool,
}

impl fmt::Display for Reserved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whom)?;
        if self.open { f.write_str(":open") } else { Ok(()) }
    }
}

/// The text is no reserve: the code of a tier or category, with `:open` where others may have what is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoReserve;

impl fmt::Display for NoReserve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "write the code of a tier or category, such as large_family, with :open where others may have what is left",
        )
    }
}

impl FromStr for Reserved {
    type Err = NoReserve;

    fn from_str(text: &str) -> Result<Self, NoReserve> {
        let (whom, open) = text.strip_suffix(":open").map_or((text, false), |whom| (whom, true));
        let plain = !whom.is_empty() && whom.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if plain { Ok(Reserved { whom: whom.to_owned(), open }) } else { Err(NoReserve) }
    }
}

/// One vacancy with its ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The number by which the registry knows the place.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The id of the group that it is free in.
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
    /// For whom it is kept, if for anyone.
    pub reserved: Option<Reserved>,
}
