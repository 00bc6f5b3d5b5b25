//! A stage of a round: queues that are served side by side, each with what it is offered.
//!
//! Queues share neither children nor places, so each has a run of its own. Only families over several of them tie them: such
//! queues are one market.

use std::collections::BTreeMap;

use super::across::Across;
use super::joined::{self, Joined, JoinedQueue};
use super::kept::{self, Hold};
use super::offer::{Allocated, Call, Offered, Taker, group_order};
use super::outcome::{Outcome, Pass};
use super::read::ReadQueue;
use super::scope::Scope;
use super::{conditions, entries};
use crate::domain::queue::QueueKey;
use crate::engine::allocation::Rule;
use crate::rules::profile::RoundRule;
use crate::service::kernel::problem::Problem;
use crate::service::referrals::row::RoundRow;
use crate::service::rounds::memory::{Question, StandingRounds, Terms};
use crate::store::connection::AnyConnection;
use crate::trust::end::Head;

/// How a queue of a stage is served.
enum Readiness {
    /// As it stands: nothing has changed since it was served.
    Standing(Box<Allocated>),
    /// In a full run.
    Full(ReadQueue),
}

/// Serves the queues of a stage, and gives what each could not use.
pub(crate) fn stage(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    outcome: &mut Outcome,
    across: &Across,
    remembered: Option<Remembered<'_>>,
    mut calls: Vec<Call>,
) -> Result<Vec<(QueueKey, Vec<Offered>)>, Problem> {
    for call in &mut calls {
        call.offered.sort_by(|a, b| group_order(&a.group.id).cmp(&group_order(&b.group.id)));
    }
    let mut read: BTreeMap<QueueKey, ReadQueue> = BTreeMap::new();
    let mut served: BTreeMap<QueueKey, Allocated> = BTreeMap::new();
    for call in &calls {
        match ready(scope, conn, call, remembered, across)? {
            Readiness::Standing(standing) => drop(served.insert(call.queue, *standing)),
            Readiness::Full(own) if across.touches(call.queue) => drop(read.insert(call.queue, own)),
            Readiness::Full(own) => {
                let own = kept::serve(&own, call, hold(scope, call.queue)?)?;
                if let Some(Remembered { rounds, head }) = remembered {
                    rounds.stand(&question(scope, call.queue, head), terms(scope, call)?, &own);
                }
                served.insert(call.queue, own);
            }
        }
    }
    while let Some(first) = read.keys().next().copied() {
        let tied = across.tied(first);
        let joined = calls.iter().filter(|call| tied.contains(&call.queue));
        let joined: Vec<JoinedQueue<'_>> =
            joined.filter_map(|call| Some(JoinedQueue { call, read: read.get(&call.queue)? })).collect();
        let Joined { allocated, families } = joined::serve(&joined, across, scope.profile(first)?)?;
        served.extend(joined.iter().map(|queue| queue.call.queue).zip(allocated));
        outcome.families.extend(families);
        read.retain(|queue, _| !tied.contains(queue));
    }
    let mut left = Vec::with_capacity(calls.len());
    for call in calls {
        if let Some(own) = served.remove(&call.queue) {
            left.push((call.queue, give(scope, outcome, call, own)?));
        }
    }
    Ok(left)
}

/// The memory of a queue whose allocation its own entries decide: families over several queues tie it to others.
fn followed<'m>(remembered: Option<Remembered<'m>>, across: &Across, queue: QueueKey) -> Option<Remembered<'m>> {
    remembered.filter(|_| !across.touches(queue))
}

/// What a queue is served by.
fn terms(scope: &Scope<'_>, call: &Call) -> Result<Terms, Problem> {
    Ok(Terms {
        profile: scope.profile(call.queue)?.code.clone(),
        day: scope.office.day(call.queue.territory, scope.at),
        offered: call.offered.clone(),
        families: call.families.clone(),
        passed_over: scope.without.to_vec(),
    })
}

/// How long places of a queue wait for the family at its head. Where kindergartens rank by themselves, none has a head.
fn hold(scope: &Scope<'_>, queue: QueueKey) -> Result<Hold, Problem> {
    let profile = scope.profile(queue)?;
    let by_turn = profile.round_rule.value == RoundRule::Queue;
    let days = if by_turn { profile.together_hold.value } else { 0 };
    Ok(Hold { days, today: scope.office.day(queue.territory, scope.at) })
}

/// Gives those who were served their places; what is left of the offer.
fn give(scope: &Scope<'_>, outcome: &mut Outcome, call: Call, served: Allocated) -> Result<Vec<Offered>, Problem> {
    let Call { queue, pass, mut offered, families } = call;
    let profile = scope.profile(queue)?;
    for offer in &mut offered {
        offer.places.retain(|place| !served.kept.iter().any(|kept| kept.place == place.id));
    }
    let mut takers: Vec<Vec<&Taker>> = vec![vec![]; offered.len()];
    for (taker, group) in &served.given {
        takers.get_mut(*group).into_iter().for_each(|takers| takers.push(taker));
    }
    let mut rows = Vec::with_capacity(served.given.len());
    for (takers, offer) in takers.into_iter().zip(&mut offered) {
        let places = conditions::give(offer, &takers, profile);
        rows.extend(takers.into_iter().zip(places).map(|(taker, place)| {
            let together = families.get(&taker.number).cloned();
            RoundRow { together, ..taker.row(queue, pass, place, &offer.group) }
        }));
    }
    rows.sort_by_key(|row| row.position);
    outcome.passes.push(Pass {
        queue,
        pass,
        groups: offered.iter().map(|o| o.group.clone()).collect(),
        participants: served.participants,
        placed: rows.len(),
        waiting_together: served.waiting_together,
        run: served.run,
    });
    outcome.rows.extend(rows);
    outcome.kept.extend(served.kept);
    offered.retain(|o| !o.places.is_empty());
    Ok(offered)
}

/// What stands of a queue, or its entries, read for a full run.
fn ready(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    call: &Call,
    remembered: Option<Remembered<'_>>,
    across: &Across,
) -> Result<Readiness, Problem> {
    let Call { queue, offered, families, .. } = call;
    if let Some(Remembered { rounds, head }) = followed(remembered, across, *queue)
        && let Some(standing) = rounds.standing(&question(scope, *queue, head), conn, &terms(scope, call)?)?
    {
        return Ok(Readiness::Standing(Box::new(standing)));
    }
    let profile = scope.profile(*queue)?;
    let rule = match profile.round_rule.value {
        RoundRule::Queue => Rule::QueueByTurn,
        RoundRule::Program => Rule::Program,
    };
    let known = match remembered {
        Some(Remembered { rounds, head }) => rounds.entries(&question(scope, *queue, head), conn, offered)?,
        None => None,
    };
    let mut waiting = match known {
        Some(known) => known,
        None => {
            let mut read = entries::live(conn, *queue, profile, offered)?;
            if rule == Rule::Program {
                entries::read_siblings(conn, *queue, &mut read)?;
            }
            read
        }
    };
    entries::retain_placeable(scope, *queue, profile, families, &mut waiting);
    waiting.retain(|w| !across.held_back(&w.seated.number));
    conditions::read_categories(conn, *queue, profile, &mut waiting, offered)?;
    let asked = conditions::asked(&waiting, offered, families, profile);
    let members = across.members_in(*queue);
    for (at, child) in waiting.iter_mut().enumerate() {
        // Where kindergartens rank by themselves, nobody is ahead of anybody by its number.
        if rule == Rule::Program {
            break;
        }
        let beside = asked.together.get(at).is_some_and(|family| *family > 0);
        child.is_together = beside || members.contains(child.seated.number.as_str());
    }
    Ok(Readiness::Full(ReadQueue { waiting, asked, rule }))
}

/// What the standing rounds are asked of a queue.
fn question<'s>(scope: &'s Scope<'_>, queue: QueueKey, head: &'s Head) -> Question<'s> {
    Question { rules: &scope.office.rules, queue, head, at: scope.at }
}

/// The rounds that the process remembers, asked as of a head of the home's chain.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'m> {
    pub(crate) rounds: &'m StandingRounds,
    pub(crate) head: &'m Head,
}
