//! The decision of a case: accepted with its result, or refused with grounds that have a basis in the act.

use crate::service::cases;
use crate::service::kernel::acting;
use crate::service::positions::view;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{Decision, ResultKind, Status};
use crate::domain::life::Step;
use crate::domain::queue::{Number, Numbered};
use crate::rules::Bound;
use crate::rules::sourced::RuleGround;
use crate::service::applications::entry;
use crate::service::counter::applications::load;
use crate::service::kernel::keys;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::papers::results;
use crate::service::referrals::issuing::{self, Authority};
use crate::store::{Entry, Transaction, Written, child_claims};

/// A decision as it is sent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionIn {
    /// `accepted` or `refused`.
    #[schema(example = "accepted")]
    pub decision: String,
    /// For a refusal: codes of grounds that the regulation lists.
    #[serde(default)]
    pub grounds: Vec<String>,
    /// A remark for the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was decided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Decided {
    /// The application's number.
    pub number: String,
    /// `accepted` or `refused`.
    #[schema(value_type = String)]
    pub decision: Decision,
    /// The status after it.
    #[schema(value_type = String)]
    pub status: Status,
    /// The position, unless the service was refused.
    pub position: Option<u64>,
    /// Of how many.
    pub of: Option<u64>,
    /// The result that the case yielded.
    pub result: ResultView,
    /// The referral's number, where one was issued at once.
    pub referral: Option<String>,
    /// The case, where one was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
}

/// An application that is settled inside an act: the answer, and what the journal says of it.
pub(crate) struct Settled {
    pub(crate) value: Decided,
    pub(crate) payload: Value,
}

/// A result, by its id.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Its id.
    pub id: String,
    /// What it is: the code of a result of the regulation.
    pub kind: String,
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
        let territory = application.territory;
        let mut travel = cases::travel_of_application(office, tx, number)?;
        let case = travel.as_ref().map(|t| t.case.number.clone());
        let by = (&bound, case.as_deref().unwrap_or_default());
        let Settled { mut value, mut payload } = match &grounds {
            None => accept(office, tx, caller, application, by)?,
            Some(grounds) => refuse(office, tx, caller, application, by, grounds)?,
        };
        let kept = match &sent.note {
            Some(note) => Some(keys::keep(tx, home, &json!({"note": note.trim()}))?),
            None => None,
        };
        if let Some(travel) = &mut travel {
            travel.pass_to_decision(&caller.principal, tx.at(), grounds.as_deref())?;
            travel.save(tx)?;
        }
        if let Some(payload) = payload.as_object_mut() {
            payload.extend(kept.map(|kept| ("facts".to_owned(), kept)));
            payload.extend(travel.map(|travel| ("case".to_owned(), travel.journal())));
        }
        value.case = case;
        let entry = Entry { home, act: "decide", actor: caller.principal.id.clone(), territory, payload };
        Ok(Written { value, entries: vec![entry] })
    })
}

/// The regulation and profile by the instant of the registration.
pub(crate) fn bound_as_registered<'o>(office: &'o Office, application: &Application) -> Result<Bound<'o>, Problem> {
    office.bound(application.territory, application.registered_at)
}

/// Accepts an application: its result is made, and a referral with it where the rules give one at once.
pub(crate) fn accept(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    (bound, case): (&Bound<'_>, &str),
) -> Result<Settled, Problem> {
    let home = application.home;
    let mut effects = entry::step(tx, &office.rules, &mut application, Step::Accept)?;
    application.decision = Decision::Accepted;
    crate::store::applications::save_standing(tx, &application)?;
    let authority = Authority::of(&caller.principal, application.territory);
    let immediate = immediate(office, tx, &mut application, bound, &authority)?;
    let (mut result, referral, referral_effects) = match immediate {
        Some(issued) => (issued.result, Some(issued.referral.number.clone()), issued.effects),
        None => {
            office.follow_locked(tx, home)?;
            let view = view::position_of(office, &application.number, tx.at());
            let id = tx.next_number(home, Numbered::Result)?.to_string();
            let issue = results::Issue { id: &id, application: &application, case, signer: &authority, at: tx.at() };
            let result = results::notification(office, tx.conn(), &issue, bound, view.as_ref())?;
            (result, None, Vec::new())
        }
    };
    case.clone_into(&mut result.case);
    crate::store::results::insert(tx, std::slice::from_ref(&result))?;
    effects.extend(referral_effects);
    entry::settle(tx, &office.rules, application.queue, &mut effects)?;
    office.follow_locked(tx, home)?;
    let view = view::position_of(office, &application.number, tx.at());
    let payload = json!({"application": application.number, "decision": Decision::Accepted,
        "role": caller.principal.role, "regulation": bound.regulation.id,
        "result": {"id": result.id, "kind": result.kind}, "referral": referral, "queue": effects});
    let value = Decided {
        number: application.number,
        decision: Decision::Accepted,
        status: application.status,
        position: view.as_ref().and_then(|v| v.position),
        of: view.as_ref().and_then(|v| v.of),
        result: ResultView { id: result.id, kind: result.kind },
        referral,
        case: None,
    };
    Ok(Settled { value, payload })
}

fn immediate(
    office: &Office,
    tx: &mut Transaction<'_>,
    application: &mut Application,
    bound: &Bound<'_>,
    authority: &Authority,
) -> Result<Option<issuing::Issued>, Problem> {
    let listed = bound.regulation.result(ResultKind::Referral.code()).is_some();
    if !listed || !bound.profile.immediate.value {
        return Ok(None);
    }
    issuing::issue_at_once(office, tx, application, bound, authority)
}

/// Refuses an application with grounds of the act: it leaves the queue without a turn.
pub(crate) fn refuse(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    (bound, case): (&Bound<'_>, &str),
    grounds: &[RuleGround],
) -> Result<Settled, Problem> {
    let home = application.home;
    let mut effects = entry::step(tx, &office.rules, &mut application, Step::Refuse)?;
    application.decision = Decision::Refused;
    crate::store::applications::save_standing(tx, &application)?;
    let child = crate::store::applications::child(tx.conn(), &application.child)?;
    child_claims::release(tx, child.iin, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, &mut effects)?;
    let id = tx.next_number(home, Numbered::Result)?.to_string();
    let authority = Authority::of(&caller.principal, application.territory);
    let issue = results::Issue { id: &id, application: &application, case, signer: &authority, at: tx.at() };
    let result = results::reasoned_refusal(office, tx.conn(), &issue, bound, grounds)?;
    crate::store::results::insert(tx, std::slice::from_ref(&result))?;
    let codes: Vec<&str> = grounds.iter().map(|g| g.code.as_str()).collect();
    let payload = json!({"application": application.number, "decision": Decision::Refused, "grounds": codes,
        "role": caller.principal.role, "regulation": bound.regulation.id,
        "result": {"id": id, "kind": ResultKind::ReasonedRefusal}, "queue": effects});
    let value = Decided {
        number: application.number,
        decision: Decision::Refused,
        status: application.status,
        position: None,
        of: None,
        result: ResultView { id, kind: result.kind },
        referral: None,
        case: None,
    };
    Ok(Settled { value, payload })
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
/// act itself (design: rules are dated data).
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

fn codes(grounds: &[&RuleGround]) -> String {
    if grounds.is_empty() {
        return "none, the act names no ground".to_owned();
    }
    grounds.iter().map(|g| g.code.as_str()).collect::<Vec<_>>().join(", ")
}
