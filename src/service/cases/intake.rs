//! An incomplete package: what is handed back, and the receipt that says so.

use serde_json::json;

use crate::domain::codes::ResultKind;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::rules::Bound;
use crate::service::kernel::authority::Authority;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::{Caller, Office};
use crate::service::papers::results;
use crate::store::{Entry, Written};
use crate::trust::act::{ChildAct, IntakeRefused};
use crate::trust::subject::{Subject, SubjectKind};

/// Refuses to accept an incomplete package, and keeps the receipt that says so.
pub(crate) fn refuse_intake(
    office: &Office,
    caller: &Caller,
    bound: &Bound<'_>,
    territory: Kato,
    missing: &[&str],
) -> Result<Problem, Problem> {
    let home = territory.home();
    let answer = office.perform(caller, &[home], 422, |tx| {
        let number = tx.next_number(home, Numbered::Result)?.to_string();
        // The receipt is the counter's where the package was brought, whatever the worker's reach.
        let authority = Authority { territory, ..Authority::signing(tx, &caller.principal, territory)? };
        let receipt = results::refusal_receipt(&office.rules, bound, &number, &authority, tx.at(), missing);
        crate::store::results::insert(tx, std::slice::from_ref(&receipt))?;
        let told = IntakeRefused {
            result: number.clone(),
            kind: ResultKind::RefusalReceipt,
            missing: missing.iter().map(|&code| code.to_owned()).collect(),
            role: caller.principal.role,
        };
        // It has neither an application nor a case: it is known by its receipt.
        let act = ChildAct::RefuseIntake(told).told_to(Subject::of(SubjectKind::Case, &number));
        let entry = Entry { home, act, actor: caller.principal.id.clone(), territory };
        Ok(Written { value: number, entries: vec![entry] })
    })?;
    let receipt: String = serde_json::from_str(&answer.body).unwrap_or_default();
    let message = format!(
        "the package is incomplete, so the application is not accepted; add {} and hand it in again; receipt {receipt}",
        missing.join(", ")
    );
    Ok(Problem::new(Kind::Invalid, "intake_refused", message)
        .with("missing", missing)
        .with("receipt", json!({"id": receipt, "html": format!("/api/v1/documents/{receipt}")})))
}
