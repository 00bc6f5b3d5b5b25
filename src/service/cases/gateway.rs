//! What the regional gateway says of a portal request: whether the applicant signed in, and with which certificate.
//!
//! The portal's own checks are done by the gateway's word, in the order of each file: the sign-in, then the certificate
//! and its IIN. Where the file has a step for a failed check, the course ends there with its message, which is no result.

use chrono::NaiveDate;

use super::case::subject_of;
use super::opening::{self, About};
use crate::domain::case::Passage;
use crate::rules::course::Course;
use crate::rules::regulation::{Actor, Stage, Step};
use crate::service::applications::handed_in::read_date;
use crate::service::applications::package::GatewayIn;
use crate::service::kernel::keys;
use crate::service::kernel::problem::{FieldFaults, Ground, Kind, Problem};
use crate::service::kernel::words::{Said, date, label, say_each};
use crate::service::office::{Caller, Office};
use crate::store::{Entry, Written};
use crate::trust::act::{ChildAct, GateRefusal};

/// A check that failed.
#[derive(Clone, Debug)]
pub(crate) struct Failed<'a> {
    /// The step that checks; `None` where the text has none.
    step: Option<&'a Step>,
    /// The check that failed: `refuse_login`, `eds_expired`, `eds_revoked` or `eds_iin_mismatch`.
    code: &'static str,
    /// The last day of the certificate, for the message.
    until_on: Option<NaiveDate>,
}

/// What a request holds that is refused at its checks.
pub(crate) struct Handed<'a> {
    /// Where the service is asked for.
    pub(crate) about: About<'a>,
    /// Who asks, to be sealed.
    pub(crate) sealed: serde_json::Value,
}

const CHECKS: [&str; 3] = ["eds_expired", "eds_revoked", "eds_iin_mismatch"];

/// The first check that fails, in the order of the file.
pub(crate) fn failed<'a>(
    course: &Course<'a>,
    word: &GatewayIn,
    applicant: &str,
    today: NaiveDate,
) -> Result<Option<Failed<'a>>, Problem> {
    let mut faults = FieldFaults::default();
    let refused = match word.sign_in.as_deref() {
        None | Some("confirmed") => false,
        Some("refused") => true,
        Some(_) => {
            faults.add("gateway.sign_in", "wrong_sign_in", "write confirmed or refused");
            false
        }
    };
    let certificate = word.certificate.as_ref();
    let until_on = certificate.and_then(|c| read_date(&mut faults, "gateway.certificate.valid_until", &c.valid_until));
    faults.check()?;
    let fails = |code: &str| match (code, certificate) {
        (_, None) => false,
        ("eds_expired", _) => until_on.is_some_and(|until| until < today),
        ("eds_revoked", Some(c)) => c.revoked,
        ("eds_iin_mismatch", Some(c)) => c.iin.trim() != applicant.trim(),
        _ => false,
    };
    let first = |order: &[&str]| {
        let found = order.iter().find(|code| fails(code))?;
        CHECKS.into_iter().find(|code| code == found)
    };
    let portals: Vec<&'a Step> = course.intake().into_iter().filter(|s| s.actor == Actor::Portal).collect();
    for step in &portals {
        let signs_in = step.checks.is_empty() && course.message_branch(step).is_some();
        if signs_in && refused {
            return Ok(Some(Failed { step: Some(step), code: "refuse_login", until_on }));
        }
        if let Some(code) = first(&step.checks.iter().map(String::as_str).collect::<Vec<_>>()) {
            return Ok(Some(Failed { step: Some(step), code, until_on }));
        }
    }
    if refused {
        return Ok(Some(Failed { step: None, code: "refuse_login", until_on }));
    }
    // A text that names no check of the certificate does not make a bad one good.
    let checked = portals.iter().any(|s| !s.checks.is_empty());
    let code = if checked { None } else { first(&CHECKS) };
    Ok(code.map(|code| Failed { step: None, code, until_on }))
}

/// Refuses a request at the portal's checks. Where the file has a step for it, the case is kept with its message.
pub(crate) fn refuse_at_gate(
    office: &Office,
    caller: &Caller,
    course: Course<'_>,
    failed: &Failed<'_>,
    handed: &Handed<'_>,
) -> Result<Problem, Problem> {
    let text = failure_text(office, failed);
    let mut problem = Problem::new(Kind::Invalid, failed.code, text.en.clone()).with("text", &text);
    let branch = failed.step.and_then(|step| course.message_branch(step));
    let listed = branch.and_then(|b| course.regulation.refusal(Stage::Portal, course.channel(), &b.id));
    if let Some(ground) = listed {
        problem = problem.on(vec![Ground {
            code: ground.code.clone(),
            basis: ground.basis,
            source: format!("{}, {}", course.regulation.id, ground.clause.as_deref().unwrap_or_default()),
            kk: ground.names.kk.clone(),
            ru: ground.names.ru.clone(),
        }]);
    }
    let (Some(step), Some(branch)) = (failed.step, branch) else { return Ok(problem) };
    let home = handed.about.territory.home();
    let answer = office.perform(caller, &[home], 422, |tx| {
        let key = keys::random_key();
        let about = About { facts: &key, ..handed.about };
        let at = tx.at();
        let mut travel = opening::begin(office, tx, course, &about)?;
        let of = subject_of(&travel.case);
        keys::keep_under(tx, home, &key, of.clone(), &handed.sealed)?;
        for before in course.intake() {
            let here = before.id == step.id;
            let outcome = if here { Some(branch.id.as_str()) } else { before.outcome.as_deref() };
            travel.record(before, &caller.principal, Passage::Done, at, outcome, None);
            travel.go_on(before, Some(branch).filter(|_| here), at);
            if here {
                break;
            }
        }
        travel.record(branch, &caller.principal, Passage::Done, at, Some(failed.code), None);
        travel.go_on(branch, None, at);
        travel.insert(tx)?;
        let told = GateRefusal { case: travel.told(), role: caller.principal.role, failed: failed.code.to_owned() };
        let act = ChildAct::RefuseAtGate(told).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: about.territory };
        Ok(Written { value: travel.case.number, entries: vec![entry] })
    })?;
    let case: String = serde_json::from_str(&answer.body).unwrap_or_default();
    Ok(problem.with("case", case))
}

fn failure_text(office: &Office, failed: &Failed<'_>) -> Said {
    if failed.code == "refuse_login" {
        return label(&office.rules, "action", "refuse_login");
    }
    let on = failed.until_on.map(|on| date(&office.rules, on)).unwrap_or_default();
    say_each(&office.rules, failed.code, &[("on", &on)])
}
