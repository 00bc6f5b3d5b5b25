//! The policy laboratory over the registry as it stands: what other rules or more places would change, queue by queue.
//!
//! Nothing is kept. Each queue is one market of its live, decided entries, served once as in a round: villages first, then the
//! home with what they leave, in the base run and in each scenario. Families over several queues apply one by one. Turns are counted from the beginning, as in the offline
//! contract, so a base run may differ from the next round by the turns that were spent already. A committed round may be the
//! base instead, with the turns that it had.

mod markets;
mod queue;
mod replay;
mod report;
mod scenarios;
mod spilled;

pub use scenarios::{MorePlaces, ScenarioIn, SimulationIn};

use markets::markets;
use report::Report;
pub(crate) use report::cells;
use scenarios::read;
use spilled::Spilled;

use crate::exchange::report::{Table, json};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::kernel::reach;
use crate::service::office::{Answer, Caller, Office};
use crate::service::rounds::compute::scope::Scope;

/// Tries scenarios on the queues of a territory, as JSON: all tables.
///
/// # Errors
/// As [`simulated`].
pub fn simulate(office: &Office, caller: &Caller, sent: &SimulationIn) -> Result<Answer, Problem> {
    Ok(Answer { status: 200, body: json(&simulated(office, caller, sent)?) })
}

/// The same as CSV: the table of this name, `scenarios` where none is named.
///
/// # Errors
/// As [`simulated`], and 422 for a table that is none.
pub fn simulate_csv(
    office: &Office,
    caller: &Caller,
    sent: &SimulationIn,
    table: Option<&str>,
) -> Result<Answer, Problem> {
    let tables = simulated(office, caller, sent)?;
    let wanted = table.unwrap_or("scenarios");
    let found = tables.iter().find(|table| table.name == wanted).ok_or_else(|| {
        let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
        Problem::invalid("table", "unknown_table", format!("name one of: {}", names.join(", ")))
    })?;
    Ok(Answer { status: 200, body: found.csv() })
}

/// Tries scenarios on the queues of a territory and tells who would fare better and who worse.
///
/// # Errors
/// 403, 422 for a territory above a home, an unknown group or a rule that is none.
pub fn simulated(office: &Office, caller: &Caller, sent: &SimulationIn) -> Result<Vec<Table>, Problem> {
    caller.principal.role_may(Act::TryRound)?;
    let held = sent.round.as_deref().map(|id| replay::round_of(office, id, &sent.territory)).transpose()?;
    let (territory, at) = match &held {
        Some(round) => (round.territory, round.held_at),
        None => (reach::scope(&office.store, &sent.territory)?, office.clock.now()),
    };
    caller.principal.may(Act::TryRound, territory)?;
    let scenarios = read(sent, &office.bound(territory, at)?, office.day(territory, at))?;
    let scope = Scope { office, territory, at, without: &[], only: None };
    let queues = office.store.read_snapshot(|conn| match &held {
        Some(round) => replay::markets_of_round(office, conn, &scope, round, sent),
        None => markets(office, conn, &scope, sent),
    })?;
    let mut report = Report::new(sent.moves);
    let mut spilled = Spilled::default();
    for mut queue in queues {
        let taken = spilled.taken_in(&mut queue.market)?;
        report.add(&queue, &scenarios, &taken, &mut spilled)?;
    }
    if sent.moves {
        office.store.read(|conn| report.name_children(conn, territory.home()))?;
    }
    Ok(report.tables())
}
