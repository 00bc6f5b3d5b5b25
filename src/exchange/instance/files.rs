//! Both files of an instance, checked as a whole.

use std::collections::BTreeSet;
use std::path::Path;

use super::children::{Allowed, read_children};
use super::group_facts::{GroupFacts, numbered};
use super::groups::{GroupsRead, read_groups};
use super::lookup::GroupLookup;
use super::reserves::named_categories;
use crate::engine::allocation::{Instance, InstanceFault, Parts, Special};
use crate::exchange::fault::{Fault, Faults};

/// What both files say, read and checked.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The groups and children.
    pub instance: Instance,
    /// What the groups' file says for readers, by position; empty where it says nothing.
    pub facts: Vec<GroupFacts>,
    /// What is held, reserved and asked for together; `None` where no such column is there.
    pub special: Option<Special>,
}

/// Reads both files with all that they say and checks them as a whole. A column that is not `allowed` is a fault.
///
/// # Errors
/// All faults of both, up to the limit of [`Faults`].
pub fn read_all(groups: &Path, children: &Path, allowed: Allowed) -> Result<Read, Faults> {
    let mut faults = Faults::default();
    let groups_read = read_groups(groups, &mut faults);
    let lookup = GroupLookup::new(&groups_read.ids);
    let read = read_children(children, &lookup, faults.is_empty(), allowed, &mut faults);
    let GroupsRead { ids, capacities, facts, reserves } = groups_read;
    let mut column = |row: u64, column: &str, message: &str| {
        let (file, column) = (groups.display().to_string(), Some(column.to_owned()));
        faults.push(Fault { file, row, column, message: message.to_owned() });
    };
    if !reserves.is_empty() && !allowed.special {
        column(1, "reserved", "this command does not know reserved places; remove the column");
    }
    if !read.together.is_empty() && facts.is_empty() {
        column(1, "kindergarten", "the column is missing; families are placed in one kindergarten");
    }
    let named: BTreeSet<&str> = named_categories(&reserves).collect();
    if !named.is_empty() && read.categories.is_empty() && !read.parts.child_ids.is_empty() {
        let message =
            "a category is named, and the children's file has no column categories; add it, with each child's codes";
        column(1, "reserved", message);
    }
    let own = |codes: &str| codes.split(';').filter(|code| named.contains(code)).map(str::to_owned).collect();
    let categories = if named.is_empty() { vec![] } else { read.categories.iter().map(|codes| own(codes)).collect() };
    let kindergartens = numbered(facts.iter());
    let special = Special { holds: read.holds, together: read.together, reserves, categories, kindergartens };
    let special = (!special.is_empty()).then_some(special);
    let file = children.display().to_string();
    let (rows, lost) = (read.rows, read.lost);
    let row = |index: usize| rows.row(index);
    let parts = Parts { group_ids: ids, capacities, ..read.parts };
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
    Ok(Read { instance, facts, special })
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
