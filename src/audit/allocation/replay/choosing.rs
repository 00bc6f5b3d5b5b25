#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! Where turns decide everybody is served again. Elsewhere families stay where they are (that nobody blocks is checked by the
//! definition), and all others ask anew, in rounds of proposals in which all who are free ask at once.

use super::super::conditions::NONE;
use super::super::finding::Finding;
use super::super::market::Market;
use super::super::published::{Published, Rule};
use super::super::seating::{Seating, Unit};

/// Allocates: by child the group's position, or the largest number. `groups` is what they have.
pub(super) fn replayed_choosing(published: &Published<'_>, rule: Rule, groups: &[u32]) -> Result<Vec<u32>, Finding> {
    let market = Market::new(published, rule)?;
    if market.serves_in_line() {
        return Ok(in_line(&market));
    }
    let mut lists: Vec<Vec<u32>> = (0..groups.len()).map(|child| market.list(child)).collect();
    for child in market.conditions.families().into_iter().flatten() {
        lists[child] = Some(groups[child]).filter(|&group| group != NONE).into_iter().collect();
    }
    Ok(by_rounds(&market, &lists))
}

fn in_line(market: &Market<'_>) -> Vec<u32> {
    let mut seating = Seating::new(market);
    let mut groups = vec![NONE; market.keys.published.child_ids.len()];
    for (_, unit) in market.line() {
        match unit {
            Unit::Alone(child) => {
                let own = market.wishes(child).find(|&group| seating.take(child, group));
                groups[child] = own.unwrap_or(NONE);
            }
            Unit::Together(family) => {
                let way = family.asks.iter().find_map(|&home| seating.seated(&family.members, &family.takes_in(home)));
                for (&child, group) in family.members.iter().zip(way.into_iter().flatten()) {
                    groups[child] = group;
                }
            }
        }
    }
    groups
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
