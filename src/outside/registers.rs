//! The ports of the state's registers, and what can come back from them.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::domain::iin::Iin;
use crate::domain::person::{Person, PowerOfAttorney};

/// What a register answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<T> {
    /// The record that was asked for.
    Found(T),
    /// The register was asked and holds no such record: the message that the regulation names.
    NotFound,
    /// Nobody can say now: the case waits, and the step can be tried again.
    Unreachable(Unreachable),
}

/// Why a register gave no answer. Holds nothing of what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// This deployment has no such register.
    NotSetUp,
    /// It failed too often and is left alone until this instant.
    Resting(DateTime<Utc>),
    /// Too many wait for its answer already.
    Crowded,
    /// No connection came about.
    NoConnection,
    /// The answer took too long.
    TooSlow,
    /// The connection ended in the middle of the answer.
    BrokenOff,
    /// It answered with this HTTP status.
    Status(u16),
    /// The answer is larger than a record can be.
    TooLarge,
    /// The answer is not what the contract says.
    Unreadable,
    /// The answer is about another record than was asked for.
    AnotherRecord,
}

impl Unreachable {
    /// The code by which acts and logs name it.
    pub fn code(self) -> &'static str {
        match self {
            Unreachable::NotSetUp => "not_set_up",
            Unreachable::Resting(_) => "resting",
            Unreachable::Crowded => "crowded",
            Unreachable::NoConnection => "no_connection",
            Unreachable::TooSlow => "too_slow",
            Unreachable::BrokenOff => "broken_off",
            Unreachable::Status(_) => "status",
            Unreachable::TooLarge => "too_large",
            Unreachable::Unreadable => "unreadable",
            Unreachable::AnotherRecord => "another_record",
        }
    }

    /// Whether the same question may get an answer a moment later. A wrong answer stays wrong.
    pub(super) fn may_pass(self) -> bool {
        match self {
            Unreachable::NoConnection | Unreachable::TooSlow | Unreachable::BrokenOff => true,
            Unreachable::Status(status) => status >= 500 || matches!(status, 408 | 429),
            _ => false,
        }
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreachable::NotSetUp => {
                f.write_str("this deployment has no such register; set it up with `kezek serve --person-register` or `--power-register`")
            }
            Unreachable::Resting(until) => {
                write!(f, "it failed too often and is asked again after {}", until.format("%Y-%m-%dT%H:%M:%SZ"))
            }
            Unreachable::Crowded => f.write_str("too many requests wait for it already; try again in a moment"),
            Unreachable::NoConnection => f.write_str("no connection; look at its address and at the line to it"),
            Unreachable::TooSlow => f.write_str("its answer took too long; try again later"),
            Unreachable::BrokenOff => f.write_str("the connection ended in the middle of its answer; try again"),
            Unreachable::Status(status) => {
                write!(f, "it answered with the HTTP status {status}; look at its address, its credential and its log")
            }
            Unreachable::TooLarge => f.write_str("its answer is larger than a record can be; look at its address"),
            Unreachable::Unreadable => f.write_str("its answer is not what the contract says; look at its address"),
            Unreachable::AnotherRecord => f.write_str("its answer is about another record than was asked for"),
        }
    }
}

/// How a register stands, for the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// None is set up.
    NotSetUp,
    /// It was read from a file and always answers.
    Embedded,
    /// It is asked whenever somebody needs it.
    Closed,
    /// It failed; one question tries it.
    HalfOpen,
    /// It failed too often and is left alone for a while.
    Open,
}

impl State {
    /// The code by which metrics and pages name it.
    pub fn code(self) -> &'static str {
        match self {
            State::NotSetUp => "not_set_up",
            State::Embedded => "embedded",
            State::Closed => "closed",
            State::HalfOpen => "half_open",
            State::Open => "open",
        }
    }
}

/// The state register of persons (GBD FL).
pub trait PersonRegister: Send + Sync {
    /// The person with this number.
    fn person(&self, iin: Iin, now: DateTime<Utc>) -> Answer<Person>;

    /// How the register stands.
    fn state(&self, now: DateTime<Utc>) -> State;
}

/// The notaries' register of powers of attorney (ENIS).
pub trait PowerRegister: Send + Sync {
    /// The power of attorney with this number.
    fn power(&self, number: &str, now: DateTime<Utc>) -> Answer<PowerOfAttorney>;

    /// How the register stands.
    fn state(&self, now: DateTime<Utc>) -> State;
}

/// The registers that a deployment asks.
#[derive(Clone)]
pub struct Registers {
    persons: Arc<dyn PersonRegister>,
    powers: Arc<dyn PowerRegister>,
}

impl Registers {
    /// The registers of persons and of powers of attorney.
    pub fn new(persons: Arc<dyn PersonRegister>, powers: Arc<dyn PowerRegister>) -> Self {
        Registers { persons, powers }
    }

    /// Those of a deployment that has none: whoever asks waits, for nobody can say that a record is missing.
    pub fn none() -> Self {
        Registers::new(Arc::new(NoRegister), Arc::new(NoRegister))
    }

    /// The person with this number.
    pub fn person(&self, iin: Iin, now: DateTime<Utc>) -> Answer<Person> {
        self.persons.person(iin, now)
    }

    /// The power of attorney with this number, spaces around it taken away.
    pub fn power(&self, number: &str, now: DateTime<Utc>) -> Answer<PowerOfAttorney> {
        self.powers.power(number.trim(), now)
    }

    /// Each register by its name, with how it stands.
    pub fn states(&self, now: DateTime<Utc>) -> [(&'static str, State); 2] {
        [("person", self.persons.state(now)), ("power", self.powers.state(now))]
    }
}

/// The register of a deployment that has none.
#[derive(Clone, Copy, Debug)]
pub struct NoRegister;

impl PersonRegister for NoRegister {
    fn person(&self, _iin: Iin, _now: DateTime<Utc>) -> Answer<Person> {
        Answer::Unreachable(Unreachable::NotSetUp)
    }

    fn state(&self, _now: DateTime<Utc>) -> State {
        State::NotSetUp
    }
}

impl PowerRegister for NoRegister {
    fn power(&self, _number: &str, _now: DateTime<Utc>) -> Answer<PowerOfAttorney> {
        Answer::Unreachable(Unreachable::NotSetUp)
    }

    fn state(&self, _now: DateTime<Utc>) -> State {
        State::NotSetUp
    }
}
