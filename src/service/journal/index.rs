//! The live index: every child's seat in memory, following the journal of every home.
//!
//! It is built from the registry at the start and kept by [`Live::follow`], which reads the records after the last one
//! applied; the same code serves the acts of this process and of any other. Positions are answered from it without SQL.

mod families;
mod growing;

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::{DateTime, Utc};

use super::effects::{Effect, JoinEffect, Moved};
use crate::domain::codes::Status;
use crate::domain::iin::Iin;
use crate::domain::instant::read_instant;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::order::{Change, Counters, QueueOrder, Seat};
use crate::rules::{Era, Rules};
use crate::service::kernel::ordering;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::store::{Store, StoreError, journal, queues};
use crate::trust::journal::Record;
use families::Families;

/// How many records are read at once when following a chain. While they are applied nobody can read, and the record of
/// an import moves hundreds of seats.
const FOLLOW_BATCH: i64 = 50;

/// The index.
pub struct Live {
    index: RwLock<Index>,
}

/// What is held in memory.
pub struct Index {
    /// The instant for which the queues were last asked for their ratios.
    as_of: DateTime<Utc>,
    /// The era around it in which no queue gets another ratio.
    era: Era,
    reach: BTreeMap<Kato, i64>,
    seats: HashMap<Number, Held>,
    children: HashMap<u64, Number>,
    /// Of children who are enrolled and wait for a place elsewhere: the second application.
    transfers: HashMap<u64, Number>,
    families: Families,
    queues: HashMap<QueueKey, QueueOrder>,
    kindergartens: Names,
}

/// A seat in memory.
#[derive(Clone, Debug)]
pub struct Held {
    iin: u64,
    /// The queue.
    pub queue: QueueKey,
    /// The seat.
    pub seat: Seat,
    /// The status.
    pub status: Status,
    /// Kindergartens by their numbers among the index's names.
    pub choices: Box<[u32]>,
}

impl Default for Index {
    fn default() -> Self {
        Index {
            as_of: DateTime::<Utc>::MIN_UTC,
            era: Era::ALWAYS,
            reach: BTreeMap::new(),
            seats: HashMap::new(),
            children: HashMap::new(),
            transfers: HashMap::new(),
            families: Families::default(),
            queues: HashMap::new(),
            kindergartens: Names::default(),
        }
    }
}

/// Kindergarten ids as small numbers.
#[derive(Default)]
struct Names {
    by_id: HashMap<String, u32>,
    ids: Vec<String>,
}

impl Names {
    fn number(&mut self, id: &str) -> u32 {
        if let Some(number) = self.by_id.get(id) {
            return *number;
        }
        let number = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id.to_owned());
        self.by_id.insert(id.to_owned(), number);
        number
    }
}

/// What stops the index from following: it is then rebuilt from the registry.
#[derive(Debug)]
struct OutOfStep(String);

impl Live {
    /// Builds the index from the registry as it stands at one moment.
    ///
    /// # Errors
    /// The database is not available.
    pub fn build(store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<Self, StoreError> {
        Ok(Live { index: RwLock::new(Index::load(store, rules, now)?) })
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
        let fresh = Index::load(store, rules, now)?;
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

/// The effects that a record carries.
pub fn effects(record: &Record) -> Vec<Effect> {
    record.payload.get("queue").and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default()
}

impl Index {
    fn load(store: &Store, rules: &Rules, now: DateTime<Utc>) -> Result<Self, StoreError> {
        store.read_snapshot(|conn| {
            let reach = journal::reach(conn)?;
            let counters: HashMap<QueueKey, Counters> = queues::all_counters(conn)?.into_iter().collect();
            let (index, rows) = growing::read_and_grow(store, conn)?;
            let rows =
                rows.into_iter().map(|(key, seats)| (key, counters.get(&key).copied().unwrap_or_default(), seats));
            let queues = QueueOrder::build_all(rows.collect())
                .map_err(|(key, fault)| StoreError::Damaged(format!("queue {key}: {fault}")))?;
            let mut index = Index { reach, queues, ..index };
            index.order_as_of(rules, now);
            Ok(index)
        })
    }

    /// Gives every queue the ratio that is in force at `at`, and says until when none changes.
    fn order_as_of(&mut self, rules: &Rules, at: DateTime<Utc>) {
        (self.as_of, self.era) = (at, Era::ALWAYS);
        for (key, order) in &mut self.queues {
            order.set_mix(ordering::mix(rules, *key, at));
            self.era = self.era.and(ordering::era(rules, *key, at));
        }
    }

    /// Makes the changes of one act to a queue, settled by the ratio of the act's own instant, and gives the counters.
    fn change(
        &mut self,
        rules: &Rules,
        (key, at): (QueueKey, DateTime<Utc>),
        changes: &[Change<'_>],
    ) -> Result<Counters, OutOfStep> {
        let (as_of, era) = (self.as_of, &mut self.era);
        let order = self.queues.entry(key).or_insert_with(|| {
            *era = era.and(ordering::era(rules, key, as_of));
            QueueOrder::new(ordering::mix(rules, key, as_of))
        });
        let in_force = order.mix();
        if !era.holds(at) {
            order.set_mix(ordering::mix(rules, key, at));
        }
        let after = order.apply(changes);
        order.set_mix(in_force);
        after.map_err(|fault| OutOfStep(format!("queue {key}: {fault}")))
    }

    fn hold(&mut self, number: Number, held: Held) {
        if !gone(held.status) {
            if self.transfers.get(&held.iin) != Some(&number) {
                self.children.insert(held.iin, number);
            }
            self.seats.insert(number, held);
        }
    }

    fn apply(&mut self, record: &Record, joined: &HashMap<String, Seated>, rules: &Rules) -> Result<(), OutOfStep> {
        let seen = self.reach.get(&record.home).copied().unwrap_or(0);
        if record.seq <= seen {
            return Ok(());
        }
        if record.seq != seen + 1 {
            return Err(OutOfStep(format!("record {} follows {seen}", record.seq)));
        }
        let at = read_instant(&record.at).map_err(|fault| OutOfStep(fault.to_string()))?;
        let mut changes: Vec<(QueueKey, Moved)> = Vec::new();
        let mut counters: Vec<(QueueKey, Counters)> = Vec::new();
        for effect in effects(record) {
            self.take(effect, joined, &mut changes, &mut counters)?;
        }
        super::families::told(record).for_each(|change| self.families.follow(change));
        let mut queues: Vec<QueueKey> = changes.iter().map(|(key, _)| *key).collect();
        queues.sort_unstable();
        queues.dedup();
        for key in queues {
            let of_queue: Vec<Change<'_>> =
                changes.iter().filter(|(k, _)| *k == key).map(|(_, moved)| moved.change()).collect();
            let after = self.change(rules, (key, at), &of_queue)?;
            if let Some((_, journaled)) = counters.iter().find(|(k, _)| *k == key)
                && *journaled != after
            {
                return Err(OutOfStep(format!("queue {key}: counters {after:?}, the journal says {journaled:?}")));
            }
        }
        self.reach.insert(record.home, record.seq);
        Ok(())
    }

    fn take(
        &mut self,
        effect: Effect,
        joined: &HashMap<String, Seated>,
        changes: &mut Vec<(QueueKey, Moved)>,
        counters: &mut Vec<(QueueKey, Counters)>,
    ) -> Result<(), OutOfStep> {
        match effect {
            Effect::Join(join) => {
                let held = self.joining(&join, joined)?;
                changes.push((held.queue, Moved::Join(held.seat, held.choices)));
            }
            Effect::Restore(join) => {
                let held = self.joining(&join, joined)?;
                changes.push((held.queue, Moved::Restore(held.seat, held.choices)));
            }
            Effect::Leave { application, status } => {
                let number = parse(&application)?;
                let held = self.seats.get_mut(&number).ok_or_else(|| missing(&application))?;
                let was = held.clone();
                held.status = status;
                self.forget_if_gone(number, status);
                changes.push((was.queue, Moved::Leave(was.seat, was.choices)));
            }
            Effect::Spend { application } => {
                let held = self.seats.get_mut(&parse(&application)?).ok_or_else(|| missing(&application))?;
                held.status = Status::Enrolled;
                changes.push((held.queue, Moved::Spend(held.seat, held.choices.clone())));
            }
            Effect::Status { application, status } => {
                let number = parse(&application)?;
                self.seats.get_mut(&number).ok_or_else(|| missing(&application))?.status = status;
                self.forget_if_gone(number, status);
            }
            Effect::Counters { queue, first_priority, general } => {
                counters.push((queue, Counters { first_priority, general }));
            }
        }
        Ok(())
    }

    /// An application that has ended is no longer found by IIN. A request for a transfer then is all that its child has.
    fn forget_if_gone(&mut self, number: Number, status: Status) {
        if !gone(status) {
            return;
        }
        let Some(held) = self.seats.remove(&number) else { return };
        if self.transfers.get(&held.iin) == Some(&number) {
            self.transfers.remove(&held.iin);
        } else if self.children.get(&held.iin) == Some(&number) {
            match self.transfers.remove(&held.iin) {
                Some(transfer) => self.children.insert(held.iin, transfer),
                None => self.children.remove(&held.iin),
            };
        }
    }

    fn joining(&mut self, join: &JoinEffect, joined: &HashMap<String, Seated>) -> Result<Held, OutOfStep> {
        let iin = joined.get(&join.application).ok_or_else(|| missing(&join.application))?.iin;
        let seat = join.seat().ok_or_else(|| OutOfStep(format!("{} has no instant", join.application)))?;
        let held = Held {
            iin: iin.number(),
            queue: join.queue,
            seat,
            status: join.status,
            choices: join.choices.iter().map(|id| self.kindergartens.number(id)).collect(),
        };
        let number = parse(&join.application)?;
        if join.transfer {
            self.transfers.insert(held.iin, number);
        }
        self.hold(number, held.clone());
        Ok(held)
    }

    /// The seats of a child's active applications: one, or that of its enrolment and that of its transfer.
    pub fn of_child(&self, iin: Iin) -> impl Iterator<Item = (Number, &Held)> {
        let numbers = [&self.children, &self.transfers].map(|by_child| by_child.get(&iin.number()));
        numbers.into_iter().flatten().filter_map(|number| Some((*number, self.seats.get(number)?)))
    }

    /// How many brothers and sisters wait together with an application.
    pub fn waiting_beside(&self, number: Number) -> usize {
        let waits = |number: &Number| self.seats.get(number).is_some_and(|held| held.status == Status::InQueue);
        self.families.beside(number).filter(waits).count()
    }

    /// The seat of an application.
    pub fn of_application(&self, number: &str) -> Option<&Held> {
        self.seats.get(&Number::parse(number, Numbered::Application)?)
    }

    /// All seats.
    pub fn seats(&self) -> impl Iterator<Item = (Number, &Held)> {
        self.seats.iter().map(|(number, held)| (*number, held))
    }

    /// A queue's order.
    pub fn queue(&self, key: QueueKey) -> Option<&QueueOrder> {
        self.queues.get(&key)
    }

    /// All queues.
    pub fn queues(&self) -> impl Iterator<Item = (QueueKey, &QueueOrder)> {
        self.queues.iter().map(|(key, order)| (*key, order))
    }

    /// The id of a kindergarten from its small number.
    pub fn kindergarten(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|n| self.kindergartens.ids.get(n)).map_or("", String::as_str)
    }

    /// How far the index has followed each home.
    pub fn reach(&self) -> &BTreeMap<Kato, i64> {
        &self.reach
    }

    /// How many seats are held.
    pub fn len(&self) -> usize {
        self.seats.len()
    }

    /// Whether no seat is held.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }
}

/// Whether an application of this status has ended without an enrolment, or after it.
fn gone(status: Status) -> bool {
    matches!(status, Status::Withdrawn | Status::Refused | Status::Closed)
}

fn parse(number: &str) -> Result<Number, OutOfStep> {
    Number::parse(number, Numbered::Application).ok_or_else(|| missing(number))
}

fn missing(number: &str) -> OutOfStep {
    OutOfStep(format!("application {number} is not in the index"))
}

/// The seat that the engine orders.
pub fn seat(seated: &Seated) -> Seat {
    Seat {
        tier: seated.tier,
        applied_at: seated.applied_at.timestamp_micros(),
        ticket: seated.ticket,
        stream: seated.stream,
    }
}

/// The seat of an application.
pub(crate) fn seat_of(a: &crate::domain::application::Application) -> Seat {
    Seat { tier: a.tier, applied_at: a.applied_at.timestamp_micros(), ticket: a.ticket, stream: a.stream }
}
