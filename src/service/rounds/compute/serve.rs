//! A stage of a round: queues that are served side by side, each with what it is offered.
//!
//! Queues share neither children nor places, so each has a run of its own. Only families over several of them tie them: what
//! such a family asks is tried in all its queues, and where one has no place for its child, all are served again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::across::{Across, Asking};
use super::conditions;
use super::offer::{Allocated, Call, Offered, Run, Taker, Waiting, choices, group_order, takes_part};
use super::outcome::{Outcome, Pass};
use super::scope::{Scope, positions};
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{AskedAgain, Builder, Child, Conditions, Instance, NONE, Rule, solve};
use crate::rules::profile::{Profile, RoundRule};
use crate::service::kernel::problem::Problem;
use crate::service::referrals::row::RoundRow;
use crate::service::rounds::fault::internal;
use crate::service::rounds::memory::{Question, StandingRounds};
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::trust::end::Head;

/// A queue whose entries are read, to be served as often as its families ask anew.
struct ReadQueue {
    waiting: Vec<Waiting>,
    /// The entries of families over several queues, by position.
    concerned: Vec<u32>,
    /// By entry: the groups that suit it; empty where there is no such family.
    choices: Vec<Vec<u32>>,
    siblings: HashMap<String, Vec<String>>,
    /// What is reserved and asked for together.
    asked: Conditions,
    rule: Rule,
}

/// How a queue of a stage is served.
enum Readiness {
    /// From the standing round in memory, without a run.
    Allocated(Box<Allocated>),
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
        all.push(match standing_of(scope, conn, call, remembered)? {
            Some(standing) => Readiness::Allocated(Box::new(standing)),
            None => Readiness::Full(Box::new(ready(scope, conn, call, remembered, across, &asking)?)),
        });
    }
    settle(&calls, &all, &mut asking)?;
    let mut left = Vec::with_capacity(calls.len());
    for (call, own) in calls.into_iter().zip(all) {
        let served = match own {
            Readiness::Allocated(served) => *served,
            Readiness::Full(own) => own.serve(&call.offered, &asking)?,
        };
        left.push((call.queue, give(scope, outcome, call, served)?));
    }
    outcome.families.extend(asking.families());
    Ok(left)
}

/// What stands of a queue, where it is followed: for children one by one. Families and reserves are a run of their own.
fn standing_of(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    call: &Call,
    remembered: Option<Remembered<'_>>,
) -> Result<Option<Allocated>, Problem> {
    match remembered.filter(|_| call.is_plain()) {
        Some(Remembered { rounds, head }) => {
            rounds.serve(&question(scope, call.queue, head), conn, &call.offered, scope.without)
        }
        None => Ok(None),
    }
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

/// Reads the entries of a queue for a full run.
fn ready(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    call: &Call,
    remembered: Option<Remembered<'_>>,
    across: &Across,
    asking: &Asking,
) -> Result<ReadQueue, Problem> {
    let Call { queue, offered, families, .. } = call;
    let (queue, profile) = (*queue, scope.profile(*queue)?);
    let remembered = remembered.filter(|_| !call.is_plain());
    let mut waiting = waiting(scope, conn, queue, remembered, profile, families)?;
    waiting.retain(|w| !across.held_back(&w.seated.number));
    conditions::read_categories(conn, queue, profile, &mut waiting, offered)?;
    let (rule, siblings) = match profile.round_rule.value {
        RoundRule::Queue => (Rule::QueueByTurn, HashMap::new()),
        RoundRule::Program => (Rule::Program, seats::siblings(conn, queue, None)?),
    };
    let asked = conditions::asked(&waiting, offered, families, profile);
    // Where nobody asks anew the lists are made once, with the instance.
    let asks = |(at, w): (u32, &Waiting)| asking.concerns(&w.seated.number).then_some(at);
    let concerned: Vec<u32> = (0..).zip(&waiting).filter_map(asks).collect();
    let again = !concerned.is_empty();
    let choices = if again { waiting.iter().map(|w| choices(&w.seated, offered)).collect() } else { Vec::new() };
    Ok(ReadQueue { waiting, concerned, choices, siblings, asked, rule })
}

/// What the standing rounds are asked of a queue.
fn question<'s>(scope: &'s Scope<'_>, queue: QueueKey, head: &'s Head) -> Question<'s> {
    Question { rules: &scope.office.rules, queue, head, at: scope.at }
}

/// The entries of a queue that may be placed, in the merged order.
pub(crate) fn waiting(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    queue: QueueKey,
    remembered: Option<Remembered<'_>>,
    profile: &Profile,
    families: &BTreeMap<String, String>,
) -> Result<Vec<Waiting>, Problem> {
    let today = scope.office.day(queue.territory, scope.at);
    let mut waiting = live(scope, conn, queue, remembered, profile)?;
    let may = |s: &Seated| takes_part(profile, today, s) && !scope.without.contains(&s.number);
    let held_back = conditions::held_back(waiting.iter().map(|w| &w.seated), families, may);
    waiting.retain(|w| {
        let whole = |family: &String| !held_back.contains(family);
        may(&w.seated) && families.get(&w.seated.number).is_none_or(whole)
    });
    Ok(waiting)
}

/// The live entries of a queue in the merged order: from memory where it stands at `head`, else from its rows.
fn live(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    queue: QueueKey,
    remembered: Option<Remembered<'_>>,
    profile: &Profile,
) -> Result<Vec<Waiting>, Problem> {
    if let Some(Remembered { rounds, head }) = remembered
        && let Some(entries) = rounds.entries(&question(scope, queue, head), conn)?
    {
        return Ok(entries.into_iter().map(|(seated, position)| Waiting::of(seated, position)).collect());
    }
    let seated = seats::of_queue(conn, queue)?;
    let positions = positions(conn, queue, profile, &seated)?;
    let placed = |s: Seated| positions.get(&s.ticket).map(|&position| Waiting::of(s, position));
    let mut live: Vec<Waiting> = seated.into_iter().filter_map(placed).collect();
    live.sort_by_key(|w| w.position);
    Ok(live)
}

impl ReadQueue {
    /// The instance: of all that suits each child, or with what families over several queues ask now.
    fn instance(&self, offered: &[Offered], asking: Option<&Asking>) -> Result<Instance, Problem> {
        let list = |(at, child): (usize, &Waiting)| match self.choices.get(at) {
            Some(known) => {
                let asked = asking.and_then(|asking| asking.groups_of(&child.seated.number, known, offered));
                asked.unwrap_or_else(|| known.clone())
            }
            None => choices(&child.seated, offered),
        };
        let lists = self.waiting.iter().enumerate().map(list);
        instance(&self.waiting, lists, offered, self.asked.clone(), self.rule, &self.siblings)
    }

    /// Which applications of families over several queues get a place where their families ask now.
    fn placed(&self, run: &AskedAgain<'_>, offered: &[Offered], asking: &Asking) -> BTreeSet<&str> {
        let number = |at: u32| self.waiting.get(at as usize).map(|waiting| waiting.seated.number.as_str());
        let lists = self.concerned.iter().filter_map(|&at| {
            let groups = asking.groups_of(number(at)?, self.choices.get(at as usize)?, offered)?;
            // Groups of an instance stand by their ids, which count from 1.
            Some((at, groups.into_iter().map(|group| group - 1).collect()))
        });
        let group_of = run.solve(lists.collect()).group_of;
        let has = |at: &u32| group_of.get(*at as usize).is_some_and(|group| *group != NONE);
        self.concerned.iter().copied().filter(has).filter_map(number).collect()
    }

    /// A full run, families over several queues asking what they ask now.
    fn serve(&self, offered: &[Offered], asking: &Asking) -> Result<Allocated, Problem> {
        let instance = self.instance(offered, Some(asking))?;
        let allocation = solve(&instance, self.rule).map_err(internal)?;
        let by_ticket: HashMap<u32, &Waiting> = self.waiting.iter().map(|w| (w.seated.ticket, w)).collect();
        let mut given: Vec<(Taker, usize)> = allocation
            .rows(&instance)
            .filter_map(|(child, group)| {
                let group = usize::try_from(group?).ok()?.checked_sub(1)?;
                Some((by_ticket.get(&child)?.taker(), group))
            })
            .collect();
        conditions::best_first(&mut given, self.rule, &self.asked, offered, &self.siblings);
        let run = Run { instance, rule: self.rule, allocation };
        Ok(Allocated { given, participants: self.waiting.len(), run: Some(run) })
    }
}

/// The instance of those who wait, each with its list of groups.
pub(crate) fn instance(
    waiting: &[Waiting],
    lists: impl Iterator<Item = Vec<u32>>,
    offered: &[Offered],
    asked: Conditions,
    rule: Rule,
    siblings: &HashMap<String, Vec<String>>,
) -> Result<Instance, Problem> {
    let mut builder: Builder = Instance::builder();
    let by_turn = rule == Rule::QueueByTurn;
    if by_turn {
        builder.given_turns();
    }
    let sizes = (1..).zip(offered).map(|(id, o)| (id, u32::try_from(o.places.len()).unwrap_or(u32::MAX)));
    builder.groups(sizes).map_err(internal)?;
    for (child, choices) in waiting.iter().zip(lists) {
        let there = siblings.get(&child.seated.number).map_or(&[][..], Vec::as_slice);
        let with_sibling: Vec<u32> =
            (1..).zip(offered).filter(|(_, o)| there.contains(&o.group.kindergarten)).map(|(id, _)| id).collect();
        builder
            .child(Child {
                id: child.seated.ticket,
                tier: child.seated.tier,
                applied_at: child.seated.applied_at.timestamp_micros(),
                turn: by_turn.then(|| i64::try_from(child.position).unwrap_or(i64::MAX)),
                siblings: &with_sibling,
                choices: &choices,
                any: false,
            })
            .map_err(internal)?;
    }
    builder.conditions(asked);
    builder.build().map_err(internal)
}

/// The rounds that the process remembers, asked as of a head of the home's chain.
#[derive(Clone, Copy)]
pub(crate) struct Remembered<'m> {
    pub(crate) rounds: &'m StandingRounds,
    pub(crate) head: &'m Head,
}
