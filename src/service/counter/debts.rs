//! Who is owed a place: theirs was taken and given on, and they have undone the taking.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::instant::instant_text;
use crate::domain::taking::Debt;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::query;
use crate::service::office::Office;
use crate::store::takings;

/// Most entries of the list.
const OWED_MAX: i64 = 1_000;

/// Who is owed a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DebtView {
    /// The number of the application.
    pub application: String,
    /// The id of the kindergarten whose place it was.
    pub kindergarten: String,
    /// The id of the group there.
    pub group: String,
    /// Since when.
    pub since: String,
    /// What was undone.
    pub taking: String,
}

/// Those who are owed a place, the oldest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Debts {
    /// They wait in their queues, at their own turns.
    pub debts: Vec<DebtView>,
}

/// Which of them are asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct DebtsIn {
    /// A KATO code; this territory and all below.
    #[serde(default)]
    pub territory: String,
}

/// Who is owed a place in a territory, because theirs was taken and given on.
///
/// # Errors
/// 403, 422.
pub fn debts(office: &Office, principal: &Principal, sent: &DebtsIn) -> Result<Debts, Problem> {
    principal.role_may(Act::ReadDebts)?;
    let territory = query::territory(&sent.territory)?;
    principal.may(Act::ReadDebts, territory)?;
    let owed = office.store.read(|conn| takings::owed(conn, territory, OWED_MAX))?;
    let view = |debt: Debt| DebtView {
        application: debt.application,
        kindergarten: debt.kindergarten,
        group: debt.group,
        since: instant_text(debt.owed_at),
        taking: debt.taking,
    };
    Ok(Debts { debts: owed.into_iter().map(view).collect() })
}
