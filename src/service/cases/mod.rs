//! Cases: every service of the regulations runs its course here, and nothing about one service is written in code.
//!
//! Handing an application in opens its case in the same transaction, presenting a referral opens the case of the
//! admission, `POST /api/v1/cases` opens those of all other services. An import of applications opens none: what was
//! decided before has run its course elsewhere.

mod asking;
pub mod decide;
pub(crate) mod ends;
pub mod gateway;
pub(crate) mod opening;
pub mod oversight;
mod papers;
pub mod request;
pub mod steps;
pub(crate) mod travel;
pub mod view;

use serde_json::Value;

use crate::domain::case::{Case, CaseAct};
use crate::rules::course::Course;
use crate::rules::{Bound, Rules};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, case_steps, cases};
use travel::Travel;

/// The service of the seeds that follows a referral.
pub const ADMISSION: &str = "preschool_admission";

/// The course of a case by the regulation that was bound at its registration.
///
/// # Errors
/// 409 where this deployment no longer holds the regulation.
pub(crate) fn course<'a>(rules: &'a Rules, case: &Case) -> Result<Course<'a>, Problem> {
    let regulation = rules.regulations.get(&case.regulation);
    regulation.and_then(|r| r.course(case.channel)).ok_or_else(|| {
        let message =
            format!("the regulation {} of this case is not held any more; put its file back", case.regulation);
        Problem::new(Kind::Conflict, "no_regulation", message)
    })
}

/// A case with its history.
pub(crate) fn travel<'a>(rules: &'a Rules, conn: &mut AnyConnection, case: Case) -> Result<Travel<'a>, Problem> {
    let course = course(rules, &case)?;
    let history = case_steps::of_case(conn, &case.number)?;
    Ok(Travel::of(case, course, history, &rules.calendar))
}

/// Ends the open cases of an application that ends elsewhere, and gives what the journal says of each.
pub(crate) fn end_of_application(
    rules: &Rules,
    tx: &mut Transaction<'_>,
    application: &str,
    act: CaseAct,
) -> Result<Vec<Value>, Problem> {
    let mut ended = Vec::new();
    for case in cases::open_of_application(tx.conn(), application)? {
        ended.push(end(rules, tx, case, act)?);
    }
    Ok(ended)
}

/// Ends one open case and gives what the journal says of it.
pub(crate) fn end(rules: &Rules, tx: &mut Transaction<'_>, case: Case, act: CaseAct) -> Result<Value, Problem> {
    let mut travel = travel(rules, tx.conn(), case)?;
    travel.end(act, tx.at());
    travel.save(tx)?;
    Ok(travel.journal())
}

/// The case moved between the question and the act.
pub(crate) fn too_early() -> Problem {
    Problem::new(Kind::Busy, "unavailable", "the case moved meanwhile; send the same request again")
}

pub(crate) fn ended(case: &Case) -> Problem {
    let message = format!(
        "case {} has ended ({}); nothing can follow. Open a new one where the service is needed again",
        case.number, case.state
    );
    Problem::conflict("case_ended", message).with("current_state", case.state)
}

/// The open case of an application's own service.
pub(crate) fn travel_of_application<'o>(
    office: &'o Office,
    tx: &mut Transaction<'_>,
    number: &str,
) -> Result<Option<Travel<'o>>, Problem> {
    let case = cases::of_application(tx.conn(), number)?.filter(|case| case.state.is_open());
    case.map(|case| travel(&office.rules, tx.conn(), case)).transpose()
}

/// The regulation of a case with what must be said of it.
pub(crate) fn bound_of_case<'o>(office: &'o Office, case: &Case) -> Result<Bound<'o>, Problem> {
    let regulation = course(&office.rules, case)?.regulation;
    let profile = office.rules.profile_of(case.territory, case.opened_at).ok_or_else(|| {
        Problem::new(Kind::Conflict, "no_regulation", format!("no profile is bound for {}", case.territory))
    })?;
    let notice = regulation.notice(office.day(case.territory, case.opened_at));
    Ok(Bound { regulation, profile, notice })
}
