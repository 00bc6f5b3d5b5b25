//! The clock as the registry believes it: what it says beside the records, and the one remedy where a record is wrong.
//!
//! A clock that ran ahead for one minute leaves a home whose last record lies in the future: no act is believed there any
//! more, and whoever was registered in that minute would stand behind all who come in the years until then. Mending dates
//! them by the instant of the mending, in the order of their tickets, and sets the home's chain back to it. The record that
//! does so is the only one that may be dated before the one ahead of it.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::application::Application;
use crate::domain::instant::{ToldInstant, instant_text};
use crate::domain::kato::Kato;
use crate::rules::Rules;
use crate::service::applications::entry::{self, Turned};
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::clock::{self, LastRecord};
use crate::store::dated::{self, Later};
use crate::store::{ClockDoubt, Entry, Resolve, Store, StoreError, Transaction, Written};
use crate::trust::act::{ClockConfirmed, ClockMended, PublicAct};

/// Applications that one record dates anew: a record is read as a whole, and a follower holds nobody up for long.
const RECORD: i64 = 500;

/// The clocks side by side.
#[derive(Clone, Debug)]
pub struct Clocks {
    /// What the database's own clock says; none where it has none.
    pub database: Option<DateTime<Utc>>,
    /// The last record of every home that has one.
    pub homes: Vec<LastRecord>,
    /// Why the machine's clock is not believed, if it is not.
    pub doubt: Option<ClockDoubt>,
}

/// What the clocks say, beside `now` of this machine.
///
/// # Errors
/// The database is not available.
pub fn clocks(store: &Store, now: DateTime<Utc>) -> Result<Clocks, Problem> {
    let (homes, database) =
        store.read(|conn| -> Result<_, StoreError> { Ok((clock::last_records(conn)?, clock::of_database(conn)?)) })?;
    Ok(Clocks { database, homes, doubt: store.clock_doubt(now)? })
}

/// Nothing where an act would be believed now in every home.
///
/// # Errors
/// 503 with the reason; the database is not available.
pub fn believed(office: &Office) -> Result<(), Problem> {
    match office.store.clock_doubt(office.clock.now())? {
        Some(doubt) => Err(StoreError::Clock(doubt).into()),
        None => Ok(()),
    }
}

/// A home whose clock was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The home whose chain is set back.
    pub home: Kato,
    /// When its last record said that it was written.
    pub last: DateTime<Utc>,
    /// Applications that are dated anew.
    pub applications: usize,
    /// What else is dated later, and was left.
    pub left: Later,
}

/// What mending did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mending {
    /// The homes whose last record lay in the future.
    pub homes: Vec<Mended>,
    /// The home in which a record confirms the clock after a long rest, and the newest record before it.
    pub confirmed: Option<(Kato, DateTime<Utc>)>,
}

impl Mending {
    /// Whether there was nothing to mend.
    pub fn is_empty(&self) -> bool {
        self.homes.is_empty() && self.confirmed.is_none()
    }
}

/// Mends the homes whose last record lies further ahead of `now` than a clock is believed, or one of them; and confirms the
/// clock where the whole registry has rested for longer than that. A second run finds nothing to do.
///
/// # Errors
/// 404 for a home without a record; 409 where nothing says that this machine's clock is right; 503 where the database's
/// clock says otherwise; the database is not available.
pub fn mend(
    store: &Store,
    rules: &Rules,
    now: DateTime<Utc>,
    only: Option<Kato>,
    resolve: Resolve,
) -> Result<Mending, Problem> {
    let Clocks { database, homes, .. } = clocks(store, now)?;
    if let Some(home) = only.filter(|home| homes.iter().all(|record| record.home != *home)) {
        return Err(Problem::not_found(&format!("home with a record as {home}")));
    }
    let (ahead, behind): (Vec<&LastRecord>, Vec<&LastRecord>) =
        homes.iter().partition(|record| lies_ahead(store, now, record.at));
    if only.is_none() && database.is_none() && behind.is_empty() && !ahead.is_empty() {
        let message = format!(
            "every record of the registry is later than this machine's clock ({}): the clock is wrong, and it would date \
             all homes back. Set it right; where it is right, name the homes one by one with --home",
            instant_text(now)
        );
        return Err(Problem::conflict("no_clock_to_mend_by", message));
    }
    let mut mending = Mending::default();
    for record in ahead.into_iter().filter(|record| only.is_none_or(|home| record.home == home)) {
        let mended = store.mend_clock(resolve, record.home, now, |tx| -> Result<_, Problem> {
            // Somebody else may have mended it meanwhile.
            let last = last_of(tx, record.home)?;
            let ahead = lies_ahead(store, now, last);
            let mended = ahead.then(|| mend_home(tx, rules, record.home, last)).transpose()?;
            // Its records are appended already.
            Ok(Written { value: mended, entries: Vec::new() })
        })?;
        mending.homes.extend(mended);
    }
    let newest = behind.iter().map(|record| record.at).max();
    if let Some(newest) = newest.filter(|newest| mending.homes.is_empty() && now - *newest > store.bounds().ahead) {
        mending.confirmed = confirm(store, now, only.unwrap_or(Kato::COUNTRY), newest, resolve)?;
    }
    Ok(mending)
}

/// Whether a record lies further ahead than a clock is believed.
pub fn lies_ahead(store: &Store, now: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at - now > store.bounds().behind
}

/// When the last record of a locked home says that it was written.
fn last_of(tx: &mut Transaction<'_>, home: Kato) -> Result<DateTime<Utc>, StoreError> {
    let records = clock::last_records(tx.conn())?;
    Ok(records.iter().find(|record| record.home == home).map_or(DateTime::<Utc>::MIN_UTC, |record| record.at))
}

/// Dates a home's applications of the future by the instant of this act, in records of bounded size. The first of them turns
/// the chain back.
fn mend_home(tx: &mut Transaction<'_>, rules: &Rules, home: Kato, last: DateTime<Utc>) -> Result<Mended, Problem> {
    let at = tx.at();
    let left = dated::later(tx.conn(), home, at)?;
    let (mut applications, mut ticket) = (0, 0);
    loop {
        let batch = dated::applications_after(tx.conn(), home, at, ticket, RECORD)?;
        let end = batch.last().map(|a| a.ticket);
        // A home without such applications is set back by a record of its own.
        if end.is_some() || applications == 0 {
            applications += batch.len();
            let entry = record(tx, rules, home, last, batch)?;
            // At once: a home may need more records than should be held together.
            tx.append(&[entry])?;
        }
        match end {
            Some(end) => ticket = end,
            None => return Ok(Mended { home, last, applications, left }),
        }
    }
}

/// Dates a batch anew: its rows tell the instants. A turn that takes another seat moves, one that was spent too.
fn record(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    home: Kato,
    last: DateTime<Utc>,
    batch: Vec<Application>,
) -> Result<Entry, Problem> {
    let at = tx.at();
    let mut registered = 0;
    let mut queues = BTreeSet::new();
    for before in batch {
        let mut after = before.clone();
        after.applied_at = before.applied_at.min(at);
        after.registered_at = before.registered_at.min(at);
        dated::save_instants(tx, &after)?;
        if after.registered_at != before.registered_at {
            registered += 1;
        }
        if after.applied_at != before.applied_at {
            queues.insert(before.queue);
        }
    }
    for queue in queues {
        entry::settle(tx, rules, queue, Turned::Moved)?;
    }
    let act = PublicAct::MendClock(ClockMended { last: ToldInstant(last), registered }).into();
    Ok(Entry { home, act, actor: OPERATOR.to_owned(), territory: home })
}

/// Writes a record that the next acts may be believed by.
fn confirm(
    store: &Store,
    now: DateTime<Utc>,
    home: Kato,
    newest: DateTime<Utc>,
    resolve: Resolve,
) -> Result<Option<(Kato, DateTime<Utc>)>, Problem> {
    store.mend_clock(resolve, home, now, |tx| -> Result<_, Problem> {
        // Somebody else may have confirmed it meanwhile, and no record but that of mending turns a chain back.
        if now - last_of(tx, home)? < TimeDelta::zero() {
            return Ok(Written::nothing(None));
        }
        let act = PublicAct::ConfirmClock(ClockConfirmed { newest: ToldInstant(newest) }).into();
        let entry = Entry { home, act, actor: OPERATOR.to_owned(), territory: home };
        Ok(Written { value: Some((home, newest)), entries: vec![entry] })
    })
}
