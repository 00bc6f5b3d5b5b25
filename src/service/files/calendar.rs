//! The next decree of the working calendar, imported into the registry: from then on the rules are those that ship with
//! the program and these files together.
//!
//! The files are laid out as in `fixtures/calendar`. A file of a name that was imported before takes its place. A server
//! that is running takes them up before its next act (`running.rs`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::imports::ImportFault;
use crate::domain::kato::Kato;
use crate::exchange::{Fault, Faults};
use crate::rules::Rules;
use crate::rules::fault::RuleFaults;
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::problem::{Kind, Problem};
use crate::store::calendar::{self, CalendarFile};
use crate::store::{Entry, Store, Written};
use crate::trust::act::{CalendarImported, CalendarRemoved, CalendarTaken, PublicAct};
use crate::trust::seal::sha256_hex;

/// What a decree or the law on holidays may change. Hours and zones are settings of the registry, not of a year.
const KINDS: [&str; 4] = ["swaps", "kurban-ait", "years", "holidays"];

/// A file to import: its path as the user gave it, and its text.
#[derive(Clone, Debug)]
pub struct Given {
    /// The path as it was typed; its last part is the name that the registry keeps.
    pub path: String,
    /// The CSV, laid out as in `fixtures/calendar`.
    pub text: String,
}

impl Given {
    fn name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }

    /// Whether the name is that of a later file: `swaps-2028.csv`. One named `swaps.csv` would take the place of all
    /// earlier years.
    fn is_later(&self) -> bool {
        let stem = self.name().strip_suffix(".csv").unwrap_or_default();
        KINDS.iter().any(|kind| {
            let rest = stem.strip_prefix(kind).and_then(|rest| rest.strip_prefix('-'));
            rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'-'))
        })
    }
}

/// What an import leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// The files that are new or differ from those of their names.
    pub changed: Vec<String>,
    /// Years of swaps that no file of years holds: their dates are still said to be unsure.
    pub unknown_years: BTreeSet<i32>,
}

/// The rules of a registry: those that ship, with the calendar's files that it holds.
///
/// # Errors
/// The database is not available, or what the registry holds contradicts what this program ships.
pub fn rules(store: &Store) -> Result<Rules, Problem> {
    with(&store.read(calendar::all)?).map_err(|faults| {
        let message = format!(
            "{faults}the registry's calendar contradicts the program's; see `kezek calendar list` and `remove`"
        );
        Problem::new(Kind::Conflict, "calendar_contradicts", message)
    })
}

fn with(files: &[CalendarFile]) -> Result<Rules, RuleFaults> {
    Rules::shipped_with(files.iter().map(|f| (format!("calendar/{}", f.name), f.body.clone())).collect())
}

/// Takes files in, all or none, once they agree with all that is held.
///
/// # Errors
/// Faults by file, row and column, or the database is not available.
pub fn import(store: &Store, now: DateTime<Utc>, given: &[Given]) -> Result<Imported, ImportFault> {
    names(given)?;
    store.write(&[Kato::COUNTRY], now, |tx| -> Result<_, ImportFault> {
        let held: BTreeMap<String, CalendarFile> =
            calendar::all(tx.conn())?.into_iter().map(|file| (file.name.clone(), file)).collect();
        let mut all = held.clone();
        let imported_at = tx.at();
        all.extend(given.iter().map(|g| {
            let name = g.name().to_owned();
            (name.clone(), CalendarFile { name, body: g.text.clone(), imported_at })
        }));
        let all: Vec<CalendarFile> = all.into_values().collect();
        let rules = with(&all).map_err(|faults| ImportFault::File(in_the_users_words(&faults, given)))?;
        let mut imported = Imported { changed: Vec::new(), unknown_years: rules.calendar.swaps_of_unknown_years() };
        let mut files = Vec::new();
        for one in given {
            let before = held.get(one.name());
            if before.is_some_and(|before| before.body == one.text) {
                continue;
            }
            calendar::save(tx, one.name(), &one.text)?;
            let replaced = before.map(|before| sha256_hex(before.body.as_bytes()));
            let content = sha256_hex(one.text.as_bytes());
            files.push(CalendarTaken { file: one.name().to_owned(), content, replaced });
            imported.changed.push(one.name().to_owned());
            if files.len() == RECORD {
                // At once, so that each record tells its own rows.
                tx.append(&[entry(PublicAct::ImportCalendar(CalendarImported { files: std::mem::take(&mut files) }))])?;
            }
        }
        let rest = (!files.is_empty()).then(|| entry(PublicAct::ImportCalendar(CalendarImported { files })));
        Ok(Written { value: imported, entries: rest.into_iter().collect() })
    })
}

/// Takes an imported file out again; says whether it was there.
///
/// # Errors
/// The database is not available.
pub fn remove(store: &Store, now: DateTime<Utc>, name: &str) -> Result<bool, Problem> {
    store.write(&[Kato::COUNTRY], now, |tx| -> Result<_, Problem> {
        let held = calendar::all(tx.conn())?.into_iter().find(|file| file.name == name);
        let Some(held) = held else { return Ok(Written::nothing(false)) };
        calendar::remove(tx, name)?;
        let removed = CalendarRemoved { file: held.name, removed: sha256_hex(held.body.as_bytes()) };
        Ok(Written { value: true, entries: vec![entry(PublicAct::RemoveCalendar(removed))] })
    })
}

/// Files that one record tells of: their names and hashes fit.
const RECORD: usize = 32;

fn entry(act: PublicAct) -> Entry {
    Entry { home: Kato::COUNTRY, act: act.into(), actor: OPERATOR.to_owned(), territory: Kato::COUNTRY }
}

/// Refuses names that are none of a later file, and one name twice.
fn names(given: &[Given]) -> Result<(), ImportFault> {
    let mut faults = Faults::default();
    let mut seen = BTreeSet::new();
    for one in given {
        let mut fault = |message: String| {
            faults.push(Fault { file: one.path.clone(), row: 0, column: None, message });
        };
        if !one.is_later() {
            let kinds = KINDS.map(|kind| format!("{kind}-2028.csv")).join(", ");
            fault(format!("is not named as a later file of the calendar; use, for instance, {kinds}"));
        } else if !seen.insert(one.name()) {
            fault("is named twice; import one of the two".to_owned());
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(ImportFault::File(faults)) }
}

/// Faults of the rules, under the paths that the user gave.
fn in_the_users_words(faults: &RuleFaults, given: &[Given]) -> Faults {
    let mut all = Faults::default();
    for fault in &faults.0 {
        let name = fault.file.trim_start_matches("calendar/");
        let path = given.iter().find(|g| g.name() == name).map_or(name, |g| &g.path);
        let row = u64::try_from(fault.line).unwrap_or_default();
        all.push(Fault {
            file: path.to_owned(),
            row,
            column: fault.column.map(str::to_owned),
            message: fault.reason.replace("calendar/", ""),
        });
    }
    all
}
