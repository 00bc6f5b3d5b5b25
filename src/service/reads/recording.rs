//! A read and its line: who may read on, what is seen, and the line that waits before the answer leaves.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use super::budgets::{always_says_purpose, budget, stop};
use super::log::{ReadLog, Reader};
use super::sights::{Sight, sight};
use crate::domain::codes::{ReadKind, Role};
use crate::service::accounts::holder::home_of;
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::keys;
use crate::service::kernel::notices::READS_OVER_BUDGET;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{FieldFaults, Kind, Problem};
use crate::service::kernel::reach::mandate_day;
use crate::service::office::{Caller, Office};
use crate::store::outbox::{self, Message};
use crate::store::reads::{self, NewRead};
use crate::store::{Entry, Store, StoreError, Written};
use crate::trust::act::{BudgetExceeded, PublicAct};

/// The header that says what a read is for.
pub const PURPOSE: &str = "Kezek-Purpose";
/// Longest purpose, in characters.
const PURPOSE_MAX: usize = 200;

/// A look at something: what for, and at whose.
#[derive(Clone, Debug)]
pub struct Look {
    /// The act that the route stands for.
    pub act: Act,
    /// The number of what is read, or what a list is of; none where the request names nothing.
    pub subject: Option<String>,
    /// What it is for, as it was said.
    pub purpose: Option<String>,
}

/// Records that a register of persons is written into a file at the machine.
///
/// # Errors
/// The log cannot be written; then the file is not to be seen.
pub fn exported(store: &Store, at: DateTime<Utc>, register: &str) -> Result<(), StoreError> {
    let line = NewRead {
        at,
        on: mandate_day(at),
        account: OPERATOR.to_owned(),
        mandate: None,
        role: OPERATOR.to_owned(),
        kind: ReadKind::Export,
        subject: register.to_owned(),
        purpose: None,
    };
    store.append_reads(&[line]).map(drop)
}

/// Whose a read is.
struct Seen<'p> {
    principal: &'p Principal,
    reader: Reader,
    at: DateTime<Utc>,
    on: NaiveDate,
    kind: ReadKind,
    subject: String,
    purpose: Option<String>,
}

/// Lets an official see something, and records it. A family's own reads are its own.
///
/// # Errors
/// Those of `see`. 403 where a purpose must be said, or where the account is stopped for today; 422 for what is no purpose; 503
/// where the read cannot be recorded.
pub fn recorded<T>(
    office: &Office,
    log: &ReadLog,
    principal: &Principal,
    look: Look,
    see: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    let sight = if principal.role == Role::Family { Sight::Nobody } else { sight(look.act) };
    match sight {
        Sight::Nobody => see(),
        Sight::Person(kind) => {
            let subject = look.subject.ok_or_else(|| {
                Problem::new(Kind::Internal, "internal", format!("{:?} names nobody whose data is read", look.act))
            })?;
            of_person(office, log, Seen::of(office, principal, kind, subject, look.purpose)?, see)
        }
        Sight::List(kind) => {
            let subject = look.subject.unwrap_or_else(|| principal.territory.to_string());
            of_list(office, log, Seen::of(office, principal, kind, subject, look.purpose)?, see)
        }
    }
}

impl<'p> Seen<'p> {
    fn of(
        office: &Office,
        principal: &'p Principal,
        kind: ReadKind,
        subject: String,
        purpose: Option<String>,
    ) -> Result<Self, Problem> {
        let mut faults = FieldFaults::default();
        let purpose = purpose.and_then(|said| faults.text(PURPOSE, &said, PURPOSE_MAX));
        faults.check()?;
        let reader = Reader { account: principal.id.clone(), role: principal.role };
        let at = office.clock.now();
        Ok(Seen { principal, reader, at, on: office.day(principal.territory, at), kind, subject, purpose })
    }

    fn line(&self, office: &Office) -> Result<NewRead, Problem> {
        let seal = |purpose: &String| {
            let vault = office.store.vault();
            office.store.read(|conn| reads::sealed_purpose(conn, vault, &self.subject, purpose))
        };
        Ok(NewRead {
            at: self.at,
            on: self.on,
            account: self.principal.id.clone(),
            mandate: self.principal.mandate.clone(),
            role: self.principal.role.code().to_owned(),
            kind: self.kind,
            subject: self.subject.clone(),
            purpose: self.purpose.as_ref().map(seal).transpose()?.flatten(),
        })
    }
}

fn of_person<T>(
    office: &Office,
    log: &ReadLog,
    seen: Seen<'_>,
    see: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    let count = log.count(&office.store, &seen.reader, seen.on)?;
    let read = may_read(office, &seen, count).and_then(|()| {
        let found = see()?;
        if count > i64::from(budget(seen.reader.role)) {
            tell_once(office, log, &seen)?;
        }
        log.note(seen.line(office)?)?;
        Ok(found)
    });
    if read.is_err() {
        log.uncount(&seen.reader, seen.on);
    }
    read
}

/// Whether the `count`-th read of a day is answered.
fn may_read(office: &Office, seen: &Seen<'_>, count: i64) -> Result<(), Problem> {
    let role = seen.reader.role;
    let budget = budget(role);
    let refused = |code, message| {
        let problem = Problem::new(Kind::Forbidden, code, message);
        Err(problem.with("budget", budget).with("day", seen.on).with("header", PURPOSE))
    };
    if seen.purpose.is_none() && (always_says_purpose(role) || count > i64::from(budget)) {
        let message = format!(
            "say what you read this for: send the header {PURPOSE}, one line of at most {PURPOSE_MAX} characters, in UTF-8, plain \
             or percent-encoded; the family sees it. A {role} reads the data of {budget} a day without it"
        );
        let always = format!(
            "say what you read this for: send the header {PURPOSE}, one line of at most {PURPOSE_MAX} characters, in UTF-8, plain \
             or percent-encoded; the family sees it when the mandate has ended"
        );
        return refused("purpose_needed", if always_says_purpose(role) { always } else { message });
    }
    if count <= stop(role, 0) {
        return Ok(());
    }
    let lifts = office.store.read(|conn| reads::lifts(conn, &seen.reader.account, seen.on))?;
    if count <= stop(role, lifts) {
        return Ok(());
    }
    let message = format!(
        "this account has read the data of {} today; ask the department of the territory to lift this: POST \
         /api/v1/accounts/{}/lift",
        stop(role, lifts),
        seen.reader.account
    );
    refused("reads_over_budget", message)
}

fn of_list<T>(
    office: &Office,
    log: &ReadLog,
    seen: Seen<'_>,
    see: impl FnOnce() -> Result<T, Problem>,
) -> Result<T, Problem> {
    let found = see()?;
    let list = (seen.kind, seen.subject.clone());
    if log.is_first(&office.store, &seen.reader, seen.on, list.clone())?
        && let Err(problem) = seen.line(office).and_then(|line| log.note(line))
    {
        log.forget(&seen.reader, &list);
        return Err(problem);
    }
    Ok(found)
}

/// Tells the department, once a day, that an account reads beyond its budget.
fn tell_once(office: &Office, log: &ReadLog, seen: &Seen<'_>) -> Result<(), Problem> {
    if log.was_told(&seen.reader, seen.on) {
        return Ok(());
    }
    tell(office, seen).inspect_err(|_| log.untold(&seen.reader))
}

fn tell(office: &Office, seen: &Seen<'_>) -> Result<(), Problem> {
    let Principal { id, territory, role, .. } = seen.principal;
    let (home, role, territory) = (home_of(*territory), *role, *territory);
    let caller = Caller { principal: seen.principal.clone(), idempotency: None };
    office.perform(&caller, &[home], 200, |tx| {
        let said = outbox::about(tx.conn(), id)?
            .into_iter()
            .any(|message| message.kind == READS_OVER_BUDGET && office.day(territory, message.created_at) == seen.on);
        if said {
            return Ok(Written::nothing(()));
        }
        let body = json!({"role": role, "budget": budget(role), "day": seen.on});
        let message = Message {
            id: keys::random_key(),
            home,
            subject: id.clone(),
            kind: READS_OVER_BUDGET.to_owned(),
            recipient: "department".to_owned(),
            territory,
            body: body.to_string(),
            created_at: tx.at(),
            taken_at: None,
            taken_by: None,
            withdrawn_at: None,
        };
        outbox::insert(tx, std::slice::from_ref(&message))?;
        let exceeded = BudgetExceeded { account: id.clone(), day: seen.on, budget: budget(role), role };
        let act = PublicAct::ExceedBudget(exceeded).into();
        Ok(Written { value: (), entries: vec![Entry { home, act, actor: id.clone(), territory }] })
    })?;
    Ok(())
}
