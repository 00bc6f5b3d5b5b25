//! A round over what is published now: as it stands, or in full runs with the instances that certify it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::across::Across;
use super::offer::{Bulletin, Call, Offered, offer_again};
use super::outcome::Outcome;
use super::scope::Scope;
use super::serve::{Remembered, stage};
use crate::domain::kindergarten::Group;
use crate::domain::queue::QueueKey;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::service::rounds::memory::StandingRounds;
use crate::store::connection::AnyConnection;
use crate::store::{families, homes, kindergartens, places};

/// A queue with what it is offered in a round.
#[derive(Default)]
pub(crate) struct Turnout {
    /// Whether places of other queues are among them.
    spilled: bool,
    offered: Vec<Offered>,
}

/// The round as it stands, from the standing rounds of its queues. For questions, and inside an act only before the act
/// has changed a row.
pub(crate) fn standing(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    rounds: &StandingRounds,
) -> Result<Outcome, Problem> {
    let head = homes::end_of(conn, scope.territory.home())?.head;
    let outcome = run(scope, conn, Some(Remembered { rounds, head: &head }))?;
    if rounds.is_compared() {
        let (stands, full) = (outcome.answered(), dry(scope, conn)?.answered());
        if stands != full {
            return Err(internal(format!("the standing round is {stands:?}, a full run {full:?}")));
        }
    }
    Ok(outcome)
}

/// Computes the round over what is published now in a full run, with the instances that certify it.
pub(crate) fn dry(scope: &Scope<'_>, conn: &mut AnyConnection) -> Result<Outcome, Problem> {
    run(scope, conn, None)
}

pub(crate) fn run(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    remembered: Option<Remembered<'_>>,
) -> Result<Outcome, Problem> {
    let home = scope.territory.home();
    let groups: HashMap<String, Group> =
        kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
    let mut free: BTreeMap<QueueKey, Bulletin> = BTreeMap::new();
    for place in places::open_of_home(conn, home)? {
        if place.queue.territory.within(scope.territory) {
            let open_since = scope.office.day(place.queue.territory, place.since_at);
            free.entry(place.queue).or_default().offer(&groups, place, open_since);
        }
    }
    let mut families = families::of_home(conn, home)?;
    let across = Across::read(scope, conn, &families)?;
    let wanted = scope.only.map(|only| across.tied(only));
    let served = served(scope, &across, wanted.as_ref(), free.keys())?;
    let mut call = |queue: QueueKey, pass: u8, offered: Vec<Offered>| Call {
        queue,
        pass,
        offered,
        families: families.remove(&queue).unwrap_or_default(),
    };
    let mut outcome = Outcome::default();
    let mut after: BTreeMap<QueueKey, Turnout> = BTreeMap::new();
    let mut first = Vec::new();
    for (queue, Bulletin { offered, .. }) in free.into_iter().filter(|(queue, _)| served.contains(queue)) {
        let is_wanted = wanted.as_ref().is_some_and(|wanted| wanted.contains(&queue));
        match scope.spill(queue)?.filter(|_| !is_wanted) {
            Some(_) => first.push(call(queue, 1, offered)),
            None => after.entry(queue).or_default().offered.extend(offered),
        }
    }
    for (queue, offered) in stage(scope, conn, &mut outcome, &across, remembered, first)? {
        let Some(target) = scope.spill(queue)?.filter(|t| wanted.as_ref().is_none_or(|w| w.contains(t))) else {
            continue;
        };
        for left in offered {
            let turnout = after.entry(target).or_default();
            turnout.spilled = true;
            offer_again(&mut turnout.offered, left);
        }
    }
    let after = after.into_iter().map(|(queue, turn)| call(queue, 1 + u8::from(turn.spilled), turn.offered)).collect();
    for (_, left) in stage(scope, conn, &mut outcome, &across, remembered, after)? {
        outcome.left.extend(left.into_iter().flat_map(|o| o.places).map(|free| free.id));
    }
    outcome.left.sort_unstable();
    Ok(outcome)
}

/// The queues that are served: those that are wanted, those that spill to them, and those that families tie to these.
pub(crate) fn served<'q>(
    scope: &Scope<'_>,
    across: &Across,
    wanted: Option<&BTreeSet<QueueKey>>,
    free: impl Iterator<Item = &'q QueueKey>,
) -> Result<BTreeSet<QueueKey>, Problem> {
    let Some(wanted) = wanted else { return Ok(free.copied().collect()) };
    let mut served = wanted.clone();
    for queue in free {
        if scope.spill(*queue)?.is_some_and(|target| wanted.contains(&target)) {
            served.extend(across.tied(*queue));
        }
    }
    Ok(served)
}
