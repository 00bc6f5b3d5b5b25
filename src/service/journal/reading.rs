//! A record as whoever follows a chain reads it: whole, or not at all.

use super::effects::{Effect, effects};
use super::families::{Belongs, told};
use crate::trust::journal::{Broken, Record};

/// A record whose content is what its hash says, with what it tells of queues and families.
pub(crate) struct ReadRecord {
    /// The record itself.
    pub(crate) record: Record,
    /// What its act did to the queues.
    pub(crate) effects: Vec<Effect>,
    /// Who belongs to which family since then.
    pub(crate) families: Vec<Belongs>,
}

impl ReadRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// Its content is not what its hash says, or something that it tells cannot be read.
    pub(crate) fn of(record: Record) -> Result<Self, Broken> {
        if record.expected_hash() != record.hash {
            return Err(record.unreadable("its content does not match its hash"));
        }
        let (effects, families) = (effects(&record)?, told(&record)?);
        Ok(ReadRecord { record, effects, families })
    }

    /// The applications that take a seat by it.
    pub(crate) fn seated(&self) -> impl Iterator<Item = String> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Join(join) | Effect::Restore(join) => Some(join.application.clone()),
            _ => None,
        })
    }
}
