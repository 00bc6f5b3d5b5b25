//! The log of reads: which official saw what of whom, as a chain of its own, so that a line that was edited, taken out or put
//! elsewhere is found.

use chrono::NaiveDate;
use serde::Serialize;

use super::end::{GENESIS, Head};
use super::seal::{canonical, sha256_hex};

/// A line as it is hashed: the canonical JSON of all fields but the hash itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadLine {
    /// Its place in the log, from 1 without gaps.
    pub seq: i64,
    /// When it was read, `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
    pub at: String,
    /// The civil day of the account's territory.
    pub on: NaiveDate,
    /// Who read, by the key of the account.
    pub account: String,
    /// The mandate by which; none for whoever sits at the machine.
    pub mandate: Option<String>,
    /// The role by which.
    pub role: String,
    /// What was read, such as `application` or `queue`.
    pub what: String,
    /// Whose: a number of the registry, or what a list is of. Never a person.
    pub subject: String,
    /// The mark of the sealed purpose, where one was said.
    pub purpose: Option<String>,
    /// How many persons' data the account has read on that day in that role, this line included.
    pub nth: i64,
    /// The hash of the line before, [`GENESIS`] at first.
    pub prev: String,
    /// The hash of this line.
    #[serde(skip)]
    pub hash: String,
}

impl ReadLine {
    /// The hash that the line must carry.
    pub fn expected_hash(&self) -> String {
        sha256_hex(canonical(self).as_bytes())
    }
}

/// Why the log of reads is broken, at the first line where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenReads {
    /// The place of the first line that does not fit.
    pub seq: i64,
    /// What is wrong with it.
    pub why: &'static str,
}

impl std::fmt::Display for BrokenReads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "log of reads, line {}: {}", self.seq, self.why)
    }
}

/// Reads the log line by line, in order.
#[derive(Debug)]
pub struct ReadsVerifier {
    head: Head,
}

impl Default for ReadsVerifier {
    fn default() -> Self {
        ReadsVerifier { head: Head { seq: 0, hash: GENESIS.to_owned() } }
    }
}

impl ReadsVerifier {
    /// Takes the next line.
    ///
    /// # Errors
    /// The first thing that is wrong: a gap, a broken link, a hash that does not match.
    pub fn take(&mut self, line: &ReadLine) -> Result<(), BrokenReads> {
        let seq = self.head.seq + 1;
        let why = if line.seq != seq {
            // The line that is missing is named, not the one behind it.
            return Err(BrokenReads { seq, why: "it is missing" });
        } else if line.prev != self.head.hash {
            "it does not hold the hash of the line before"
        } else if line.expected_hash() != line.hash {
            "its content does not match its hash"
        } else {
            self.head = Head { seq, hash: line.hash.clone() };
            return Ok(());
        };
        Err(BrokenReads { seq, why })
    }

    /// Whether the log ends where the registry says it does.
    ///
    /// # Errors
    /// Lines are cut off at the end, or were put behind it.
    pub fn end(&self, said: &Head) -> Result<(), BrokenReads> {
        if self.head == *said {
            return Ok(());
        }
        let seq = self.head.seq.min(said.seq) + 1;
        Err(BrokenReads { seq, why: "the log does not end where the registry says it does" })
    }
}
