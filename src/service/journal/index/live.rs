//! The live index: built from the registry, and following the journal of every home.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};

use super::codes::ReadAnew;
use super::followed::{Followed, WentBack};
use super::growing;
use super::seats::{Index, OutOfStep};
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::service::journal::reading::ReadRecord;
use crate::store::connection::AnyConnection;
use crate::store::homes;
use crate::store::seats::{self, Seated};
use crate::store::{Store, StoreError, openings};
use crate::trust::end::{End, Head};
use crate::trust::journal::Broken;

/// How many records are read at once when following a chain. While they are applied nobody can read, and the record of
/// an import moves hundreds of seats.
const FOLLOW_BATCH: i64 = 50;

/// The index behind a lock: many read it at once, whoever follows the journal writes it alone.
pub struct Live {
    index: RwLock<Index>,
    /// How often a chain was found behind records that this process had seen.
    went_back: AtomicU64,
    mending: Mutex<()>,
    /// Held from where codes are read until the index holds them: what one has read never comes in behind what another read later, or
    /// a code that was replaced would open again.
    codes: Mutex<()>,
}

impl Live {
    /// Builds the index from the registry as it stands at one moment.
    ///
    /// # Errors
    /// The database is not available.
    pub fn build(store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<Self, StoreError> {
        let index = store.read_snapshot(|conn| growing::load(store, conn, rules, now))?;
        let index = RwLock::new(index);
        Ok(Live { index, went_back: AtomicU64::default(), mending: Mutex::default(), codes: Mutex::default() })
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

    /// Applies all records of these homes that the index has not seen, as far as `conn` can see them. Chains are followed by
    /// the hashes of their records: a number alone does not tell that a database went back and another record took it.
    ///
    /// # Errors
    /// The database is not available.
    pub fn follow(&self, conn: &mut AnyConnection, homes: &[Kato], rules: &Rules) -> Result<Followed, StoreError> {
        for &home in homes {
            loop {
                let (seen, end) = (self.read().seen(home), homes::end_of(conn, home)?);
                if in_step(&seen, &end) {
                    break;
                }
                let (records, joined) = match self.news(conn, home, &seen.head, &end.head)? {
                    News::Records(records, joined) => (records, joined),
                    News::WentBack => return Ok(Followed::WentBack(WentBack { home, seen, found: end })),
                    News::Unread(broken) => return Ok(Followed::Unread(broken)),
                };
                let persons: Vec<String> = records.iter().flat_map(|read| &read.persons).cloned().collect();
                let _codes = (!persons.is_empty()).then(|| self.codes());
                let anew = self.persons(conn, persons)?;
                let mut index = self.write();
                for read in records {
                    let seq = read.record.seq;
                    if let Err(OutOfStep(why)) = index.apply(read, &joined, rules) {
                        tracing::error!(%home, seq, why, "the live index is out of step");
                        return Ok(Followed::OutOfStep);
                    }
                }
                index.codes.take(anew);
                index.gave(home, end.numbers);
            }
        }
        Ok(Followed::InStep)
    }

    fn codes(&self) -> MutexGuard<'_, ()> {
        self.codes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the rows say of these children. Records tell them by hashes alone.
    fn persons(&self, conn: &mut AnyConnection, mut keys: Vec<String>) -> Result<ReadAnew, StoreError> {
        if keys.is_empty() {
            return Ok(ReadAnew::default());
        }
        keys.sort_unstable();
        keys.dedup();
        let known = self.read().codes.known_by(&keys)?;
        ReadAnew::read(conn, &keys, known)
    }

    /// Whoever holds this brings the index back in step, alone.
    pub fn mending(&self) -> MutexGuard<'_, ()> {
        self.mending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a chain was found behind records that were seen.
    pub fn note_went_back(&self, found: &WentBack) {
        let WentBack { home, seen, found } = found;
        tracing::error!(%home, seen = seen.head.seq, found = found.head.seq, "the chain went back; the positions are built anew");
        self.went_back.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a chain was found behind records that this process had seen.
    pub fn times_went_back(&self) -> u64 {
        self.went_back.load(Ordering::Relaxed)
    }

    /// Builds the index anew from the registry.
    ///
    /// # Errors
    /// The database is not available.
    pub fn rebuild(&self, store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<(), StoreError> {
        store.read_snapshot(|conn| {
            // No act that tells of a code is answered while this goes back to the moment at which it began.
            let _codes = self.codes();
            let mut fresh = growing::load(store, conn, rules, now)?;
            let mut index = self.write();
            // The numbers that were given stay known, also those of records that came while this was built.
            for (home, seen) in &index.seen {
                fresh.gave(*home, seen.numbers);
            }
            *index = fresh;
            Ok(())
        })
    }

    /// The records between two heads of a home's chain.
    fn news(&self, conn: &mut AnyConnection, home: Kato, seen: &Head, head: &Head) -> Result<News, StoreError> {
        if head.seq <= seen.seq {
            return Ok(News::WentBack);
        }
        let (mut read, mut numbers): (Vec<ReadRecord>, Vec<String>) = (Vec::new(), Vec::new());
        let mut before = seen.hash.clone();
        for opened in openings::after(conn, home, seen.seq, FOLLOW_BATCH)? {
            let record = &opened.record;
            // What an act has appended already is not committed yet.
            if record.seq > head.seq {
                break;
            }
            if record.prev != before {
                let why = "it does not hold the hash of the record before";
                return Ok(if read.is_empty() { News::WentBack } else { News::Unread(record.unreadable(why)) });
            }
            before.clone_from(&record.hash);
            match ReadRecord::of(opened) {
                Ok(record) => {
                    numbers.extend(record.seats.iter().map(|told| told.number.clone()));
                    read.push(record);
                }
                Err(broken) => return Ok(News::Unread(broken)),
            }
        }
        if read.is_empty() {
            let why = "it is missing, and the registry says that the chain goes on".to_owned();
            return Ok(News::Unread(Broken { home, seq: seen.seq + 1, why }));
        }
        {
            let index = self.read();
            // One that ends and comes back within these records is forgotten between.
            let mut met = HashSet::new();
            let mut again: HashSet<String> = numbers.iter().filter(|number| !met.insert(*number)).cloned().collect();
            // Who the child is may be other than it was.
            let told = read.iter().filter(|record| record.children).flat_map(|record| &record.seats);
            again.extend(told.map(|told| told.number.clone()));
            numbers.retain(|number| again.contains(number) || !index.knows(number));
        }
        let seats = seats::of_applications(conn, &numbers)?;
        Ok(News::Records(read, seats.into_iter().map(|s| (s.number.clone(), s)).collect()))
    }

    /// The homes whose chains end elsewhere than where the index has followed them.
    ///
    /// # Errors
    /// The database is not available.
    pub fn behind(&self, conn: &mut AnyConnection) -> Result<Vec<Kato>, StoreError> {
        let ends = homes::ends(conn)?;
        let index = self.read();
        // Also those that the registry does not know any more.
        let homes: BTreeSet<Kato> = ends.keys().chain(index.seen.keys()).copied().collect();
        let end = |home: &Kato| ends.get(home).cloned().unwrap_or_default();
        Ok(homes.into_iter().filter(|home| !in_step(&index.seen(*home), &end(home))).collect())
    }
}

/// Whether a home stands where it was seen, and knows of every number that it has given.
fn in_step(seen: &End, found: &End) -> bool {
    found.head == seen.head && found.numbers.cover(seen.numbers)
}

/// What lies behind the last record that was followed.
enum News {
    /// The next records, and the seats of the applications that they bring in.
    Records(Vec<ReadRecord>, HashMap<String, Seated>),
    WentBack,
    Unread(Broken),
}
