//! One active application per child in the country: the claim, and who holds it already.

use super::handed_in::Checked;
use crate::domain::codes::Status;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::store::{Transaction, child_claims};

pub(crate) const DUPLICATE: &str = "this child already has an active application, so the new one was not registered; amend or withdraw the existing one";

pub(crate) const ENROLLED: &str = "this child is enrolled already, so the new application was not registered; \
     for another kindergarten send it with `transfer`, or let the kindergarten end the enrolment first";

/// Takes the child's claim for an application, or says who holds it.
pub(crate) fn take_claim(
    tx: &mut Transaction<'_>,
    principal: &Principal,
    of: &Checked,
    number: &str,
) -> Result<(), Problem> {
    if child_claims::take(tx, of.child.iin, of.queue_territory.home(), number)? {
        return Ok(());
    }
    let iin = tx.look_up()?.blind(of.child.iin);
    let claim = child_claims::holder(tx.conn(), iin)?;
    Err(duplicate(principal, &claim.ok_or_else(|| Problem::conflict("duplicate", DUPLICATE))?))
}

/// The conflict that names the existing application to one who may see it.
pub(crate) fn duplicate(principal: &Principal, claim: &child_claims::Claim) -> Problem {
    let message = if claim.status == Status::Enrolled { ENROLLED } else { DUPLICATE };
    let problem = Problem::conflict("duplicate", message);
    match principal.may(Act::ReadApplication, claim.territory) {
        Ok(()) => problem.with("application", &claim.application).with("current_status", claim.status),
        Err(_) => problem,
    }
}
