//! The key of a queue and the number of an application.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::codes::GroupKind;
use super::kato::Kato;

/// Which queue: one territory, one year of birth, one kind of group. Practice of 2018-2023: a queue is tied to no
/// kindergarten, and language is a constraint of the choice, not of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct QueueKey {
    /// The territory that the queue serves.
    pub territory: Kato,
    /// The year of birth.
    pub cohort: i32,
    /// The kind of group.
    pub kind: GroupKind,
}

impl QueueKey {
    /// The home that owns this queue.
    pub fn home(self) -> Kato {
        self.territory.home()
    }
}

impl fmt::Display for QueueKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.territory, self.cohort, self.kind)
    }
}

/// A text that is not the key of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueKeyFault;

impl fmt::Display for QueueKeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a queue's key is TERRITORY-YEAR-KIND, for instance 391000000-2022-general")
    }
}

impl std::error::Error for QueueKeyFault {}

impl FromStr for QueueKey {
    type Err = QueueKeyFault;
    fn from_str(text: &str) -> Result<Self, QueueKeyFault> {
        let mut parts = text.splitn(3, '-');
        let mut next = || parts.next().ok_or(QueueKeyFault);
        let territory = Kato::parse(next()?).map_err(|_| QueueKeyFault)?;
        let year = next()?;
        let cohort = year.parse().map_err(|_| QueueKeyFault)?;
        let kind = next()?.parse().map_err(|_| QueueKeyFault)?;
        let plain = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        plain.then_some(QueueKey { territory, cohort, kind }).ok_or(QueueKeyFault)
    }
}

impl TryFrom<String> for QueueKey {
    type Error = QueueKeyFault;
    fn try_from(text: String) -> Result<Self, QueueKeyFault> {
        text.parse()
    }
}

impl From<QueueKey> for String {
    fn from(key: QueueKey) -> String {
        key.to_string()
    }
}

/// A number that the registry gives: the home that gave it, what it numbers, and a serial number inside that home.
/// `391000000-000017` is an application, `391000000-R-000004` a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    /// The home that gave the number.
    pub home: Kato,
    /// What is numbered: each sort counts by itself.
    pub of: Numbered,
    /// From 1, per home.
    pub serial: u32,
}

/// What a [`Number`] numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numbered {
    /// An application: the plain number, without a mark.
    Application,
    /// A place in the ledger (`P`).
    Place,
    /// A referral, the paper (`R`).
    Referral,
    /// A round of allocation (`D`).
    Round,
    /// A result as it was issued (`B`).
    Result,
    /// A confirmation by a second person (`C`).
    Confirmation,
    /// A case of a service (`K`).
    Case,
}

impl Numbered {
    fn mark(self) -> &'static str {
        match self {
            Numbered::Application => "",
            Numbered::Place => "P-",
            Numbered::Referral => "R-",
            Numbered::Round => "D-",
            Numbered::Result => "B-",
            Numbered::Confirmation => "C-",
            Numbered::Case => "K-",
        }
    }
}

impl Number {
    /// The number of something in a home.
    pub fn new(home: Kato, of: Numbered, serial: u32) -> Self {
        Number { home, of, serial }
    }

    /// Reads a number of the expected sort; `None` where the text is no such number.
    pub fn parse(text: &str, of: Numbered) -> Option<Self> {
        let (home, rest) = text.split_once('-')?;
        let digits = rest.strip_prefix(of.mark())?;
        let home = Kato::parse(home).ok()?;
        let serial = digits.parse().ok()?;
        let number = Number { home, of, serial };
        // One number has one spelling: what is not written as we write it is not a number of ours.
        (number.to_string() == text).then_some(number)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}{:06}", self.home, self.of.mark(), self.serial)
    }
}
