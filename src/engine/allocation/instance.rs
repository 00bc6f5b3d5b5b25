//! What is allocated: groups with places, children with their priority and choices, in flat arrays.

use std::collections::HashMap;
use std::fmt;

use super::conditions::Conditions;

/// In a list of choices: every other group by ascending id. Only the last item of a list may be this.
pub const ANY: u32 = u32::MAX;

/// Every child needs two keys of 31 bits, so this many children fit in one instance.
const CHILDREN_MAX: usize = (1 << 30) - 1;
/// Every group has room for some keys from the start, and rooms are counted in 32 bits.
const GROUPS_MAX: usize = 1 << 26;

/// One list of group indexes per child, end to end in one array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lists {
    /// Where each child's list starts in `items`; one more entry closes the last list.
    pub starts: Vec<u32>,
    /// Group indexes (positions in the instance's groups), or [`ANY`].
    pub items: Vec<u32>,
}

impl Default for Lists {
    fn default() -> Self {
        Lists { starts: vec![0], items: Vec::new() }
    }
}

impl Lists {
    /// The list of the child at `index`; empty where there is no such child.
    pub fn get(&self, index: usize) -> &[u32] {
        let (Some(&from), Some(&to)) = (self.starts.get(index), self.starts.get(index + 1)) else {
            return &[];
        };
        self.items.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Adds the list of the next child.
    ///
    /// # Errors
    /// More items than 32 bits count.
    pub fn push(&mut self, list: impl IntoIterator<Item = u32>) -> Result<(), InstanceFault> {
        self.items.extend(list);
        let end = u32::try_from(self.items.len()).map_err(|_| InstanceFault::TooLarge)?;
        self.starts.push(end);
        Ok(())
    }

    fn check(&self, children: usize, groups: usize, any_allowed: bool) -> Result<(), InstanceFault> {
        let shape = self.starts.len() == children + 1
            && self.starts.first() == Some(&0)
            && self.starts.last().is_some_and(|&end| end as usize == self.items.len())
            && self.starts.is_sorted();
        if !shape {
            return Err(InstanceFault::Shape);
        }
        let known = |list: &[u32]| match list.split_last() {
            None => true,
            Some((&last, rest)) => {
                rest.iter().all(|&group| (group as usize) < groups)
                    && ((last as usize) < groups || (any_allowed && last == ANY))
            }
        };
        match (0..children).find(|&child| !known(self.get(child))) {
            None => Ok(()),
            Some(child) => Err(InstanceFault::UnknownGroupIndex { child }),
        }
    }
}

/// The arrays that make an [`Instance`]; a child or a group is its position in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Group ids, strictly ascending.
    pub group_ids: Vec<u32>,
    /// Free places of each group.
    pub capacities: Vec<u32>,
    /// Child ids, each once, in any order. The id is the child's ticket, the last tie-break.
    pub child_ids: Vec<u32>,
    /// Priority tiers, 0 first.
    pub tiers: Vec<u8>,
    /// Instants of application, microseconds since 1970 UTC.
    pub applied_at: Vec<i64>,
    /// Given turns, smaller first, for [`super::Rule::QueueByTurn`]; all children have one, or none has.
    pub turns: Option<Vec<i64>>,
    /// Groups where a sibling already is.
    pub siblings: Lists,
    /// Choices, most preferred first, possibly ending in [`ANY`]. A repeated choice counts once, at its first place.
    pub choices: Lists,
    /// What is held, reserved and asked for together.
    pub conditions: Conditions,
}

/// Groups and children whose arrays were checked: every index in them leads somewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Instance {
    parts: Parts,
    /// Child positions by ascending id; none where the children already stand so.
    by_id: Option<Vec<u32>>,
}

/// Why arrays do not make an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InstanceFault {
    /// Two children or two groups have this id.
    DuplicateId(u32),
    /// Groups are not in ascending order of id.
    GroupsNotAscending,
    /// A choice or a sibling's group that is not in the instance.
    UnknownGroup {
        /// The id of the child that names it.
        child: u32,
        /// The id that no group has.
        group: u32,
    },
    /// A list of the child at this position points past the groups, or has [`ANY`] before its end.
    UnknownGroupIndex {
        /// The position of the child in the arrays.
        child: usize,
    },
    /// Some children have a turn and others have none.
    TurnsIncomplete,
    /// The arrays do not have one entry per child or per group.
    Shape,
    /// More children, groups or choices than 32 bits count.
    TooLarge,
}

impl fmt::Display for InstanceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateId(id) => write!(f, "id {id} occurs twice; give every child and every group its own id"),
            Self::GroupsNotAscending => f.write_str("groups must stand in ascending order of id"),
            Self::UnknownGroup { child, group } => {
                write!(f, "child {child} names group {group}, which is not among the groups")
            }
            Self::UnknownGroupIndex { child } => write!(f, "a list of the child at position {child} leaves the groups"),
            Self::TurnsIncomplete => f.write_str("either every child has a turn or none has"),
            Self::Shape => f.write_str("the arrays must have one entry per child, or per group"),
            Self::TooLarge => {
                f.write_str("more children, groups or choices than 32 bits count; split the instance by queue")
            }
        }
    }
}

impl std::error::Error for InstanceFault {}

impl Instance {
    /// Checks the arrays and takes them.
    pub fn from_parts(parts: Parts) -> Result<Self, InstanceFault> {
        let (children, groups) = (parts.child_ids.len(), parts.group_ids.len());
        let shape = parts.capacities.len() == groups
            && parts.tiers.len() == children
            && parts.applied_at.len() == children
            && parts.turns.as_ref().is_none_or(|turns| turns.len() == children)
            && parts.conditions.fits(children, groups);
        if !shape {
            return Err(InstanceFault::Shape);
        }
        if children > CHILDREN_MAX || groups > GROUPS_MAX {
            return Err(InstanceFault::TooLarge);
        }
        if !parts.group_ids.is_sorted_by(|a, b| a < b) {
            return Err(InstanceFault::GroupsNotAscending);
        }
        parts.siblings.check(children, groups, false)?;
        parts.choices.check(children, groups, true)?;
        let by_id = positions_by_id(&parts.child_ids)?;
        Ok(Self { parts, by_id })
    }

    /// An instance to be filled group by group and child by child.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The same children and groups with other tiers and other places, one each. Where a group has fewer places than its
    /// reserves, the later reserves give way.
    pub(super) fn varied(&self, tiers: Vec<u8>, capacities: Vec<u32>) -> Self {
        let mut parts = Parts { tiers, capacities, ..self.parts.clone() };
        for (reserves, &places) in parts.conditions.reserves.iter_mut().zip(&parts.capacities) {
            let mut left = places;
            for reserve in reserves {
                reserve.places = reserve.places.min(left);
                left -= reserve.places;
            }
        }
        Self { parts, by_id: self.by_id.clone() }
    }

    /// The arrays that it is made of.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What is held, reserved and asked for together.
    pub fn conditions(&self) -> &Conditions {
        &self.parts.conditions
    }

    /// The places of each group with those that are held there.
    pub(super) fn places(&self) -> Vec<u32> {
        self.parts.conditions.places(&self.parts.capacities)
    }

    /// How many children take part.
    pub fn children(&self) -> usize {
        self.parts.child_ids.len()
    }

    /// How many groups there are, full ones too.
    pub fn groups(&self) -> usize {
        self.parts.group_ids.len()
    }

    /// The id of the group at a position.
    pub fn group_id(&self, group: u32) -> Option<u32> {
        self.parts.group_ids.get(group as usize).copied()
    }

    /// Positions of the children by ascending id; `None` where they already stand in that order.
    pub fn by_id(&self) -> Option<&[u32]> {
        self.by_id.as_deref()
    }
}

/// `None` where the ids ascend already; otherwise the positions in ascending order of id. Ids must differ.
fn positions_by_id(ids: &[u32]) -> Result<Option<Vec<u32>>, InstanceFault> {
    if ids.is_sorted_by(|a, b| a < b) {
        return Ok(None);
    }
    let mut pairs: Vec<(u32, u32)> = ids.iter().copied().zip(0..).collect();
    pairs.sort_unstable();
    let twice = pairs.array_windows().find(|[(a, _), (b, _)]| a == b);
    match twice {
        Some([(id, _), _]) => Err(InstanceFault::DuplicateId(*id)),
        None => Ok(Some(pairs.into_iter().map(|(_, position)| position).collect())),
    }
}

/// One child as the service knows it: group ids, not positions.
#[derive(Clone, Copy, Debug)]
pub struct Child<'a> {
    /// Id and ticket, from 1.
    pub id: u32,
    /// Priority tier, 0 first.
    pub tier: u8,
    /// Instant of application, microseconds since 1970 UTC.
    pub applied_at: i64,
    /// Given turn, for [`super::Rule::QueueByTurn`].
    pub turn: Option<i64>,
    /// Ids of the groups where a sibling already is.
    pub siblings: &'a [u32],
    /// Ids of the chosen groups, most preferred first.
    pub choices: &'a [u32],
    /// Whether every other group follows the choices, by ascending id.
    pub any: bool,
}

/// Fills an [`Instance`]: first the groups, then the children.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    parts: Parts,
    index: HashMap<u32, u32>,
}

impl Builder {
    /// Sets the groups as (id, free places), in any order. Call it once, before the first child.
    pub fn groups(&mut self, groups: impl IntoIterator<Item = (u32, u32)>) -> Result<(), InstanceFault> {
        let mut groups: Vec<(u32, u32)> = groups.into_iter().collect();
        groups.sort_unstable();
        if let Some([(id, _), _]) = groups.array_windows().find(|[(a, _), (b, _)]| a == b) {
            return Err(InstanceFault::DuplicateId(*id));
        }
        self.index = groups.iter().zip(0..).map(|(&(id, _), position)| (id, position)).collect();
        (self.parts.group_ids, self.parts.capacities) = groups.into_iter().unzip();
        Ok(())
    }

    /// Says that every child has a given turn, so that an instance without children is one with turns too.
    pub fn given_turns(&mut self) {
        self.parts.turns.get_or_insert_default();
    }

    /// Says what is held, reserved and asked for together. Its lists stand by the order in which children are added and by
    /// the groups' ids.
    pub fn conditions(&mut self, conditions: Conditions) {
        self.parts.conditions = conditions;
    }

    /// Adds a child, which may name only groups that were set.
    pub fn child(&mut self, child: Child<'_>) -> Result<(), InstanceFault> {
        let find = |&group: &u32| {
            self.index.get(&group).copied().ok_or(InstanceFault::UnknownGroup { child: child.id, group })
        };
        let siblings = child.siblings.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        let choices = child.choices.iter().map(find).collect::<Result<Vec<_>, _>>()?;
        self.parts.siblings.push(siblings)?;
        self.parts.choices.push(choices.into_iter().chain(child.any.then_some(ANY)))?;
        self.parts.child_ids.push(child.id);
        self.parts.tiers.push(child.tier);
        self.parts.applied_at.push(child.applied_at);
        if let Some(turn) = child.turn {
            self.parts.turns.get_or_insert_default().push(turn);
        }
        Ok(())
    }

    /// Checks the whole and finishes.
    pub fn build(self) -> Result<Instance, InstanceFault> {
        if self.parts.turns.as_ref().is_some_and(|turns| turns.len() != self.parts.child_ids.len()) {
            return Err(InstanceFault::TurnsIncomplete);
        }
        Instance::from_parts(self.parts)
    }
}
