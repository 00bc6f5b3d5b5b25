#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The allocation again: rounds of proposals in which all free children ask at once, and families that give up.

use std::collections::BTreeMap;

use super::super::check::groups_of;
use super::super::finding::Finding;
use super::super::key::Key;
use super::super::published::{Published, Rule};
use super::market::Market;
use super::published::{NONE, PublishedSpecial};

/// Allocates anew and compares: the first child that got something else is named.
pub fn replay_special(
    published: &Published<'_>,
    special: &PublishedSpecial<'_>,
    allocation: &[(u32, u32)],
    rule: Rule,
) -> Result<(), Finding> {
    let market = Market::new(published, special, rule)?;
    let groups = groups_of(published, allocation)?;
    let due = allocate(&market);
    let differ = (0..groups.len()).filter(|&child| groups[child] != due[child]);
    let Some(child) = differ.min_by_key(|&child| published.child_ids[child]) else { return Ok(()) };
    let what = format!("got {}, but a replay gives {}", market.name(groups[child]), market.name(due[child]));
    Err(Finding { child: Some(published.child_ids[child]), what })
}

/// A family: what each member takes, and the kindergartens that are left to ask, the next one last.
struct Asking {
    lists: Vec<(usize, Vec<u32>)>,
    left: Vec<u32>,
}

fn allocate(market: &Market<'_>) -> Vec<u32> {
    let published = market.keys.published;
    let mut lists: Vec<Vec<u32>> = (0..published.child_ids.len()).map(|child| market.list(child)).collect();
    let home = |group: &u32| market.special.kindergartens[*group as usize];
    let mut families: Vec<Asking> = vec![];
    for mut members in market.special.families() {
        members.sort_by_key(|&child| published.child_ids[child]);
        let own: Vec<(usize, Vec<u32>)> = members.iter().map(|&child| (child, lists[child].clone())).collect();
        let mut left: Vec<u32> = vec![];
        for kindergarten in lists[members[0]].iter().map(home) {
            if !left.contains(&kindergarten)
                && own.iter().all(|(_, list)| list.iter().map(home).any(|k| k == kindergarten))
            {
                left.push(kindergarten);
            }
        }
        left.reverse();
        families.push(Asking { lists: own, left });
    }
    loop {
        for family in &families {
            for (child, own) in &family.lists {
                lists[*child] = match family.left.last() {
                    Some(asked) => own.iter().copied().filter(|group| home(group) == *asked).collect(),
                    None => vec![],
                };
                let held = market.special.held(*child);
                if held != NONE && !lists[*child].contains(&held) {
                    lists[*child].push(held);
                }
            }
        }
        let groups = by_rounds(market, &lists);
        let mut torn: BTreeMap<u32, Vec<(Option<Key>, usize)>> = BTreeMap::new();
        for (number, family) in families.iter().enumerate() {
            let Some(&asked) = family.left.last() else { continue };
            let whole = family.lists.iter().all(|&(child, _)| groups[child] != NONE && home(&groups[child]) == asked);
            if !whole {
                let latest = family.lists.iter().map(|&(child, _)| market.keys.key_with(child, false)).max();
                torn.entry(asked).or_default().push((latest, number));
            }
        }
        if torn.is_empty() {
            return groups;
        }
        for mut there in torn.into_values() {
            there.sort_unstable();
            // So many cannot stay, however the others fare: each becomes whole only by what another leaves.
            let children = there.iter().map(|&(_, number)| families[number].lists.len()).max().unwrap_or(1);
            let stay = there.len() - there.len().div_ceil(children);
            for (_, number) in there.split_off(stay) {
                families[number].left.pop();
            }
        }
    }
}

fn by_rounds(market: &Market<'_>, lists: &[Vec<u32>]) -> Vec<u32> {
    let mut members: Vec<Vec<usize>> = vec![vec![]; market.places.len()];
    let mut asked = vec![0; lists.len()];
    let mut free: Vec<usize> = (0..lists.len()).collect();
    while !free.is_empty() {
        let mut met: Vec<u32> = vec![];
        for child in free.drain(..) {
            if let Some(&group) = lists[child].get(asked[child]) {
                asked[child] += 1;
                members[group as usize].push(child);
                met.push(group);
            }
        }
        met.sort_unstable();
        met.dedup();
        for group in met {
            let all = std::mem::take(&mut members[group as usize]);
            let chosen = market.chosen(group, all.clone());
            free.extend(all.into_iter().filter(|child| !chosen.contains(child)));
            members[group as usize] = chosen;
        }
    }
    let mut groups = vec![NONE; lists.len()];
    for (members, group) in members.iter().zip(0..) {
        members.iter().for_each(|&child| groups[child] = group);
    }
    groups
}
