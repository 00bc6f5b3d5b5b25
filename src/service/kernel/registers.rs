//! The registers of a deployment, from its settings.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;

use crate::clock::Stopwatch;
use crate::domain::person::{Person, PowerOfAttorney};
use crate::exchange::{Faults, read};
use crate::outside::client::{Address, Client, Policy};
use crate::outside::embedded::Embedded;
use crate::outside::pace::Pace;
pub use crate::outside::registers::Registers;
use crate::outside::registers::{NoRegister, PersonRegister, PowerRegister};
use crate::sample::outside as sample;

/// Where the records of a register come from.
pub enum Source<R> {
    /// Nowhere: whoever asks waits.
    None,
    /// A file that was read.
    Rows(Vec<R>),
    /// A line to the state's own.
    Address(Address),
}

impl<R> Source<R> {
    /// A line to a register at this address, with the credential that it wants.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn line(url: &str, bearer: Option<String>) -> Result<Self, String> {
        let address = Address::parse(url, bearer).map_err(|wrong| wrong.to_string())?;
        if address.is_open() {
            tracing::warn!("a register is asked over plain http: keep that network closed, numbers of people cross it");
        }
        Ok(Source::Address(address))
    }
}

/// The registers of these sources.
pub fn registers(persons: Source<Person>, powers: Source<PowerOfAttorney>) -> Registers {
    let persons: Arc<dyn PersonRegister> = match persons {
        Source::None => Arc::new(NoRegister),
        Source::Rows(rows) => Arc::new(Embedded::persons(rows)),
        Source::Address(address) => Arc::new(client("person", address)),
    };
    let powers: Arc<dyn PowerRegister> = match powers {
        Source::None => Arc::new(NoRegister),
        Source::Rows(rows) => Arc::new(Embedded::powers(rows)),
        Source::Address(address) => Arc::new(client("power", address)),
    };
    Registers::new(persons, powers)
}

/// The registers of `fixtures/`, for the demo and for tests.
///
/// # Errors
/// The faults of a fixture, which a test would show.
pub fn invented() -> Result<Registers, Faults> {
    let persons = read::<Person>("persons.csv", sample::PERSONS.as_bytes())?;
    let powers = read::<PowerOfAttorney>("powers.csv", sample::POWERS.as_bytes())?;
    Ok(registers(Source::Rows(persons.rows), Source::Rows(powers.rows)))
}

fn client(name: &'static str, address: Address) -> Client {
    Client::new(name, address, Policy::RUNNING, Box::new(Real(Stopwatch::start())))
}

/// The machine's own pace.
struct Real(Stopwatch);

impl Pace for Real {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn pause(&self, wait: Duration) {
        self.0.pause(wait);
    }

    fn chance(&self, below: u64) -> u64 {
        rand::rng().random_range(0..below.max(1))
    }
}
