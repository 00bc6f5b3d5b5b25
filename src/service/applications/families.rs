//! Brothers and sisters who apply together: places in one kindergarten for all of them, or for none.
//!
//! They wait in the queues of one territory, each with its own turn: twins in one queue, brothers and sisters of different years
//! of birth in several. A round places them by the rule that the engine's `choosing` and [`crate::service::rounds::compute`] state, and whoever
//! gives them places outside a round gives all of them in one act.

use super::entry::without_place_in_hand;
use crate::domain::application::Application;
use crate::domain::codes::Status;
use crate::domain::kato::Kato;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, applications, families};

/// Most children of one family.
const MEMBERS_MAX: usize = 6;

/// Unites an application with another one of the same applicant.
///
/// # Errors
/// 422 where that is none that waits in the same territory, or the two have no kindergarten in common.
pub(crate) fn unite(tx: &mut Transaction<'_>, application: &Application, with: &str) -> Result<(), Problem> {
    let vault = tx.vault();
    let own = applications::lodged(tx.conn(), vault, application.clone())?;
    // Whose the application of that number is, a stranger is not told.
    let other = match applications::find(tx.conn(), with)? {
        Some(other) if other.home == application.home && other.number != application.number => {
            Some(applications::lodged(tx.conn(), vault, other)?)
                .filter(|other| other.applicant.iin == own.applicant.iin)
        }
        _ => None,
    };
    let Some(other) = other.filter(|other| other.application.status == Status::InQueue) else {
        fault("unknown_application", "name another application of the same applicant that waits in this territory")?;
        return Err(Problem::not_found("application"));
    };
    if other.application.queue.territory != application.queue.territory {
        let message =
            "the two wait in queues of different territories; move one of the applications, or apply for each alone";
        fault("other_territory", message)?;
    }
    let family = families::of(tx.conn(), with)?;
    let mut beside = waiting_beside(tx.conn(), &other.application)?;
    beside.retain(|member| member.number != application.number);
    beside.push(other.application);
    if beside.len() >= MEMBERS_MAX {
        fault("too_many", "a family has at most six children who apply together")?;
    }
    if !have_common(application, &beside) {
        fault("nothing_in_common", NOTHING_IN_COMMON)?;
    }
    families::part(tx, &application.number)?;
    let joining = application.number.as_str();
    let (name, new): (String, &[&str]) = match family {
        Some(name) => (name, &[joining]),
        None => (new_name(tx, application.home, [with, joining])?, &[with, joining]),
    };
    Ok(families::unite(tx, application.home, &name, new)?)
}

const NOTHING_IN_COMMON: &str = "the children of the family name no kindergarten in common; let all of them name at least one, \
                                 or take this one out of the family (`together_with` empty)";

fn fault(code: &'static str, message: &str) -> Result<(), Problem> {
    let mut faults = FieldFaults::default();
    faults.add("together_with", code, message);
    faults.check()
}

/// A family is known by the number of a child that founds it. Who left a family that is still known by its number founds
/// the next one under the other child's.
fn new_name(tx: &mut Transaction<'_>, home: Kato, founders: [&str; 2]) -> Result<String, Problem> {
    for name in founders {
        if families::members(tx.conn(), home, name)?.is_empty() {
            return Ok(name.to_owned());
        }
    }
    fault(
        "too_many",
        "both children have left families that are known by their numbers; unite them with one of those",
    )?;
    Err(Problem::not_found("application"))
}

/// Whether some kindergarten is among the wishes of all; who names none takes any.
fn have_common(application: &Application, others: &[Application]) -> bool {
    let mut named = others.iter().map(|other| &other.preferences).filter(|wishes| !wishes.is_empty());
    let own = &application.preferences;
    let first = if own.is_empty() { named.next() } else { Some(own) };
    first.is_none_or(|first| first.iter().any(|wish| named.clone().all(|wishes| wishes.contains(wish))))
}

/// Holds the new wishes of an application against those of its family.
///
/// # Errors
/// 422 where no kindergarten is left that all of them name: they would wait for nothing.
pub(crate) fn check_wishes(conn: &mut AnyConnection, application: &Application) -> Result<(), Problem> {
    if have_common(application, &waiting_beside(conn, application)?) {
        return Ok(());
    }
    let mut faults = FieldFaults::default();
    faults.add("preferences", "nothing_in_common", NOTHING_IN_COMMON);
    faults.check()
}

/// What an amendment says of an application's family: united with another one, or alone where the number is empty.
pub(crate) fn amend(tx: &mut Transaction<'_>, application: &Application, with: &str) -> Result<(), Problem> {
    if !with.trim().is_empty() {
        without_place_in_hand(application)?;
        return unite(tx, application, with.trim());
    }
    if families::of(tx.conn(), &application.number)?.is_some() {
        let left = waiting_beside(tx.conn(), application)?;
        families::part(tx, &application.number)?;
        // Who is left alone is no family.
        if let [alone] = left.as_slice() {
            families::part(tx, &alone.number)?;
        }
    }
    Ok(())
}

/// The other applications that an application waits together with, by number. Who has a place in hand, or has left the
/// queue, is waited for no more.
pub(crate) fn others(conn: &mut AnyConnection, application: &Application) -> Result<Vec<String>, Problem> {
    Ok(waiting_beside(conn, application)?.into_iter().map(|other| other.number).collect())
}

fn waiting_beside(conn: &mut AnyConnection, application: &Application) -> Result<Vec<Application>, Problem> {
    let Some(family) = families::of(conn, &application.number)? else { return Ok(Vec::new()) };
    let mut waiting = Vec::new();
    for number in families::members(conn, application.home, &family)? {
        let other = applications::find(conn, &number)?.filter(|other| other.status == Status::InQueue);
        waiting.extend(other.filter(|other| other.number != application.number));
    }
    Ok(waiting)
}
