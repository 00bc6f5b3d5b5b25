//! A case as every act on it begins: found, allowed, and with the course that governs it.

use crate::domain::case::Case;
use crate::rules::course::Course;
use crate::rules::{Bound, Rules};
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::Office;
use crate::store::cases;
use crate::store::connection::AnyConnection;
use crate::trust::subject::{Subject, SubjectKind};

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

/// The regulation of a case with what must be said of it.
pub(crate) fn bound_of_case<'o>(office: &'o Office, case: &Case) -> Result<Bound<'o>, Problem> {
    let regulation = course(&office.rules, case)?.regulation;
    let profile = office.rules.profile_of(case.territory, case.opened_at).ok_or_else(|| {
        Problem::new(Kind::Conflict, "no_regulation", format!("no profile is bound for {}", case.territory))
    })?;
    let notice = regulation.notice(office.day(case.territory, case.opened_at));
    Ok(Bound { regulation, profile, notice })
}

pub(crate) fn load_case(conn: &mut AnyConnection, number: &str) -> Result<Case, Problem> {
    cases::find(conn, number)?.ok_or_else(|| Problem::not_found("case"))
}

/// Of whom the journal says what is done in a case: its application, or the case itself where it is about none.
pub(crate) fn subject_of(case: &Case) -> Subject {
    match &case.application {
        Some(application) => Subject::seat(application),
        None => Subject::of(SubjectKind::Case, &case.number),
    }
}

/// Whether a credential reaches a case. A kindergarten's reaches what its kindergarten renders.
pub(crate) fn may_on_case(principal: &Principal, act: Act, case: &Case) -> Result<(), Problem> {
    principal.may_for(act, case.territory, case.kindergarten.as_deref())
}
