//! The offline contract: `groups.csv` and `children.csv` in, the allocation and its explanation out.
//!
//! Reading checks everything and reports every fault by file, row and column. Rows are parsed in parallel, block by
//! block, so that a file is never held in memory as a whole.

mod allocation;
mod child_facts;
mod children;
mod conditions;
mod correction;
mod explanation;
mod files;
mod group_facts;
mod groups;
mod lookup;
mod reserves;
mod scenarios;
mod write;
mod written;

pub use allocation::{allocation_csv, read_allocation};
pub use child_facts::{ChildFacts, read_child_facts};
pub use correction::{NotThere, committed_groups, correction_tables, extra_places, freed_table};
pub use explanation::{ChoiceExplained, Explanation, GroupExplained, Sentences, Voice, explain};
pub use files::{Read, read_all, read_published};
pub use group_facts::{GroupFacts, kindergarten_cell};
pub use lookup::GroupLookup;
pub use scenarios::{ScenarioReader, Setting};
pub use write::{children_csv, groups_csv};
pub use written::{WrittenChild, WrittenGroup, written_allocation, written_children, written_groups, written_instance};
