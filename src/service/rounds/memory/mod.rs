//! Standing rounds: what a process remembers of the queues that it was asked for, until a round is committed.
//!
//! Of each queue its live entries are kept as of a known head of its home's chain (`queue`), with the groups that suit them, and
//! the allocation that they were last given. A later question reads the records since then, takes their effects, and reads
//! again the rows that they name. Where nothing has changed the allocation stands; else all are served anew, from memory.
//! What cannot be followed is loaded anew; whatever is answered equals a full run over the rows.
//!
//! Kept queues are dropped, the longest unused first, so that memory stays bounded. A committed round, whose instance is
//! published, is always a full run over the rows.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::compute::offer::{Allocated, Offered, Waiting};
use crate::domain::queue::QueueKey;
use crate::rules::Rules;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::seats::Seated;
use crate::trust::end::Head;

mod queue;
mod standing;

pub(crate) use standing::Terms;

use queue::StandingQueue;
use standing::StandingRound;

/// Most entries that are kept, of all queues together; the queue asked for last stays whatever its length.
const ENTRIES_MAX: usize = 400_000;

/// A question about one queue.
pub(crate) struct Question<'q> {
    /// The rules by which the queue is ordered and served.
    pub(crate) rules: &'q Rules,
    /// The key of the queue that is asked about.
    pub(crate) queue: QueueKey,
    /// The end of its home's chain that the asking connection sees.
    pub(crate) head: &'q Head,
    /// The instant whose profile orders it.
    pub(crate) at: DateTime<Utc>,
}

/// A queue under its own lock, while it is known.
type Cell = Arc<Mutex<Option<StandingQueue>>>;

struct QueueMemory {
    cell: Cell,
    /// When it was asked for last, by the count of questions.
    asked: u64,
    entries: usize,
}

/// The standing rounds of this process.
pub struct StandingRounds {
    kept: Mutex<HashMap<QueueKey, QueueMemory>>,
    entries_max: AtomicUsize,
    questions: AtomicU64,
    rows_read: AtomicU64,
    served: AtomicU64,
    compared: AtomicBool,
}

impl Default for StandingRounds {
    fn default() -> Self {
        StandingRounds {
            kept: Mutex::default(),
            entries_max: AtomicUsize::new(ENTRIES_MAX),
            questions: AtomicU64::default(),
            rows_read: AtomicU64::default(),
            served: AtomicU64::default(),
            compared: AtomicBool::default(),
        }
    }
}

impl StandingRounds {
    /// Keeps at most so many entries from now on, where less memory is to be had.
    pub fn keep_at_most(&self, entries: usize) {
        self.entries_max.store(entries, Ordering::Relaxed);
    }

    /// Holds every answer against a full run from now on, and refuses it where they differ. For tests.
    pub fn compare_with_full_runs(&self) {
        self.compared.store(true, Ordering::Relaxed);
    }

    /// Whether answers are held against full runs.
    pub(crate) fn is_compared(&self) -> bool {
        self.compared.load(Ordering::Relaxed)
    }

    /// Rows of applications read so far, for whole queues and for what acts have changed.
    pub fn rows_read(&self) -> u64 {
        self.rows_read.load(Ordering::Relaxed)
    }

    /// How often a queue was served anew so far.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }

    /// How many queues are kept.
    pub fn len(&self) -> usize {
        lock(&self.kept).len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The allocation of a queue in these terms, where it stands; nothing where the queue is to be served anew.
    pub(crate) fn standing(
        &self,
        question: &Question<'_>,
        conn: &mut AnyConnection,
        terms: &Terms,
    ) -> Result<Option<Allocated>, Problem> {
        let stands = |_: &mut _, _: &_, queue: &mut StandingQueue| {
            Ok(queue.round.as_ref().filter(|round| round.terms == *terms).map(|round| round.allocated.clone()))
        };
        Ok(self.ask(question, conn, stands)?.flatten())
    }

    /// The live entries of a queue in the merged order, with the groups that suit them. `None` where the queue was already
    /// brought further than the question's head: then its rows have to be read.
    pub(crate) fn entries(
        &self,
        question: &Question<'_>,
        conn: &mut AnyConnection,
        offered: &[Offered],
    ) -> Result<Option<Vec<Waiting>>, Problem> {
        self.ask(question, conn, |conn, profile, queue| {
            if profile.round_rule.value == RoundRule::Program {
                queue.know_siblings(conn)?;
            }
            Ok(queue.in_order(profile.mix.value, offered))
        })
    }

    /// Remembers what a queue was given in these terms, unless it has moved on since.
    pub(crate) fn stand(&self, question: &Question<'_>, terms: Terms, given: &Allocated) {
        self.served.fetch_add(1, Ordering::Relaxed);
        let cell = self.cell(question.queue);
        let mut held = cell.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = held.as_mut().filter(|queue| queue.head == *question.head) {
            queue.round = Some(StandingRound::new(terms, given));
        }
    }

    /// Asks a queue that stands at the question's head.
    fn ask<T>(
        &self,
        question: &Question<'_>,
        conn: &mut AnyConnection,
        ask: impl FnOnce(&mut AnyConnection, &Profile, &mut StandingQueue) -> Result<T, Problem>,
    ) -> Result<Option<T>, Problem> {
        let &Question { rules, queue, head, at } = question;
        let profile: &Profile = ordering::profile(rules, queue, at)?;
        let cell = self.cell(queue);
        // A panic may have left it half followed: then it is loaded anew.
        let mut held = cell.lock().unwrap_or_else(|poisoned| {
            let mut held = poisoned.into_inner();
            *held = None;
            held
        });
        if held.as_ref().is_some_and(|standing| standing.head.seq > head.seq) {
            return Ok(None);
        }
        // Whatever stops it half way, it is not put back.
        let followed = match held.take() {
            Some(mut standing) => standing.follow(conn, head, rules)?.then_some(standing),
            None => None,
        };
        let mut standing = match followed {
            Some(standing) => standing,
            None => StandingQueue::load(conn, queue, head.clone())?,
        };
        let told = ask(conn, profile, &mut standing)?;
        self.rows_read.fetch_add(std::mem::take(&mut standing.rows_read), Ordering::Relaxed);
        let entries = standing.len();
        *held = Some(standing);
        drop(held);
        self.bound(queue, entries);
        Ok(Some(told))
    }

    /// Shows every live entry ahead of a position; false where the queue does not stand at `head`.
    pub(crate) fn each_ahead(
        &self,
        queue: QueueKey,
        head: &Head,
        position: u64,
        show: &mut impl FnMut(&Seated),
    ) -> bool {
        let Some(cell) = lock(&self.kept).get(&queue).map(|kept| Arc::clone(&kept.cell)) else { return false };
        let Ok(held) = cell.lock() else { return false };
        let Some(standing) = held.as_ref().filter(|standing| standing.head == *head) else { return false };
        let ahead = standing.order.in_order().take_while(|placed| placed.position < position);
        ahead.filter_map(|placed| standing.entries.get(&placed.seat.ticket)).for_each(|entry| show(&entry.seated));
        true
    }

    fn cell(&self, queue: QueueKey) -> Cell {
        let asked = self.questions.fetch_add(1, Ordering::Relaxed);
        let mut kept = lock(&self.kept);
        let found = kept.entry(queue).or_insert_with(|| QueueMemory { cell: Cell::default(), asked, entries: 0 });
        found.asked = asked;
        Arc::clone(&found.cell)
    }

    /// Drops the queues that were not asked for longest, until what is kept is within bounds.
    fn bound(&self, queue: QueueKey, entries: usize) {
        let mut kept = lock(&self.kept);
        if let Some(found) = kept.get_mut(&queue) {
            found.entries = entries;
        }
        while kept.values().map(|k| k.entries).sum::<usize>() > self.entries_max.load(Ordering::Relaxed) {
            let oldest =
                kept.iter().filter(|(key, _)| **key != queue).min_by_key(|(_, k)| k.asked).map(|(key, _)| *key);
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
