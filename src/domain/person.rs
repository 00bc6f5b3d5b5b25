//! What the state's registers know: a person by IIN, a power of attorney by number.

use chrono::NaiveDate;

use super::codes::Sex;
use super::iin::Iin;

/// A person of the state register of persons (GBD FL).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The number that identifies the person.
    pub iin: Iin,
    /// The whole name, as the register writes it.
    pub name: String,
    /// The day of birth.
    pub birth_date: NaiveDate,
    /// The sex in the register; a number's seventh digit should agree.
    pub sex: Sex,
    /// Whether the person lives.
    pub alive: bool,
    /// The numbers of the parents, as far as the register knows them.
    pub parents: Vec<Iin>,
}

/// A power of attorney of the notaries' register (ENIS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerOfAttorney {
    /// The number in the notaries' register.
    pub number: String,
    /// The number of the person who gave it.
    pub principal: Iin,
    /// Who acts by it.
    pub attorney: Iin,
    /// The last day on which it holds.
    pub until_on: NaiveDate,
}

impl PowerOfAttorney {
    /// Whether `attorney` may act for `principal` by it on this day.
    pub fn covers(&self, principal: Iin, attorney: Iin, on: NaiveDate) -> bool {
        self.principal == principal && self.attorney == attorney && on <= self.until_on
    }
}
