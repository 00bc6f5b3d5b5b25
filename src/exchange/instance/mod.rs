//! The offline contract: `groups.csv` and `children.csv` in, the allocation, its explanation and its certificate out.
//!
//! Reading checks everything and reports every fault by file, row and column. Rows are parsed in parallel, block by
//! block, so that a file is never held in memory as a whole. Writing goes to a file beside the target that takes its name
//! only when it is complete.

mod blocks;
mod canonical;
mod certificate;
mod child_facts;
mod children;
mod columns;
mod correction;
mod explanation;
mod fields;
mod groups;
mod lookup;
mod output;
mod pieces;
mod result;
mod scenarios;
mod write;
mod written;

pub use canonical::{input_sha256, result_sha256, rules_sha256, special_input_sha256};
pub use certificate::{audited, certificate_json, certify, published, published_special, read_certificate};
pub use child_facts::{ChildFacts, read_child_facts};
pub use children::{Allowed, ChildrenRead, read_children};
pub use correction::{NotThere, committed_groups, correction_tables, extra_places, freed_table};
pub use explanation::{ChoiceExplained, Explanation, GroupExplained, Sentences, Voice, explain};
pub use groups::{GroupsRead, read_groups};
pub use lookup::GroupLookup;
pub use output::{Abandoned, Output, abandon};
pub use result::{allocation_csv, read_allocation};
pub use scenarios::{ScenarioReader, Setting};
pub use write::{GroupFacts, children_csv, groups_csv};
pub use written::{
    WrittenChild, WrittenGroup, written_allocation, written_children, written_groups, written_instance, written_special,
};

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::fault::{Fault, Faults};
use crate::engine::allocation::{Instance, InstanceFault, Parts, Reserve, Special, Whom};

/// The largest file that is read: some forty million children. A larger one is a mistake, or should be split by queue.
pub const FILE_BYTES_MAX: u64 = 4 << 30;

/// The longest row that is read. Longer ones come from files that are no CSV.
pub const ROW_BYTES_MAX: usize = 16 << 20;

/// Both files, read.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// The groups and children.
    pub instance: Instance,
    /// What the groups' file says for readers, by position; empty where it says nothing.
    pub facts: Vec<GroupFacts>,
    /// What is held, reserved and asked for together; `None` where no such column is there.
    pub special: Option<Special>,
}

/// Reads both files and checks them as a whole. Where `turn_allowed` is false a `turn` column is a fault; a column of
/// [`Special`] is one always.
pub fn read_instance(groups: &Path, children: &Path, turn_allowed: bool) -> Result<Instance, Faults> {
    read_all(groups, children, Allowed { turn: turn_allowed, special: false }).map(|read| read.instance)
}

/// Reads both files with all that they say.
pub fn read_all(groups: &Path, children: &Path, allowed: Allowed) -> Result<Read, Faults> {
    let mut faults = Faults::default();
    let groups_read = read_groups(groups, &mut faults);
    let lookup = GroupLookup::new(&groups_read.ids);
    let read = read_children(children, &lookup, faults.is_empty(), allowed, &mut faults);
    let GroupsRead { ids, capacities, facts, reserves } = groups_read;
    let mut column = |row: u64, column: &str, message: &str| {
        let (file, column) = (groups.display().to_string(), column.to_owned());
        faults.push(Fault { file, row, column, message: message.to_owned() });
    };
    if !reserves.is_empty() && !allowed.special {
        column(1, "reserved", "this command does not know reserved places; remove the column");
    }
    if !read.together.is_empty() && facts.is_empty() {
        column(1, "kindergarten", "the column is missing; families are placed in one kindergarten");
    }
    let kindergartens = facts.iter().map(|facts| facts.kindergarten.as_str());
    let named: BTreeSet<&str> = named_categories(&reserves).collect();
    if !named.is_empty() && read.categories.is_empty() && !read.parts.child_ids.is_empty() {
        let message =
            "a category is named, and the children's file has no column categories; add it, with each child's codes";
        column(1, "reserved", message);
    }
    let own = |codes: &str| codes.split(';').filter(|code| named.contains(code)).map(str::to_owned).collect();
    let categories = if named.is_empty() { vec![] } else { read.categories.iter().map(|codes| own(codes)).collect() };
    let kindergartens = numbered(kindergartens);
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

/// The categories for which places are reserved.
fn named_categories(reserves: &[Vec<Reserve>]) -> impl Iterator<Item = &str> {
    reserves.iter().flatten().filter_map(|reserve| match &reserve.whom {
        Whom::Category(code) => Some(code.as_str()),
        Whom::Tiers(..) => None,
    })
}

/// A number for each group's kindergarten: the position of its first group. A group without one is its own.
fn numbered<'f>(kindergartens: impl Iterator<Item = &'f str>) -> Vec<u32> {
    let mut first: HashMap<&str, u32> = HashMap::new();
    kindergartens
        .zip(0..)
        .map(|(name, at)| if name.is_empty() { at } else { *first.entry(name).or_insert(at) })
        .collect()
}

fn whole_file(file: &str, fault: &InstanceFault) -> Faults {
    let mut faults = Faults::default();
    faults.push(Fault { file: file.to_owned(), row: 0, column: String::new(), message: fault.to_string() });
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
        faults.push(Fault { file: file.to_owned(), row, column: "id".to_owned(), message });
    }
}
