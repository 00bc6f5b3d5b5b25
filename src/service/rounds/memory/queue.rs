//! The live entries of a queue, kept as of a head of its home's chain.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::allocation::Allocation;
use crate::domain::codes::Turn;
use crate::domain::instant::read_instant;
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, QueueOrder, Seat, TurnState};
use crate::rules::Rules;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::journal::effects::{Effect, effects};
use crate::service::journal::index::seat;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::store::connection::AnyConnection;
use crate::store::homes::Head;
use crate::store::seats::{self, Seated};
use crate::store::{journal, queues};
use crate::trust::journal::Record;

/// Records read at once.
const BATCH: i64 = 200;

/// A queue whose round stands.
pub(crate) struct StandingQueue {
    key: QueueKey,
    /// How far it has followed its home's chain.
    pub(crate) head: Head,
    /// The merged order; nobody asks it for kindergartens.
    pub(crate) order: QueueOrder,
    /// The live entries by ticket.
    pub(crate) entries: HashMap<u32, Seated>,
    tickets: HashMap<String, u32>,
    /// Where brothers and sisters of the waiting are enrolled, once a profile asks for it.
    pub(crate) siblings: Option<HashMap<String, Vec<String>>>,
    /// Whether the order moved since the allocation was brought forward.
    pub(crate) moved: bool,
    /// Entries that joined, left or changed since then.
    pub(crate) changed: BTreeSet<u32>,
    pub(crate) allocation: Option<Allocation>,
    /// Rows that were read since the last count.
    pub(crate) rows_read: u64,
    /// Turns and proposers that were served since the last count.
    pub(crate) turns_served: u64,
}

/// What records tell beyond the order.
#[derive(Default)]
struct News {
    /// The seats that joined, until their rows are read.
    joined: HashMap<u32, Seat>,
    /// Applications whose rows may have changed.
    touched: BTreeSet<String>,
    /// Applications whose families may have got a sibling in a kindergarten.
    families: BTreeSet<String>,
}

impl StandingQueue {
    /// Loads a queue as its rows stand.
    pub(crate) fn load(conn: &mut AnyConnection, key: QueueKey, head: Head) -> Result<Self, Problem> {
        let rows = seats::of_queue(conn, key)?;
        let rows_read = rows.len() as u64;
        let counters = queues::counters(conn, key)?;
        let turns = rows.iter().map(|s| {
            let state = if s.turn == Turn::Live { TurnState::Live } else { TurnState::Spent };
            (seat(s), state, [0_u32; 0])
        });
        let order = QueueOrder::build(None, counters, turns).map_err(internal)?;
        let live = || rows.iter().filter(|s| s.turn == Turn::Live);
        Ok(StandingQueue {
            key,
            head,
            order,
            tickets: live().map(|s| (s.number.clone(), s.ticket)).collect(),
            entries: live().map(|s| (s.ticket, s.clone())).collect(),
            siblings: None,
            moved: true,
            changed: BTreeSet::new(),
            allocation: None,
            rows_read,
            turns_served: 0,
        })
    }

    /// How many entries it holds.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The live entries with their numbers, in the order that this ratio merges.
    pub(crate) fn in_order(&mut self, mix: Option<Mix>) -> Vec<(Seated, u64)> {
        self.order.set_mix(mix);
        let placed = self.order.in_order();
        placed.filter_map(|p| Some((self.entries.get(&p.seat.ticket)?.clone(), p.position))).collect()
    }

    /// Brings the queue forward to `head`. False where the records do not lead there.
    pub(crate) fn follow(&mut self, conn: &mut AnyConnection, head: &Head, rules: &Rules) -> Result<bool, Problem> {
        let mut news = News::default();
        while self.head != *head {
            let records = journal::after(conn, self.key.home(), self.head.seq, BATCH)?;
            for record in records.iter().filter(|r| r.seq <= head.seq) {
                if record.prev != self.head.hash || self.take(record, rules, &mut news).is_none() {
                    tracing::warn!(queue = %self.key, seq = record.seq, "a standing round is loaded anew");
                    return Ok(false);
                }
                self.head = Head { seq: record.seq, hash: record.hash.clone() };
            }
            if records.is_empty() || self.head.seq >= head.seq && self.head != *head {
                return Ok(false);
            }
        }
        self.read_again(conn, &news)?;
        Ok(true)
    }

    /// Takes a record; `None` where it does not fit.
    fn take(&mut self, record: &Record, rules: &Rules, news: &mut News) -> Option<()> {
        let mut changes: Vec<Change<'_>> = Vec::new();
        for effect in effects(record).ok()? {
            match effect {
                Effect::Join(join) | Effect::Restore(join) if join.queue != self.key => {}
                Effect::Join(join) => {
                    let seat = join.seat()?;
                    changes.push(Change::Join(seat, &[]));
                    self.joins(join.application, seat, news);
                }
                Effect::Restore(join) => {
                    let seat = join.seat()?;
                    changes.push(Change::Restore(seat, &[]));
                    self.joins(join.application, seat, news);
                }
                Effect::Leave { application, .. } => {
                    changes.extend(self.leaves(&application, news).map(|seat| Change::Leave(seat, &[])));
                }
                Effect::Spend { application } => {
                    changes.extend(self.leaves(&application, news).map(|seat| Change::Spend(seat, &[])));
                    news.families.insert(application);
                }
                Effect::Status { .. } | Effect::Counters { .. } => {}
            }
        }
        named(&record.payload, &mut |text| {
            if self.tickets.contains_key(text) {
                news.touched.insert(text.to_owned());
            }
        });
        if !changes.is_empty() {
            self.order.set_mix(ordering::mix(rules, self.key, read_instant(&record.at).ok()?));
            self.order.apply(&changes).ok()?;
            self.moved = true;
        }
        Some(())
    }

    fn joins(&mut self, application: String, seat: Seat, news: &mut News) {
        news.joined.insert(seat.ticket, seat);
        self.tickets.insert(application.clone(), seat.ticket);
        news.families.insert(application.clone());
        news.touched.insert(application);
    }

    /// The seat that an application of this queue leaves.
    fn leaves(&mut self, application: &str, news: &mut News) -> Option<Seat> {
        let ticket = self.tickets.remove(application)?;
        let known = self.entries.remove(&ticket).map(|s| seat(&s));
        self.changed.insert(ticket);
        news.touched.remove(application);
        news.joined.remove(&ticket).or(known)
    }

    fn read_again(&mut self, conn: &mut AnyConnection, news: &News) -> Result<(), Problem> {
        let touched: Vec<String> = news.touched.iter().filter(|n| self.tickets.contains_key(*n)).cloned().collect();
        if !touched.is_empty() {
            for row in seats::of_applications(conn, &touched)? {
                self.rows_read += 1;
                if self.entries.get(&row.ticket) != Some(&row) {
                    self.changed.insert(row.ticket);
                    self.entries.insert(row.ticket, row);
                }
            }
        }
        if let Some(siblings) = &mut self.siblings
            && !news.families.is_empty()
        {
            let families: Vec<String> = news.families.iter().cloned().collect();
            for (number, there) in seats::siblings(conn, self.key, Some(&families))? {
                self.rows_read += 1;
                self.changed.extend(self.tickets.get(&number));
                siblings.insert(number, there);
            }
        }
        Ok(())
    }

    /// Reads where brothers and sisters are enrolled, where the profile ranks by it.
    pub(crate) fn know_siblings(&mut self, conn: &mut AnyConnection, profile: &Profile) -> Result<(), Problem> {
        if profile.round_rule.value == RoundRule::Program && self.siblings.is_none() {
            self.siblings = Some(seats::siblings(conn, self.key, None)?);
            self.allocation = None;
        }
        Ok(())
    }
}

/// Every text in a payload: an act names the applications that it touches somewhere in it.
fn named(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(list) => list.iter().for_each(|item| named(item, take)),
        Value::Object(fields) => fields.values().for_each(|item| named(item, take)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
