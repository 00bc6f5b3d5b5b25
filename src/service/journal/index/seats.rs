//! The seats of every child and the order of every queue in memory, as the records of the homes move them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::families::Families;
use crate::domain::codes::Status;
use crate::domain::iin::Iin;
use crate::domain::instant::read_instant;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::order::{Change, Counters, QueueOrder, Seat};
use crate::rules::{Era, Rules};
use crate::service::journal::effects::{Effect, JoinEffect, Moved};
use crate::service::journal::reading::ReadRecord;
use crate::service::kernel::ordering;
use crate::store::homes::{End, Head, Numbers};
use crate::store::seats::Seated;

/// What is held in memory.
pub struct Index {
    /// The instant for which the queues were last asked for their ratios.
    as_of: DateTime<Utc>,
    /// The era around it in which no queue gets another ratio.
    pub(super) era: Era,
    /// What was seen of every home.
    pub(super) seen: BTreeMap<Kato, End>,
    seats: HashMap<Number, IndexSeat>,
    children: HashMap<u64, Number>,
    /// Of children who are enrolled and wait for a place elsewhere: the second application.
    pub(super) transfers: HashMap<u64, Number>,
    pub(super) families: Families,
    pub(super) queues: HashMap<QueueKey, QueueOrder>,
    pub(super) kindergartens: Names,
}

/// A seat in memory.
#[derive(Clone, Debug)]
pub struct IndexSeat {
    pub(super) iin: u64,
    /// The queue in which the seat is.
    pub queue: QueueKey,
    /// Tier, instant, ticket and stream: what decides the place.
    pub seat: Seat,
    /// The application's status, by the last record followed.
    pub status: Status,
    /// Kindergartens by their numbers among the index's names.
    pub choices: Box<[u32]>,
}

impl Default for Index {
    fn default() -> Self {
        Index {
            as_of: DateTime::<Utc>::MIN_UTC,
            era: Era::ALWAYS,
            seen: BTreeMap::new(),
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
pub(super) struct Names {
    by_id: HashMap<String, u32>,
    ids: Vec<String>,
}

impl Names {
    pub(super) fn number(&mut self, id: &str) -> u32 {
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
pub(super) struct OutOfStep(pub(super) String);

impl Index {
    /// Gives every queue the ratio that is in force at `at`, and says until when none changes.
    pub(super) fn order_as_of(&mut self, rules: &Rules, at: DateTime<Utc>) {
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
        key: QueueKey,
        at: DateTime<Utc>,
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

    pub(super) fn hold(&mut self, number: Number, held: IndexSeat) {
        if !gone(held.status) {
            if self.transfers.get(&held.iin) != Some(&number) {
                self.children.insert(held.iin, number);
            }
            self.seats.insert(number, held);
        }
    }

    pub(super) fn apply(
        &mut self,
        read: ReadRecord,
        joined: &HashMap<String, Seated>,
        rules: &Rules,
    ) -> Result<(), OutOfStep> {
        let ReadRecord { record, effects, families } = read;
        let End { head, numbers } = self.seen(record.home);
        if record.seq <= head.seq {
            return Ok(());
        }
        if record.prev != head.hash {
            return Err(OutOfStep(format!("record {} follows {}", record.seq, head.seq)));
        }
        let at = read_instant(&record.at).map_err(|fault| OutOfStep(fault.to_string()))?;
        let mut changes: Vec<(QueueKey, Moved)> = Vec::new();
        let mut counters: Vec<(QueueKey, Counters)> = Vec::new();
        for effect in effects {
            self.take(effect, joined, &mut changes, &mut counters)?;
        }
        families.into_iter().for_each(|change| self.families.follow(change));
        let mut queues: Vec<QueueKey> = changes.iter().map(|(key, _)| *key).collect();
        queues.sort_unstable();
        queues.dedup();
        for key in queues {
            let of_queue: Vec<Change<'_>> =
                changes.iter().filter(|(k, _)| *k == key).map(|(_, moved)| moved.change()).collect();
            let after = self.change(rules, key, at, &of_queue)?;
            if let Some((_, journaled)) = counters.iter().find(|(k, _)| *k == key)
                && *journaled != after
            {
                return Err(OutOfStep(format!("queue {key}: counters {after:?}, the journal says {journaled:?}")));
            }
        }
        let head = Head { seq: record.seq, hash: record.hash };
        self.seen.insert(record.home, End { head, numbers });
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

    fn joining(&mut self, join: &JoinEffect, joined: &HashMap<String, Seated>) -> Result<IndexSeat, OutOfStep> {
        let iin = joined.get(&join.application).ok_or_else(|| missing(&join.application))?.iin;
        let seat = join.seat().ok_or_else(|| OutOfStep(format!("{} has no instant", join.application)))?;
        let held = IndexSeat {
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
    pub fn of_child(&self, iin: Iin) -> impl Iterator<Item = (Number, &IndexSeat)> {
        let numbers = [&self.children, &self.transfers].map(|by_child| by_child.get(&iin.number()));
        numbers.into_iter().flatten().filter_map(|number| Some((*number, self.seats.get(number)?)))
    }

    /// How many brothers and sisters wait together with an application.
    pub fn waiting_beside(&self, number: Number) -> usize {
        let waits = |number: &Number| self.seats.get(number).is_some_and(|held| held.status == Status::InQueue);
        self.families.beside(number).filter(waits).count()
    }

    /// The seat of an application.
    pub fn of_application(&self, number: &str) -> Option<&IndexSeat> {
        self.seats.get(&Number::parse(number, Numbered::Application)?)
    }

    /// All seats by their applications, in no order.
    pub fn seats(&self) -> impl Iterator<Item = (Number, &IndexSeat)> {
        self.seats.iter().map(|(number, held)| (*number, held))
    }

    /// The order of a queue; `None` where the index holds nothing of it.
    pub fn queue(&self, key: QueueKey) -> Option<&QueueOrder> {
        self.queues.get(&key)
    }

    /// All queues that the index holds, in no order.
    pub fn queues(&self) -> impl Iterator<Item = (QueueKey, &QueueOrder)> {
        self.queues.iter().map(|(key, order)| (*key, order))
    }

    /// The id of a kindergarten from its small number.
    pub fn kindergarten(&self, number: u32) -> &str {
        usize::try_from(number).ok().and_then(|n| self.kindergartens.ids.get(n)).map_or("", String::as_str)
    }

    /// What was seen of a home.
    pub fn seen(&self, home: Kato) -> End {
        self.seen.get(&home).cloned().unwrap_or_default()
    }

    /// Takes the numbers that a home has given.
    pub(super) fn gave(&mut self, home: Kato, numbers: Numbers) {
        let seen = self.seen.entry(home).or_default();
        seen.numbers = seen.numbers.or_later(numbers);
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
