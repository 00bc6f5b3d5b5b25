//! What this process has found wrong with homes. Whoever is asked to give something out asks here first.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::fault::ChainFault;
use crate::domain::kato::Kato;
use crate::trust::journal::Broken;

/// The homes that are not whole, as far as this process knows.
#[derive(Debug, Default)]
pub struct Damage {
    homes: Mutex<BTreeMap<Kato, Wrong>>,
}

/// What is wrong with a home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A record that this program cannot read. Only another program mends that.
    Unread(Broken),
    /// Rows and journal do not agree, in words.
    Differs(String),
}

impl Damage {
    /// Notes that a record cannot be read.
    pub fn note_unread(&self, broken: Broken) {
        tracing::error!(%broken, "a record cannot be read; the positions of its home are read from the rows");
        self.note(broken.home, Wrong::Unread(broken));
    }

    /// Notes that a home does not verify. A fault of the database itself says nothing of a home, nor does one of the log of reads.
    pub fn note_fault(&self, fault: &ChainFault) {
        let Some(home) = fault.home() else {
            match fault {
                ChainFault::Reads(_) => tracing::error!(%fault, "the log of reads does not verify"),
                _ => tracing::warn!(%fault, "the journal cannot be verified now"),
            }
            return;
        };
        tracing::error!(%home, %fault, "a home does not verify; nothing is given out there");
        let wrong = match fault {
            ChainFault::Broken(broken) => Wrong::Unread(broken.clone()),
            other => Wrong::Differs(other.to_string()),
        };
        self.note(home, wrong);
    }

    /// Every home has verified: what was known before that is mended. What was found meanwhile stays.
    pub fn note_whole(&self, before: &BTreeMap<Kato, Wrong>) {
        self.homes().retain(|home, wrong| before.get(home) != Some(wrong));
    }

    fn note(&self, home: Kato, wrong: Wrong) {
        self.homes().insert(home, wrong);
    }

    /// What is wrong, by home.
    pub fn all(&self) -> BTreeMap<Kato, Wrong> {
        self.homes().clone()
    }

    /// What is wrong with a home, or with what no home owns.
    pub fn of(&self, home: Kato) -> Option<Wrong> {
        let homes = self.homes();
        homes.get(&home).or_else(|| homes.get(&Kato::COUNTRY)).cloned()
    }

    fn homes(&self) -> std::sync::MutexGuard<'_, BTreeMap<Kato, Wrong>> {
        self.homes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
