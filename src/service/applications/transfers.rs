//! A transfer: a child that is enrolled asks for another kindergarten of the same home.
//!
//! The request is an application like any other, with a seat of its own in the queue, and it names kindergartens. The child
//! keeps its place until the contract of a better one is made; that act ends the old enrolment and frees its place. So
//! nobody loses a place by asking, and nobody who waits is passed by: the request stands behind all who asked before.

use super::duplicate::duplicate;
use super::handed_in::Checked;
use crate::domain::codes::{ReferralStatus, Status};
use crate::service::kernel::permissions::Principal;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::store::connection::AnyConnection;
use crate::store::{Transaction, child_claims, referrals, transfers};

/// The enrolment that a request for a transfer would leave.
///
/// # Errors
/// 409 where the child is not enrolled in this home, or asked before; 422 where it names no other kindergarten.
pub(crate) fn enrolment(tx: &mut Transaction<'_>, principal: &Principal, checked: &Checked) -> Result<String, Problem> {
    let home = checked.queue_territory.home();
    let iin = tx.look_up()?.blind(checked.child.iin);
    let claim = child_claims::holder(tx.conn(), iin)?;
    let Some(claim) = claim.filter(|claim| claim.status == Status::Enrolled) else {
        let message = "this child is not enrolled, so there is nothing to transfer; register it without `transfer`";
        return Err(Problem::conflict("nothing_to_transfer", message));
    };
    if claim.home != home {
        let message = "this child is enrolled in another district; a transfer stays in one. Its kindergarten ends the \
                       enrolment, then it can be registered here";
        return Err(Problem::conflict("transfer_other_home", message));
    }
    if let Some(open) = transfers::open_beside(tx.conn(), &claim.application)? {
        return Err(duplicate(principal, &child_claims::Claim { application: open, status: Status::InQueue, ..claim }));
    }
    let mut faults = FieldFaults::default();
    check_wishes(tx.conn(), &mut faults, &claim.application, &checked.preferences)?;
    faults.check()?;
    Ok(claim.application)
}

/// Holds the wishes of a transfer against the enrolment: some other kindergarten, and not the one where the child is.
pub(crate) fn check_wishes(
    conn: &mut AnyConnection,
    faults: &mut FieldFaults,
    enrolment: &str,
    wishes: &[String],
) -> Result<(), Problem> {
    if wishes.is_empty() {
        faults.add("preferences", "transfer_without_wish", "name the kindergartens that the child would rather attend");
    }
    let all = referrals::of_application(conn, enrolment)?;
    let now = all.into_iter().find(|r| r.status == ReferralStatus::Enrolled).map(|r| r.kindergarten);
    if let Some(n) = wishes.iter().position(|wish| Some(wish) == now.as_ref()) {
        let message = "the child is enrolled in this kindergarten; name others only";
        faults.add(&format!("preferences[{n}]"), "already_there", message);
    }
    Ok(())
}
