//! The ratio p:g and the arithmetic of turns.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// The ratio p:g by which first priority and general merge: p first-priority turns, then g general ones, and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mix {
    first_priority: NonZeroU32,
    general: NonZeroU32,
}

/// A ratio that is not two positive numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixFault;

impl fmt::Display for MixFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mix is two whole numbers from 1 to 4294967295, first priority to general; write it like 1:3")
    }
}

impl std::error::Error for MixFault {}

impl Mix {
    /// The ratio; neither side may be 0 (a queue that does not mix has no ratio at all).
    pub fn new(first_priority: u32, general: u32) -> Result<Self, MixFault> {
        let side = |n| NonZeroU32::new(n).ok_or(MixFault);
        Ok(Self { first_priority: side(first_priority)?, general: side(general)? })
    }

    /// The p of p:g.
    pub fn first_priority(self) -> u32 {
        self.first_priority.get()
    }

    /// The g of p:g.
    pub fn general(self) -> u32 {
        self.general.get()
    }

    /// The turn of the k-th entry of the first-priority stream, from 0.
    pub(super) fn turn_of_first_priority(self, k: u64) -> u64 {
        let p = u64::from(self.first_priority());
        (k / p).saturating_mul(self.cycle()).saturating_add(k % p)
    }

    /// The turn of the j-th entry of the general stream, from 0.
    pub(super) fn turn_of_general(self, j: u64) -> u64 {
        let (p, g) = (u64::from(self.first_priority()), u64::from(self.general()));
        (j / g).saturating_mul(self.cycle()).saturating_add(p).saturating_add(j % g)
    }

    /// How many first-priority turns are smaller than t.
    pub(super) fn first_priority_before(self, t: u64) -> u64 {
        let p = u64::from(self.first_priority());
        (t / self.cycle()) * p + (t % self.cycle()).min(p)
    }

    /// How many general turns are smaller than t.
    pub(super) fn general_before(self, t: u64) -> u64 {
        let (p, g) = (u64::from(self.first_priority()), u64::from(self.general()));
        (t / self.cycle()) * g + (t % self.cycle()).saturating_sub(p)
    }

    fn cycle(self) -> u64 {
        u64::from(self.first_priority()) + u64::from(self.general())
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.first_priority, self.general)
    }
}

impl FromStr for Mix {
    type Err = MixFault;

    fn from_str(text: &str) -> Result<Self, MixFault> {
        let (first_priority, general) = text.split_once(':').ok_or(MixFault)?;
        // `parse` alone would accept a plus sign.
        let side = |digits: &str| match digits.bytes().all(|b| b.is_ascii_digit()) {
            true => digits.parse().map_err(|_| MixFault),
            false => Err(MixFault),
        };
        Self::new(side(first_priority)?, side(general)?)
    }
}
