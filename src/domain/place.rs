//! A place of a kindergarten and its life in the ledger: which act may follow which status, on one screen.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use super::codes::PlaceStatus;
use super::kato::Kato;
use super::queue::QueueKey;

/// What changes where a place stands in its ledger, after the report that began it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceAct {
    /// Its hour of publication has come.
    Publish,
    /// A referral gives it to a child.
    Refer,
    /// The contract of that child is made.
    Fill,
    /// The referral ends without a contract: it is on the bulletin again.
    Return,
    /// Whoever reported it takes it back.
    Withdraw,
    /// Its child has left: it is on the bulletin again.
    Free,
    /// Its child has left: it waits for the hour of publication, as if reported.
    FreeLater,
    /// Its child has left, and nobody can be given it.
    Retire,
    /// What took it from its child is undone: a referral names it again.
    GiveBack,
    /// The family made no contract: the referral alone holds it.
    Disown,
    /// The departure of its child is undone.
    Stay,
}

impl PlaceAct {
    /// All of them, for those who walk the table.
    pub const ALL: [PlaceAct; 11] = [
        PlaceAct::Publish,
        PlaceAct::Refer,
        PlaceAct::Fill,
        PlaceAct::Return,
        PlaceAct::Withdraw,
        PlaceAct::Free,
        PlaceAct::FreeLater,
        PlaceAct::Retire,
        PlaceAct::GiveBack,
        PlaceAct::Disown,
        PlaceAct::Stay,
    ];

    /// Why a place that does not stand right is not moved, for messages.
    pub fn refusal(self) -> &'static str {
        match self {
            PlaceAct::Publish => "only a reported place is published",
            PlaceAct::Refer => "only a place on the bulletin is given to a child",
            PlaceAct::Fill | PlaceAct::Return => "only a place that a referral names is filled or returned",
            PlaceAct::Withdraw => "a place that a child has cannot be taken back",
            PlaceAct::Free | PlaceAct::FreeLater | PlaceAct::Retire => "only a filled place is left by its child",
            PlaceAct::GiveBack | PlaceAct::Stay => "only a place that nobody has is given back",
            PlaceAct::Disown => "only a filled place can be without a contract again",
        }
    }
}

impl PlaceStatus {
    /// The status after an act, or `None` where it cannot follow. Nothing holds a place for an offer yet, and nothing
    /// follows a place that was taken back.
    pub fn after(self, act: PlaceAct) -> Option<PlaceStatus> {
        use PlaceStatus::{Filled, Held, Published, Referred, Reported, Withdrawn};
        match (self, act) {
            (Reported, PlaceAct::Publish) => Some(Published),
            (Published, PlaceAct::Refer) => Some(Referred),
            (Referred, PlaceAct::Fill) => Some(Filled),
            (Referred, PlaceAct::Return) => Some(Published),
            (Reported | Published, PlaceAct::Withdraw) => Some(Withdrawn),
            (Filled, PlaceAct::Free) => Some(Published),
            (Reported | Published, PlaceAct::GiveBack) => Some(Referred),
            (Reported | Published, PlaceAct::Stay) => Some(Filled),
            (Filled, PlaceAct::Disown) => Some(Referred),
            (Filled, PlaceAct::FreeLater) => Some(Reported),
            (Filled, PlaceAct::Retire) => Some(Withdrawn),
            (Reported | Published | Held | Referred | Filled | Withdrawn, _) => None,
        }
    }
}

/// One line of the history of a place. What was done stands in the record that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceChange {
    /// Where the place stood from then on.
    pub status: PlaceStatus,
    /// The instant of the act that moved it there.
    pub at: DateTime<Utc>,
    /// The act of the journal record that tells of it.
    pub act: String,
    /// The home whose chain holds the record.
    pub home: Kato,
    /// The number of the record in that chain.
    pub seq: i64,
}

impl Place {
    /// Moves the place by an act at an instant; `None`, and nothing changed, where the act cannot follow. Of its instants
    /// only that of the status moves, and that of the publication where it comes on the bulletin.
    pub fn advance(&mut self, act: PlaceAct, at: DateTime<Utc>) -> Option<PlaceStatus> {
        let after = self.status.after(act)?;
        self.status = after;
        self.status_at = at;
        if after == PlaceStatus::Published {
            self.published_at = Some(at);
        }
        Some(after)
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
    /// Since when it stands there.
    pub status_at: DateTime<Utc>,
    /// When it was reported.
    pub reported_at: DateTime<Utc>,
    /// When it last came on the bulletin; `None` where it never did.
    pub published_at: Option<DateTime<Utc>>,
    /// Why it was taken back, if it was: the key of the facts that say it.
    pub reason: Option<String>,
    /// For whom it is kept, if for anyone.
    pub reserved: Option<Reserved>,
}
