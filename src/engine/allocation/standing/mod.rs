//! The standing allocation of a round that is not committed yet: it follows every act and always equals a full run over
//! the children and places of the moment.
//!
//! Under [`Rule::Program`], [`Rule::QueueByTurn`] and the queue without mixing a child's priority does not depend on the
//! others, so an act moves only those whom it concerns: a child that joins is one more proposer, a place more is a vacancy
//! chain, a departure is both ([`market`]). With mixing a child that joins or leaves shifts the turns behind it, so the
//! queue is served again from the first turn that changed ([`queue`]). Where the order of the turns is kept elsewhere, as a
//! registry's queue keeps it with its spent turns, [`ServedTurns`] serves it in the same way.
//!
//! `*` is written out here, group by group: a standing market is one queue of one home, not a country.

mod child;
mod market;
mod queue;
mod turns;

use std::collections::BTreeMap;
use std::fmt;

use super::order::Rule;
pub use child::StandingChild;
use market::Market;
use queue::MixedQueue;
pub use turns::{ServedTurns, Taken};

/// A child whose place an act changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandingMove {
    /// The child's id.
    pub child: u32,
    /// The group that it had.
    pub from: Option<u32>,
    /// The group that it has now.
    pub to: Option<u32>,
}

/// Why an act does not fit a standing market. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandingFault {
    /// A child with this id takes part already.
    Joined(u32),
    /// No child with this id takes part.
    NotThere(u32),
    /// There is no such group.
    UnknownGroup(u32),
}

impl fmt::Display for StandingFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Joined(id) => write!(f, "child {id} takes part already; change it instead"),
            Self::NotThere(id) => write!(f, "child {id} does not take part"),
            Self::UnknownGroup(id) => write!(f, "there is no group {id} in this market"),
        }
    }
}

impl std::error::Error for StandingFault {}

/// A standing allocation.
#[derive(Clone, Debug)]
pub struct StandingAllocation {
    children: BTreeMap<u32, StandingChild>,
    groups: Vec<u32>,
    engine: Engine,
}

#[derive(Clone, Debug)]
enum Engine {
    Market(Box<Market>),
    Mixed(Box<MixedQueue>),
}

impl StandingAllocation {
    /// A market of these groups (id, places) without children.
    pub fn new(rule: Rule, groups: impl IntoIterator<Item = (u32, u32)>) -> Self {
        let places: BTreeMap<u32, u32> = groups.into_iter().collect();
        let groups = places.keys().copied().collect();
        let engine = match rule {
            Rule::Queue { mix: Some(mix) } => Engine::Mixed(Box::new(MixedQueue::new(mix, places))),
            _ => Engine::Market(Box::new(Market::new(rule, places))),
        };
        Self { children: BTreeMap::new(), groups, engine }
    }

    /// A child joins.
    ///
    /// # Errors
    /// The child takes part already, or names an unknown group.
    pub fn join(&mut self, child: StandingChild) -> Result<Vec<StandingMove>, StandingFault> {
        if self.children.contains_key(&child.id) {
            return Err(StandingFault::Joined(child.id));
        }
        self.check(&child)?;
        Ok(self.moves(|standing| standing.enter(child)))
    }

    /// A child leaves: it withdrew, was enrolled elsewhere, or is in no state to be given a place.
    ///
    /// # Errors
    /// No such child takes part.
    pub fn leave(&mut self, id: u32) -> Result<Vec<StandingMove>, StandingFault> {
        if !self.children.contains_key(&id) {
            return Err(StandingFault::NotThere(id));
        }
        Ok(self.moves(|standing| standing.exit(id)))
    }

    /// A child's tier, instant, turn, siblings or choices become others: a proof was rejected, a place refused.
    ///
    /// # Errors
    /// No such child takes part, or it names an unknown group.
    pub fn change(&mut self, child: StandingChild) -> Result<Vec<StandingMove>, StandingFault> {
        if !self.children.contains_key(&child.id) {
            return Err(StandingFault::NotThere(child.id));
        }
        self.check(&child)?;
        Ok(self.moves(|standing| {
            let left = standing.exit(child.id);
            let joined = standing.enter(child);
            left.into_iter().chain(joined).collect()
        }))
    }

    /// A group has other places: some were reported, or withdrawn.
    ///
    /// # Errors
    /// There is no such group.
    pub fn set_places(&mut self, group: u32, places: u32) -> Result<Vec<StandingMove>, StandingFault> {
        if self.groups.binary_search(&group).is_err() {
            return Err(StandingFault::UnknownGroup(group));
        }
        Ok(self.moves(|standing| match &mut standing.engine {
            Engine::Market(market) => market.set_places(group, places),
            Engine::Mixed(queue) => queue.set_places(group, places),
        }))
    }

    /// The group that a child has; `None` also where no such child takes part.
    pub fn group_of(&self, id: u32) -> Option<u32> {
        match &self.engine {
            Engine::Market(market) => market.group_of(id),
            Engine::Mixed(queue) => queue.group_of(id),
        }
    }

    /// The child who would get one more place in the group; `None` where nobody wishes for it, or under mixing, where
    /// [`Self::set_places`] on a copy answers it.
    pub fn next_for(&self, group: u32) -> Option<u32> {
        match &self.engine {
            Engine::Market(market) => market.next_for(group),
            Engine::Mixed(_) => None,
        }
    }

    /// (child id, group id) by ascending child id.
    pub fn rows(&self) -> impl Iterator<Item = (u32, Option<u32>)> + '_ {
        self.children.keys().map(|&id| (id, self.group_of(id)))
    }

    fn check(&self, child: &StandingChild) -> Result<(), StandingFault> {
        let unknown = |group: &&u32| self.groups.binary_search(group).is_err();
        match child.siblings.iter().chain(&child.choices).find(unknown) {
            Some(&group) => Err(StandingFault::UnknownGroup(group)),
            None => Ok(()),
        }
    }

    fn enter(&mut self, child: StandingChild) -> Vec<(u32, Option<u32>)> {
        let mut list: Vec<u32> = vec![];
        let mut met = std::collections::BTreeSet::new();
        for &group in child.choices.iter().chain(self.groups.iter().filter(|_| child.any)) {
            if met.insert(group) {
                list.push(group);
            }
        }
        let changed = match &mut self.engine {
            Engine::Market(market) => market.join(&child, list),
            Engine::Mixed(queue) => queue.join(&child, list),
        };
        self.children.insert(child.id, child);
        changed
    }

    fn exit(&mut self, id: u32) -> Vec<(u32, Option<u32>)> {
        let Some(child) = self.children.remove(&id) else { return vec![] };
        match &mut self.engine {
            Engine::Market(market) => market.leave(id),
            Engine::Mixed(queue) => queue.leave(&child),
        }
    }

    /// Runs an act that gives (child, group before) for all who may have moved, the earliest state of each first.
    fn moves(&mut self, act: impl FnOnce(&mut Self) -> Vec<(u32, Option<u32>)>) -> Vec<StandingMove> {
        let mut before: BTreeMap<u32, Option<u32>> = BTreeMap::new();
        for (child, group) in act(self) {
            before.entry(child).or_insert(group);
        }
        let moves = before.into_iter().map(|(child, from)| StandingMove { child, from, to: self.group_of(child) });
        moves.filter(|step| step.from != step.to).collect()
    }
}
