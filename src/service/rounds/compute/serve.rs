//! A stage of a round: queues that are served side by side, each with what it is offered.
//!
//! Queues share neither children nor places, so each has a run of its own. Only families over several of them tie them: what
//! such a family asks is tried in all its queues, and where one has no place for its child, all are served again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::across::{Across, Asking};
use super::conditions;
use super::offer::{Allocated, Call, Offered, Run, Taker, Waiting, group_order, takes_part};
use super::outcome::{Outcome, Pass};
use super::scope::{Scope, positions};
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{AskedAgain, Conditions, Instance, NONE, Parts, Rule, solve};
use crate::rules::profile::{Profile, RoundRule};
use crate::service::kernel::problem::Problem;
use crate::service::referrals::row::RoundRow;
use crate::service::rounds::fault::internal;
use crate::service::rounds::memory::{Question, StandingRounds, Terms};
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::trust::end::Head;

/// A queue whose entries are read, to be served as often as its families ask anew.
struct ReadQueue {
    waiting: Vec<Waiting>,
    /// The entries of families over several queues, by position.
    concerned: Vec<u32>,
    /// What is reserved and asked for together.
    asked: Conditions,
    rule: Rule,
}

/// How a queue of a stage is served.
enum Readiness {
    /// As it stands: nothing has changed since it was served.
    Standing(Box<Allocated>),
    /// In a full run.
    Full(Box<ReadQueue>),
}

/// Lets the families over several queues ask until each is whole or has asked everywhere.
fn settle(calls: &[Call], ready: &[Readiness], asking: &mut Asking) -> Result<(), Problem> {
    let full = calls.iter().zip(ready).filter_map(|(call, own)| match own {
        Readiness::Full(own) if !own.concerned.is_empty() => Some((call, own.as_ref())),
        _ => None,
    });
    let full: Vec<(&Call, &ReadQueue)> = full.collect();
    let mut instances = Vec::with_capacity(full.len());
    for (call, own) in &full {
        instances.push(own.instance(&call.offered, None)?);
    }
    let mut runs = Vec::with_capacity(full.len());
    for ((call, own), instance) in full.iter().zip(&instances) {
        let run = AskedAgain::new(instance, own.rule).map_err(internal)?;
        runs.push((*call, *own, run, BTreeSet::new()));
    }
    let mut moved: BTreeSet<QueueKey> = calls.iter().map(|call| call.queue).collect();
    while !moved.is_empty() {
        for (call, own, run, placed) in runs.iter_mut().filter(|(call, ..)| moved.contains(&call.queue)) {
            *placed = own.placed(run, &call.offered, asking);
        }
        let placed = runs.iter().flat_map(|(.., placed)| placed).copied().collect();
        moved = asking.give_up(calls, &placed);
    }
    Ok(())
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
    let mut asking = across.asking(&calls);
    let mut all = Vec::with_capacity(calls.len());
    for call in &calls {
        all.push(ready(scope, conn, call, remembered, across)?);
    }
    settle(&calls, &all, &mut asking)?;
    let mut left = Vec::with_capacity(calls.len());
    for (call, own) in calls.into_iter().zip(all) {
        let served = match own {
            Readiness::Standing(served) => *served,
            Readiness::Full(own) => {
                let served = own.serve(&call.offered, &asking)?;
                if let Some(Remembered { rounds, head }) = followed(remembered, across, call.queue) {
                    rounds.stand(&question(scope, call.queue, head), terms(scope, &call)?, &served);
                }
                served
            }
        };
        left.push((call.queue, give(scope, outcome, call, served)?));
    }
    outcome.families.extend(asking.families());
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

/// Gives those who were served their places; what is left of the offer.
fn give(scope: &Scope<'_>, outcome: &mut Outcome, call: Call, served: Allocated) -> Result<Vec<Offered>, Problem> {
    let Call { queue, pass, mut offered, families } = call;
    let profile = scope.profile(queue)?;
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
        run: served.run,
    });
    outcome.rows.extend(rows);
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
            let mut read = live(conn, *queue, profile, offered)?;
            if rule == Rule::Program {
                read_siblings(conn, *queue, &mut read)?;
            }
            read
        }
    };
    retain_placeable(scope, *queue, profile, families, &mut waiting);
    waiting.retain(|w| !across.held_back(&w.seated.number));
    conditions::read_categories(conn, *queue, profile, &mut waiting, offered)?;
    let asked = conditions::asked(&waiting, offered, families, profile);
    let members = across.members_in(*queue);
    let asks = |(at, w): (u32, &Waiting)| members.contains(w.seated.number.as_str()).then_some(at);
    let concerned = if members.is_empty() { Vec::new() } else { (0..).zip(&waiting).filter_map(asks).collect() };
    Ok(Readiness::Full(Box::new(ReadQueue { waiting, concerned, asked, rule })))
}

/// What the standing rounds are asked of a queue.
fn question<'s>(scope: &'s Scope<'_>, queue: QueueKey, head: &'s Head) -> Question<'s> {
    Question { rules: &scope.office.rules, queue, head, at: scope.at }
}

/// Leaves those who may be placed today: neither they nor any of their families wait for something else.
pub(crate) fn retain_placeable(
    scope: &Scope<'_>,
    queue: QueueKey,
    profile: &Profile,
    families: &BTreeMap<String, String>,
    waiting: &mut Vec<Waiting>,
) {
    let today = scope.office.day(queue.territory, scope.at);
    let may = |s: &Seated| takes_part(profile, today, s) && !scope.without.contains(&s.number);
    let held_back = conditions::held_back(waiting.iter().map(|w| &*w.seated), families, may);
    waiting.retain(|w| {
        let whole = |family: &String| !held_back.contains(family);
        may(&w.seated) && families.get(&w.seated.number).is_none_or(whole)
    });
}

/// The live entries of a queue in the merged order, as its rows stand.
pub(crate) fn live(
    conn: &mut AnyConnection,
    queue: QueueKey,
    profile: &Profile,
    offered: &[Offered],
) -> Result<Vec<Waiting>, Problem> {
    let seated = seats::of_queue(conn, queue)?;
    let positions = positions(conn, queue, profile, &seated)?;
    let placed = |seated: Seated| {
        let position = *positions.get(&seated.ticket)?;
        Some(Waiting::of(Arc::new(seated), position, offered))
    };
    let mut live: Vec<Waiting> = seated.into_iter().filter_map(placed).collect();
    live.sort_by_key(|w| w.position);
    Ok(live)
}

/// Reads where brothers and sisters of those who wait are enrolled.
pub(crate) fn read_siblings(conn: &mut AnyConnection, queue: QueueKey, waiting: &mut [Waiting]) -> Result<(), Problem> {
    let mut there = seats::siblings(conn, queue, None)?;
    for child in waiting {
        child.siblings = there.remove(&child.seated.number).unwrap_or_default();
    }
    Ok(())
}

impl ReadQueue {
    /// The instance: of all that suits each child, or with what families over several queues ask now.
    fn instance(&self, offered: &[Offered], asking: Option<&Asking>) -> Result<Instance, Problem> {
        let list = |child: &Waiting| {
            let asked = asking.and_then(|asking| asking.groups_of(&child.seated.number, &child.choices, offered));
            asked.map_or_else(|| Arc::clone(&child.choices), Arc::from)
        };
        instance(&self.waiting, self.waiting.iter().map(list), offered, self.asked.clone(), self.rule)
    }

    /// Which applications of families over several queues get a place where their families ask now.
    fn placed(&self, run: &AskedAgain<'_>, offered: &[Offered], asking: &Asking) -> BTreeSet<&str> {
        let number = |at: u32| self.waiting.get(at as usize).map(|waiting| waiting.seated.number.as_str());
        let lists = self.concerned.iter().filter_map(|&at| {
            let groups = asking.groups_of(number(at)?, &self.waiting.get(at as usize)?.choices, offered)?;
            Some((at, groups))
        });
        let group_of = run.solve(lists.collect()).group_of;
        let has = |at: &u32| group_of.get(*at as usize).is_some_and(|group| *group != NONE);
        self.concerned.iter().copied().filter(has).filter_map(number).collect()
    }

    /// A full run, families over several queues asking what they ask now.
    fn serve(&self, offered: &[Offered], asking: &Asking) -> Result<Allocated, Problem> {
        let instance = self.instance(offered, Some(asking))?;
        let allocation = solve(&instance, self.rule).map_err(internal)?;
        let given = self.waiting.iter().zip(&allocation.group_of).filter(|(_, group)| **group != NONE);
        let mut given: Vec<(&Waiting, usize)> = given.map(|(waiting, group)| (waiting, *group as usize)).collect();
        conditions::best_first(&mut given, self.rule, &self.asked, offered);
        let given = given.into_iter().map(|(waiting, group)| (waiting.taker(), group)).collect();
        let run = Run { instance, rule: self.rule, allocation };
        Ok(Allocated { given, participants: self.waiting.len(), run: Some(run) })
    }
}

/// The instance of those who wait, each with its list of groups by their places in the offer.
pub(crate) fn instance(
    waiting: &[Waiting],
    lists: impl Iterator<Item = Arc<[u32]>>,
    offered: &[Offered],
    asked: Conditions,
    rule: Rule,
) -> Result<Instance, Problem> {
    let turn = |child: &Waiting| i64::try_from(child.position).unwrap_or(i64::MAX);
    let mut parts = Parts {
        group_ids: (1..).zip(offered).map(|(id, _)| id).collect(),
        capacities: offered.iter().map(|o| u32::try_from(o.places.len()).unwrap_or(u32::MAX)).collect(),
        child_ids: waiting.iter().map(|child| child.seated.ticket).collect(),
        tiers: waiting.iter().map(|child| child.seated.tier).collect(),
        applied_at: waiting.iter().map(|child| child.seated.applied_at.timestamp_micros()).collect(),
        turns: (rule == Rule::QueueByTurn).then(|| waiting.iter().map(turn).collect()),
        conditions: asked,
        ..Parts::default()
    };
    for (child, choices) in waiting.iter().zip(lists) {
        let looked_at = if child.siblings.is_empty() { &[] } else { offered };
        let with_sibling = (0..).zip(looked_at).filter(|(_, offer)| child.has_sibling_at(offer));
        parts.siblings.push(with_sibling.map(|(at, _)| at)).map_err(internal)?;
        parts.choices.push(choices.iter().copied()).map_err(internal)?;
    }
    Instance::from_parts(parts).map_err(internal)
}

/// The rounds that the process remembers, asked as of a head of the home's chain.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'m> {
    pub(crate) rounds: &'m StandingRounds,
    pub(crate) head: &'m Head,
}
