//! The live entries of a queue, kept as of a head of its home's chain.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use chrono::NaiveDate;

use super::standing::StandingRound;
use crate::domain::codes::Turn;
use crate::domain::instant::read_instant;
use crate::domain::kindergarten::Group;
use crate::domain::mix::Mix;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, QueueOrder, Seat, TurnState};
use crate::rules::Rules;
use crate::service::journal::index::seat;
use crate::service::journal::reading::ReadRecord;
use crate::service::journal::turns::{HeldTurn, Move, ToldSeat, moves};
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::compute::offer::{Offered, Waiting, choices};
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
    pub(crate) entries: HashMap<u32, QueueEntry>,
    tickets: HashMap<String, u32>,
    /// The groups by which the entries' choices were last made, each with the first day of its places.
    offer: Vec<(Group, NaiveDate)>,
    /// Where brothers and sisters of the waiting are enrolled, once a profile asks for it.
    siblings: Option<HashMap<String, Vec<String>>>,
    /// What it was last given, until something moves.
    pub(crate) round: Option<StandingRound>,
    /// Rows that were read since the last count.
    pub(crate) rows_read: u64,
}

/// A live entry.
pub(crate) struct QueueEntry {
    pub(crate) seated: Arc<Seated>,
    /// The groups that suit it, where they were asked for.
    choices: Option<Arc<[u32]>>,
}

impl QueueEntry {
    fn of(seated: Seated) -> Self {
        QueueEntry { seated: Arc::new(seated), choices: None }
    }
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
            entries: live().map(|s| (s.ticket, QueueEntry::of(s.clone()))).collect(),
            offer: Vec::new(),
            siblings: None,
            round: None,
            rows_read,
        })
    }

    /// How many entries it holds.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The live entries with their numbers, in the order that this ratio merges, and the groups that suit them.
    pub(crate) fn in_order(&mut self, mix: Option<Mix>, offered: &[Offered]) -> Vec<Waiting> {
        let offer: Vec<(Group, NaiveDate)> = offered.iter().map(|o| (o.group.clone(), o.available_on)).collect();
        if self.offer != offer {
            self.offer = offer;
            self.entries.values_mut().for_each(|entry| entry.choices = None);
        }
        self.order.set_mix(mix);
        let (entries, siblings) = (&mut self.entries, self.siblings.as_ref());
        let placed = self.order.in_order();
        let waiting = placed.filter_map(|placed| {
            let QueueEntry { seated, choices: known } = entries.get_mut(&placed.seat.ticket)?;
            let choices = Arc::clone(known.get_or_insert_with(|| choices(seated, offered)));
            let siblings = siblings.and_then(|all| all.get(&seated.number)).cloned().unwrap_or_default();
            let (seated, position) = (Arc::clone(seated), placed.position);
            Some(Waiting { seated, position, choices, is_together: false, siblings, categories: Vec::new() })
        });
        waiting.collect()
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
            self.round = None;
        }
        Some(())
    }

    /// Takes what an application's row is now, and gives the moves of this queue.
    fn told(&mut self, told: &ToldSeat, news: &mut News) -> Vec<Move> {
        // Also in another queue: it may be enrolled now, or no longer.
        news.families.insert(told.number.clone());
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
            }
        }
        moves(Some(&before), &after).into_iter().filter(|made| made.queue == self.key).collect()
    }

    /// The seat of a live entry.
    fn seat_of(&self, application: &str, news: &News) -> Option<Seat> {
        let ticket = self.tickets.get(application)?;
        news.joined.get(ticket).copied().or_else(|| self.entries.get(ticket).map(|entry| seat(&entry.seated)))
    }

    fn joins(&mut self, application: String, seat: Seat, news: &mut News) {
        news.joined.insert(seat.ticket, seat);
        self.tickets.insert(application.clone(), seat.ticket);
        news.touched.insert(application);
    }

    fn leaves(&mut self, application: &str, news: &mut News) {
        let Some(ticket) = self.tickets.remove(application) else { return };
        self.entries.remove(&ticket);
        news.touched.remove(application);
        news.joined.remove(&ticket);
    }

    fn read_again(&mut self, conn: &mut AnyConnection, news: &News) -> Result<(), Problem> {
        let touched: Vec<String> = news.touched.iter().filter(|n| self.tickets.contains_key(*n)).cloned().collect();
        if !touched.is_empty() {
            // Also what its row does not show may decide: a claim that was judged.
            self.round = None;
            for row in seats::of_applications(conn, &touched)? {
                self.rows_read += 1;
                self.take_row(row);
            }
        }
        if let Some(siblings) = &mut self.siblings
            && !news.families.is_empty()
        {
            let families: Vec<String> = news.families.iter().cloned().collect();
            for (number, there) in seats::siblings(conn, self.key, Some(&families))? {
                self.rows_read += 1;
                self.round = None;
                siblings.insert(number, there);
            }
        }
        Ok(())
    }

    fn take_row(&mut self, row: Seated) {
        let known = self.entries.get(&row.ticket).is_some_and(|entry| *entry.seated == row);
        if !known {
            self.entries.insert(row.ticket, QueueEntry::of(row));
        }
    }

    /// Reads where brothers and sisters are enrolled.
    pub(crate) fn know_siblings(&mut self, conn: &mut AnyConnection) -> Result<(), Problem> {
        if self.siblings.is_none() {
            self.siblings = Some(seats::siblings(conn, self.key, None)?);
        }
        Ok(())
    }
}
