//! Lifting: an account that was stopped at ten times its budget may read as much again today.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::budgets::stop;
use super::log::ReadLog;
use crate::domain::account::Mandate;
use crate::domain::codes::{ReadKind, Role};
use crate::rules::Rules;
use crate::service::accounts::holder::{Hand, home_of};
use crate::service::kernel::actors::OPERATOR;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::connection::AnyConnection;
use crate::store::reads::{self, NewRead};
use crate::store::{Entry, Store, Transaction, Written, accounts};
use crate::trust::act::{BudgetLifted, PublicAct};

/// An account that may read on.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Lifted {
    /// The key of the account.
    pub account: String,
    /// The civil day on which it may.
    pub on: NaiveDate,
    /// How many persons' data it has read on that day.
    pub reads: i64,
    /// At how many it is stopped again.
    pub stops_at: i64,
}

/// A mandate whose holder is stopped, on a day.
struct Stopped {
    mandate: Mandate,
    on: NaiveDate,
    reads: i64,
    stops_at: i64,
}

/// Lets an account read on that was stopped, in the territory of the caller.
///
/// # Errors
/// 403, also for the own account; 404; 409 where it is not stopped.
pub fn lift(office: &Office, log: &ReadLog, caller: &Caller, account: &str) -> Result<Answer, Problem> {
    let principal = &caller.principal;
    principal.role_may(Act::LiftBudget)?;
    let (own, person) = office
        .store
        .read(|conn| Ok::<_, Problem>((mandates_of(conn, account)?, accounts::person_of(conn, account)?)))?;
    let within = |mandate: &&Mandate| principal.may(Act::LiftBudget, mandate.territory).is_ok();
    if let (None, Some(first)) = (own.iter().find(within), own.first()) {
        principal.may(Act::LiftBudget, first.territory)?;
    }
    if principal.id == account || person == Some(principal.person) {
        let message = "nobody lifts their own budget; ask a colleague or the authority above";
        return Err(Problem::new(Kind::Forbidden, "own_account", message));
    }
    // What waits counts too.
    log.flush(&office.store)?;
    let own: Vec<Mandate> = own.iter().filter(within).cloned().collect();
    let stopped = office.store.read(|conn| stopped(conn, &office.rules, office.clock.now(), own))?;
    let home = home_of(stopped.mandate.territory);
    office
        .perform(caller, &[home], 200, |tx| lifted(tx, Hand::Official(principal), principal.mandate.clone(), &stopped))
}

/// As [`lift`], at the machine.
///
/// # Errors
/// 404, 409 where it is not stopped.
pub fn lift_here(store: &Store, rules: &Rules, now: DateTime<Utc>, account: &str) -> Result<Lifted, Problem> {
    let stopped = store.read(|conn| {
        let own = mandates_of(conn, account)?;
        stopped(conn, rules, now, own)
    })?;
    store.write(&[home_of(stopped.mandate.territory)], now, |tx| lifted(tx, Hand::Operator, None, &stopped))
}

fn mandates_of(conn: &mut AnyConnection, account: &str) -> Result<Vec<Mandate>, Problem> {
    let own = accounts::mandates_of(conn, account)?;
    if own.is_empty() { Err(Problem::not_found("account")) } else { Ok(own) }
}

/// The mandate by which an account has read until it was stopped.
fn stopped(conn: &mut AnyConnection, rules: &Rules, now: DateTime<Utc>, own: Vec<Mandate>) -> Result<Stopped, Problem> {
    for mandate in own {
        let on = rules.calendar.civil_day(now, mandate.territory);
        let reads = reads::day_of(conn, &mandate.account, mandate.role.code(), on)?.reads;
        let lifts = reads::lifts(conn, &mandate.account, on)?;
        if reads >= stop(mandate.role, lifts) {
            let stops_at = stop(mandate.role, lifts + 1);
            return Ok(Stopped { mandate, on, reads, stops_at });
        }
    }
    let message = "this account is not stopped today; there is nothing to lift";
    Err(Problem::conflict("budget_not_reached", message))
}

fn lifted(
    tx: &mut Transaction<'_>,
    hand: Hand<'_>,
    by: Option<String>,
    stopped: &Stopped,
) -> Result<Written<Lifted>, Problem> {
    let Stopped { mandate, on, reads, stops_at } = stopped;
    let account = mandate.account.clone();
    let line = NewRead {
        at: tx.at(),
        on: *on,
        account: hand.actor(),
        mandate: by,
        role: hand.role().map_or(OPERATOR, Role::code).to_owned(),
        kind: ReadKind::Lift,
        subject: account.clone(),
        purpose: None,
    };
    reads::append_within(tx, &line)?;
    let told = BudgetLifted { account: account.clone(), day: *on, role: hand.role() };
    let (home, territory) = (home_of(mandate.territory), mandate.territory);
    let entry = Entry { home, act: PublicAct::LiftBudget(told).into(), actor: hand.actor(), territory };
    let value = Lifted { account, on: *on, reads: *reads, stops_at: *stops_at };
    Ok(Written { value, entries: vec![entry] })
}
