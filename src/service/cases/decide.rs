//! The decision of a case: accepted with its result, or refused with grounds that have a basis in the act.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::settling::{Settlement, accept, refuse};
use super::travel;
use crate::domain::application::Application;
use crate::domain::queue::{Number, Numbered};
use crate::rules::Bound;
use crate::rules::sourced::RuleGround;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::kernel::{acting, keys};
use crate::service::office::{Answer, Caller, Office, bound_as_registered};
use crate::store::{Entry, Written};
use crate::trust::act::ChildAct;
use crate::trust::subject::Subject;

/// A decision as it is sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionIn {
    /// `accepted`, or `refused` with at least one ground.
    #[schema(example = "accepted")]
    pub decision: String,
    /// For a refusal: codes of grounds that the regulation lists.
    #[serde(default)]
    pub grounds: Vec<String>,
    /// A remark for the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Decides a case.
///
/// # Errors
/// 403 outside role or territory, 404, 409 where it was decided before, 422 for a ground that the act does not list.
pub fn decide(office: &Office, caller: &Caller, number: &str, sent: &DecisionIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Decide)?;
    let home = Number::parse(number, Numbered::Application).ok_or_else(|| Problem::not_found("application"))?.home;
    office.perform(caller, &[home], 200, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::Decide, application.territory)?;
        let bound = bound_as_registered(office, &application)?;
        acting::provides(tx.conn(), &caller.principal, bound.regulation, application.territory)?;
        let grounds = read(sent, &application, &bound)?;
        office.prove(tx, home, &[Subject::seat(number)])?;
        let territory = application.territory;
        let mut travel = travel::travel_of_application(office, tx, number)?;
        let case = travel.as_ref().map(|t| t.case.number.clone());
        let Settlement { mut value, mut told } = match &grounds {
            None => accept(office, tx, caller, application, &bound, case.as_deref())?,
            Some(grounds) => refuse(office, tx, caller, application, &bound, case.as_deref(), grounds)?,
        };
        let of = Subject::seat(number);
        if let Some(note) = &sent.note {
            keys::keep(tx, home, of.clone(), &json!({"note": note.trim()}))?;
        }
        if let Some(travel) = &mut travel {
            travel.pass_to_decision(&caller.principal, tx.at(), grounds.as_deref())?;
            travel.save(tx)?;
        }
        told.case = travel.map(|travel| travel.told());
        value.case = case;
        let act = ChildAct::Decide(told).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory };
        Ok(Written { value, entries: vec![entry] })
    })
}

/// The grounds of a refusal, or none for an acceptance.
fn read(sent: &DecisionIn, application: &Application, bound: &Bound<'_>) -> Result<Option<Vec<RuleGround>>, Problem> {
    let mut faults = FieldFaults::default();
    if let Some(note) = &sent.note {
        faults.text("note", note, 2_000);
    }
    let decision = match sent.decision.as_str() {
        "accepted" => Some(None),
        "refused" => Some(Some(refusal_grounds(&mut faults, sent, application, bound))),
        _ => {
            faults.add("decision", "wrong_decision", "write accepted or refused");
            None
        }
    };
    faults.check()?;
    Ok(decision.flatten())
}

fn refusal_grounds(
    faults: &mut FieldFaults,
    sent: &DecisionIn,
    application: &Application,
    bound: &Bound<'_>,
) -> Vec<RuleGround> {
    let listed = bound.regulation.course(application.channel).map(|course| course.grounds()).unwrap_or_default();
    read_grounds(faults, &sent.grounds, &listed, &bound.regulation.id)
}

/// The grounds of a refusal, each of those that the act lists: a reasoned refusal of the service needs a ground of the
/// act itself (ARCHITECTURE: codes).
pub(crate) fn read_grounds(
    faults: &mut FieldFaults,
    sent: &[String],
    listed: &[&RuleGround],
    regulation: &str,
) -> Vec<RuleGround> {
    if sent.is_empty() {
        faults.add("grounds", "ground_missing", format!("name at least one ground: {}", codes(listed)));
    }
    let mut grounds: Vec<RuleGround> = Vec::new();
    for code in sent {
        match listed.iter().find(|g| g.code == *code) {
            Some(ground) if !grounds.iter().any(|g| g.code == *code) => grounds.push((*ground).clone()),
            Some(_) => {}
            None => {
                let message = format!("{regulation} lists no such ground here; use one of: {}", codes(listed));
                faults.add("grounds", "ground_not_listed", message);
            }
        }
    }
    grounds
}

pub(crate) fn codes(grounds: &[&RuleGround]) -> String {
    if grounds.is_empty() {
        return "none, the act names no ground".to_owned();
    }
    grounds.iter().map(|g| g.code.as_str()).collect::<Vec<_>>().join(", ")
}
