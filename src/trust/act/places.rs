//! What is told of places.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::codes::{PlaceStatus, Role};
use crate::domain::instant::ToldInstant;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::trust::seal::{canonical, sha256_hex};

/// A list that can be too long for a record. Its entries stand in the openings' rows; the record proves which they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// How many entries it has.
    pub count: u64,
    /// The SHA-256 of its canonical JSON, in hexadecimal.
    pub hash: String,
}

impl Listed {
    /// A list, told by its length and hash.
    pub fn of<L: Serialize>(list: &L) -> Self
    where
        for<'l> &'l L: IntoIterator,
    {
        Listed { count: list.into_iter().count() as u64, hash: sha256_hex(canonical(list).as_bytes()) }
    }
}

/// Places of a group were reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesReported {
    /// The numbers of the places, at most 500.
    pub places: Vec<String>,
    /// The id of their group.
    pub group: String,
    /// The id of its kindergarten.
    pub kindergarten: String,
    /// The queue that they are for.
    pub place_queue: QueueKey,
    /// The first day on which a child can come.
    pub available_on: NaiveDate,
    /// `reported`, or `published` where the profile has no hour for it.
    pub status: PlaceStatus,
    /// For whom they are kept; none where they are for everyone.
    pub reserved: Option<ReserveAsked>,
    /// How many children the group may have.
    pub capacity: i32,
    /// How many it said that it has.
    pub enrolled: i32,
    /// As whom it was done.
    pub role: Role,
}

/// For whom places are kept: a tier, a category, or the kindergarten's own territory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveAsked {
    /// The code of a tier of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
    /// The code of a category of the profile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The territory where the kindergarten stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<Kato>,
    /// Whether others get a place that no such child can use.
    pub open: bool,
}

/// The department has decided for whom a place is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReserveDecided {
    /// The number of the place.
    pub place: String,
    /// For whom it is kept from now on: a code, with `:open` where others may have what it leaves; none where it is for everyone.
    pub reserved: Option<String>,
    /// Where the place stands.
    pub status: PlaceStatus,
    /// As whom it was decided.
    pub role: Role,
}

/// A free place was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceWithdrawn {
    /// The number of the place.
    pub place: String,
    /// As whom it was done.
    pub role: Role,
}

/// The reported places of a territory whose hour had come were published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlacesPublished {
    /// The numbers of the places, ascending.
    pub places: Listed,
    /// The instant by which their hour had come.
    pub due_at: ToldInstant,
    /// What they are now: `published`.
    pub status: PlaceStatus,
}
