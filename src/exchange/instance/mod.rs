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
mod files;
mod group_facts;
mod groups;
mod lookup;
mod output;
mod pieces;
mod reserves;
mod result;
mod scenarios;
mod write;
mod written;

pub use blocks::{FILE_BYTES_MAX, ROW_BYTES_MAX};
pub use canonical::{input_sha256, result_sha256, rules_sha256, special_input_sha256};
pub use certificate::{audited, certificate_json, certify, published, published_special, read_certificate};
pub use child_facts::{ChildFacts, read_child_facts};
pub use children::{Allowed, ChildrenRead, read_children};
pub use correction::{NotThere, committed_groups, correction_tables, extra_places, freed_table};
pub use explanation::{ChoiceExplained, Explanation, GroupExplained, Sentences, Voice, explain};
pub use files::{Read, read_all, read_instance};
pub use group_facts::GroupFacts;
pub use groups::{GroupsRead, read_groups};
pub use lookup::GroupLookup;
pub use output::{Abandoned, Output, abandon};
pub use result::{allocation_csv, read_allocation};
pub use scenarios::{ScenarioReader, Setting};
pub use write::{children_csv, groups_csv};
pub use written::{
    WrittenChild, WrittenGroup, written_allocation, written_children, written_groups, written_instance, written_special,
};
