//! Taking: an act that ends a family's wait, wish or place. It rests on the family, or on two officials; it can be undone for some
//! days, and one that waits for a second person lapses by itself.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::codes::{Role, UnknownCode, codes};
use super::kato::Kato;

codes! {
    /// What is taken.
    TakingAct {
        /// The application.
        Withdraw = "withdraw",
        /// Its seat in one territory, for one in another.
        Move = "move",
        /// Wishes.
        Amend = "amend",
        /// The referral in hand.
        Annul = "annul",
        /// The wait: a contract was made.
        Enrol = "enrol",
        /// The place in a kindergarten.
        Depart = "depart",
        /// The name, the birth date or the IIN by which the child is known.
        Correct = "correct",
        /// A representative, for another person.
        Replace = "replace",
        /// A representative.
        EndRepresentative = "end_representative",
        /// All that waits for the child: it has died.
        Death = "death",
        /// A second application of one child, for the other.
        Merge = "merge",
    }
}

codes! {
    /// On whose word something is taken.
    Rest {
        /// The family's own, in its session or as the portal asserts it.
        Family = "family",
        /// The family's, on a signed paper of which a scan is kept.
        Paper = "paper",
        /// The family's, on the contract that it signed.
        Contract = "contract",
        /// Two officials'.
        SecondPerson = "second_person",
        /// One official's, who mends letters by the document that was shown.
        Document = "document",
    }
}

codes! {
    /// What became of it.
    TakingStatus {
        /// It waits for a second person.
        Pending = "pending",
        /// It is done.
        Taken = "taken",
        /// Nobody confirmed it in time.
        Lapsed = "lapsed",
        /// The family does not want it.
        Objected = "objected",
        /// It was done, and undone.
        Undone = "undone",
    }
}

/// What becomes of a taking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakingStep {
    /// A second person confirms.
    Confirm,
    /// The term is over.
    Lapse,
    /// The family says no.
    Undo,
    /// It was taken by an account that somebody misused: it waits for a second person.
    Reopen,
}

impl TakingStatus {
    /// The status after a step, or `None` where it cannot follow.
    pub fn after(self, step: TakingStep) -> Option<TakingStatus> {
        use TakingStatus::{Lapsed, Objected, Pending, Taken, Undone};
        match (self, step) {
            (Pending, TakingStep::Confirm) => Some(Taken),
            (Pending, TakingStep::Lapse) => Some(Lapsed),
            (Pending, TakingStep::Undo) => Some(Objected),
            (Taken, TakingStep::Undo) => Some(Undone),
            (Taken, TakingStep::Reopen) => Some(Pending),
            (Pending, TakingStep::Reopen) | (Taken | Lapsed | Objected | Undone, _) => None,
        }
    }
}

/// Something that was taken from a family, or is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taking {
    /// The number of the application, and the how many-th of it this is: `391000000-000017-T1`.
    pub id: String,
    /// The home that owns it.
    pub home: Kato,
    /// The number of the application.
    pub application: String,
    /// Where the application stood when it was asked.
    pub territory: Kato,
    /// What is taken.
    pub act: TakingAct,
    /// On whose word.
    pub rests_on: Rest,
    /// Who asked: an account or a representative.
    pub asked_by: String,
    /// As what.
    pub role: Role,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// The key of the facts that say what was asked, and why.
    pub asked: String,
    /// The scan of the family's paper.
    pub scan: Option<String>,
    /// The first day on which a second person may confirm it, where it may not be at once.
    pub from_on: Option<NaiveDate>,
    /// The last day on which it can be confirmed while it waits, or undone once it is done.
    pub until_on: NaiveDate,
    /// What became of it.
    pub status: TakingStatus,
    /// Who confirmed, objected or undid.
    pub decided_by: Option<String>,
    /// When it got its status, if that is not since it was asked.
    pub decided_at: Option<DateTime<Utc>>,
    /// The key of the facts that say what was taken; none while it waits.
    pub taken: Option<String>,
}

/// Who is owed a place: the one that was taken had been given on when that was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// The id of the taking that was undone.
    pub taking: String,
    /// The home that owns it.
    pub home: Kato,
    /// The number of the application.
    pub application: String,
    /// Where the application stands.
    pub territory: Kato,
    /// The id of the kindergarten whose place it was.
    pub kindergarten: String,
    /// The id of the group there.
    pub group: String,
    /// Since when.
    pub owed_at: DateTime<Utc>,
}
