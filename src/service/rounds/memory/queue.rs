//! The live entries of a queue, kept as of a head of its home's chain.

use std::collections::{BTreeSet, HashMap};

use super::allocation::Allocation;
use crate::domain::codes::{Status, Turn};
use crate::domain::instant::read_instant;
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, QueueOrder, Seat, TurnState};
use crate::rules::Rules;
use crate::rules::profile::{Profile, RoundRule};
use crate::service::journal::index::seat;
use crate::service::journal::reading::ReadRecord;
use crate::service::journal::turns::{HeldTurn, Move, ToldSeat, moves};
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::store::{openings, queues};
use crate::trust::act::ActCode;
use crate::trust::end::Head;
use crate::trust::journal::Record;
use crate::trust::opening::OpenedRecord;

/// Records read at once.
const BATCH: i64 = 50;

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
            let records = openings::after(conn, self.key.home(), self.head.seq, BATCH)?;
            let none = records.is_empty();
            for opened in records.into_iter().filter(|r| r.record.seq <= head.seq) {
                let Record { seq, prev, hash, .. } = opened.record.clone();
                if prev != self.head.hash || self.take(opened, rules, &mut news).is_none() {
                    tracing::warn!(queue = %self.key, seq, "a standing round is loaded anew");
                    return Ok(false);
                }
                self.head = Head { seq, hash };
            }
            if none || self.head.seq >= head.seq && self.head != *head {
                return Ok(false);
            }
        }
        self.read_again(conn, &news)?;
        Ok(true)
    }

    /// Takes a record; `None` where it does not fit.
    fn take(&mut self, opened: OpenedRecord, rules: &Rules, news: &mut News) -> Option<()> {
        let read = ReadRecord::of(opened).ok()?;
        // What it did to turns that are not held here, this queue would not see.
        if read.record.act == ActCode::MendClock.code() {
            return None;
        }
        let mut made: Vec<Move> = Vec::new();
        for told in &read.seats {
            made.extend(self.told(told, news));
        }
        for subject in &read.subjects {
            let number = subject.strip_prefix("seat:").filter(|number| self.tickets.contains_key(*number));
            news.touched.extend(number.map(str::to_owned));
        }
        if !made.is_empty() || read.counters.iter().any(|told| told.queue == self.key) {
            self.order.set_mix(ordering::mix(rules, self.key, read_instant(&read.record.at).ok()?));
            let changes: Vec<Change<'_>> = made.iter().map(Move::change).collect();
            self.order.apply(&changes).ok()?;
            self.moved = true;
        }
        Some(())
    }

    /// Takes what an application's row is now, and gives the moves of this queue.
    fn told(&mut self, told: &ToldSeat, news: &mut News) -> Vec<Move> {
        let after = HeldTurn { queue: told.queue, seat: told.seat, turn: told.turn, choices: Box::default() };
        let here = told.queue == self.key;
        let Some(seat) = self.seat_of(&told.number, news) else {
            if !here || told.turn != Turn::Live {
                return Vec::new();
            }
            self.joins(told.number.clone(), told.seat, news);
            // One that comes back may have a spent turn, which is not held here.
            return vec![Move::restore(&after)];
        };
        let before = HeldTurn { queue: self.key, seat, turn: Turn::Live, choices: Box::default() };
        if before != after {
            self.leaves(&told.number, news);
            if here && told.turn == Turn::Live {
                self.joins(told.number.clone(), told.seat, news);
            } else if told.status == Status::Enrolled {
                news.families.insert(told.number.clone());
            }
        }
        moves(Some(&before), &after).into_iter().filter(|made| made.queue == self.key).collect()
    }

    /// The seat of a live entry.
    fn seat_of(&self, application: &str, news: &News) -> Option<Seat> {
        let ticket = self.tickets.get(application)?;
        news.joined.get(ticket).copied().or_else(|| self.entries.get(ticket).map(seat))
    }

    fn joins(&mut self, application: String, seat: Seat, news: &mut News) {
        news.joined.insert(seat.ticket, seat);
        self.tickets.insert(application.clone(), seat.ticket);
        news.families.insert(application.clone());
        news.touched.insert(application);
    }

    fn leaves(&mut self, application: &str, news: &mut News) {
        let Some(ticket) = self.tickets.remove(application) else { return };
        self.entries.remove(&ticket);
        self.changed.insert(ticket);
        news.touched.remove(application);
        news.joined.remove(&ticket);
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
