//! A record as whoever follows a chain reads it: whole, or not at all.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::turns::{ToldSeat, parsed, queue};
use crate::domain::queue::QueueKey;
use crate::engine::order::Counters;
use crate::store::rows::TOLD;
use crate::trust::journal::{Broken, Record};
use crate::trust::opening::{Opened, OpenedRecord, Opening};
use crate::trust::subject::SubjectKind;

/// A record whose content is what its hash says and whose openings are those that it seals, with what they tell of queues
/// and families.
pub(crate) struct ReadRecord {
    /// The record itself.
    pub(crate) record: Record,
    /// What the rows of applications are after the act.
    pub(crate) seats: Vec<ToldSeat>,
    /// What the counters of queues are after the act.
    pub(crate) counters: Vec<ToldCounters>,
    /// Who belongs to which family since then.
    pub(crate) families: Vec<Belongs>,
    /// Applications that ask for a transfer since then.
    pub(crate) transfers: Vec<String>,
    /// Whether it tells who a child is.
    pub(crate) children: bool,
    /// The children of whom it tells who they are or who represents them, by the keys of their rows.
    pub(crate) persons: Vec<String>,
    /// What the openings are about, as `kind:id`.
    pub(crate) subjects: Vec<String>,
}

/// The counters of a queue.
pub(crate) struct ToldCounters {
    /// Whose counters they are.
    pub(crate) queue: QueueKey,
    /// What they are.
    pub(crate) counters: Counters,
}

/// A change of who belongs to which family.
#[derive(Clone, Debug)]
pub(crate) struct Belongs {
    pub(crate) application: String,
    /// None where it left the one that it had.
    pub(crate) family: Option<String>,
}

/// The tables that say who a child is and who represents it. Their rows are told by hashes, in the opening of the child.
const OF_PERSONS: [&str; 3] = ["children", "former_numbers", "representatives"];

impl ReadRecord {
    /// Reads a record.
    ///
    /// # Errors
    /// Its content is not what its hash says, an opening is not the one that it seals, or something that it tells cannot be
    /// read: a change that is not understood must never count as none.
    pub(crate) fn of(opened: OpenedRecord) -> Result<Self, Broken> {
        opened.check()?;
        let OpenedRecord { record, openings } = opened;
        record.public_act()?;
        let mut read = ReadRecord {
            record,
            seats: Vec::new(),
            counters: Vec::new(),
            families: Vec::new(),
            transfers: Vec::new(),
            children: false,
            persons: Vec::new(),
            subjects: openings.iter().map(|opening| opening.subject.clone()).collect(),
        };
        for opening in &openings {
            read.take(opening).map_err(|why| read.record.unreadable(why))?;
        }
        Ok(read)
    }

    fn take(&mut self, opening: &Opening) -> Result<(), String> {
        let opened = understood(opening)?;
        if OF_PERSONS.iter().any(|table| opened.rows.contains_key(*table)) {
            let person = opening.subject.strip_prefix(SubjectKind::Person.code()).and_then(|id| id.strip_prefix(':'));
            let person = person.ok_or_else(|| format!("rows of a child stand in an opening of {}", opening.subject))?;
            self.persons.push(person.to_owned());
        }
        for (table, rows) in &opened.rows {
            for (key, row) in rows {
                self.row(table, key, row.map(RawValue::get))
                    .map_err(|why| format!("what it tells of {table} {key} cannot be read: {why}"))?;
            }
        }
        Ok(())
    }

    fn row(&mut self, table: &str, key: &str, row: Option<&str>) -> Result<(), String> {
        match (table, row) {
            ("applications", Some(row)) => self.seats.push(ToldSeat::read(key, row)?),
            ("applications", None) => return Err("an application never goes".to_owned()),
            ("queue_counters", Some(row)) => self.counters.push(counters(key, row)?),
            ("families", row) => self.families.push(belongs(key, row)?),
            ("children", Some(_)) => self.children = true,
            ("transfers", Some(_)) => self.transfers.push(key.to_owned()),
            _ => {}
        }
        Ok(())
    }
}

/// What an opening says, where this program knows its act and what that tells, and its tables.
///
/// # Errors
/// In words, where it does not: a newer program has written it.
pub(super) fn understood(opening: &Opening) -> Result<Opened<'_>, String> {
    let opened = opening.read()?;
    opened.child_act()?;
    match opened.rows.keys().find(|table| !TOLD.contains(&table.as_str())) {
        Some(table) => Err(format!("this program does not know the table {table}; a newer one has written it")),
        None => Ok(opened),
    }
}

fn counters(key: &str, row: &str) -> Result<ToldCounters, String> {
    #[derive(Deserialize)]
    struct Row {
        first_priority: u64,
        general: u64,
    }
    let Row { first_priority, general } = parsed(row)?;
    let mut parts = key.splitn(3, '/');
    let mut part = || parts.next().ok_or_else(|| "its key is not that of a queue".to_owned());
    let territory = part()?.parse().map_err(|_| "its key names no territory".to_owned())?;
    let cohort = part()?.parse().map_err(|_| "its key names no year".to_owned())?;
    let queue = queue(territory, cohort, part()?)?;
    Ok(ToldCounters { queue, counters: Counters { first_priority, general } })
}

fn belongs(application: &str, row: Option<&str>) -> Result<Belongs, String> {
    #[derive(Deserialize)]
    struct Row {
        family: String,
    }
    let family = row.map(parsed::<Row>).transpose()?.map(|row| row.family);
    Ok(Belongs { application: application.to_owned(), family })
}
