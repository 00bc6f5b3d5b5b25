#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The allocation again.

mod choosing;
mod plain;

use super::finding::Finding;
use super::published::{Published, Rule};
use super::rows::groups_of;
use choosing::replayed_choosing;
use plain::replayed;

/// Allocates anew and compares: the first child that got something else is named. Where families ask again when room appears
/// they stay where they are, and everybody else is allocated anew beside them.
pub fn replay(published: &Published<'_>, allocation: &[(u32, u32)], rule: Rule) -> Result<(), Finding> {
    let groups = groups_of(published, allocation)?;
    let due = match published.conditions.is_empty() {
        true => replayed(published, rule),
        false => replayed_choosing(published, rule, &groups),
    }?;
    let differ = (0..groups.len()).filter(|&child| groups[child] != due[child]);
    let Some(child) = differ.min_by_key(|&child| published.child_ids[child]) else { return Ok(()) };
    let name = |group: u32| match published.group_ids.get(group as usize) {
        Some(id) => format!("group {id}"),
        None => "no place".to_owned(),
    };
    let what = format!("got {}, but a replay gives {}", name(groups[child]), name(due[child]));
    Err(Finding { child: Some(published.child_ids[child]), what })
}
