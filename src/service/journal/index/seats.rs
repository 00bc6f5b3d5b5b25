//! The seats of every child and the order of every queue in memory, as the records of the homes move them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};

use super::codes::PaperCodes;
use super::families::Families;
use crate::domain::codes::{Status, Turn};
use crate::domain::instant::read_instant;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered, QueueKey};
use crate::engine::order::{Change, Counters, QueueOrder, Seat};
use crate::rules::{Era, Rules};
use crate::service::journal::reading::ReadRecord;
use crate::service::journal::turns::{HeldTurn, Move, ToldSeat, moves};
use crate::service::kernel::ordering;
use crate::store::paper_codes::PaperCode;
use crate::store::seats::Seated;
use crate::trust::cipher::BlindIin;
use crate::trust::end::{End, Head, Numbers};

/// What is held in memory.
pub struct Index {
    /// The instant for which the queues were last asked for their ratios.
    as_of: DateTime<Utc>,
    /// The era around it in which no queue gets another ratio.
    pub(super) era: Era,
    /// What was seen of every home.
    pub(super) seen: BTreeMap<Kato, End>,
    seats: HashMap<Number, IndexSeat>,
    /// Applications that have ended and whose spent turns still count.
    departed: HashMap<Number, IndexSeat>,
    children: HashMap<BlindIin, Number>,
    /// Of children who are enrolled and wait for a place elsewhere: the second application.
    pub(super) transfers: HashMap<BlindIin, Number>,
    pub(super) families: Families,
    pub(super) codes: PaperCodes,
    pub(super) queues: HashMap<QueueKey, QueueOrder>,
    pub(super) kindergartens: Names,
}

/// A seat in memory.
#[derive(Clone, Debug)]
pub struct IndexSeat {
    pub(super) iin: BlindIin,
    /// The queue in which the seat is.
    pub queue: QueueKey,
    /// Tier, instant, ticket and stream: what decides the place.
    pub seat: Seat,
    /// What became of the turn.
    pub(super) turn: Turn,
    /// The application's status, by the last record followed.
    pub status: Status,
    /// Kindergartens by their numbers among the index's names.
    pub choices: Box<[u32]>,
}

impl IndexSeat {
    fn turn_held(&self) -> HeldTurn {
        HeldTurn { queue: self.queue, seat: self.seat, turn: self.turn, choices: self.choices.clone() }
    }
}

impl Default for Index {
    fn default() -> Self {
        Index {
            as_of: DateTime::<Utc>::MIN_UTC,
            era: Era::ALWAYS,
            seen: BTreeMap::new(),
            seats: HashMap::new(),
            departed: HashMap::new(),
            children: HashMap::new(),
            transfers: HashMap::new(),
            families: Families::default(),
            codes: PaperCodes::default(),
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
        if gone(held.status) {
            if held.turn == Turn::Spent {
                self.departed.insert(number, held);
            }
            return;
        }
        if self.transfers.get(&held.iin) != Some(&number) {
            self.children.insert(held.iin, number);
        }
        self.seats.insert(number, held);
    }

    pub(super) fn apply(
        &mut self,
        read: ReadRecord,
        joined: &HashMap<String, Seated>,
        rules: &Rules,
    ) -> Result<(), OutOfStep> {
        let ReadRecord { record, seats, counters, families, transfers, .. } = read;
        let End { head, numbers } = self.seen(record.home);
        if record.seq <= head.seq {
            return Ok(());
        }
        if record.prev != head.hash {
            return Err(OutOfStep(format!("record {} follows {}", record.seq, head.seq)));
        }
        let at = read_instant(&record.at).map_err(|fault| OutOfStep(fault.to_string()))?;
        let mut moves: Vec<Move> = Vec::new();
        for told in &seats {
            let transfer = transfers.contains(&told.number);
            moves.extend(self.take(told, transfer, joined)?);
        }
        families.into_iter().for_each(|change| self.families.follow(change));
        // Whatever ratio came since, a queue whose counters are told was settled by the act.
        let settled = counters.iter().map(|told| told.queue);
        let mut queues: Vec<QueueKey> = moves.iter().map(|made| made.queue).chain(settled).collect();
        queues.sort_unstable();
        queues.dedup();
        for key in queues {
            let of_queue: Vec<Change<'_>> = moves.iter().filter(|made| made.queue == key).map(Move::change).collect();
            let after = self.change(rules, key, at, &of_queue)?;
            if let Some(told) = counters.iter().find(|told| told.queue == key)
                && told.counters != after
            {
                return Err(OutOfStep(format!(
                    "queue {key}: counters {after:?}, the journal says {:?}",
                    told.counters
                )));
            }
        }
        let head = Head { seq: record.seq, hash: record.hash };
        self.seen.insert(record.home, End { head, numbers });
        Ok(())
    }

    /// Takes what an application's row is now, and gives the moves of its queue.
    fn take(
        &mut self,
        told: &ToldSeat,
        transfer: bool,
        joined: &HashMap<String, Seated>,
    ) -> Result<Vec<Move>, OutOfStep> {
        let number = parse(&told.number)?;
        let before = self.seats.get(&number).or_else(|| self.departed.get(&number));
        let was = before.map(|before| before.iin);
        // A row that was read says who the child is now.
        let is = joined.get(&told.number).map(|row| row.iin).or(was);
        let Some(iin) = is else { return Err(missing(&told.number)) };
        let held = IndexSeat {
            iin,
            queue: told.queue,
            seat: told.seat,
            turn: told.turn,
            status: told.status,
            choices: told.choices.iter().map(|id| self.kindergartens.number(id)).collect(),
        };
        let made = moves(before.map(IndexSeat::turn_held).as_ref(), &held.turn_held());
        if let Some(was) = was.filter(|was| *was != iin) {
            self.rename(number, was, iin);
        }
        if transfer {
            self.transfers.insert(iin, number);
        }
        let known = self.seats.contains_key(&number);
        self.departed.remove(&number);
        if gone(held.status) {
            self.forget(number);
            self.hold(number, held);
        } else if known {
            self.seats.insert(number, held);
        } else {
            self.hold(number, held);
        }
        Ok(made)
    }

    /// The child of an application is looked up by another IIN from now on.
    fn rename(&mut self, number: Number, was: BlindIin, iin: BlindIin) {
        for by_child in [&mut self.children, &mut self.transfers] {
            if by_child.get(&was) == Some(&number) {
                by_child.remove(&was);
                by_child.insert(iin, number);
            }
        }
    }

    /// An application that has ended is no longer found by IIN. A request for a transfer then is all that its child has.
    fn forget(&mut self, number: Number) {
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

    /// Whether it holds a seat of this application, or the spent turn that it has left.
    pub(super) fn knows(&self, number: &str) -> bool {
        Number::parse(number, Numbered::Application)
            .is_some_and(|number| self.seats.contains_key(&number) || self.departed.contains_key(&number))
    }

    /// The seats of a child's active applications: one, or that of its enrolment and that of its transfer.
    pub fn of_child(&self, iin: BlindIin) -> impl Iterator<Item = (Number, &IndexSeat)> {
        let numbers = [&self.children, &self.transfers].map(|by_child| by_child.get(&iin));
        numbers.into_iter().flatten().filter_map(|number| Some((*number, self.seats.get(number)?)))
    }

    /// By what the child is looked up now that has or had this number.
    pub fn now_of(&self, number: BlindIin) -> BlindIin {
        self.codes.now_of(number)
    }

    /// What the code of a paper opens for the child that is looked up by this now; nothing where it is no good one.
    pub fn opened_by(&self, child: BlindIin, code: i64) -> Option<PaperCode> {
        self.codes.opened_by(child, code)
    }

    /// All good codes of papers by the numbers of their children, in order.
    pub fn paper_codes(&self) -> impl Iterator<Item = (BlindIin, PaperCode)> {
        self.codes.all()
    }

    /// All numbers that children had, each with the one by which its child is looked up now, in no order.
    pub fn former_numbers(&self) -> impl Iterator<Item = (BlindIin, BlindIin)> {
        self.codes.former()
    }

    /// The seats of brothers and sisters who wait together with an application.
    pub fn waiting_beside(&self, number: Number) -> impl Iterator<Item = &IndexSeat> {
        let beside = self.families.beside(number).filter_map(|number| self.seats.get(&number));
        beside.filter(|held| held.status == Status::InQueue)
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
