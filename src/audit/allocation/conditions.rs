//! What a round publishes beside choices and priorities.

use std::collections::BTreeSet;

/// Where a child has no place.
pub(super) const NONE: u32 = u32::MAX;

/// Places that some children take first, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublishedReserve<'a> {
    /// The children who take them.
    pub whom: PublishedWhom<'a>,
    /// How many places are kept for them.
    pub places: u32,
    /// Whether others may have what is left.
    pub open: bool,
}

/// For whom places are reserved, as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedWhom<'a> {
    /// First and last tier.
    Tiers(u8, u8),
    /// The code of a category.
    Category(&'a str),
}

/// What was published beside choices and priorities. A list that was not is empty.
#[derive(Clone, Debug, Default)]
pub struct PublishedConditions<'a> {
    /// By child: the position of the group that it holds, or the largest number.
    pub holds: &'a [u32],
    /// By child: its family, or 0.
    pub together: &'a [u32],
    /// By group: its reserves, in the order in which they are asked.
    pub reserves: Vec<Vec<PublishedReserve<'a>>>,
    /// By child: the categories that it has.
    pub categories: &'a [Vec<String>],
    /// By group: a number for its kindergarten.
    pub kindergartens: &'a [u32],
    /// Children whom a group does not take: the position of the child, and that of the group.
    pub exclusions: BTreeSet<(usize, u32)>,
    /// Whether brothers and sisters of some children stand in other queues.
    pub is_tied: bool,
}

impl PublishedConditions<'_> {
    /// The counts that a certificate states; none where nothing is held, reserved or asked for together.
    pub fn counts(&self) -> Option<ConditionCounts> {
        (!self.is_empty()).then(|| ConditionCounts {
            holds: self.holds.iter().filter(|&&group| group != NONE).count() as u64,
            together: self.families().iter().map(|members| members.len() as u64).sum(),
            reserved: self.reserves.iter().flatten().map(|reserve| u64::from(reserve.places)).sum(),
            excluded: self.exclusions.len() as u64,
        })
    }

    /// Whether nothing is held, reserved or asked for together.
    pub(super) fn is_empty(&self) -> bool {
        self.holds.is_empty() && self.together.is_empty() && self.reserves.is_empty() && self.exclusions.is_empty()
    }

    /// Whether a reserve is for a child of this tier.
    pub(super) fn is_for(&self, whom: PublishedWhom<'_>, child: usize, tier: u8) -> bool {
        match whom {
            PublishedWhom::Tiers(from, to) => (from..=to).contains(&tier),
            PublishedWhom::Category(code) => {
                self.categories.get(child).is_some_and(|own| own.iter().any(|category| category == code))
            }
        }
    }

    pub(super) fn held(&self, child: usize) -> u32 {
        self.holds.get(child).copied().unwrap_or(NONE)
    }

    pub(super) fn families(&self) -> Vec<Vec<usize>> {
        let mut pairs: Vec<(u32, usize)> =
            self.together.iter().copied().zip(0..).filter(|&(family, _)| family != 0).collect();
        pairs.sort_unstable();
        let families = pairs.chunk_by(|a, b| a.0 == b.0).filter(|members| members.len() > 1);
        families.map(|members| members.iter().map(|&(_, child)| child).collect()).collect()
    }
}

/// How much of it a run used, as certified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConditionCounts {
    /// Children who held a place.
    pub holds: u64,
    /// Children in families of two and more.
    pub together: u64,
    /// Places that some children take first.
    pub reserved: u64,
    /// Pairs of a child and a group that does not take it.
    pub excluded: u64,
}
