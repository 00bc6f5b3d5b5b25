//! A child leaves its kindergarten: at the family's word at once. On the kindergarten's alone it waits for the department, until the
//! family has had its term to object; its place is free only then.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::codes::{Notice, Status};
use crate::domain::queue::Numbered;
use crate::domain::referral::ReferralAct;
use crate::domain::taking::TakingAct;
use crate::service::applications::handed_in::read_date;
use crate::service::applications::signed::RequestIn;
use crate::service::applications::takings::{self, Aim, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::departures::{Departed, end_enrolment};
use crate::service::referrals::life::{InHand, in_hand, wrong_state};
use crate::store::{Entry, Transaction, Written, transfers};
use crate::trust::act::{ChildAct, Departure};
use crate::trust::subject::Subject;

/// The end of an enrolment.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DepartureIn {
    /// The last day on which the child attends, `YYYY-MM-DD`.
    #[schema(example = "2026-09-30")]
    pub last_day: String,
    /// Why the contract ends. By the kindergarten or the department without the family's request it is asked for.
    #[serde(default)]
    pub reason: String,
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
}

/// The child of an enrolment leaves the kindergarten: the place is free from the day after, and the child may be
/// registered again.
///
/// # Errors
/// 403, 404, 409 where the child is not enrolled by this referral, 422.
pub fn depart(office: &Office, caller: &Caller, number: &str, sent: &DepartureIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Depart)?;
    let home = home_of(number, Numbered::Referral, "referral")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let hand = in_hand(tx.conn(), &caller.principal, Act::Depart, number)?;
        let today = office.day(hand.application.territory, tx.at());
        let mut faults = FieldFaults::default();
        let last_day = read_date(&mut faults, "last_day", &sent.last_day);
        if last_day.is_some_and(|on| (on - today).num_days().abs() > 400) {
            faults.add("last_day", "wrong_date", "the last day lies more than a year away; check it");
        }
        faults.check()?;
        if hand.application.status != Status::Enrolled {
            return Err(wrong_state(&hand.referral, ReferralAct::Depart));
        }
        let last_day = last_day.unwrap_or(today);
        let word = Word { request: sent.request.as_ref(), reason: Some(&sent.reason) };
        let body = json!({"referral": number, "last_day": last_day.to_string()});
        match takings::weigh(office, tx, caller, &hand.application, word, body)? {
            Weighed::Now(warrant) => {
                let Written { value, entries } =
                    leave(office, tx, caller, hand, warrant, last_day, Some(&sent.reason))?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &hand.application, act: TakingAct::Depart };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Ends an enrolment on a warrant.
pub(crate) fn leave(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut hand: InHand,
    warrant: Warrant,
    last_day: NaiveDate,
    reason: Option<&str>,
) -> Result<Written<Departed>, Problem> {
    let before = hand.application.clone();
    let heir = transfers::open_beside(tx.conn(), &before.number)?;
    let departed = end_enrolment(office, tx, &mut hand, last_day, heir)?;
    let of = Subject::seat(&before.number);
    keys::keep(tx, before.home, of.clone(), &json!({"reason": reason}))?;
    let aim = Aim { application: &before, act: TakingAct::Depart };
    let taken = Taken { referral: Some(hand.referral.number.clone()), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, &before, Notice::Departed, &json!({"until": until.to_string()}))?;
    let told = Departure { departed: departed.told(), last_day, role: caller.principal.role };
    let act = ChildAct::Depart(told).told_to(of);
    let actor = caller.principal.id.clone();
    let entry = Entry { home: before.home, act, actor, territory: before.territory };
    Ok(Written { value: departed, entries: vec![entry] })
}
