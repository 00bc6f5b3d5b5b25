//! What a round publishes of its input, and by which rule it ran.

use super::conditions::PublishedConditions;

/// Last in a list of choices: every other group by ascending id.
pub const ANY: u32 = u32::MAX;

/// How the run ranked children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One order for all groups: (tier, instant, id).
    Queue,
    /// Tier 0, then tiers 1 and 2 by turns with the later ones.
    QueueMixed {
        /// First-priority children in a cycle.
        p: u32,
        /// General children in a cycle.
        g: u32,
    },
    /// The given turns, then id.
    QueueByTurn,
    /// (tier, sibling already there, instant, id).
    Program,
}

/// The published input. Groups ascend by id; lists hold positions of groups, or [`ANY`] at their end.
#[derive(Clone, Debug)]
pub struct Published<'a> {
    /// Ids of the groups, ascending.
    pub group_ids: &'a [u32],
    /// Free places of each group.
    pub capacities: &'a [u32],
    /// Child ids in any order.
    pub child_ids: &'a [u32],
    /// Priority tiers, 0 first.
    pub tiers: &'a [u8],
    /// Instants, microseconds since 1970 UTC.
    pub applied_at: &'a [i64],
    /// Given turns, smaller first, where the file has them.
    pub turns: Option<&'a [i64]>,
    /// Where each child's sibling groups start; one more entry ends the last list.
    pub sibling_starts: &'a [u32],
    /// Positions of groups where a sibling already is, list after list.
    pub siblings: &'a [u32],
    /// Where each child's choices start; one more entry ends the last list.
    pub choice_starts: &'a [u32],
    /// Choices, most preferred first.
    pub choices: &'a [u32],
    /// What is held, reserved and asked for together.
    pub conditions: PublishedConditions<'a>,
}

impl<'a> Published<'a> {
    fn list(starts: &[u32], items: &'a [u32], child: usize) -> &'a [u32] {
        let (Some(&from), Some(&to)) = (starts.get(child), starts.get(child + 1)) else { return &[] };
        items.get(from as usize..to as usize).unwrap_or_default()
    }

    pub(super) fn siblings_of(&self, child: usize) -> &'a [u32] {
        Self::list(self.sibling_starts, self.siblings, child)
    }

    /// The group that a child named first; `None` where it named none or begins with `*`.
    pub fn first_choice(&self, child: usize) -> Option<u32> {
        self.choices_of(child).first().copied().filter(|&group| group != ANY)
    }

    pub(super) fn choices_of(&self, child: usize) -> &'a [u32] {
        Self::list(self.choice_starts, self.choices, child)
    }
}
