//! What a decision does beyond its case: to the application that waits in a queue, to the referral that was presented,
//! and the papers that the regulation lists.

use serde_json::{Map, Value, json};

use super::opening;
use super::papers::{self, CasePaper, Person};
use super::settling;
use super::travel::{self, Travel};
use crate::domain::case::{Case, CaseAct};
use crate::domain::codes::Decision;
use crate::domain::life;
use crate::domain::referral::ReferralAct;
use crate::rules::regulation::Step;
use crate::rules::sourced::RuleGround;
use crate::service::applications::entry;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::Problem;
use crate::service::office::{self, Caller, Office};
use crate::service::referrals::departures::{self, Departed};
use crate::service::referrals::life::InHand;
use crate::store::{Transaction, cases, child_claims, referrals, results};
use crate::trust::act::JournalAct;
use crate::trust::opening::{Subject, SubjectKind};

/// Makes the decision of a case: settles what it is about and keeps its papers. Gives what the journal says.
pub(crate) fn decide_case(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    travel: &mut Travel<'_>,
    step: &Step,
    grounds: Option<&[RuleGround]>,
) -> Result<Map<String, Value>, Problem> {
    let case = travel.case.clone();
    let application = case.application.as_ref().map(Subject::seat);
    let subjects: Vec<Subject> =
        application.into_iter().chain([Subject::of(SubjectKind::Case, &case.number)]).collect();
    office.prove(tx, case.home, &subjects)?;
    travel.decide(grounds);
    let mut told = Map::new();
    match (case.application.as_deref(), case.referral.as_deref()) {
        (None, _) => {}
        (Some(application), None) => {
            let application = load(tx.conn(), application)?;
            let bound = office::bound_as_registered(office, &application)?;
            let number = case.number.as_str();
            let settled = match grounds {
                None => settling::accept(office, tx, caller, application, &bound, Some(number))?,
                Some(grounds) => settling::refuse(office, tx, caller, application, &bound, Some(number), grounds)?,
            };
            if let Value::Object(settled) = settled.told {
                told.extend(settled);
            }
            return Ok(told);
        }
        (Some(_), Some(referral)) => {
            let departed = settle_referral(office, tx, referral, grounds)?;
            told.insert("referral".to_owned(), json!(referral));
            told.extend(departed.map(|departed| ("departed".to_owned(), json!(departed))));
        }
    }
    let person = papers::person(tx.conn(), office.store.vault(), &case)?;
    let ids = papers_of(office, tx, travel, step, grounds, &caller.principal, &person)?;
    told.insert("results".to_owned(), json!(ids));
    told.insert("decision".to_owned(), json!(travel.case.decision));
    told.insert("grounds".to_owned(), json!(travel.case.grounds));
    Ok(told)
}

/// The papers of a decision: what the regulation lists from its step on, or its reasoned refusal.
fn papers_of(
    office: &Office,
    tx: &mut Transaction<'_>,
    travel: &Travel<'_>,
    step: &Step,
    grounds: Option<&[RuleGround]>,
    principal: &Principal,
    person: &Person,
) -> Result<Vec<Value>, Problem> {
    let made: Vec<String> = results::kinds_of_case(tx.conn(), &travel.case.number)?;
    let from = travel.course.step(&step.id);
    let rules = match grounds {
        Some(_) => travel.course.refusal().into_iter().collect(),
        None => from.map(|from| travel.course.rendered(from)).unwrap_or_default(),
    };
    let mut ids = Vec::new();
    for rule in rules.into_iter().filter(|r| !made.contains(&r.code)) {
        let paper = CasePaper { travel, rule, principal, person, grounds: grounds.unwrap_or_default() };
        ids.push(json!({"id": papers::issue_for_case(office, tx, &paper, false)?, "kind": rule.code}));
    }
    Ok(ids)
}

/// Enrols the child of a presented referral, or refuses it with the grounds of the act. Gives the enrolment that the contract
/// of a transfer ended.
fn settle_referral(
    office: &Office,
    tx: &mut Transaction<'_>,
    number: &str,
    grounds: Option<&[RuleGround]>,
) -> Result<Option<Departed>, Problem> {
    let referral = referrals::find(tx.conn(), number)?.ok_or_else(|| Problem::not_found("referral"))?;
    let application = load(tx.conn(), &referral.application)?;
    let mut hand = InHand { referral, application };
    let turned = match grounds {
        None => hand.enrol(office, tx)?,
        Some(grounds) => {
            let ground = grounds.first().map(|g| g.code.as_str());
            hand.end(tx, &office.rules, ReferralAct::Refuse, ground)?
        }
    };
    let departed = if grounds.is_none() { departures::leave_for_transfer(office, tx, &hand)? } else { None };
    entry::settle(tx, &office.rules, hand.application.queue, turned)?;
    Ok(departed)
}

/// What an act on a referral does to the case of its admission: `present` opens it, `enrol` ends it in the contract,
/// a refusal in a reasoned refusal where the act lists the ground; whatever else ends the referral closes it.
pub(crate) fn case_of_referral_act(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    act: JournalAct,
    hand: &InHand,
) -> Result<Option<Value>, Problem> {
    if act == JournalAct::Present {
        let opened = opening::open_for_referral(office, tx, &caller.principal, &hand.referral, &hand.application)?;
        return Ok(opened.map(|travel| travel.journal()));
    }
    let found = cases::of_referral(tx.conn(), &hand.referral.number)?.filter(|case| case.state.is_open());
    let Some(case) = found else { return Ok(None) };
    let mut travel = travel::resume(&office.rules, tx.conn(), case)?;
    let listed = travel.course.grounds();
    let ground = listed.into_iter().find(|g| hand.referral.ground.as_ref() == Some(&g.code)).cloned();
    let grounds: Option<Vec<RuleGround>> = match (act, ground) {
        (JournalAct::Extend, _) => return Ok(None),
        (JournalAct::Enrol, _) => None,
        (JournalAct::RefuseReferral, Some(ground)) => Some(vec![ground]),
        _ => {
            travel.end(CaseAct::Close, tx.at());
            travel.save(tx)?;
            return Ok(Some(travel.journal()));
        }
    };
    let step = travel.course.deciding();
    travel.pass_to_decision(&caller.principal, tx.at(), grounds.as_deref())?;
    if let Some(step) = step {
        let person = papers::person(tx.conn(), office.store.vault(), &travel.case)?;
        papers_of(office, tx, &travel, step, grounds.as_deref(), &caller.principal, &person)?;
    }
    travel.finish(&caller.principal, tx.at())?;
    travel.save(tx)?;
    Ok(Some(travel.journal()))
}

/// Takes the application of a case that ended without a result out of its queue; the child may be registered again.
pub(crate) fn leave_queue(
    office: &Office,
    tx: &mut Transaction<'_>,
    case: &Case,
) -> Result<Map<String, Value>, Problem> {
    let mut told = Map::new();
    let Some(application) = &case.application else { return Ok(told) };
    let mut application = load(tx.conn(), application)?;
    let turned = entry::step(tx, &office.rules, &mut application, life::Step::Drop)?;
    child_claims::release(tx, &application.child, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    told.insert("application".to_owned(), json!(application.number));
    Ok(told)
}

/// Whether a decision of this sort was drafted otherwise.
pub(crate) fn differs(drafted: Decision, now: Decision) -> bool {
    drafted != Decision::Pending && drafted != now
}
