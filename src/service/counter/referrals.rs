//! What is done with a referral over the counter: presented, enrolled, refused by the kindergarten, extended, annulled. Each act
//! moves the referral and the case of its admission together.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::codes::Notice;
use crate::domain::queue::Numbered;
use crate::domain::referral::{Referral, ReferralAct};
use crate::domain::taking::TakingAct;
use crate::rules::Bound;
use crate::service::applications::entry::{self, Turned};
use crate::service::applications::signed::{ContractIn, RequestIn};
use crate::service::applications::takings::{self, Aim, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::cases::ends;
use crate::service::kernel::keys;
use crate::service::kernel::notices::{tell_family, tell_family_of};
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::departures;
use crate::service::referrals::life::{self, InHand, ReferralView, in_hand, view};
use crate::store::{Entry, Transaction, Written, cases, referrals};
use crate::trust::act::{ChildAct, ReferralChanged};
use crate::trust::subject::Subject;

/// A ground for an act on a referral.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroundIn {
    /// A code of the profile's list.
    #[serde(default)]
    pub ground: String,
    /// What shows it, in words; kept sealed beside the journal.
    #[serde(default)]
    pub evidence: Option<String>,
}

/// The ground of the annulment that the family asks for.
const APPLICANT_REQUEST: &str = "applicant_request";

/// A ground for taking a referral back.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnulIn {
    /// A code of the profile's list.
    #[serde(default)]
    pub ground: String,
    /// What shows it, in words; kept sealed beside the journal.
    #[serde(default)]
    pub evidence: Option<String>,
    /// The family's signed request, where the ground is that it asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
}

/// The contract by which a child is enrolled.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolIn {
    /// Its number and its day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractIn>,
}

/// One act on a referral, which the journal says as `told`: checks who and where, lets `change` do it and save it, and
/// journals.
pub(crate) fn on_referral(
    office: &Office,
    caller: &Caller,
    act: Act,
    number: &str,
    told: fn(ReferralChanged) -> ChildAct,
    evidence: Option<&str>,
    mut change: impl FnMut(&mut Transaction<'_>, &mut InHand, &Bound<'_>) -> Result<Turned, Problem>,
) -> Result<Answer, Problem> {
    caller.principal.role_may(act)?;
    let home = home_of(number, Numbered::Referral, "referral")?;
    let mut faults = FieldFaults::default();
    let evidence =
        evidence.filter(|words| !words.trim().is_empty()).and_then(|words| faults.text("evidence", words, 2_000));
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let mut hand = in_hand(tx.conn(), &caller.principal, act, number)?;
        let bound = office.bound(hand.application.territory, tx.at())?;
        let turned = change(tx, &mut hand, &bound)?;
        let done = Changed { act, told, turned, evidence: evidence.as_deref() };
        changed(office, tx, caller, &hand, done)
    })
}

/// What was done with a referral, before it is settled and told.
struct Changed<'a> {
    act: Act,
    told: fn(ReferralChanged) -> ChildAct,
    turned: Turned,
    evidence: Option<&'a str>,
}

/// Settles what an act on a referral has moved, and journals it.
fn changed(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    hand: &InHand,
    done: Changed<'_>,
) -> Result<Written<ReferralView>, Problem> {
    let Changed { act, told, turned, evidence } = done;
    let InHand { referral: Referral { home, number, .. }, .. } = hand;
    let departed = if act == Act::Enrol { departures::leave_for_transfer(office, tx, hand)? } else { None };
    entry::settle(tx, &office.rules, hand.application.queue, turned)?;
    let case = ends::case_of_referral_act(office, tx, caller, act, hand)?;
    let of = Subject::seat(&hand.application.number);
    if let Some(words) = evidence {
        keys::keep(tx, *home, of.clone(), &json!({"evidence": words}))?;
    }
    let changed = ReferralChanged {
        referral: number.clone(),
        application: hand.application.number.clone(),
        place: hand.referral.place.clone(),
        status: hand.referral.status,
        ground: hand.referral.ground.clone(),
        valid_until: hand.referral.valid_until_on,
        role: caller.principal.role,
        case,
        departed: departed.map(|departed| departed.told()),
    };
    let (actor, territory) = (caller.principal.id.clone(), hand.application.territory);
    let entry = Entry { home: *home, act: told(changed).told_to(of), actor, territory };
    let mut value = view(&hand.referral, None);
    value.case = cases::of_referral(tx.conn(), number)?.map(|case| case.number);
    Ok(Written { value, entries: vec![entry] })
}

/// The kindergarten has the referral and the documents in hand.
///
/// # Errors
/// 403, 404, 409 where it is not in force.
pub fn present(office: &Office, caller: &Caller, number: &str) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Present, number, ChildAct::Present, None, |tx, hand, _| {
        life::advance(tx, &mut hand.referral, ReferralAct::Present)?;
        let today = office.day(hand.application.territory, tx.at());
        if today > hand.referral.valid_until_on {
            let message = format!(
                "referral {} was good through {}; ask the authority to extend it or to issue a new one",
                hand.referral.number, hand.referral.valid_until_on
            );
            return Err(Problem::conflict("referral_expired", message));
        }
        referrals::update(tx, &hand.referral)?;
        Ok(Turned::Stayed)
    })
}

/// The contract is made: the child leaves the queue, its turn is spent, the place is filled. The family is told, and may object.
///
/// # Errors
/// 403, 404, 409 where it was not presented, 422 without the contract.
pub fn enrol(office: &Office, caller: &Caller, number: &str, sent: &EnrolIn) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Enrol, number, ChildAct::Enrol, None, |tx, hand, _| {
        hand.enrol(office, tx, &caller.principal, sent.contract.as_ref())
    })
}

/// The kindergarten refuses with a listed ground: the place is published again, the entry waits on with its turn.
///
/// # Errors
/// 403, 404, 409, 422 for a ground that is not listed.
pub fn refuse_referral(office: &Office, caller: &Caller, number: &str, sent: &GroundIn) -> Result<Answer, Problem> {
    on_referral(
        office,
        caller,
        Act::RefuseReferral,
        number,
        ChildAct::RefuseReferral,
        sent.evidence.as_deref(),
        |tx, hand, bound| {
            if bound.profile.kindergarten_refusal(&sent.ground).is_none() {
                let listed = bound.profile.kindergarten_refusals.iter().map(|g| g.code.as_str());
                return Err(not_listed(listed));
            }
            hand.end(tx, &office.rules, ReferralAct::Refuse, Some(&sent.ground))
        },
    )
}

/// The authority takes the referral back with a listed ground. At the family's request it rests on its paper, or waits for a second
/// person.
///
/// # Errors
/// 403, 404, 409, 422 for a ground that is not listed.
pub fn annul(office: &Office, caller: &Caller, number: &str, sent: &AnnulIn) -> Result<Answer, Problem> {
    if sent.ground == APPLICANT_REQUEST {
        return ask_to_annul(office, caller, number, sent);
    }
    on_referral(office, caller, Act::Annul, number, ChildAct::Annul, sent.evidence.as_deref(), |tx, hand, bound| {
        if bound.profile.annul_ground(&sent.ground).is_none() {
            return Err(not_listed(bound.profile.annul_grounds.iter().map(|g| g.code.as_str())));
        }
        let turned = hand.end(tx, &office.rules, ReferralAct::Annul, Some(&sent.ground))?;
        tell_family(tx, &hand.application, Notice::Annulled)?;
        Ok(turned)
    })
}

fn ask_to_annul(office: &Office, caller: &Caller, number: &str, sent: &AnnulIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Annul)?;
    let home = home_of(number, Numbered::Referral, "referral")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let hand = in_hand(tx.conn(), &caller.principal, Act::Annul, number)?;
        let bound = office.bound(hand.application.territory, tx.at())?;
        if bound.profile.annul_ground(APPLICANT_REQUEST).is_none() {
            return Err(not_listed(bound.profile.annul_grounds.iter().map(|g| g.code.as_str())));
        }
        if hand.referral.status.after(ReferralAct::Annul).is_none() {
            return Err(life::wrong_state(&hand.referral, ReferralAct::Annul));
        }
        let word = Word { request: sent.request.as_ref(), reason: sent.evidence.as_deref() };
        match takings::weigh(office, tx, caller, &hand.application, word, json!({"referral": number}))? {
            Weighed::Now(warrant) => {
                let Written { value, entries } =
                    annul_at_request(office, tx, caller, hand, warrant, sent.evidence.as_deref())?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &hand.application, act: TakingAct::Annul };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Takes a referral back at the family's request, on a warrant.
pub(crate) fn annul_at_request(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut hand: InHand,
    warrant: Warrant,
    evidence: Option<&str>,
) -> Result<Written<ReferralView>, Problem> {
    let before = hand.application.clone();
    let turned = hand.end(tx, &office.rules, ReferralAct::Annul, Some(APPLICANT_REQUEST))?;
    let aim = Aim { application: &before, act: TakingAct::Annul };
    let taken = Taken { referral: Some(hand.referral.number.clone()), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, &hand.application, Notice::Annulled, &json!({"until": until.to_string()}))?;
    let done = Changed { act: Act::Annul, told: ChildAct::Annul, turned, evidence };
    changed(office, tx, caller, &hand, done)
}

/// The term of a referral is extended, once and as far as the profile allows.
///
/// # Errors
/// 403, 404, 409 where the profile does not extend or the referral was extended or is not in force.
pub fn extend(office: &Office, caller: &Caller, number: &str) -> Result<Answer, Problem> {
    on_referral(office, caller, Act::Extend, number, ChildAct::Extend, None, |tx, hand, bound| {
        let Some(allowance) = bound.profile.extension.value else {
            let message = format!("profile {} does not extend referrals", bound.profile.code);
            return Err(Problem::conflict("extension_not_allowed", message));
        };
        if hand.referral.extended {
            return Err(Problem::conflict(
                "already_extended",
                "this referral was extended once, which is all there is",
            ));
        }
        life::advance(tx, &mut hand.referral, ReferralAct::Extend)?;
        let start = bound.profile.counting_start.value;
        hand.referral.valid_until_on =
            office.rules.calendar.last_day(hand.referral.valid_until_on, allowance.term, start).value;
        hand.referral.extended = true;
        referrals::update(tx, &hand.referral)?;
        Ok(Turned::Stayed)
    })
}

pub(crate) fn not_listed<'a>(listed: impl Iterator<Item = &'a str>) -> Problem {
    let codes: Vec<&str> = listed.collect();
    Problem::invalid("ground", "ground_not_listed", format!("use one of: {}", codes.join(", ")))
}
