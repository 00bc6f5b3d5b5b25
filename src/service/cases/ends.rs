//! What a decision does beyond its case: to the application that waits in a queue, to the referral that was presented,
//! and the papers that the regulation lists.

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
use crate::service::applications::signed::ContractIn;
use crate::service::kernel::numbers::load;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::office::{self, Caller, Office};
use crate::service::referrals::departures::{self, Departed};
use crate::service::referrals::life::InHand;
use crate::store::{Transaction, cases, child_claims, referrals, results};
use crate::trust::act::{ApplicationDecided, CaseTold, EnrolmentEnded, IssuedResult};
use crate::trust::subject::{Subject, SubjectKind};

/// What a step settled beyond its case, as the journal says it.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    pub(crate) application: Option<String>,
    pub(crate) decision: Option<Decision>,
    pub(crate) grounds: Vec<String>,
    pub(crate) regulation: Option<String>,
    pub(crate) result: Option<IssuedResult>,
    pub(crate) referral: Option<String>,
    pub(crate) results: Vec<IssuedResult>,
    pub(crate) departed: Option<EnrolmentEnded>,
}

impl From<ApplicationDecided> for Settled {
    fn from(told: ApplicationDecided) -> Self {
        let ApplicationDecided { application, decision, grounds, regulation, result, referral, role: _, case: _ } =
            told;
        Settled {
            application: Some(application),
            decision: Some(decision),
            grounds,
            regulation: Some(regulation),
            result: Some(result),
            referral,
            ..Settled::default()
        }
    }
}

/// Makes the decision of a case: settles what it is about and keeps its papers. Gives what the journal says.
pub(crate) fn decide_case(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    travel: &mut Travel<'_>,
    step: &Step,
    grounds: Option<&[RuleGround]>,
    contract: Option<&ContractIn>,
) -> Result<Settled, Problem> {
    let case = travel.case.clone();
    let application = case.application.as_ref().map(Subject::seat);
    let subjects: Vec<Subject> =
        application.into_iter().chain([Subject::of(SubjectKind::Case, &case.number)]).collect();
    office.prove(tx, case.home, &subjects)?;
    travel.decide(grounds);
    let mut settled = Settled::default();
    match (case.application.as_deref(), case.referral.as_deref()) {
        (None, _) => {}
        (Some(application), None) => {
            let application = load(tx.conn(), application)?;
            let bound = office::bound_as_registered(office, &application)?;
            let number = case.number.as_str();
            let settlement = match grounds {
                None => settling::accept(office, tx, caller, application, &bound, Some(number))?,
                Some(grounds) => settling::refuse(office, tx, caller, application, &bound, Some(number), grounds)?,
            };
            return Ok(settlement.told.into());
        }
        (Some(_), Some(referral)) => {
            let departed = settle_referral(office, tx, &caller.principal, referral, grounds, contract)?;
            settled.referral = Some(referral.to_owned());
            settled.departed = departed.map(|departed| departed.told());
        }
    }
    let person = papers::person(tx.conn(), office.store.vault(), &case)?;
    settled.results = papers_of(office, tx, travel, step, grounds, &caller.principal, &person)?;
    settled.decision = Some(travel.case.decision);
    settled.grounds.clone_from(&travel.case.grounds);
    Ok(settled)
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
) -> Result<Vec<IssuedResult>, Problem> {
    let made: Vec<String> = results::kinds_of_case(tx.conn(), &travel.case.number)?;
    let from = travel.course.step(&step.id);
    let rules = match grounds {
        Some(_) => travel.course.refusal().into_iter().collect(),
        None => from.map(|from| travel.course.rendered(from)).unwrap_or_default(),
    };
    let mut issued = Vec::new();
    for rule in rules.into_iter().filter(|r| !made.contains(&r.code)) {
        let paper = CasePaper { travel, rule, principal, person, grounds: grounds.unwrap_or_default() };
        let id = papers::issue_for_case(office, tx, &paper, false)?;
        issued.push(IssuedResult { id, kind: rule.code.clone() });
    }
    Ok(issued)
}

/// Enrols the child of a presented referral, or refuses it with the grounds of the act. Gives the enrolment that the contract
/// of a transfer ended.
fn settle_referral(
    office: &Office,
    tx: &mut Transaction<'_>,
    principal: &Principal,
    number: &str,
    grounds: Option<&[RuleGround]>,
    contract: Option<&ContractIn>,
) -> Result<Option<Departed>, Problem> {
    let referral = referrals::find(tx.conn(), number)?.ok_or_else(|| Problem::not_found("referral"))?;
    let application = load(tx.conn(), &referral.application)?;
    let mut hand = InHand { referral, application };
    let turned = match grounds {
        None => hand.enrol(office, tx, principal, contract)?,
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
    act: Act,
    hand: &InHand,
) -> Result<Option<CaseTold>, Problem> {
    if act == Act::Present {
        let opened = opening::open_for_referral(office, tx, &caller.principal, &hand.referral, &hand.application)?;
        return Ok(opened.map(|travel| travel.told()));
    }
    let found = cases::of_referral(tx.conn(), &hand.referral.number)?.filter(|case| case.state.is_open());
    let Some(case) = found else { return Ok(None) };
    let mut travel = travel::resume(&office.rules, tx.conn(), case)?;
    let listed = travel.course.grounds();
    let ground = listed.into_iter().find(|g| hand.referral.ground.as_ref() == Some(&g.code)).cloned();
    let grounds: Option<Vec<RuleGround>> = match (act, ground) {
        (Act::Extend, _) => return Ok(None),
        (Act::Enrol, _) => None,
        (Act::RefuseReferral, Some(ground)) => Some(vec![ground]),
        _ => {
            travel.end(CaseAct::Close, tx.at());
            travel.save(tx)?;
            return Ok(Some(travel.told()));
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
    Ok(Some(travel.told()))
}

/// Takes the application of a case that ended without a result out of its queue; the child may be registered again. Gives
/// its number.
pub(crate) fn leave_queue(office: &Office, tx: &mut Transaction<'_>, case: &Case) -> Result<Option<String>, Problem> {
    let Some(application) = &case.application else { return Ok(None) };
    let mut application = load(tx.conn(), application)?;
    let turned = entry::step(tx, &office.rules, &mut application, life::Step::Drop)?;
    child_claims::release(tx, &application.child, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    Ok(Some(application.number))
}

/// Whether a decision of this sort was drafted otherwise.
pub(crate) fn differs(drafted: Decision, now: Decision) -> bool {
    drafted != Decision::Pending && drafted != now
}
