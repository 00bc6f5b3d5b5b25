//! The reasons, and as much of a cut-off as tells them.

use super::super::cutoff::CutOff;
use super::super::order::Rule;

/// Why a full group did not take a child: the first respect in which its last child was ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The group had no place at all.
    NoPlaces,
    /// The last child has an earlier tier.
    Tier,
    /// The last child has an earlier tier, and a sibling there besides.
    TierSibling,
    /// The same tier, but the last child has a sibling there.
    Sibling,
    /// The last child applied earlier; siblings do not count, or both have one there.
    Instant,
    /// The last child applied earlier, and neither has a sibling there, who would count.
    InstantAlone,
    /// The same instant, but the last child has a smaller ticket.
    Ticket,
    /// The last child has an earlier turn in the merged order.
    Turn,
    /// The places that were left, or went to children behind, are reserved for others.
    Reserved,
    /// The kindergarten could not take the whole family.
    Together,
    /// Not all of the family named this kindergarten.
    NotCommon,
    /// The group does not take the child in this run: it was offered just this vacancy before.
    Excluded,
}

/// As much of a full group's cut-off as tells why it did not take a child: a country asks it millions of times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Barrier {
    applied_at: i64,
    tier: u8,
    kind: BarrierKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BarrierKind {
    /// The group took nobody.
    Closed,
    /// The last child is known by its turn.
    Turn,
    /// The last child counted as having a sibling there.
    WithSibling,
    /// Siblings count, but the last child has none there.
    Alone,
    Plain,
}

impl Barrier {
    /// Of a group's cut-off.
    pub(super) fn new(rule: Rule, cut_off: &CutOff) -> Self {
        let (applied_at, tier) = cut_off.last.map_or((0, 0), |last| (last.applied_at, last.tier));
        let kind = match (cut_off.last, rule) {
            (None, _) => BarrierKind::Closed,
            (_, Rule::QueueByTurn | Rule::Queue { mix: Some(_) }) => BarrierKind::Turn,
            (Some(last), _) if last.sibling => BarrierKind::WithSibling,
            (_, Rule::Program) => BarrierKind::Alone,
            _ => BarrierKind::Plain,
        };
        Self { applied_at, tier, kind }
    }

    /// Why a child of this tier and instant was not taken; `sibling` is asked whether it has one there.
    #[inline]
    pub(super) fn reason(&self, tier: u8, applied_at: i64, sibling: impl FnOnce() -> bool) -> Reason {
        match self.kind {
            BarrierKind::Closed => Reason::NoPlaces,
            BarrierKind::Turn => Reason::Turn,
            BarrierKind::WithSibling if tier != self.tier => Reason::TierSibling,
            _ if tier != self.tier => Reason::Tier,
            BarrierKind::WithSibling if !sibling() => Reason::Sibling,
            BarrierKind::Alone if applied_at != self.applied_at => Reason::InstantAlone,
            _ if applied_at != self.applied_at => Reason::Instant,
            _ => Reason::Ticket,
        }
    }
}
