//! A scenario: another rule, other tiers, other places.

use std::collections::BTreeMap;

use super::super::order::Rule;
use super::super::solve::NONE;

/// One change of places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlaceChange {
    /// So many places more in the group at this position; fewer where negative, but never less than none.
    By(u32, i64),
    /// So many places in the group at this position.
    To(u32, u32),
    /// So many places more in that one of these groups for which most children still wish by name in the base run; of
    /// equals the first.
    MoreWhereWished(Vec<u32>, u32),
}

/// What a scenario changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Its name in the report.
    pub name: String,
    /// The rule that ranks children instead; none: that of the base run.
    pub rule: Option<Rule>,
    /// All children of the first tier count as of the second; looked up in the children's own tiers, each once.
    pub tiers: BTreeMap<u8, u8>,
    /// Other places, one after the other.
    pub places: Vec<PlaceChange>,
}

/// The places of the groups that changes touch; `wishes` counts who wishes for a group by name in the base run.
pub(super) fn changed_places(
    capacities: &[u32],
    changes: &[PlaceChange],
    wishes: impl Fn(u32) -> u32,
) -> Vec<(u32, u32)> {
    let mut places: BTreeMap<u32, u32> = BTreeMap::new();
    for change in changes {
        let (group, by) = match change {
            PlaceChange::By(group, by) => (*group, *by),
            PlaceChange::To(group, to) => {
                places.insert(*group, *to);
                continue;
            }
            PlaceChange::MoreWhereWished(groups, more) => {
                let known = groups.iter().filter(|&&group| (group as usize) < capacities.len());
                let most = known.max_by_key(|&&group| (wishes(group), std::cmp::Reverse(group)));
                (most.copied().unwrap_or(NONE), i64::from(*more))
            }
        };
        let own = capacities.get(group as usize).copied().unwrap_or_default();
        let entry = places.entry(group).or_insert(own);
        let sum = i64::from(*entry).saturating_add(by).clamp(0, i64::from(u32::MAX));
        *entry = u32::try_from(sum).unwrap_or(u32::MAX);
    }
    places.into_iter().collect()
}
