//! A child has died: one act with a document. The application is closed, its place is free again, and nobody writes to the family any
//! more; but it is weighed like a taking, for a place is taken, and one word of the family undoes what was an error.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::case::CaseAct;
use crate::domain::codes::{Notice, ReferralStatus, Status};
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::domain::referral::ReferralAct;
use crate::domain::taking::{Rest, TakingAct};
use crate::service::applications::entry::{self, Stands};
use crate::service::applications::handed_in::read_date;
use crate::service::applications::signed::{RequestIn, read_request};
use crate::service::applications::takings::{self, Aim, Asked, Outcome, Taken, Warrant, Weighed};
use crate::service::cases::travel;
use crate::service::kernel::keys;
use crate::service::kernel::notices::{FAMILY, tell_department, tell_family_of};
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::departures::end_enrolment;
use crate::service::referrals::life::{InHand, end};
use crate::store::{Entry, Transaction, Written, applications, child_claims, outbox, referrals, transfers};
use crate::trust::act::{ChildAct, DeathEntered};
use crate::trust::subject::Subject;

/// Longest number of a document.
const DOCUMENT_MAX: usize = 200;

/// By what it is known that a child has died.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeathIn {
    /// The number of the document, and who has issued it.
    pub document: String,
    /// The day of the death, `YYYY-MM-DD`.
    #[schema(example = "2026-11-20")]
    pub on: String,
    /// The id of the document's scan (`POST /api/v1/papers`): with it the act takes effect at once; without it a second person confirms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<String>,
}

/// Enters that the child of an application has died.
///
/// # Errors
/// 403, 404, 409 for an application that has ended, 422.
pub fn enter(office: &Office, caller: &Caller, number: &str, sent: &DeathIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::EnterDeath)?;
    let home = home_of(number, Numbered::Application, "application")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::EnterDeath, application.territory)?;
        may_close(tx, &application)?;
        match weigh(office, tx, caller, &application, sent)? {
            Weighed::Now(warrant) => {
                let Written { value, entries } = close(office, tx, caller, application, warrant)?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &application, act: TakingAct::Death };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// A document whose scan is kept is believed at once, as a family's paper is; otherwise two officials vouch for it.
fn weigh(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: &Application,
    sent: &DeathIn,
) -> Result<Weighed, Problem> {
    let mut faults = FieldFaults::default();
    let document = faults.text("document", &sent.document, DOCUMENT_MAX);
    let on = read_date(&mut faults, "on", &sent.on);
    let today = office.day(application.territory, tx.at());
    if on.is_some_and(|on: NaiveDate| on > today) {
        faults.add("on", "wrong_date", "the day lies in the future; check it");
    }
    let body = json!({"document": document, "on": sent.on});
    let Some(scan) = &sent.scan else {
        faults.check()?;
        return Ok(Weighed::Later(Asked { body, reason: document, paper: None }));
    };
    let paper = RequestIn { number: sent.document.clone(), on: sent.on.clone(), scan: scan.clone() };
    let paper = read_request(office, tx, &mut faults, application, &paper, None)?;
    faults.check()?;
    let asked = Asked { body, reason: None, paper };
    if takings::too_many_on_paper(office, tx, &caller.principal, application)? {
        tell_department(tx, application, Notice::PaperTakings)?;
        return Ok(Weighed::Later(asked));
    }
    Ok(Weighed::Now(Warrant::Word { rests_on: Rest::Paper, asked }))
}

fn may_close(tx: &mut Transaction<'_>, application: &Application) -> Result<(), Problem> {
    if application.status != Status::Enrolled {
        return entry::may_follow(application, Step::Die).map(drop);
    }
    match transfers::open_beside(tx.conn(), &application.number)? {
        Some(transfer) => {
            let message =
                format!("the child waits for a transfer too, application {transfer}; enter its death there first");
            Err(Problem::conflict("transfer_open", message).with("application", transfer))
        }
        None => Ok(()),
    }
}

/// Closes the application on a warrant.
pub(crate) fn close(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    application: Application,
    warrant: Warrant,
) -> Result<Written<Stands>, Problem> {
    may_close(tx, &application)?;
    let before = application.clone();
    let Freed { status, referral, place } = free(office, tx, application)?;
    let cases = travel::end_of_application(&office.rules, tx, &before.number, CaseAct::Close)?;
    withdraw_messages(tx, &before)?;
    // The last message: whoever took the child for dead in error can be told so. It names neither the act nor the document.
    let until = takings::last_day(office, &before, tx.at())?;
    tell_family_of(tx, &before, Notice::ClosedOnDocument, &json!({"until": until.to_string()}))?;
    let aim = Aim { application: &before, act: TakingAct::Death };
    let taken = Taken { referral: referral.clone(), ..Taken::default() };
    takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    let (number, role) = (before.number.clone(), caller.principal.role);
    let told = DeathEntered { application: number.clone(), role, place_freed: place, referral_ended: referral, cases };
    let of = Subject::seat(&number);
    keys::keep(tx, before.home, of.clone(), &json!({"act": TakingAct::Death}))?;
    let act = ChildAct::EnterDeath(told).told_to(of);
    let actor = caller.principal.id.clone();
    let entry = Entry { home: before.home, act, actor, territory: before.territory };
    Ok(Written { value: Stands { number, status }, entries: vec![entry] })
}

/// What is free again.
struct Freed {
    status: Status,
    referral: Option<String>,
    place: Option<String>,
}

fn free(office: &Office, tx: &mut Transaction<'_>, mut application: Application) -> Result<Freed, Problem> {
    let all = referrals::of_application(tx.conn(), &application.number)?;
    if application.status == Status::Enrolled {
        let enrolled = all.into_iter().find(|referral| referral.status == ReferralStatus::Enrolled);
        let referral = enrolled.ok_or_else(|| Problem::not_found("referral"))?;
        let today = office.day(application.territory, tx.at());
        let mut hand = InHand { referral, application };
        let departed = end_enrolment(office, tx, &mut hand, today, None)?;
        let (referral, place) = (Some(departed.referral), Some(departed.place));
        return Ok(Freed { status: hand.application.status, referral, place });
    }
    let turned = entry::step(tx, &office.rules, &mut application, Step::Die)?;
    let open = all.into_iter().find(|referral| referral.status.is_open());
    let (mut referral, mut place) = (None, None);
    if let Some(mut open) = open {
        end(tx, &mut open, ReferralAct::Annul, Some("closed"))?;
        (referral, place) = (Some(open.number), Some(open.place));
    }
    child_claims::release(tx, &application.child, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    Ok(Freed { status: application.status, referral, place })
}

/// What was to be told of the child is told no more.
fn withdraw_messages(tx: &mut Transaction<'_>, of: &Application) -> Result<(), Problem> {
    for application in applications::of_child(tx.conn(), &of.child)? {
        let waiting = outbox::about(tx.conn(), &application.number)?;
        let own = waiting.iter().filter(|m| m.recipient == FAMILY && m.taken_at.is_none() && m.withdrawn_at.is_none());
        outbox::withdraw(tx, &own.map(|m| m.id.as_str()).collect::<Vec<_>>())?;
    }
    Ok(())
}
