//! Both files of an instance, checked as a whole.

use std::path::Path;

use super::children::read_children;
use super::conditions::{Files, read_conditions};
use super::group_facts::GroupFacts;
use super::groups::{GroupsRead, read_groups};
use super::lookup::GroupLookup;
use crate::engine::allocation::{Instance, InstanceFault, Parts};
use crate::exchange::fault::{Fault, Faults};

/// What both files say, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The groups and children.
    pub instance: Instance,
    /// What the groups' file says for readers, by position; empty where it says nothing.
    pub facts: Vec<GroupFacts>,
}

/// Reads both files with all that they say and checks them as a whole. A column `turn` is a fault where turns are not allowed.
///
/// # Errors
/// All faults of both, up to the limit of [`Faults`]; a family whose members list no kindergarten in common is one, since nobody
/// can place it.
pub fn read_all(groups: &Path, children: &Path, turn_allowed: bool) -> Result<Read, Faults> {
    read(groups, children, turn_allowed, true)
}

/// The same for files of a run that was made. In a round the groups of a list are those with places, so that members of a
/// family can be left with none in common.
///
/// # Errors
/// As [`read_all`], families aside.
pub fn read_published(groups: &Path, children: &Path, turn_allowed: bool) -> Result<Read, Faults> {
    read(groups, children, turn_allowed, false)
}

fn read(groups: &Path, children: &Path, turn_allowed: bool, families_share: bool) -> Result<Read, Faults> {
    let mut faults = Faults::default();
    let groups_read = read_groups(groups, &mut faults);
    let lookup = GroupLookup::new(&groups_read.ids);
    let groups_sound = faults.is_empty();
    let read = read_children(children, &lookup, groups_sound, turn_allowed, &mut faults);
    let files = Files { groups, children, lookup: &lookup, groups_sound, families_share };
    let conditions = read_conditions(&files, &groups_read, &read, &mut faults);
    let GroupsRead { ids, capacities, facts, .. } = groups_read;
    let file = children.display().to_string();
    let (rows, lost) = (read.rows, read.lost);
    let row = |index: usize| rows.row(index);
    let parts = Parts { group_ids: ids, capacities, conditions, ..read.parts };
    if !faults.is_empty() {
        push_duplicates(&parts.child_ids, &lost, &file, row, &mut faults);
        return Err(faults);
    }
    let ids_ascend = parts.child_ids.is_sorted_by(|a, b| a < b);
    if !ids_ascend {
        push_duplicates(&parts.child_ids, &lost, &file, row, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
    }
    let instance = Instance::from_parts(parts).map_err(|fault| whole_file(&file, &fault))?;
    Ok(Read { instance, facts })
}

fn whole_file(file: &str, fault: &InstanceFault) -> Faults {
    let mut faults = Faults::default();
    faults.push(Fault { file: file.to_owned(), row: 0, column: None, message: fault.to_string() });
    faults
}

/// Adds a fault for each id that occurred before, at the later row. `lost` are rows that are no child for another fault.
fn push_duplicates(ids: &[u32], lost: &[(u32, u64)], file: &str, row: impl Fn(usize) -> u64, faults: &mut Faults) {
    // A file of 4 GiB has fewer rows than 32 bits count.
    let lost = lost.iter().map(|&(id, row)| (id, u32::try_from(row).unwrap_or(u32::MAX)));
    let children = ids.iter().zip(0..).map(|(&id, index)| (id, u32::try_from(row(index)).unwrap_or(u32::MAX)));
    let mut pairs: Vec<(u32, u32)> = children.chain(lost).collect();
    pairs.sort_unstable();
    let later = pairs.array_windows().filter(|[(a, _), (b, _)]| a == b);
    let mut later: Vec<(u64, u32)> = later.map(|&[_, (id, row)]| (u64::from(row), id)).collect();
    later.sort_unstable();
    for (row, id) in later {
        let message = format!("id {id} occurs in an earlier row; give every row its own id");
        faults.push(Fault { file: file.to_owned(), row, column: Some("id".to_owned()), message });
    }
}
