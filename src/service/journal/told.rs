//! What the journal tells of every application and queue, held against the rows: a row that was edited past the registry
//! is named. One pass over the journal, one over the rows.
//!
//! Checked are queue, tier, stream, instant, ticket, choices and status of each application, whether its turn is live, and
//! the counters of each queue. Whether a spent turn is still in its stream is told by the counters alone. So are the files
//! of committed rounds ([`rounds`]), application and place of each referral ([`referrals`]), families and requests for a transfer
//! ([`beside`]).

use std::collections::{BTreeMap, HashMap};

use super::effects::{Effect, JoinEffect, effects};
use crate::domain::codes::{Status, Turn};
use crate::domain::instant::instant_text;
use crate::domain::life;
use crate::domain::queue::QueueKey;
use crate::engine::order::Counters;
use crate::store::connection::AnyConnection;
use crate::store::queues;
use crate::store::seats::{self, NarrowSeat, Seats};
use crate::trust::journal::{Broken, Record};

mod beside;
mod referrals;
mod rounds;
mod untold;

pub(crate) use untold::Untold;
pub use untold::{FileFault, FileFaultKind};

/// The registry as its journal tells it.
#[derive(Default)]
pub(crate) struct Told {
    seats: HashMap<String, JoinEffect>,
    counters: BTreeMap<QueueKey, Counters>,
    rounds: rounds::ToldRounds,
    referrals: referrals::ToldReferrals,
    beside: beside::ToldBeside,
}

impl Told {
    /// Takes the next record of its home.
    ///
    /// # Errors
    /// It cannot be read.
    pub(crate) fn take(&mut self, record: &Record) -> Result<(), Broken> {
        self.rounds.take(record);
        self.referrals.take(record);
        self.beside.take(record)?;
        for effect in effects(record)? {
            match effect {
                Effect::Join(join) | Effect::Restore(join) => {
                    self.seats.insert(join.application.clone(), join);
                }
                Effect::Leave { application, status } | Effect::Status { application, status } => {
                    self.status(&application, status);
                }
                Effect::Spend { application } => self.status(&application, Status::Enrolled),
                Effect::Counters { queue, first_priority, general } => {
                    self.counters.insert(queue, Counters { first_priority, general });
                }
            }
        }
        Ok(())
    }

    fn status(&mut self, application: &str, status: Status) {
        if let Some(seat) = self.seats.get_mut(application) {
            seat.status = status;
        }
    }

    /// Holds the rows against what was told.
    pub(crate) fn check(mut self, conn: &mut AnyConnection) -> Result<(), Untold> {
        seats::in_batches(conn, Seats::All, |rows| rows.into_iter().try_for_each(|row| self.check_row(&row.read()?)))?;
        if let Some(number) = self.seats.keys().min() {
            return Err(Untold::of(number, format!("application {number} has records and no row")));
        }
        let mut kept: BTreeMap<QueueKey, Counters> = queues::all_counters(conn)?.into_iter().collect();
        for (queue, told) in self.counters {
            if kept.remove(&queue).unwrap_or_default() != told {
                return Err(Untold::of(
                    &queue.home().to_string(),
                    format!("queue {queue}: its counters are not those of the journal"),
                ));
            }
        }
        if let Some((queue, _)) = kept.into_iter().find(|(_, counters)| *counters != Counters::default()) {
            return Err(Untold::of(
                &queue.home().to_string(),
                format!("queue {queue}: it has counters that no record set"),
            ));
        }
        self.beside.check(conn)?;
        self.referrals.check(conn)?;
        self.rounds.check(conn)
    }
}

impl Told {
    fn check_row(&mut self, row: &NarrowSeat) -> Result<(), Untold> {
        let number = row.number.to_string();
        let Some(told) = self.seats.remove(&number) else {
            return Err(Untold::of(&number, format!("application {number} is in no record")));
        };
        match differs(row, &told) {
            Some(what) => {
                Err(Untold::of(&number, format!("application {number}: its row says another {what} than the journal")))
            }
            None => Ok(()),
        }
    }
}

/// The first thing in which a row differs from what was told.
fn differs(row: &NarrowSeat, told: &JoinEffect) -> Option<&'static str> {
    let turn = match row.turn {
        Turn::Live => life::is_live(told.status),
        Turn::Spent | Turn::Dropped => matches!(told.status, Status::Enrolled | Status::Closed),
        Turn::None => !life::is_live(told.status),
    };
    [
        ("queue", row.queue == told.queue),
        ("status", row.status == told.status),
        ("turn", turn),
        ("tier", row.tier == told.tier),
        ("stream", row.stream == told.stream),
        ("instant", instant_text(row.applied_at) == told.applied_at),
        ("ticket", row.ticket == told.ticket),
        ("choice", row.preferences().eq(told.choices.iter().map(String::as_str))),
    ]
    .into_iter()
    .find_map(|(what, same)| (!same).then_some(what))
}
