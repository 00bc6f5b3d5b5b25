//! Reads back what [`super::groups_csv`], [`super::children_csv`] and [`super::allocation_csv`] wrote: a round's own files,
//! from the registry's memory. Files of others are read with care elsewhere.

use super::conditions::read_excluded;
use super::group_facts::{GroupFacts, numbered, said};
use super::lookup::GroupLookup;
use super::reserves::{named_categories, read_reserves};
use crate::domain::instant::read_micros;
use crate::engine::allocation::{Child, Conditions, Instance, InstanceFault, Reserve, Rule};

/// A group as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenGroup {
    /// Its id in the file.
    pub id: u32,
    /// Its free places, those that are kept for somebody among them.
    pub places: u32,
    /// What the file says for readers.
    pub facts: GroupFacts,
    /// Its reserved places, in the order in which they are asked.
    pub reserves: Vec<Reserve>,
}

/// A child as it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenChild {
    /// Its id, which is its ticket.
    pub id: u32,
    /// Its priority tier, 0 first.
    pub tier: u8,
    /// Instant of application, microseconds since 1970 UTC.
    pub applied_at: i64,
    /// The given turn, where the file has them.
    pub turn: Option<i64>,
    /// Ids of the groups where a sibling already is.
    pub siblings: Vec<u32>,
    /// Ids of the chosen groups, most preferred first.
    pub choices: Vec<u32>,
    /// Whether every other group follows.
    pub any: bool,
    /// Its family; 0 where it applies alone.
    pub together: u32,
    /// Its categories, of those that reserves name.
    pub categories: Vec<String>,
    /// The groups that do not take it, as the column has them.
    pub excluded: String,
    /// Whether its brothers and sisters stand in other queues.
    pub tied: bool,
}

/// The groups of a file; `None` where it is not as it was written.
pub fn written_groups(text: &str) -> Option<Vec<WrittenGroup>> {
    rows(text).map(|row| group(&row)).collect()
}

fn group(row: &[&str]) -> Option<WrittenGroup> {
    let &[id, places, kindergarten, territory, language, kind, from, to, ref reserved @ ..] = row else { return None };
    let facts = GroupFacts {
        kindergarten: said(kindergarten),
        territory: said(territory),
        language: said(language),
        kind: said(kind),
        age_from_months: from.parse().ok()?,
        age_to_months: to.parse().ok()?,
    };
    let reserves = reserved.first().map_or(Ok(vec![]), |field| read_reserves(field)).ok()?;
    Some(WrittenGroup { id: id.parse().ok()?, places: places.parse().ok()?, facts, reserves })
}

/// The children of a file; `None` where it is not as it was written.
pub fn written_children(text: &str) -> Option<Vec<WrittenChild>> {
    let columns: Vec<&str> = text.lines().next()?.split(',').collect();
    rows(text).map(|row| child(&row, &columns)).collect()
}

fn child(row: &[&str], columns: &[&str]) -> Option<WrittenChild> {
    let &[id, tier, applied_at, _, siblings, choices, ..] = row else { return None };
    let further = |name: &str| {
        let at = columns.iter().position(|column| *column == name)?;
        row.get(at).copied().filter(|field| !field.is_empty())
    };
    let (choices, any) = match choices.strip_suffix('*') {
        Some(listed) => (listed.trim_end_matches(';'), true),
        None => (choices, false),
    };
    Some(WrittenChild {
        id: id.parse().ok()?,
        tier: tier.parse().ok()?,
        applied_at: read_micros(applied_at.as_bytes())?,
        turn: further("turn").map(str::parse).transpose().ok()?,
        siblings: ids(siblings)?,
        choices: ids(choices)?,
        any,
        together: further("together").map_or(Ok(0), str::parse).ok()?,
        categories: further("categories").into_iter().flat_map(|codes| codes.split(';')).map(str::to_owned).collect(),
        excluded: further("excluded").unwrap_or_default().to_owned(),
        tied: further("tied").is_some(),
    })
}

/// Child and group of each row that names a group; `None` where the file is not as it was written.
pub fn written_allocation(text: &str) -> Option<Vec<(u32, u32)>> {
    rows(text)
        .filter(|row| row.get(1).is_some_and(|group| !group.is_empty()))
        .map(|row| Some((row.first()?.parse().ok()?, row.get(1)?.parse().ok()?)))
        .collect()
}

/// The instance of groups and children, with what is reserved and asked for together; with given turns where the rule goes by them.
///
/// # Errors
/// They do not fit one another.
pub fn written_instance(
    groups: &[WrittenGroup],
    children: &[WrittenChild],
    rule: Rule,
) -> Result<Instance, InstanceFault> {
    let mut builder = Instance::builder();
    if rule == Rule::QueueByTurn {
        builder.given_turns();
    }
    builder.groups(groups.iter().map(|g| (g.id, g.places)))?;
    for child in children {
        let WrittenChild { id, tier, applied_at, turn, siblings, choices, any, .. } = child;
        let (id, tier, applied_at, turn, any) = (*id, *tier, *applied_at, *turn, *any);
        builder.child(Child { id, tier, applied_at, turn, siblings, choices, any })?;
    }
    builder.conditions(conditions(groups, children));
    builder.build()
}

/// What is reserved and asked for together in an instance of these groups and children.
fn conditions(groups: &[WrittenGroup], children: &[WrittenChild]) -> Conditions {
    let mut groups: Vec<&WrittenGroup> = groups.iter().collect();
    groups.sort_unstable_by_key(|group| group.id);
    let reserved = groups.iter().any(|group| !group.reserves.is_empty());
    let together = children.iter().any(|child| child.together > 0);
    let reserves = if reserved { groups.iter().map(|group| group.reserves.clone()).collect() } else { vec![] };
    let by_category = named_categories(&reserves).next().is_some();
    let excluded = children.iter().any(|child| !child.excluded.is_empty());
    if !reserved && !together && !excluded {
        return Conditions::default();
    }
    let ids: Vec<u32> = groups.iter().map(|group| group.id).collect();
    let lookup = GroupLookup::new(&ids);
    let own = |(child, at): (&WrittenChild, u32)| read_excluded(&child.excluded, at, &lookup).unwrap_or_default();
    Conditions {
        together: if together { children.iter().map(|child| child.together).collect() } else { vec![] },
        categories: if by_category { children.iter().map(|child| child.categories.clone()).collect() } else { vec![] },
        reserves,
        kindergartens: numbered(groups.iter().map(|group| &group.facts)),
        exclusions: children.iter().zip(0..).flat_map(own).collect(),
        tied: children.iter().zip(0..).filter(|(child, _)| child.tied).map(|(_, at)| at).collect(),
        ..Conditions::default()
    }
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

fn ids(list: &str) -> Option<Vec<u32>> {
    list.split(';').filter(|id| !id.is_empty()).map(|id| id.parse().ok()).collect()
}
