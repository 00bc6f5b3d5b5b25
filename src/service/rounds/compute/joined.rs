//! Queues that families tie are one market: every child asks groups of its own queue alone, and a family of several queues
//! gets places in one kindergarten for all its children, or none.
//!
//! The orders of two queues do not compare, so families ask again when room appears (`engine/allocation/choosing`), those of
//! one queue too. What is certified is each queue by itself: a child of a family over several queues asks there for the group
//! that it was given, or for none.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use super::across::{Across, FamilyMember, FamilyTold, GivenUp};
use super::conditions;
use super::offer::{Allocated, Call, Offered, Waiting};
use super::read::ReadQueue;
use crate::domain::kato::Kato;
use crate::engine::allocation::{Allocation, Conditions, GaveUp, NONE, solve};
use crate::rules::profile::Profile;
use crate::service::kernel::problem::Problem;
use crate::service::rounds::fault::internal;
use crate::store::seats::Seated;

/// A queue of a joined market.
pub(super) struct JoinedQueue<'q> {
    pub(super) call: &'q Call,
    pub(super) read: &'q ReadQueue,
}

/// What came of a joined market.
pub(super) struct Joined {
    /// By queue.
    pub(super) allocated: Vec<Allocated>,
    /// Of its families over several queues.
    pub(super) families: Vec<FamilyTold>,
}

/// The market of all its queues.
struct Market<'q> {
    queues: &'q [JoinedQueue<'q>],
    across: &'q Across,
    joint: ReadQueue,
    offered: Vec<Offered>,
    /// By queue: where its entries and its groups stand.
    spans: Vec<Span>,
}

struct Span {
    entries: Range<usize>,
    groups: Range<usize>,
}

/// Serves queues of one territory, and so of one profile, together.
pub(super) fn serve(queues: &[JoinedQueue<'_>], across: &Across, profile: &Profile) -> Result<Joined, Problem> {
    let Some(rule) = queues.first().map(|queue| queue.read.rule) else {
        return Ok(Joined { allocated: Vec::new(), families: Vec::new() });
    };
    let keys: Vec<_> = queues.iter().map(|queue| queue.call.queue).collect();
    let torn = across.torn(&keys);
    let (mut waiting, mut offered, mut families) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut spans = Vec::with_capacity(queues.len());
    for JoinedQueue { call, read } in queues {
        let (entries, groups) = (waiting.len(), offered.len());
        waiting.extend(read.waiting.iter().map(|child| {
            let apart = torn.contains(child.seated.number.as_str());
            let asked = child.choices.iter().filter(|_| !apart).map(|group| group + groups as u32);
            Waiting { choices: asked.collect(), ..child.clone() }
        }));
        offered.extend(call.offered.iter().cloned());
        families.extend(call.families.clone());
        spans.push(Span { entries: entries..waiting.len(), groups: groups..offered.len() });
    }
    let members: HashSet<&str> = keys.iter().flat_map(|queue| across.members_in(*queue)).collect();
    let asked = tied(conditions::asked(&waiting, &offered, &families, profile), &waiting, &members);
    let market = Market { queues, across, joint: ReadQueue { waiting, asked, rule }, offered, spans };
    let instance = market.joint.instance(&market.offered)?;
    let allocation = solve(&instance, rule).map_err(internal)?;
    let allocated = (0..queues.len()).map(|queue| market.alone(queue, &allocation)).collect::<Result<_, _>>()?;
    Ok(Joined { allocated, families: market.families(&allocation) })
}

impl Market<'_> {
    /// What the whole gave one of its queues, as a run of that queue by itself.
    fn alone(&self, queue: usize, allocation: &Allocation) -> Result<Allocated, Problem> {
        let (Some(JoinedQueue { call, read }), Some(span)) = (self.queues.get(queue), self.spans.get(queue)) else {
            return Err(internal("a queue of a joined market is nowhere"));
        };
        let given = allocation.group_of.get(span.entries.clone()).unwrap_or_default();
        let own = |group: &u32| if *group == NONE { NONE } else { group - span.groups.start as u32 };
        let group_of: Vec<u32> = given.iter().map(own).collect();
        let members = self.across.members_in(call.queue);
        let as_given = |(child, group): (&Waiting, &u32)| {
            let asks: Arc<[u32]> = match (members.contains(child.seated.number.as_str()), *group) {
                (false, _) => Arc::clone(&child.choices),
                (true, NONE) => Arc::from([]),
                (true, group) => Arc::from([group]),
            };
            Waiting { choices: asks, ..child.clone() }
        };
        let waiting: Vec<Waiting> = read.waiting.iter().zip(&group_of).map(as_given).collect();
        let asked = tied(read.asked.clone(), &waiting, &members);
        let alone = ReadQueue { waiting, asked, rule: read.rule };
        let gave_up = allocation.gave_up.iter().filter_map(|gave_up| span.alone(gave_up)).collect();
        let instance = alone.instance(&call.offered)?;
        let allocated = alone.allocated(&call.offered, instance, Allocation { group_of, gave_up });
        // A place passes a child by what it wishes, not by what it was left to ask for.
        let left = read.waiting.iter().zip(given).filter(|(child, group)| **group == NONE && child.is_together);
        let waiting_together = left.map(|(child, _)| child.waits_together()).collect();
        Ok(Allocated { waiting_together, ..allocated })
    }

    /// What came of the families over several queues.
    fn families(&self, allocation: &Allocation) -> Vec<FamilyTold> {
        let entries: HashMap<&str, Entry> = self.entries();
        let told = |(name, members): (&String, &Vec<Seated>)| {
            let present: Vec<&Entry> = members.iter().filter_map(|m| entries.get(m.number.as_str())).collect();
            let first = present.first()?;
            let group = allocation.group_of.get(first.at as usize).copied().unwrap_or(NONE);
            let gave_up = allocation.gave_up.iter().filter(|given| given.family.contains(&first.at));
            let member = |member: &Seated| FamilyMember {
                application: member.number.clone(),
                queue: member.queue,
                ticket: member.ticket,
                kindergartens: entries.get(member.number.as_str()).map(|e| e.kindergartens.clone()).unwrap_or_default(),
            };
            Some(FamilyTold {
                together: name.clone(),
                territory: members.first().map_or(Kato::COUNTRY, |member| member.queue.territory),
                kindergarten: self.kindergarten(group),
                members: members.iter().map(member).collect(),
                given_up: gave_up.filter_map(|given| self.given_up(given)).collect(),
            })
        };
        self.across.families().filter_map(told).collect()
    }

    /// The children of families over several queues, by application.
    fn entries(&self) -> HashMap<&str, Entry> {
        let mut entries = HashMap::new();
        for (JoinedQueue { call, read }, span) in self.queues.iter().zip(&self.spans) {
            let members = self.across.members_in(call.queue);
            let own = (span.entries.start as u32..).zip(&read.waiting);
            for (at, child) in own.filter(|(_, child)| members.contains(child.seated.number.as_str())) {
                let mut kindergartens: Vec<String> = Vec::new();
                for offer in child.choices.iter().filter_map(|group| call.offered.get(*group as usize)) {
                    if !kindergartens.contains(&offer.group.kindergarten) {
                        kindergartens.push(offer.group.kindergarten.clone());
                    }
                }
                entries.insert(child.seated.number.as_str(), Entry { at, kindergartens });
            }
        }
        entries
    }

    fn kindergarten(&self, group: u32) -> Option<String> {
        self.offered.get(group as usize).map(|offer| offer.group.kindergarten.clone())
    }

    /// A kindergarten that a family gave up, and the families that run in a circle there, each by the application of its
    /// first child.
    fn given_up(&self, given: &GaveUp) -> Option<GivenUp> {
        let named = |members: &Vec<u32>| {
            let first = self.joint.waiting.get(*members.first()? as usize)?;
            Some(first.seated.number.clone())
        };
        let cycle = given.cycle.iter().filter_map(named).collect();
        Some(GivenUp { kindergarten: self.kindergarten(given.group)?, cycle })
    }
}

/// Says of these members that they stand beside other queues, where anything is asked for beside choices.
fn tied(asked: Conditions, waiting: &[Waiting], members: &HashSet<&str>) -> Conditions {
    if asked.is_empty() {
        return asked;
    }
    let is_tied = |(child, _): &(&Waiting, u32)| members.contains(child.seated.number.as_str());
    Conditions { tied: waiting.iter().zip(0..).filter(is_tied).map(|(_, at)| at).collect(), ..asked }
}

/// A child of a family over several queues.
struct Entry {
    /// Where it stands in the whole.
    at: u32,
    /// The kindergartens that had a place that suits it, as it wished them.
    kindergartens: Vec<String>,
}

impl Span {
    /// A kindergarten that a family of this queue alone gave up, by its own numbers.
    fn alone(&self, given: &GaveUp) -> Option<GaveUp> {
        let own = |child: &u32| {
            let at = *child as usize;
            self.entries.contains(&at).then(|| *child - self.entries.start as u32)
        };
        let family: Vec<u32> = given.family.iter().map(own).collect::<Option<_>>()?;
        let group = given.group.checked_sub(self.groups.start as u32)?;
        // Of families over several queues, those of its children who stand in this one.
        let cycle = given.cycle.iter().map(|unit| unit.iter().filter_map(own).collect::<Vec<_>>());
        Some(GaveUp { family, group, cycle: cycle.filter(|unit| !unit.is_empty()).collect() })
    }
}
