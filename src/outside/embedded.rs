//! The registers that came as a file: for deployments without a line to the state's own, for the demo and for tests.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::registers::{Answer, PersonRegister, PowerRegister, State};
use crate::domain::iin::Iin;
use crate::domain::person::{Person, PowerOfAttorney};

/// Records by their number. They are those of the day on which the file was made.
#[derive(Clone, Debug, Default)]
pub struct Embedded<K, T>(BTreeMap<K, T>);

impl Embedded<Iin, Person> {
    /// A register of these persons.
    pub fn persons(rows: impl IntoIterator<Item = Person>) -> Self {
        Embedded(rows.into_iter().map(|person| (person.iin, person)).collect())
    }
}

impl Embedded<String, PowerOfAttorney> {
    /// A register of these powers of attorney.
    pub fn powers(rows: impl IntoIterator<Item = PowerOfAttorney>) -> Self {
        Embedded(rows.into_iter().map(|power| (power.number.clone(), power)).collect())
    }
}

impl PersonRegister for Embedded<Iin, Person> {
    fn person(&self, iin: Iin, _now: DateTime<Utc>) -> Answer<Person> {
        self.0.get(&iin).map_or(Answer::NotFound, |person| Answer::Found(person.clone()))
    }

    fn state(&self, _now: DateTime<Utc>) -> State {
        State::Embedded
    }
}

impl PowerRegister for Embedded<String, PowerOfAttorney> {
    fn power(&self, number: &str, _now: DateTime<Utc>) -> Answer<PowerOfAttorney> {
        self.0.get(number).map_or(Answer::NotFound, |power| Answer::Found(power.clone()))
    }

    fn state(&self, _now: DateTime<Utc>) -> State {
        State::Embedded
    }
}
