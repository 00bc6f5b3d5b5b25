//! What a decision does to the application that waits: its result, its place in the queue, and a referral where the rules give
//! one at once.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::{Decision, ResultKind, Status};
use crate::domain::life::Step;
use crate::domain::queue::Numbered;
use crate::rules::Bound;
use crate::rules::sourced::RuleGround;
use crate::service::applications::entry;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::problem::Problem;
use crate::service::office::{Caller, Office};
use crate::service::papers::results;
use crate::service::positions::view;
use crate::service::referrals::issuing;
use crate::service::rounds::refer;
use crate::store::{Transaction, child_claims};
use crate::trust::act::{ApplicationDecided, IssuedResult};

/// What a decision made of an application.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Decided {
    /// The number of the application that was decided.
    pub number: String,
    /// `accepted` or `refused`, as it was sent.
    #[schema(value_type = String)]
    pub decision: Decision,
    /// The status after it.
    #[schema(value_type = String)]
    pub status: Status,
    /// The position, unless the service was refused.
    pub position: Option<u64>,
    /// How many live entries the queue has; none where there is no position.
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
pub(crate) struct Settlement {
    pub(crate) value: Decided,
    pub(crate) told: ApplicationDecided,
}

/// A result, by its id.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ResultView {
    /// Its id, for `GET /api/v1/documents/{id}`.
    pub id: String,
    /// What it is: the code of a result of the regulation.
    pub kind: String,
}

/// Accepts an application: its result is made, and a referral with it where the rules give one at once.
pub(crate) fn accept(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    bound: &Bound<'_>,
    case: Option<&str>,
) -> Result<Settlement, Problem> {
    let home = application.home;
    let turned = entry::step(tx, &office.rules, &mut application, Step::Accept)?;
    application.decision = Decision::Accepted;
    crate::store::applications::save_standing(tx, [&application])?;
    let authority = Authority::signing(tx, &caller.principal, application.territory)?;
    let immediate = immediate(office, tx, &mut application, bound, &authority)?;
    let (mut result, referral) = match immediate {
        Some(issued) => (issued.result, Some(issued.referral.number)),
        None => {
            office.follow_locked(tx, home)?;
            let view = view::position_of(office, &application.number, tx.at());
            let id = tx.next_number(home, Numbered::Result)?.to_string();
            let issue = results::Issue { id: &id, application: &application, case, signer: &authority, at: tx.at() };
            let result = results::notification(office, tx.conn(), &issue, bound, view.as_ref())?;
            (result, None)
        }
    };
    result.case = case.map(str::to_owned);
    crate::store::results::insert(tx, std::slice::from_ref(&result))?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    office.follow_locked(tx, home)?;
    let view = view::position_of(office, &application.number, tx.at());
    let told = ApplicationDecided {
        application: application.number.clone(),
        decision: Decision::Accepted,
        grounds: Vec::new(),
        role: caller.principal.role,
        regulation: bound.regulation.id.clone(),
        result: IssuedResult { id: result.id.clone(), kind: result.kind.clone() },
        referral: referral.clone(),
        case: None,
    };
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
    Ok(Settlement { value, told })
}

pub(crate) fn immediate(
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
    refer::issue_at_once(office, tx, application, bound, authority)
}

/// Refuses an application with grounds of the act: it leaves the queue without a turn.
pub(crate) fn refuse(
    office: &Office,
    tx: &mut Transaction<'_>,
    caller: &Caller,
    mut application: Application,
    bound: &Bound<'_>,
    case: Option<&str>,
    grounds: &[RuleGround],
) -> Result<Settlement, Problem> {
    let home = application.home;
    let turned = entry::step(tx, &office.rules, &mut application, Step::Refuse)?;
    application.decision = Decision::Refused;
    crate::store::applications::save_standing(tx, [&application])?;
    child_claims::release(tx, &application.child, &application.number)?;
    entry::settle(tx, &office.rules, application.queue, turned)?;
    let id = tx.next_number(home, Numbered::Result)?.to_string();
    let authority = Authority::signing(tx, &caller.principal, application.territory)?;
    let issue = results::Issue { id: &id, application: &application, case, signer: &authority, at: tx.at() };
    let result = results::reasoned_refusal(office, tx.conn(), &issue, bound, grounds)?;
    crate::store::results::insert(tx, std::slice::from_ref(&result))?;
    let told = ApplicationDecided {
        application: application.number.clone(),
        decision: Decision::Refused,
        grounds: grounds.iter().map(|g| g.code.clone()).collect(),
        role: caller.principal.role,
        regulation: bound.regulation.id.clone(),
        result: IssuedResult { id: id.clone(), kind: result.kind.clone() },
        referral: None,
        case: None,
    };
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
    Ok(Settlement { value, told })
}
