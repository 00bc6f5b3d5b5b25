#![allow(clippy::indexing_slicing, reason = "arrays of a published instance have one entry per child or group")]
//! The rows of a published allocation.

use super::finding::Finding;
use super::published::Published;

const NONE: u32 = u32::MAX;

/// The groups that children got, by position; `Err` where the rows are not those of the published children.
pub(super) fn groups_of(published: &Published<'_>, allocation: &[(u32, u32)]) -> Result<Vec<u32>, Finding> {
    let mut by_id: Vec<(u32, usize)> = published.child_ids.iter().copied().zip(0..).collect();
    if !by_id.is_sorted() {
        by_id.sort_unstable();
    }
    let mut groups = vec![NONE; by_id.len()];
    let fault = |child: u32, what: String| Err(Finding { child: Some(child), what });
    let mut rows = allocation.iter().peekable();
    for &(id, child) in &by_id {
        match rows.next() {
            Some(&(row, group)) if row == id => {
                if group == 0 {
                    continue;
                }
                match published.group_ids.binary_search(&group) {
                    Ok(position) => groups[child] = u32::try_from(position).unwrap_or(NONE),
                    Err(_) => return fault(id, format!("got group {group}, which is not among the groups")),
                }
            }
            Some(&(row, _)) if row < id => return fault(row, "is in the allocation, but not in the input".to_owned()),
            _ => return fault(id, "is in the input, but not in the allocation".to_owned()),
        }
    }
    match rows.next() {
        Some(&(row, _)) => fault(row, "is in the allocation, but not in the input".to_owned()),
        None => Ok(groups),
    }
}
