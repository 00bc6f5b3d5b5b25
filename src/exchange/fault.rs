//! What is wrong with a file, said so that its author can mend it without asking.

use std::fmt;

/// How many faults are listed before the rest is only counted.
pub const FAULTS_LISTED_MAX: usize = 100;

/// One fault: where it is and what to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file as the user named it.
    pub file: String,
    /// The line in the file, counted from 1 with the header as line 1; 0 where the file as a whole is at fault.
    pub row: u64,
    /// The column's name; empty where the whole row is at fault.
    pub column: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.row > 0 {
            write!(f, ", row {}", self.row)?;
        }
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// The faults of a file or of several, in order, up to [`FAULTS_LISTED_MAX`]; the rest is counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// Those that are listed.
    pub listed: Vec<Fault>,
    /// How many more there are.
    pub unlisted: u64,
}

impl Faults {
    /// Adds a fault, or counts it where the list is full.
    pub fn push(&mut self, fault: Fault) {
        if self.listed.len() < FAULTS_LISTED_MAX {
            self.listed.push(fault);
        } else {
            self.unlisted += 1;
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.listed {
            writeln!(f, "{fault}")?;
        }
        if self.unlisted > 0 {
            writeln!(f, "and {} more", self.unlisted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}
