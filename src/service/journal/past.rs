//! A queue as it stood at an instant of the past, from the journal alone: the effects of its home's records are replayed
//! up to that instant. What comes out owes nothing to the tables that hold the queue today, so it checks them too.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::effects::{Effect, JoinEffect, Moved, effects};
use crate::domain::codes::Status;
use crate::domain::instant::read_instant;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, QueueOrder, Seat};
use crate::rules::Rules;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::connection::AnyConnection;
use crate::store::journal;
use crate::store::rounds::Round;
use crate::trust::act::JournalAct;
use crate::trust::journal::Record;

/// Records read at once.
const BATCH: i64 = 200;

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
    seat: Seat,
    choices: Box<[u32]>,
    status: Status,
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
    pub(crate) fn take(&mut self, record: &Record, rules: &Rules) -> Result<(), String> {
        self.reached = record.seq;
        let mut moved = Vec::new();
        for effect in effects(record).map_err(|broken| broken.to_string())? {
            match effect {
                Effect::Join(join) if join.queue == self.key => moved.push(self.hold(&join, Moved::Join)?),
                Effect::Restore(join) if join.queue == self.key => moved.push(self.hold(&join, Moved::Restore)?),
                Effect::Leave { application, .. } => {
                    moved.extend(self.seats.remove(&application).map(|h| Moved::Leave(h.seat, h.choices)))
                }
                Effect::Spend { application } => {
                    moved.extend(self.seats.remove(&application).map(|h| Moved::Spend(h.seat, h.choices)))
                }
                Effect::Status { application, status } => {
                    if let Some(held) = self.seats.get_mut(&application) {
                        held.status = status;
                    }
                }
                Effect::Join(_) | Effect::Restore(_) | Effect::Counters { .. } => {}
            }
        }
        if moved.is_empty() {
            return Ok(());
        }
        self.touched = true;
        let at = read_instant(&record.at).map_err(|fault| format!("record {}: {fault}", record.seq))?;
        self.order.set_mix(ordering::mix(rules, self.key, at));
        let changes: Vec<Change<'_>> = moved.iter().map(Moved::change).collect();
        self.order.apply(&changes).map(|_| ()).map_err(|fault| format!("record {}: {fault}", record.seq))
    }

    fn hold(&mut self, join: &JoinEffect, moved: impl Fn(Seat, Box<[u32]>) -> Moved) -> Result<Moved, String> {
        let seat = join.seat().ok_or_else(|| format!("application {} has no instant", join.application))?;
        let choices: Box<[u32]> = join.choices.iter().map(|id| self.small(id)).collect();
        self.seats.insert(join.application.clone(), PastSeat { seat, choices: choices.clone(), status: join.status });
        Ok(moved(seat, choices))
    }

    fn small(&mut self, kindergarten: &str) -> u32 {
        let next = u32::try_from(self.kindergartens.len()).unwrap_or(u32::MAX);
        *self.kindergartens.entry(kindergarten.to_owned()).or_insert(next)
    }

    /// The seat of an application and its choices.
    pub(crate) fn seat(&self, application: &str) -> Option<(Seat, Box<[u32]>)> {
        self.seats.get(application).map(|held| (held.seat, held.choices.clone()))
    }

    /// The entries by application.
    pub(crate) fn stood(&self) -> HashMap<String, Stood> {
        let names: HashMap<u32, &String> = self.kindergartens.iter().map(|(name, id)| (*id, name)).collect();
        let stood = |held: &PastSeat| Stood {
            seat: held.seat,
            status: held.status,
            choices: held.choices.iter().filter_map(|id| names.get(id).map(|name| (*name).clone())).collect(),
        };
        self.seats.iter().map(|(number, held)| (number.clone(), stood(held))).collect()
    }

    /// The number in the merged order by ticket, as `children.csv` has turns.
    pub(crate) fn turns(&self) -> HashMap<u32, i64> {
        self.order.in_order().map(|p| (p.seat.ticket, i64::try_from(p.position).unwrap_or(i64::MAX))).collect()
    }

    /// The applications of the queue by ticket.
    pub(crate) fn numbers(&self) -> HashMap<u32, String> {
        self.seats.iter().map(|(number, held)| (held.seat.ticket, number.clone())).collect()
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
        let named = record.payload.get("round").and_then(serde_json::Value::as_str);
        record.act == JournalAct::HoldRound.code() && named == Some(round.id.as_str())
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
        let records = journal::after(conn, key.home(), seq, BATCH)?;
        let Some(last) = records.last() else { break };
        seq = last.seq;
        for record in &records {
            if ends(record) {
                break 'records;
            }
            replay.take(record, rules).map_err(|why| {
                tracing::error!(home = %key.home(), why, "the journal cannot be replayed");
                let message = "the journal of this home contradicts itself; run `kezek journal verify`";
                Problem::new(Kind::Internal, "internal", message)
            })?;
        }
    }
    replay.order.set_mix(ordering::mix(rules, key, at));
    if replay.touched { Ok(replay) } else { Err(Problem::not_found("queue")) }
}
