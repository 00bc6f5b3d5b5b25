//! KATO, the state classifier of administrative-territorial objects: nine digits `RR DD OO NNN` for oblast or city of
//! republican significance, district or city, rural district or settlement administration, settlement.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A code of nine digits. `000000000` is the whole country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Kato(u32);

/// Why a text is not a KATO code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KatoFault;

impl fmt::Display for KatoFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a KATO code has exactly 9 digits, for instance 391010000")
    }
}

impl std::error::Error for KatoFault {}

/// The divisors that keep RR, RRDD and RRDDOO.
const LEVELS: [u32; 3] = [10_000_000, 100_000, 1_000];

impl Kato {
    /// The whole country: the home of national acts.
    pub const COUNTRY: Kato = Kato(0);

    /// Reads nine ASCII digits.
    pub fn parse(text: &str) -> Result<Self, KatoFault> {
        if text.len() != 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(KatoFault);
        }
        text.parse().map(Kato).map_err(|_| KatoFault)
    }

    /// The code as a number, the form the registry keeps.
    pub fn number(self) -> u32 {
        self.0
    }

    /// The code from its number; `None` past nine digits.
    pub fn from_number(number: u32) -> Option<Self> {
        (number < 1_000_000_000).then_some(Kato(number))
    }

    /// The oblast or city of the republic that it lies in, `RR0000000`.
    pub fn region(self) -> Kato {
        Kato(self.0 / LEVELS[0] * LEVELS[0])
    }

    /// The code with its last non-zero block zeroed; `None` for the whole country.
    pub fn parent(self) -> Option<Kato> {
        if self.0 == 0 {
            return None;
        }
        let kept = LEVELS.iter().rev().find(|&&l| !self.0.is_multiple_of(l));
        Some(Kato(kept.map_or(0, |l| self.0 / l * l)))
    }

    /// Whether `self` is `other` or lies inside it.
    pub fn within(self, other: Kato) -> bool {
        if other.0 == 0 {
            return true;
        }
        let width = LEVELS.iter().find(|&&l| other.0.is_multiple_of(l)).copied().unwrap_or(1);
        self.0 / width == other.0 / width
    }

    /// The lowest and the highest code inside this territory, itself included.
    pub fn range(self) -> (Kato, Kato) {
        if self.0 == 0 {
            return (self, Kato(999_999_999));
        }
        let width = LEVELS.iter().find(|&&l| self.0.is_multiple_of(l)).copied().unwrap_or(1);
        (self, Kato(self.0 + width - 1))
    }

    /// The district or city that owns the queues of this territory: `RRDD00000`, `RR0000000` for the cities of
    /// republican significance (71 Astana, 75 Almaty, 79 Shymkent), the country for itself.
    pub fn home(self) -> Kato {
        match self.0 / LEVELS[0] {
            71 | 75 | 79 => self.region(),
            _ => Kato(self.0 / LEVELS[1] * LEVELS[1]),
        }
    }

    /// Whether this code can own queues: an oblast cannot, its districts do.
    pub fn is_home(self) -> bool {
        self.home() == self && (self.0 == 0 || self.region() != self || matches!(self.0 / LEVELS[0], 71 | 75 | 79))
    }
}

impl fmt::Display for Kato {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:09}", self.0)
    }
}

impl TryFrom<String> for Kato {
    type Error = KatoFault;
    fn try_from(text: String) -> Result<Self, KatoFault> {
        Kato::parse(&text)
    }
}

impl From<Kato> for String {
    fn from(kato: Kato) -> String {
        kato.to_string()
    }
}
