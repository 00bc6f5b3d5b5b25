//! The ratio p:g by which first priority and general merge, and the arithmetic of their turns (ARCHITECTURE: the order of a queue).

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The ratio p:g, written `1:3`: p first-priority turns, then g general ones, and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mix {
    p: NonZeroU32,
    g: NonZeroU32,
}

/// A text that is no ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MixFault;

impl fmt::Display for MixFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mix is two numbers from 1 to 4294967295, first priority to general; write it like 1:3")
    }
}

impl std::error::Error for MixFault {}

impl Mix {
    /// The ratio; `None` where a side is 0: a stream without turns would never be served (a queue that does not mix has
    /// no ratio at all).
    pub fn new(p: u32, g: u32) -> Option<Self> {
        Some(Self { p: NonZeroU32::new(p)?, g: NonZeroU32::new(g)? })
    }

    /// First-priority entries in a cycle.
    pub fn p(self) -> u32 {
        self.p.get()
    }

    /// General entries in a cycle.
    pub fn g(self) -> u32 {
        self.g.get()
    }

    /// The turn of the k-th entry of the first-priority stream, from 0.
    #[inline]
    pub fn turn_of_first_priority(self, k: u64) -> u64 {
        let p = u64::from(self.p());
        (k / p).saturating_mul(self.cycle()).saturating_add(k % p)
    }

    /// The turn of the j-th entry of the general stream, from 0.
    #[inline]
    pub fn turn_of_general(self, j: u64) -> u64 {
        let (p, g) = (u64::from(self.p()), u64::from(self.g()));
        (j / g).saturating_mul(self.cycle()).saturating_add(p).saturating_add(j % g)
    }

    /// How many first-priority turns are smaller than t.
    pub fn first_priority_before(self, t: u64) -> u64 {
        let p = u64::from(self.p());
        (t / self.cycle()) * p + (t % self.cycle()).min(p)
    }

    /// How many general turns are smaller than t.
    pub fn general_before(self, t: u64) -> u64 {
        let (p, g) = (u64::from(self.p()), u64::from(self.g()));
        (t / self.cycle()) * g + (t % self.cycle()).saturating_sub(p)
    }

    fn cycle(self) -> u64 {
        u64::from(self.p()) + u64::from(self.g())
    }
}

impl fmt::Display for Mix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.p, self.g)
    }
}

impl FromStr for Mix {
    type Err = MixFault;

    fn from_str(text: &str) -> Result<Self, MixFault> {
        let (p, g) = text.split_once(':').ok_or(MixFault)?;
        // `parse` alone would accept a plus sign.
        let side = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
        side(p).zip(side(g)).and_then(|(p, g)| Mix::new(p, g)).ok_or(MixFault)
    }
}

impl TryFrom<String> for Mix {
    type Error = MixFault;

    fn try_from(text: String) -> Result<Self, MixFault> {
        text.parse()
    }
}

impl From<Mix> for String {
    fn from(mix: Mix) -> String {
        mix.to_string()
    }
}
