//! An account was misused: what it took is given back and waits for a second person, and every family whose application it saw or
//! changed is told (rules of notifying the subjects of personal data, order № 481/НҚ of 9 August 2024).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::json;

use super::undoing::reopen;
use crate::domain::codes::{Notice, ReadKind, Role};
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, Numbered};
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::reads::{self, Read};
use crate::store::{
    Entry, StoreError, Written, cases, homes, journal, openings, outbox, referrals, results, scans, takings,
};
use crate::trust::act::{ChildAct, IncidentTold, JournalAct};
use crate::trust::cipher::BlindIin;
use crate::trust::journal::Record;
use crate::trust::opening::OpenedRecord;
use crate::trust::subject::{Subject, SubjectKind};

/// Records that are read at once.
const BATCH: i64 = 200;
/// Families that are told in one record.
const RECORD: usize = 100;

/// Something that an account did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// When.
    pub at: DateTime<Utc>,
    /// The code of the act, or of what was read.
    pub what: String,
    /// What it was about, such as `seat:391000000-000017`; of a read the number.
    pub subject: String,
    /// Whether it was only read.
    pub read: bool,
}

/// What an account did and saw since an instant.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// In the order of time.
    pub all: Vec<Trace>,
    /// The numbers of the applications that it concerns.
    pub applications: BTreeSet<String>,
}

/// Something that could not be given back.
#[derive(Clone, Debug)]
pub struct Left {
    /// The id of the taking.
    pub taking: String,
    /// Why.
    pub why: String,
}

/// What became of what an account had taken.
#[derive(Clone, Debug, Default)]
pub struct PutBack {
    /// The ids of the takings that are given back and wait for a second person; contracts are undone.
    pub reopened: Vec<String>,
    /// Those that a person must look at.
    pub left: Vec<Left>,
}

/// What an account did and saw since an instant.
///
/// # Errors
/// The database is not available, or a record cannot be read.
pub fn traces(office: &Office, account: &str, since: DateTime<Utc>) -> Result<Traces, Problem> {
    let mut traces = Traces::default();
    office.store.read(|conn| -> Result<(), StoreError> {
        for home in homes::ends(conn)?.into_keys() {
            acts_of(conn, home, account, since, &mut traces)?;
        }
        reads::each(conn, Some(account), Some(since), |conn, Read { read, .. }| {
            traces.applications.extend(application_of(conn, read.kind, &read.subject)?);
            traces.all.push(Trace {
                at: read.at,
                what: read.kind.code().to_owned(),
                subject: read.subject,
                read: true,
            });
            Ok(())
        })
    })?;
    traces.all.sort_by_key(|trace| trace.at);
    Ok(traces)
}

fn acts_of(
    conn: &mut AnyConnection,
    home: Kato,
    account: &str,
    since: DateTime<Utc>,
    traces: &mut Traces,
) -> Result<(), StoreError> {
    let mut seq = journal::last_until(conn, home, since - chrono::TimeDelta::microseconds(1))?;
    loop {
        let records = openings::after(conn, home, seq, BATCH)?;
        let Some(last) = records.last() else { return Ok(()) };
        seq = last.record.seq;
        for opened in &records {
            let at = crate::domain::instant::read_instant(&opened.record.at).unwrap_or(since);
            for Act { what, subject } in acts(opened, account)? {
                if let Some(number) = subject.strip_prefix("seat:") {
                    traces.applications.insert(number.to_owned());
                }
                traces.all.push(Trace { at, what, subject, read: false });
            }
        }
    }
}

/// What a record tells of one subject.
struct Act {
    what: String,
    subject: String,
}

/// What an account did by a record: in public, or told to subjects.
fn acts(opened: &OpenedRecord, account: &str) -> Result<Vec<Act>, StoreError> {
    let Record { home, seq, territory, actor, .. } = &opened.record;
    let damaged = |why: String| StoreError::Damaged(format!("home {home}, record {seq}: {why}"));
    let public = opened.record.public_act().map_err(|broken| damaged(broken.to_string()))?;
    let own = public.iter().filter(|_| actor == account);
    let mut all: Vec<Act> =
        own.map(|act| Act { what: act.code().to_string(), subject: territory.to_string() }).collect();
    for opening in &opened.openings {
        let read = opening.read().map_err(damaged)?;
        if read.actor.as_deref() == Some(account)
            && let Some(act) = read.child_act().map_err(damaged)?
        {
            all.push(Act { what: act.code().to_string(), subject: opening.subject.clone() });
        }
    }
    Ok(all)
}

/// The application whose data a read showed; none for a list.
fn application_of(conn: &mut AnyConnection, kind: ReadKind, subject: &str) -> Result<Option<String>, StoreError> {
    if !kind.is_of_a_person() {
        return Ok(None);
    }
    if Number::parse(subject, Numbered::Application).is_some() {
        return Ok(Some(subject.to_owned()));
    }
    if let Some(referral) = referrals::find(conn, subject)? {
        return Ok(Some(referral.application));
    }
    if let Some(case) = cases::find(conn, subject)? {
        return Ok(case.application);
    }
    if let Some(scan) = scans::find(conn, subject)? {
        return Ok(scan.of.map(|own| own.application));
    }
    results::application_of(conn, subject)
}

/// Gives back what an account has taken or confirmed since an instant, the latest first; each waits for a second person.
///
/// # Errors
/// The database is not available.
pub fn put_back(office: &Office, account: &str, since: DateTime<Utc>) -> Result<PutBack, Problem> {
    let all = office.store.read(|conn| takings::taken_by(conn, account, since))?;
    let caller = operator();
    let mut done = PutBack::default();
    for taking in all {
        match reopen(office, &caller, &taking.id) {
            Ok(()) => done.reopened.push(taking.id),
            Err(problem) => done.left.push(Left { taking: taking.id, why: problem.to_string() }),
        }
    }
    Ok(done)
}

/// Whoever sits at the machine, as an act asks for it.
fn operator() -> Caller {
    let principal = Principal {
        id: OPERATOR.to_owned(),
        mandate: None,
        person: BlindIin::nobody(),
        role: Role::Department,
        territory: Kato::COUNTRY,
        kindergarten: None,
        acts_as: Vec::new(),
        child: None,
        parent: None,
        opened: None,
    };
    Caller { principal, idempotency: None }
}

/// Tells the families of these applications, each once, and gives how many were told.
///
/// # Errors
/// The database is not available.
pub fn tell(
    office: &Office,
    account: &str,
    since: DateTime<Utc>,
    applications: &BTreeSet<String>,
) -> Result<usize, Problem> {
    let mut by_home: BTreeMap<Kato, Vec<&String>> = BTreeMap::new();
    for number in applications {
        if let Some(parsed) = Number::parse(number, Numbered::Application) {
            by_home.entry(parsed.home).or_default().push(number);
        }
    }
    let mut told = 0;
    for (home, numbers) in by_home {
        for batch in numbers.chunks(RECORD) {
            told += tell_home(office, account, since, &Told { home, numbers: batch })?;
        }
    }
    Ok(told)
}

/// Families of one home.
struct Told<'a> {
    home: Kato,
    numbers: &'a [&'a String],
}

fn tell_home(office: &Office, account: &str, since: DateTime<Utc>, who: &Told<'_>) -> Result<usize, Problem> {
    let written = office.store.write(&[who.home], office.clock.now(), |tx| -> Result<Written<usize>, Problem> {
        let mut acts = BTreeMap::new();
        for number in who.numbers {
            let application = load(tx.conn(), number)?;
            let before = outbox::about(tx.conn(), number)?;
            let body = json!({"since": office.day(application.territory, since).to_string(), "account": account});
            let same = body.to_string();
            if before.iter().any(|m| m.kind == Notice::Incident.code() && m.body == same) {
                continue;
            }
            tell_family_of(tx, &application, Notice::Incident, &body)?;
            let told = IncidentTold { application: (*number).clone(), account: account.to_owned() };
            acts.insert(Subject::of(SubjectKind::Seat, *number), ChildAct::TellIncident(told));
        }
        let value = acts.len();
        let entry =
            Entry { home: who.home, act: JournalAct::Child(acts), actor: OPERATOR.to_owned(), territory: who.home };
        Ok(Written { value, entries: if value == 0 { Vec::new() } else { vec![entry] } })
    })?;
    Ok(written)
}
