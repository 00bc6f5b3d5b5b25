//! Where an application stands: its tier by the claims that count, and the queue effects of a change.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::application::{Application, CategoryClaim};
use crate::domain::codes::{ProofStatus, Status, Turn};
use crate::domain::life::{self, Step};
use crate::domain::queue::QueueKey;
use crate::rules::Rules;
use crate::rules::profile::Profile;
use crate::service::journal::effects::{Effect, JoinEffect};
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::store::{Transaction, applications, queues};

/// The tier by the claims that count: claimed and confirmed ones do, rejected ones do not.
pub(crate) fn tier(profile: &Profile, claims: &[CategoryClaim]) -> u8 {
    profile.tier_of(claims.iter().filter(|c| c.status != ProofStatus::Rejected).map(|c| c.code.as_str()))
}

/// Settles a queue at the end of an act that moved some of its turns, and says so if its counters changed. An act that moved
/// none leaves the queue as it was: whoever follows the journal knows nothing of it either.
pub(crate) fn settle(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    queue: QueueKey,
    effects: &mut Vec<Effect>,
) -> Result<(), Problem> {
    if effects.iter().any(Effect::moves) {
        effects.extend(settled(tx, rules, queue)?);
    }
    Ok(())
}

/// Settles a queue whose turns an act has moved; its counters, if they changed.
pub(crate) fn settled(tx: &mut Transaction<'_>, rules: &Rules, queue: QueueKey) -> Result<Option<Effect>, Problem> {
    let mixed = ordering::mix(rules, queue, tx.at()).is_some();
    Ok(queues::settle(tx, queue, mixed)?.map(|counters| Effect::counters(queue, counters)))
}

/// Takes one step in an application's life, saves it and gives what it did to its queue (not yet settled).
///
/// # Errors
/// 409 where the step cannot follow the status.
pub(crate) fn step(
    tx: &mut Transaction<'_>,
    rules: &Rules,
    application: &mut Application,
    step: Step,
) -> Result<Vec<Effect>, Problem> {
    let before = application.status;
    let Some(after) = life::after(before, application.decision, step) else {
        return Err(cannot(application, step));
    };
    let was_live = life::is_live(before);
    application.status = after;
    application.turn = match life::turn(after, application.tier) {
        _ if step == Step::Depart => application.turn,
        Turn::Spent if ordering::mix(rules, application.queue, tx.at()).is_none() => Turn::None,
        turn => turn,
    };
    applications::save_standing(tx, application)?;
    let number = application.number.clone();
    Ok(match (was_live, life::is_live(after)) {
        (true, true) if before == after => Vec::new(),
        (true, true) | (false, false) => vec![Effect::Status { application: number, status: after }],
        (true, false) if after == Status::Enrolled => vec![Effect::Spend { application: number }],
        (true, false) => vec![Effect::Leave { application: number, status: after }],
        (false, true) => vec![Effect::Restore(JoinEffect::of(application))],
    })
}

fn cannot(application: &Application, step: Step) -> Problem {
    let Application { number, status, decision, .. } = application;
    let message = format!(
        "application {number} is {status} with its case {decision}: {} cannot follow; look at the application first",
        step.word()
    );
    Problem::conflict("wrong_state", message).with("current_status", status).with("decision", decision)
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
