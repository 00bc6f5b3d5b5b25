//! A stretch of time as a law states it: a number and its unit.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::codes::{UnknownCode, codes};

codes! {
    /// The units that the acts count in.
    Unit {
        /// Minutes of the provider's hours.
        Minutes = "minutes",
        /// Hours of the provider's hours.
        Hours = "hours",
        /// Days that are neither weekend nor day off.
        WorkingDays = "working_days",
        /// Days of the calendar, days off included.
        CalendarDays = "calendar_days",
    }
}

/// A term, written `5 working_days`. Always more than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Term {
    /// How many units it lasts.
    pub n: u32,
    /// The unit that is counted.
    pub unit: Unit,
}

/// Why a text is not a term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermFault {
    /// Not a number, a space and a unit.
    NotATerm,
    /// The number is zero or less.
    NotPositive,
    /// The unit is none of [`Unit`].
    UnknownUnit(UnknownCode),
}

impl fmt::Display for TermFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TermFault::NotATerm => f.write_str("a term is a number and a unit, for instance `5 working_days`"),
            TermFault::NotPositive => {
                f.write_str("a term must be more than zero; leave it out where there is no limit")
            }
            TermFault::UnknownUnit(unknown) => write!(f, "the unit of a term is {unknown}"),
        }
    }
}

impl std::error::Error for TermFault {}

impl Term {
    /// Reads a term as the files write it, such as `5 working_days`.
    pub fn parse(text: &str) -> Result<Self, TermFault> {
        let (n, unit) = text.split_once(' ').ok_or(TermFault::NotATerm)?;
        let n: i64 = n.parse().map_err(|_| TermFault::NotATerm)?;
        if n <= 0 {
            return Err(TermFault::NotPositive);
        }
        let n = u32::try_from(n).map_err(|_| TermFault::NotATerm)?;
        // One is written in the singular: `1 working_day`.
        let plural = if n == 1 { format!("{unit}s") } else { unit.to_owned() };
        let unit = plural.parse().or_else(|_| unit.parse()).map_err(TermFault::UnknownUnit)?;
        Ok(Term { n, unit })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.unit.code();
        write!(f, "{} {}", self.n, if self.n == 1 { unit.trim_end_matches('s') } else { unit })
    }
}

impl TryFrom<String> for Term {
    type Error = TermFault;
    fn try_from(text: String) -> Result<Self, TermFault> {
        Term::parse(&text)
    }
}

impl From<Term> for String {
    fn from(term: Term) -> String {
        term.to_string()
    }
}
