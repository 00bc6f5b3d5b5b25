//! The registry as its callers see it: the office, and what a process remembers between acts.

use std::sync::Arc;

use super::accounts::attempts::FamilyTries;
use super::accounts::sign_ins::{SignInPolicy, SignIns};
use super::inquiry::explanations::KeptPasses;
use super::journal::index::Live;
use super::office::Office;
use super::positions::reasons::Reasons;
use super::reads::log::ReadLog;
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

/// What a process remembers between acts; but for the reads that wait all of it can be made from the rows again.
pub struct Memory {
    /// The rounds that are not committed yet.
    pub rounds: StandingRounds,
    /// The committed rounds that were explained last.
    pub explained: Arc<KeptPasses>,
    /// The reasons of positions, ready to be said.
    pub reasons: Reasons,
    /// The wrong codes of families of late.
    pub attempts: Arc<FamilyTries>,
    /// What officials sign in by.
    pub sign_ins: Arc<SignIns>,
    /// What waits for the log of reads. This alone cannot be made again: it is written before the process ends.
    pub reads: Arc<ReadLog>,
}

impl Memory {
    /// Nothing is remembered yet but what the rules say.
    fn new(rules: &Rules) -> Self {
        Memory {
            rounds: StandingRounds::default(),
            explained: Arc::default(),
            reasons: Reasons::new(rules),
            attempts: Arc::default(),
            sign_ins: Arc::new(SignIns::under(SignInPolicy::default())),
            reads: Arc::default(),
        }
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
        let memory = Memory::new(&rules);
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
        let memory = Memory {
            rounds: StandingRounds::default(),
            explained: Arc::clone(&self.memory.explained),
            reasons: Reasons::new(&rules),
            attempts: Arc::clone(&self.memory.attempts),
            sign_ins: Arc::clone(&self.memory.sign_ins),
            reads: Arc::clone(&self.memory.reads),
        };
        Registry { office: self.office.under(rules), memory }
    }

    /// The registry with officials signing in as this policy says.
    #[must_use]
    pub fn with_sign_ins(mut self, policy: SignInPolicy) -> Self {
        self.memory.sign_ins = Arc::new(SignIns::under(policy));
        self
    }

    /// The registry with these registers in place of none.
    #[must_use]
    pub fn with_registers(mut self, registers: Registers) -> Self {
        self.office.registers = registers;
        self
    }
}
