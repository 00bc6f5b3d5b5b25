//! Brothers and sisters who apply together: places in one kindergarten for all of them, or for none.
//!
//! They wait in one queue, each with its own turn. A round places them by the rule that the engine's `special` states, and
//! whoever gives them places outside a round gives all of them in one act.

use super::problem::{FieldFaults, Problem};
use crate::domain::application::Application;
use crate::domain::codes::Status;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, applications, families};

/// Most children of one family in one queue.
const MEMBERS_MAX: usize = 6;

/// Unites an application with another one of the same applicant; gives the name of the family.
///
/// # Errors
/// 422 where that is none that waits in the same queue, or the two have no kindergarten in common.
pub(crate) fn unite(tx: &mut Transaction<'_>, application: &Application, with: &str) -> Result<String, Problem> {
    let fault = |code: &'static str, message: &str| {
        let mut faults = FieldFaults::default();
        faults.add("together_with", code, message);
        faults.check()
    };
    let own = applications::lodged(tx.conn(), application.clone())?;
    // Whose the application of that number is, a stranger is not told.
    let other = match applications::find(tx.conn(), with)? {
        Some(other) if other.home == application.home && other.number != application.number => {
            Some(applications::lodged(tx.conn(), other)?).filter(|other| other.applicant.iin == own.applicant.iin)
        }
        _ => None,
    };
    let Some(other) = other.filter(|other| other.application.status == Status::InQueue) else {
        fault("unknown_application", "name another application of the same applicant that waits in this queue")?;
        return Err(Problem::not_found("application"));
    };
    if other.application.queue != application.queue {
        let message = "only children of one queue are placed together: of one year of birth and kind of group; \
                       the two wait in different queues";
        fault("other_queue", message)?;
    }
    let (wishes, theirs) = (&application.preferences, &other.application.preferences);
    if !wishes.is_empty() && !theirs.is_empty() && !wishes.iter().any(|wish| theirs.contains(wish)) {
        fault("nothing_in_common", "the two name no kindergarten in common; let them name at least one")?;
    }
    let family = families::of(tx.conn(), with)?;
    let name = family.clone().unwrap_or_else(|| with.to_owned());
    if families::members(tx.conn(), application.home, &name)?.len() >= MEMBERS_MAX {
        fault("too_many", "a family has at most six children in one queue")?;
    }
    families::part(tx, &application.number)?;
    let joining = application.number.as_str();
    let all: &[&str] = if family.is_some() { &[joining] } else { &[with, joining] };
    families::unite(tx, application.home, &name, all)?;
    Ok(name)
}

/// What an amendment says of an application's family: united with another one, or alone where the number is empty.
pub(crate) fn amend(
    tx: &mut Transaction<'_>,
    application: &Application,
    with: &str,
) -> Result<Option<String>, Problem> {
    if !with.trim().is_empty() {
        return unite(tx, application, with.trim()).map(Some);
    }
    if let Some(family) = families::of(tx.conn(), &application.number)? {
        families::part(tx, &application.number)?;
        // Who is left alone is no family.
        let left = families::members(tx.conn(), application.home, &family)?;
        if let [alone] = left.as_slice() {
            families::part(tx, alone)?;
        }
    }
    Ok(None)
}

/// The other applications that an application is placed together with, by number.
pub(crate) fn others(conn: &mut AnyConnection, application: &Application) -> Result<Vec<String>, Problem> {
    let Some(family) = families::of(conn, &application.number)? else { return Ok(Vec::new()) };
    let mut all = families::members(conn, application.home, &family)?;
    all.retain(|number| *number != application.number);
    Ok(all)
}
