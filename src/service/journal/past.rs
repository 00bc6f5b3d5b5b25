//! A queue as it stood at an instant of the past, from the journal alone: what the records of its home tell is replayed
//! up to that instant. What comes out owes nothing to the tables that hold the queue today, so it checks them too.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::reading::ReadRecord;
use super::turns::{HeldTurn, Move, ToldSeat, moves};
use crate::domain::codes::{Status, Turn};
use crate::domain::instant::read_instant;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, QueueOrder, Seat};
use crate::rules::Rules;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::connection::AnyConnection;
use crate::store::rounds::Round;
use crate::store::{journal, openings};
use crate::trust::act::PublicAct;
use crate::trust::journal::Record;
use crate::trust::opening::OpenedRecord;

/// Records read at once.
const BATCH: i64 = 50;

/// A queue being replayed.
pub(crate) struct Replay {
    key: QueueKey,
    /// Its order as far as the records were taken.
    pub(crate) order: QueueOrder,
    seats: HashMap<String, PastSeat>,
    kindergartens: HashMap<String, u32>,
    /// Whether any record has touched the queue.
    pub(crate) touched: bool,
    /// The last record that was taken.
    pub(crate) reached: i64,
}

struct PastSeat {
    turn: HeldTurn,
    status: Status,
}

impl PastSeat {
    fn is_live(&self) -> bool {
        self.turn.turn == Turn::Live
    }
}

/// An entry as it stood.
pub(crate) struct Stood {
    pub(crate) seat: Seat,
    pub(crate) status: Status,
    /// Kindergartens, most wanted first; none means any.
    pub(crate) choices: Vec<String>,
}

impl Replay {
    /// An empty queue, before the first record is taken.
    pub(crate) fn new(key: QueueKey) -> Self {
        Replay {
            key,
            order: QueueOrder::new(None),
            seats: HashMap::new(),
            kindergartens: HashMap::new(),
            touched: false,
            reached: 0,
        }
    }

    /// Takes the next record of the home; its act was settled by the ratio of its own instant.
    ///
    /// # Errors
    /// In words, where the record does not follow from those before it.
    pub(crate) fn take(&mut self, opened: OpenedRecord, rules: &Rules) -> Result<(), String> {
        self.reached = opened.record.seq;
        let read = ReadRecord::of(opened).map_err(|broken| broken.to_string())?;
        let mut moved: Vec<Move> = Vec::new();
        for told in &read.seats {
            if told.queue == self.key || self.seats.contains_key(&told.number) {
                moved.extend(self.hold(told));
            }
        }
        let settled = read.counters.iter().any(|told| told.queue == self.key);
        if moved.is_empty() && !settled {
            return Ok(());
        }
        self.touched = true;
        let record = &read.record;
        let at = read_instant(&record.at).map_err(|fault| format!("record {}: {fault}", record.seq))?;
        self.order.set_mix(ordering::mix(rules, self.key, at));
        let changes: Vec<Change<'_>> = moved.iter().map(Move::change).collect();
        self.order.apply(&changes).map(|_| ()).map_err(|fault| format!("record {}: {fault}", record.seq))
    }

    /// Holds what an application's row is now, and gives the moves of this queue.
    fn hold(&mut self, told: &ToldSeat) -> impl Iterator<Item = Move> + use<> {
        let choices = told.choices.iter().map(|id| self.small(id)).collect();
        let turn = HeldTurn { queue: told.queue, seat: told.seat, turn: told.turn, choices };
        let before = self.seats.remove(&told.number);
        let made = moves(before.as_ref().map(|held| &held.turn), &turn);
        let key = self.key;
        if turn.queue == key {
            self.seats.insert(told.number.clone(), PastSeat { turn, status: told.status });
        }
        made.into_iter().filter(move |made| made.queue == key)
    }

    fn small(&mut self, kindergarten: &str) -> u32 {
        let next = u32::try_from(self.kindergartens.len()).unwrap_or(u32::MAX);
        *self.kindergartens.entry(kindergarten.to_owned()).or_insert(next)
    }

    /// The seat of an application and its choices.
    pub(crate) fn seat(&self, application: &str) -> Option<(Seat, Box<[u32]>)> {
        let held = self.seats.get(application).filter(|held| held.is_live())?;
        Some((held.turn.seat, held.turn.choices.clone()))
    }

    /// The entries by application.
    pub(crate) fn stood(&self) -> HashMap<String, Stood> {
        let names: HashMap<u32, &String> = self.kindergartens.iter().map(|(name, id)| (*id, name)).collect();
        let stood = |held: &PastSeat| Stood {
            seat: held.turn.seat,
            status: held.status,
            choices: held.turn.choices.iter().filter_map(|id| names.get(id).map(|name| (*name).clone())).collect(),
        };
        let live = self.seats.iter().filter(|(_, held)| held.is_live());
        live.map(|(number, held)| (number.clone(), stood(held))).collect()
    }

    /// The number in the merged order by ticket, as `children.csv` has turns.
    pub(crate) fn turns(&self) -> HashMap<u32, i64> {
        self.order.in_order().map(|p| (p.seat.ticket, i64::try_from(p.position).unwrap_or(i64::MAX))).collect()
    }

    /// The applications of the queue by ticket.
    pub(crate) fn numbers(&self) -> HashMap<u32, String> {
        let live = self.seats.iter().filter(|(_, held)| held.is_live());
        live.map(|(number, held)| (held.turn.seat.ticket, number.clone())).collect()
    }
}

/// A queue as it stood when all acts up to `at`, this instant included, were done. What a wrong clock had dated later counts
/// from the record that mended it. Costs a reading of its home's records.
///
/// # Errors
/// 404 where the queue had no entry yet, 500 where the journal contradicts itself.
pub(crate) fn replayed(
    rules: &Rules,
    conn: &mut AnyConnection,
    key: QueueKey,
    at: DateTime<Utc>,
) -> Result<Replay, Problem> {
    let last = journal::last_until(conn, key.home(), at)?;
    replayed_until(rules, conn, key, at, |record| record.seq > last)
}

/// A queue as it stood when a round was about to be committed.
///
/// # Errors
/// As [`replayed`].
pub(crate) fn replayed_to_round(
    rules: &Rules,
    conn: &mut AnyConnection,
    key: QueueKey,
    round: &Round,
) -> Result<Replay, Problem> {
    let is_round = |record: &Record| {
        let act = record.public_act().ok().flatten();
        act.is_some_and(|act| matches!(act, PublicAct::HoldRound(held) if held.round == round.id))
    };
    replayed_until(rules, conn, key, round.held_at, is_round)
}

fn replayed_until(
    rules: &Rules,
    conn: &mut AnyConnection,
    key: QueueKey,
    at: DateTime<Utc>,
    ends: impl Fn(&Record) -> bool,
) -> Result<Replay, Problem> {
    let mut replay = Replay::new(key);
    let mut seq = 0;
    'records: loop {
        let records = openings::after(conn, key.home(), seq, BATCH)?;
        let Some(last) = records.last() else { break };
        seq = last.record.seq;
        for opened in records {
            if ends(&opened.record) {
                break 'records;
            }
            replay.take(opened, rules).map_err(|why| {
                tracing::error!(home = %key.home(), why, "the journal cannot be replayed");
                let message = "the journal of this home contradicts itself; run `kezek journal verify`";
                Problem::new(Kind::Internal, "internal", message)
            })?;
        }
    }
    replay.order.set_mix(ordering::mix(rules, key, at));
    if replay.touched { Ok(replay) } else { Err(Problem::not_found("queue")) }
}
