//! An incomplete package: what is handed back, and the receipt that says so.

use serde_json::json;

use crate::domain::codes::ResultKind;
use crate::domain::kato::Kato;
use crate::domain::queue::Numbered;
use crate::rules::Bound;
use crate::service::kernel::problem::{Kind, Problem};
use crate::service::office::{Caller, Office};
use crate::service::papers::results;
use crate::store::{Entry, Said, Written};
use crate::trust::act::JournalAct;
use crate::trust::opening::{Subject, SubjectKind};

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
        let receipt = results::refusal_receipt(&office.rules, bound, &number, territory, tx.at(), missing);
        crate::store::results::insert(tx, std::slice::from_ref(&receipt))?;
        let entry = Entry {
            home,
            act: JournalAct::RefuseIntake,
            actor: caller.principal.id.clone(),
            territory,
            // It has neither an application nor a case: it is known by its receipt.
            said: Said::of(
                Subject::of(SubjectKind::Case, &number),
                json!({"result": number, "kind": ResultKind::RefusalReceipt, "missing": missing,
                    "role": caller.principal.role}),
            ),
        };
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
