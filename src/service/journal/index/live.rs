//! The live index: built from the registry, and following the journal of every home.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};

use super::growing;
use super::seats::{Index, OutOfStep};
use super::turns::effects;
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::service::journal::effects::Effect;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::store::{Store, StoreError, journal};
use crate::trust::journal::Record;

/// How many records are read at once when following a chain. While they are applied nobody can read, and the record of
/// an import moves hundreds of seats.
const FOLLOW_BATCH: i64 = 50;

/// The index behind a lock: many read it at once, whoever follows the journal writes it alone.
pub struct Live {
    index: RwLock<Index>,
}

impl Live {
    /// Builds the index from the registry as it stands at one moment.
    ///
    /// # Errors
    /// The database is not available.
    pub fn build(store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Live { index: RwLock::new(growing::load(store, rules, now)?) })
    }

    /// Reads the index, each queue in the order of the profile that is in force at `at`. The instant at which that changes
    /// next is known, so that a look-up pays two comparisons for it.
    pub fn at(&self, rules: &Rules, at: DateTime<Utc>) -> RwLockReadGuard<'_, Index> {
        let index = self.read();
        if index.era.holds(at) {
            return index;
        }
        drop(index);
        let mut index = self.write();
        if !index.era.holds(at) {
            index.order_as_of(rules, at);
        }
        RwLockWriteGuard::downgrade(index)
    }

    /// Reads the index for what does not depend on the order of a queue; [`Live::at`] is for the order.
    pub fn read(&self) -> RwLockReadGuard<'_, Index> {
        // A panic while writing is answered by a rebuild at the next follow, so a poisoned lock can still be read.
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies all records of these homes that the index has not seen, as far as `conn` can see them.
    ///
    /// # Errors
    /// The database is not available.
    pub fn follow(&self, conn: &mut AnyConnection, homes: &[Kato], rules: &Rules) -> Result<Followed, StoreError> {
        for &home in homes {
            loop {
                let seen = self.read().reach.get(&home).copied().unwrap_or(0);
                let (records, joined) = news(conn, home, seen)?;
                if records.is_empty() {
                    break;
                }
                let mut index = self.write();
                for record in &records {
                    if let Err(OutOfStep(why)) = index.apply(record, &joined, rules) {
                        tracing::error!(home = %record.home, seq = record.seq, why, "the live index is out of step");
                        return Ok(Followed::OutOfStep);
                    }
                }
            }
        }
        Ok(Followed::InStep)
    }

    /// Builds the index anew from the registry.
    ///
    /// # Errors
    /// The database is not available.
    pub fn rebuild(&self, store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<(), StoreError> {
        let fresh = growing::load(store, rules, now)?;
        *self.write() = fresh;
        Ok(())
    }

    /// The homes whose chains reach further than the index has followed.
    ///
    /// # Errors
    /// The database is not available.
    pub fn behind(&self, conn: &mut AnyConnection) -> Result<Vec<Kato>, StoreError> {
        let reach = journal::reach(conn)?;
        let index = self.read();
        let seen = |home| index.reach.get(home).copied().unwrap_or(0);
        Ok(reach.iter().filter(|(home, seq)| seen(home) < **seq).map(|(home, _)| *home).collect())
    }
}

/// Whether the index could follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It holds what the registry holds.
    InStep,
    /// A record did not fit; the index must be rebuilt.
    OutOfStep,
}

/// The records after `seen` and the seats of the applications that they bring in.
fn news(conn: &mut AnyConnection, home: Kato, seen: i64) -> Result<(Vec<Record>, HashMap<String, Seated>), StoreError> {
    let records = journal::after(conn, home, seen, FOLLOW_BATCH)?;
    let mut numbers = Vec::new();
    for effect in records.iter().flat_map(effects) {
        if let Effect::Join(join) | Effect::Restore(join) = effect {
            numbers.push(join.application);
        }
    }
    let seats = seats::of_applications(conn, &numbers)?;
    Ok((records, seats.into_iter().map(|s| (s.number.clone(), s)).collect()))
}
