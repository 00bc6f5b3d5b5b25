//! Duplicates: two active applications that are probably of one child.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::codes::{UnknownCode, codes};
use super::kato::Kato;

codes! {
    /// Why two applications are probably of one child.
    Likeness {
        /// The same name, however it is written, and the same day of birth.
        NameAndBirth = "name_and_birth",
        /// The same number of the birth certificate.
        Certificate = "certificate",
        /// The same applicant and day of birth, and a name that differs in a letter or two.
        Applicant = "applicant",
        /// A department says so.
        Stated = "stated",
    }
}

codes! {
    /// What was found of a pair.
    DuplicateStatus {
        /// Nobody has decided.
        Open = "open",
        /// They are of one child: one application stays.
        Merged = "merged",
        /// They are of two children.
        Different = "different",
    }
}

/// What becomes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DuplicateStep {
    /// They are of two children.
    Part,
    /// They are of one.
    Merge,
    /// What was decided is taken back.
    Reopen,
    /// The merge was undone.
    Unmerge,
}

impl DuplicateStatus {
    /// The status after a step, or `None` where it cannot follow.
    pub fn after(self, step: DuplicateStep) -> Option<DuplicateStatus> {
        use DuplicateStatus::{Different, Merged, Open};
        match (self, step) {
            (Open, DuplicateStep::Part) => Some(Different),
            (Open, DuplicateStep::Merge) => Some(Merged),
            (Different, DuplicateStep::Reopen) | (Merged, DuplicateStep::Unmerge) => Some(Open),
            _ => None,
        }
    }
}

/// Two applications that are probably of one child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The number of the later one, and the how many-th of it this is: `391000000-000017-D1`.
    pub id: String,
    /// The home of the later one.
    pub home: Kato,
    /// The number of the application that was handed in later.
    pub application: String,
    /// Where that stood when it was found.
    pub territory: Kato,
    /// The number of the earlier one.
    pub other: String,
    /// Where that stood when it was found.
    pub other_territory: Kato,
    /// Why.
    pub grounds: Vec<Likeness>,
    /// When it was found.
    pub found_at: DateTime<Utc>,
    /// The account that found it; none where the registry did.
    pub found_by: Option<String>,
    /// What was found of it.
    pub status: DuplicateStatus,
    /// The account that decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The key of the facts with the words of whoever decided or stated it.
    pub facts: Option<String>,
}

impl Duplicate {
    /// Whether it names an application.
    pub fn names(&self, number: &str) -> bool {
        self.application == number || self.other == number
    }
}
