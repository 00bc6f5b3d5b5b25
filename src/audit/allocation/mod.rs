//! Whether an allocation is what its certificate says, from the published files alone.
//!
//! Nothing here is the engine's: keys are whole tuples, the merged order is built from its definition, and the replay
//! works in the rounds of the 1962 paper where the engine works child by child.
//!
//! An allocation is right where every child has the first choice whose cut-off it meets, and every cut-off is the last
//! child that its full group took: then no child and no group could both do better (stability). That takes one pass.
//! Where siblings cross, more than one allocation can be stable; that it is the one best for the children is what
//! [`replay`] shows.

mod check;
pub mod fairness;
mod key;
mod replay;
pub mod special;
mod turns;

use std::fmt;

pub use check::{verify, verify_hashes, verify_result};
pub use replay::replay;
pub use turns::turns_against_queue;

/// Last in a list of choices: every other group by ascending id.
pub const ANY: u32 = u32::MAX;

/// How the run ranked children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// (tier, instant, id).
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
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// Group ids, ascending.
    pub group_ids: &'a [u32],
    /// Places.
    pub capacities: &'a [u32],
    /// Child ids in any order.
    pub child_ids: &'a [u32],
    /// Tiers.
    pub tiers: &'a [u8],
    /// Instants, microseconds since 1970 UTC.
    pub applied_at: &'a [i64],
    /// Turns, where given.
    pub turns: Option<&'a [i64]>,
    /// Where each child's sibling groups start; one more entry ends the last list.
    pub sibling_starts: &'a [u32],
    /// Sibling groups.
    pub siblings: &'a [u32],
    /// Where each child's choices start; one more entry ends the last list.
    pub choice_starts: &'a [u32],
    /// Choices, most preferred first.
    pub choices: &'a [u32],
}

impl<'a> Published<'a> {
    fn list(starts: &[u32], items: &'a [u32], child: usize) -> &'a [u32] {
        let (Some(&from), Some(&to)) = (starts.get(child), starts.get(child + 1)) else { return &[] };
        items.get(from as usize..to as usize).unwrap_or_default()
    }

    fn siblings_of(&self, child: usize) -> &'a [u32] {
        Self::list(self.sibling_starts, self.siblings, child)
    }

    /// The group that a child named first; `None` where it named none or begins with `*`.
    pub fn first_choice(&self, child: usize) -> Option<u32> {
        self.choices_of(child).first().copied().filter(|&group| group != ANY)
    }

    fn choices_of(&self, child: usize) -> &'a [u32] {
        Self::list(self.choice_starts, self.choices, child)
    }
}

/// What a run claims about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Version of the engine that ran.
    pub engine_version: String,
    /// How it ranked.
    pub rule: Rule,
    /// Hash of the input's canonical bytes.
    pub input_sha256: String,
    /// Hash of the rule.
    pub rules_sha256: String,
    /// Hash of the allocation.
    pub result_sha256: String,
    /// Totals.
    pub counts: Counts,
    /// Every group by ascending id.
    pub cut_offs: Vec<CertifiedCutOff>,
    /// Whether given turns are claimed to be those of a queue: tier 0 first, and inside a stream by tier, instant and id.
    pub turns_of_queue: bool,
    /// What was held, reserved and asked for together; `None` where the input has no such column.
    pub special: Option<special::SpecialCounts>,
}

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Groups.
    pub groups: u64,
    /// Places in all groups.
    pub places: u64,
    /// Places that nobody got.
    pub places_left: u64,
    /// Children.
    pub children: u64,
    /// Children with a place.
    pub placed: u64,
    /// Children without one.
    pub not_placed: u64,
}

/// A group's cut-off as certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedCutOff {
    /// The group's id.
    pub group: u32,
    /// Its places.
    pub places: u32,
    /// How many were given.
    pub placed: u32,
    /// The last child that it took.
    pub last: Option<CertifiedLast>,
}

/// The last child that a group took, as certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedLast {
    /// Its id.
    pub child: u32,
    /// Its tier.
    pub tier: u8,
    /// Whether a sibling there counted.
    pub sibling: bool,
    /// Its instant, microseconds since 1970 UTC.
    pub applied_at: i64,
    /// Its place in the queue order from 1; only where the queue order decided.
    pub order: Option<u32>,
}

/// Hashes of the files as they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes {
    /// Of the input's canonical bytes.
    pub input_sha256: String,
    /// Of the rule that the certificate names.
    pub rules_sha256: String,
    /// Of the allocation.
    pub result_sha256: String,
}

/// Something that does not agree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The first child affected; `None` where no child's result is.
    pub child: Option<u32>,
    /// What does not agree.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.child {
            Some(child) => write!(f, "child {child}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}
