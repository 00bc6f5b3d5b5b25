//! Lines on their way into the log of reads. An answer leaves when its line is queued here; one writer appends what waits in one
//! transaction, so that a read does not wait for a disk. Where the log cannot be written nobody reads.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;

use crate::domain::codes::{ReadKind, Role};
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::reads::{self, DayOfReads, NewRead};
use crate::store::{Store, StoreError};

/// Most lines that wait: some seconds of a country's reading, or while an import holds the database.
const WAITING_MAX: usize = 20_000;

/// What waits to be written, and what each account has read today.
#[derive(Default)]
pub struct ReadLog {
    waiting: Mutex<Waiting>,
    /// Held while lines are written: they keep their order.
    writing: Mutex<()>,
    days: Mutex<HashMap<Reader, Day>>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<NewRead>,
    /// The log could not be written the last time.
    is_stuck: bool,
}

/// An account in a role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    pub(super) account: String,
    pub(super) role: Role,
}

/// What an account has read on a day.
struct Day {
    on: NaiveDate,
    reads: i64,
    is_told: bool,
    lists: HashSet<(ReadKind, String)>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ReadLog {
    /// Writes what waits.
    ///
    /// # Errors
    /// The log cannot be written; what waited waits on.
    pub fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let _writing = locked(&self.writing);
        let lines = {
            let mut waiting = locked(&self.waiting);
            if waiting.lines.is_empty() && !waiting.is_stuck {
                return Ok(());
            }
            std::mem::take(&mut waiting.lines)
        };
        match store.append_reads(&lines) {
            Ok(days) => {
                locked(&self.waiting).is_stuck = false;
                self.catch_up(&days);
                Ok(())
            }
            Err(error) => {
                let mut waiting = locked(&self.waiting);
                let behind = std::mem::replace(&mut waiting.lines, lines);
                waiting.lines.extend(behind);
                // Another writer comes to an end; whatever else it is, nobody knows when.
                waiting.is_stuck = !matches!(error, StoreError::Busy(_) | StoreError::Locked(_));
                Err(error)
            }
        }
    }

    /// Other servers count too.
    fn catch_up(&self, written: &[DayOfReads]) {
        let mut days = locked(&self.days);
        for DayOfReads { account, role, on, reads } in written {
            let Some(role) = Role::from_code(role) else { continue };
            if let Some(day) = days.get_mut(&Reader { account: account.clone(), role }).filter(|day| day.on == *on) {
                day.reads = day.reads.max(*reads);
            }
        }
    }

    /// Lets a line wait.
    ///
    /// # Errors
    /// 503 where the log cannot be written: nobody reads unseen.
    pub(super) fn note(&self, line: NewRead) -> Result<(), Problem> {
        let mut waiting = locked(&self.waiting);
        if waiting.is_stuck || waiting.lines.len() >= WAITING_MAX {
            let message = "reads cannot be recorded now, so nothing is shown; send the same request again later";
            return Err(Problem::new(Kind::Busy, "reads_unrecorded", message));
        }
        waiting.lines.push(line);
        Ok(())
    }

    /// Counts one read more of a day, and gives how many that are.
    pub(super) fn count(&self, store: &Store, reader: &Reader, on: NaiveDate) -> Result<i64, Problem> {
        self.on_day(store, reader, on, |day| {
            day.reads += 1;
            day.reads
        })
    }

    /// Counts one read less: it was not answered.
    pub(super) fn uncount(&self, reader: &Reader, on: NaiveDate) {
        if let Some(day) = locked(&self.days).get_mut(reader).filter(|day| day.on == on) {
            day.reads -= 1;
        }
    }

    /// Whether a list is read for the first time on a day, as far as this process knows; the log itself holds it once.
    pub(super) fn is_first(
        &self,
        store: &Store,
        reader: &Reader,
        on: NaiveDate,
        list: (ReadKind, String),
    ) -> Result<bool, Problem> {
        self.on_day(store, reader, on, |day| day.lists.insert(list))
    }

    /// Forgets a list whose line was not taken.
    pub(super) fn forget(&self, reader: &Reader, list: &(ReadKind, String)) {
        if let Some(day) = locked(&self.days).get_mut(reader) {
            day.lists.remove(list);
        }
    }

    /// Whether the department was told on a day already; from now on it was.
    pub(super) fn was_told(&self, reader: &Reader, on: NaiveDate) -> bool {
        let mut days = locked(&self.days);
        let day = days.get_mut(reader).filter(|day| day.on == on);
        day.is_some_and(|day| std::mem::replace(&mut day.is_told, true))
    }

    /// The department could not be told.
    pub(super) fn untold(&self, reader: &Reader) {
        if let Some(day) = locked(&self.days).get_mut(reader) {
            day.is_told = false;
        }
    }

    fn on_day<T>(
        &self,
        store: &Store,
        reader: &Reader,
        on: NaiveDate,
        act: impl FnOnce(&mut Day) -> T,
    ) -> Result<T, Problem> {
        if let Some(day) = locked(&self.days).get_mut(reader).filter(|day| day.on == on) {
            return Ok(act(day));
        }
        // What was read before this process began, or by another server.
        let before = store.read(|conn| reads::day_of(conn, &reader.account, reader.role.code(), on))?.reads;
        let mut days = locked(&self.days);
        let fresh = || Day { on, reads: before, is_told: false, lists: HashSet::new() };
        let day = days.entry(reader.clone()).or_insert_with(fresh);
        if day.on != on {
            *day = fresh();
        }
        Ok(act(day))
    }
}
