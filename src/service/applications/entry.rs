//! Where an application stands: its tier by the claims that count, and whether a change moves a turn of its queue.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::{ProofStatus, Status, Turn};
use crate::domain::life::{self, Step};
use crate::domain::queue::QueueKey;
use crate::rules::Rules;
use crate::rules::profile::Profile;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::store::{Transaction, applications, queues};

/// The tier by the claims that count: claimed and confirmed ones do, rejected ones do not.
pub(crate) fn tier(profile: &Profile, claims: &[CategoryClaim]) -> u8 {
    profile.tier_of(claims.iter().filter(|c| c.status != ProofStatus::Rejected).map(|c| c.code.as_str()))
}

/// Whether a change moved a turn of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Turned {
    /// A turn came, went, was spent, or took another seat: the queue is settled at the end of the act.
    Moved,
    /// Every turn stays where it was.
    Stayed,
}

/// Settles a queue at the end of an act that moved some of its turns. An act that moved none leaves the queue as it was:
/// whoever follows the journal settles the queues in which a turn moved, and no others.
pub(crate) fn settle(tx: &mut Transaction<'_>, rules: &Rules, queue: QueueKey, turned: Turned) -> Result<(), Problem> {
    if turned == Turned::Moved {
        let mixed = ordering::mix(rules, queue, tx.at()).is_some();
        queues::settle(tx, queue, mixed)?;
    }
    Ok(())
}

/// Takes one step in an application's life, saves it and says whether its turn moved; its queue is not yet settled.
///
/// # Errors
/// 409 where the step cannot follow the status.
pub(crate) fn step(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    application: &mut Application,
    step: Step,
) -> Result<Turned, Problem> {
    let turned = take(tx, rules, application, step)?;
    applications::save_standing(tx, [&*application])?;
    Ok(turned)
}

/// As [`step`], for an act of many, which saves them at once.
///
/// # Errors
/// 409 where the step cannot follow the status.
pub(crate) fn take(
    tx: &Transaction<'_>,
    rules: &Rules,
    application: &mut Application,
    step: Step,
) -> Result<Turned, Problem> {
    let before = application.status;
    let after = may_follow(application, step)?;
    application.status = after;
    application.turn = match life::turn(after, application.tier) {
        _ if matches!(step, Step::Depart | Step::Stay) => application.turn,
        Turn::Spent if ordering::mix(rules, application.queue, tx.at()).is_none() => Turn::None,
        turn => turn,
    };
    Ok(if life::is_live(before) == life::is_live(after) { Turned::Stayed } else { Turned::Moved })
}

/// The status after a step that may be taken.
///
/// # Errors
/// 409 where the step cannot follow the status.
pub(crate) fn may_follow(application: &Application, step: Step) -> Result<Status, Problem> {
    let Application { number, status, decision, .. } = application;
    if let Some(after) = life::after(*status, *decision, step) {
        return Ok(after);
    }
    let message = format!(
        "application {number} is {status} with its case {decision}: {} cannot follow; look at the application first",
        step.word()
    );
    Err(Problem::conflict("wrong_state", message).with("current_status", status).with("decision", decision))
}

/// Where an application stands after an act.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Stands {
    /// Its number; after a move the new one.
    pub number: String,
    /// Its status once the act is done.
    #[schema(value_type = String)]
    pub status: Status,
}

/// Wishes are changed before a place is given, or after it was answered for.
pub(crate) fn without_place_in_hand(application: &Application) -> Result<(), Problem> {
    if matches!(application.status, Status::Referred | Status::Offered) {
        let message = format!("application {} has a place in hand; answer for it first", application.number);
        return Err(Problem::conflict("wrong_state", message));
    }
    Ok(())
}
