//! What a run claims: rule, hashes, counts and cut-offs.

use super::conditions::ConditionCounts;
use super::published::Rule;

/// What a run claims about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Version of the engine that ran.
    pub engine_version: String,
    /// The rule by which it says that it ranked children.
    pub rule: Rule,
    /// Hash of the input's canonical bytes.
    pub input_sha256: String,
    /// Hash of the rule.
    pub rules_sha256: String,
    /// Hash of the allocation.
    pub result_sha256: String,
    /// How many groups, places and children there were, and what became of them.
    pub counts: Counts,
    /// Every group by ascending id.
    pub cut_offs: Vec<CertifiedCutOff>,
    /// Whether given turns are claimed to be those of a queue: tier 0 first, and inside a stream by tier, instant and id.
    pub turns_of_queue: bool,
    /// What was held, reserved and asked for together; `None` where the input has no such column.
    pub conditions: Option<ConditionCounts>,
    /// How families were placed; `None` where there are none.
    pub families: Option<FamilyClaim>,
}

/// How a run says that it placed families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyClaim {
    /// The rule.
    pub rule: FamilyRule,
    /// The kindergartens that families gave up.
    pub gave_up: Vec<CertifiedGaveUp>,
}

/// By which rule families are placed: the input decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyRule {
    /// Where turns decide, without held places and open reserves: served where the last member stands.
    LastMember,
    /// Elsewhere: a family asks again when room appears, until nothing moves.
    ReEntry,
}

/// A family that gave a kindergarten up, because its wishes and those of others run in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedGaveUp {
    /// The ids of its children, ascending.
    pub children: Vec<u32>,
    /// The smallest id of the kindergarten's groups.
    pub group: u32,
    /// The families of the circle, it among them.
    pub cycle: Vec<Vec<u32>>,
}

/// Totals of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Groups in the input, full ones too.
    pub groups: u64,
    /// Places in all groups.
    pub places: u64,
    /// Places that nobody got.
    pub places_left: u64,
    /// Children in the input.
    pub children: u64,
    /// Children with a place.
    pub placed: u64,
    /// Children who got no place.
    pub not_placed: u64,
}

/// A group's cut-off as certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedCutOff {
    /// The id of the group in the published files.
    pub group: u32,
    /// Its places, with those that children held there.
    pub places: u32,
    /// How many were given.
    pub placed: u32,
    /// The last child that it took.
    pub last: Option<CertifiedLast>,
}

/// The last child that a group took, as certified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CertifiedLast {
    /// Its id in the published files, a ticket.
    pub child: u32,
    /// Its priority tier, 0 first.
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
    /// Of the allocation's file.
    pub result_sha256: String,
}
