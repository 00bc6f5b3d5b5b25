//! The end of an application at the family's wish.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::case::CaseAct;
use crate::domain::codes::{Notice, Status};
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::domain::referral::ReferralAct;
use crate::domain::taking::TakingAct;
use crate::service::applications::entry::{self, Stands};
use crate::service::applications::signed::RequestIn;
use crate::service::applications::takings::{self, Aim, Outcome, Taken, Warrant, Weighed, Word};
use crate::service::cases::travel;
use crate::service::kernel::keys;
use crate::service::kernel::notices::tell_family_of;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::own::may_on;
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Answer, Caller, Office};
use crate::service::referrals::life::end;
use crate::store::{Entry, Transaction, Written, child_claims, referrals};
use crate::trust::act::{ChildAct, Withdrawal};
use crate::trust::subject::Subject;

/// The end of an application at the wish of whoever handed it in.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawIn {
    /// Why. By an official without the family's request it is asked for, and a second person confirms.
    #[serde(default)]
    pub reason: Option<String>,
    /// The family's signed request, brought by an official: it takes effect at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestIn>,
}

/// Takes an application back: at once by the family or on its paper; by an official alone it waits for a second person.
///
/// # Errors
/// 403, 404, 409 for an application that has ended, 422.
pub fn withdraw(office: &Office, caller: &Caller, number: &str, sent: &WithdrawIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Withdraw)?;
    let home = home_of(number, Numbered::Application, "application")?;
    office.perform_as(caller, &[home], Outcome::status, |tx| {
        let application = load(tx.conn(), number)?;
        may_on(tx.conn(), &caller.principal, Act::Withdraw, &application)?;
        entry::may_follow(&application, Step::Withdraw)?;
        let word = Word { request: sent.request.as_ref(), reason: sent.reason.as_deref() };
        match takings::weigh(office, tx, caller, &application, word, json!({}))? {
            Weighed::Now(warrant) => {
                let Written { value, entries } =
                    take_back(office, tx, caller, application, warrant, sent.reason.as_deref())?;
                Ok(Written { value: Outcome::Done(value), entries })
            }
            Weighed::Later(asked) => {
                let aim = Aim { application: &application, act: TakingAct::Withdraw };
                let (waiting, entry) = takings::ask(office, tx, caller, &aim, &asked)?;
                Ok(Written { value: Outcome::Waiting(waiting), entries: vec![entry] })
            }
        }
    })
}

/// Ends an application on a warrant.
pub(crate) fn take_back(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    warrant: Warrant,
    reason: Option<&str>,
) -> Result<Written<Stands>, Problem> {
    let before = application.clone();
    let turned = entry::step(tx, &office.rules, &mut application, Step::Withdraw)?;
    let freed = if before.status == Status::Referred { free_place_of(tx, &application, "withdrawn")? } else { None };
    let ended = travel::end_of_application(&office.rules, tx, &application.number, CaseAct::Withdraw)?;
    child_claims::release(tx, &application.child, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    let of = Subject::seat(&application.number);
    keys::keep(tx, application.home, of.clone(), &json!({"reason": reason}))?;
    let (annulled, place_freed) = freed.unzip();
    let aim = Aim { application: &before, act: TakingAct::Withdraw };
    let taken = Taken { referral: annulled.clone(), ..Taken::default() };
    let until = takings::note(office, tx, &caller.principal, &aim, warrant, &taken)?;
    tell_family_of(tx, &application, Notice::Withdrawn, &json!({"until": until.to_string()}))?;
    let withdrawn = Withdrawal {
        application: application.number.clone(),
        role: caller.principal.role,
        place_freed,
        referral_annulled: annulled,
        cases: ended,
    };
    let act = ChildAct::Withdraw(withdrawn).told_to(of);
    let actor = caller.principal.id.clone();
    let entry = Entry { home: application.home, act, actor, territory: application.territory };
    Ok(Written { value: Stands { number: application.number, status: application.status }, entries: vec![entry] })
}

/// Annuls the open referral of an application that ends, and publishes its place again; gives both.
pub(super) fn free_place_of(
    tx: &mut Transaction<'_>,
    application: &Application,
    ground: &str,
) -> Result<Option<(String, String)>, Problem> {
    let all = referrals::of_application(tx.conn(), &application.number)?;
    let Some(mut referral) = all.into_iter().find(|r| r.status.is_open()) else { return Ok(None) };
    end(tx, &mut referral, ReferralAct::Annul, Some(ground))?;
    Ok(Some((referral.number, referral.place)))
}
