//! The registry as its callers see it: the office, and what a process remembers between acts.

use std::sync::Arc;

use super::accounts::attempts::Attempts;
use super::inquiry::explanations::KeptPasses;
use super::journal::index::Live;
use super::office::Office;
use super::positions::reasons::Reasons;
use super::rounds::memory::StandingRounds;
use crate::clock::Clock;
use crate::outside::registers::Registers;
use crate::rules::Rules;
use crate::store::{Store, StoreError};
use crate::trust::signature::SignatureVerifier;

/// An open registry: what every act needs, and what the process remembers between acts.
pub struct Registry {
    /// What every act needs at hand.
    pub office: Office,
    /// What the process remembers between acts.
    pub memory: Memory,
}

/// What a process remembers between acts; all of it can be made from the rows again.
pub struct Memory {
    /// The rounds that are not committed yet.
    pub rounds: StandingRounds,
    /// The committed rounds that were explained last.
    pub explained: Arc<KeptPasses>,
    /// The reasons of positions, ready to be said.
    pub reasons: Reasons,
    /// The wrong codes of late.
    pub attempts: Arc<Attempts>,
}

impl Memory {
    /// Nothing is remembered yet but what the rules say.
    fn new(rules: &Rules, explained: Arc<KeptPasses>) -> Self {
        let (rounds, attempts) = (StandingRounds::default(), Arc::default());
        Memory { rounds, explained, reasons: Reasons::new(rules), attempts }
    }
}

impl Registry {
    /// Opens the registry over its rows, which [`Store::open`] found or [`Store::create`] made, and builds the live index.
    ///
    /// # Errors
    /// The database is not available, or its key file is missing or another registry's.
    pub fn open(
        store: Store,
        rules: Arc<Rules>,
        clock: Clock,
        verifier: Box<dyn SignatureVerifier>,
    ) -> Result<Self, StoreError> {
        let look_up = store.look_up()?;
        let store = Arc::new(store);
        let index = Arc::new(Live::build(&store, &rules, clock.now())?);
        let memory = Memory::new(&rules, Arc::default());
        let damage = Arc::default();
        let office = Office {
            store,
            rules,
            clock,
            index,
            damage,
            look_up,
            verifier: verifier.into(),
            registers: Registers::none(),
        };
        Ok(Registry { office, memory })
    }

    /// The same registry under other rules: rows, positions, clock, verifier and registers are shared; rounds that are not
    /// committed are computed anew.
    #[must_use]
    pub fn under(&self, rules: Arc<Rules>) -> Registry {
        let memory = Memory::new(&rules, Arc::clone(&self.memory.explained));
        Registry { office: self.office.under(rules), memory }
    }

    /// The registry with these registers in place of none.
    #[must_use]
    pub fn with_registers(mut self, registers: Registers) -> Self {
        self.office.registers = registers;
        self
    }
}
