//! Erasure: a child whose applications have all ended is forgotten on a ground of the law. Its key is destroyed, so that nothing of
//! it can be read again, here, in a copy or in a backup that the keys of today open; its seats stay, and nobody behind moves.

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::application::Application;
use crate::domain::codes::Status;
use crate::domain::queue::Numbered;
use crate::domain::taking::{Taking, TakingStep};
use crate::service::kernel::keys;
use crate::service::kernel::numbers::{home_of, load};
use crate::service::kernel::permissions::Act;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::{Answer, Caller, Office};
use crate::store::{Entry, Keeper, Transaction, Written, applications, children, erasure, takings};
use crate::trust::act::{ChildAct, Erasure};
use crate::trust::subject::{Subject, SubjectKind};

/// Longest ground.
const GROUND_MAX: usize = 2_000;

/// Why a child is erased.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseIn {
    /// The ground: the law, and whose request or decision it is, without the child's name.
    pub ground: String,
}

/// What was erased.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Erased {
    /// The applications of the child in this district, whose seats stay.
    pub applications: Vec<String>,
}

/// Erases the child of an application in the whole district.
///
/// # Errors
/// 403, 404, 409 while an application of the child has not ended, 410 where it was erased before, 422.
pub fn erase(office: &Office, caller: &Caller, number: &str, sent: &EraseIn) -> Result<Answer, Problem> {
    caller.principal.role_may(Act::Erase)?;
    let home = home_of(number, Numbered::Application, "application")?;
    let mut faults = FieldFaults::default();
    let ground = faults.text("ground", &sent.ground, GROUND_MAX);
    faults.check()?;
    office.perform(caller, &[home], 200, |tx| {
        let application = load(tx.conn(), number)?;
        caller.principal.may(Act::Erase, application.territory)?;
        children::find(tx.conn(), office.store.vault(), &application.child)?;
        let all = applications::of_child(tx.conn(), &application.child)?;
        if let Some(open) = all.iter().find(|a| !has_ended(a.status)) {
            let message = format!(
                "application {} is {}; a child is erased when all its applications have ended",
                open.number, open.status
            );
            return Err(Problem::conflict("not_ended", message).with("application", &open.number));
        }
        for other in &all {
            caller.principal.may(Act::Erase, other.territory)?;
            none_to_undo(office, tx, other)?;
        }
        let of = Subject::of(SubjectKind::Person, &application.child);
        // Under the registry's key: the child's is destroyed.
        let kept = keys::keep_for(tx, home, Keeper::Registry, of.clone(), &json!({"ground": ground}))?;
        erasure::erase(tx, &application.child)?;
        let numbers: Vec<String> = all.into_iter().map(|a| a.number).collect();
        let told = Erasure { applications: numbers.clone(), facts: kept, role: caller.principal.role };
        let act = ChildAct::Erase(told).told_to(of);
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory: application.territory };
        Ok(Written { value: Erased { applications: numbers }, entries: vec![entry] })
    })
}

/// What the family may still undo is not put out of its reach.
fn none_to_undo(office: &Office, tx: &mut Transaction<'_>, application: &Application) -> Result<(), Problem> {
    let today = office.day(application.territory, tx.at());
    let all = takings::of_application(tx.conn(), &application.number)?;
    let open = |taking: &&Taking| taking.status.after(TakingStep::Undo).is_some() && today <= taking.until_on;
    let Some(taking) = all.iter().find(open) else { return Ok(()) };
    let message = format!(
        "until {} the family may undo what was taken in application {}; its child is erased after that day",
        taking.until_on, application.number
    );
    Err(Problem::conflict("may_be_undone", message).with("until", taking.until_on.to_string()))
}

fn has_ended(status: Status) -> bool {
    matches!(status, Status::Withdrawn | Status::Refused | Status::Closed)
}
