//! Whether an allocation is what its certificate says, from the published files alone.
//!
//! Nothing here is the engine's: keys are whole tuples, the merged order is built from its definition, and the replay
//! works in the rounds of the 1962 paper where the engine works child by child.
//!
//! An allocation is right where every child has the first choice whose cut-off it meets, and every cut-off is the last
//! child that its full group took: then no child and no group could both do better (stability). That takes one pass.
//! Where siblings cross, more than one allocation can be stable; that it is the one best for the children is what
//! [`replay`] shows.
//!
//! # A certificate by hand
//!
//! ```
//! use kezek::audit::allocation::{
//!     Certificate, CertifiedCutOff, CertifiedLast, Counts, Published, Rule, replay, verify_result,
//! };
//!
//! // One group (id 10) with one place; two children of one tier chose it, and child 1 applied first.
//! let published = Published {
//!     group_ids: &[10],
//!     capacities: &[1],
//!     child_ids: &[1, 2],
//!     tiers: &[3, 3],
//!     applied_at: &[100, 200],
//!     turns: None,
//!     sibling_starts: &[0, 0, 0],
//!     siblings: &[],
//!     choice_starts: &[0, 1, 2],
//!     choices: &[0, 0],
//!     conditions: Default::default(),
//! };
//! let last = CertifiedLast { child: 1, tier: 3, sibling: false, applied_at: 100, order: Some(1) };
//! let certificate = Certificate {
//!     engine_version: "0".to_owned(),
//!     rule: Rule::Queue,
//!     input_sha256: String::new(),
//!     rules_sha256: String::new(),
//!     result_sha256: String::new(),
//!     counts: Counts { groups: 1, places: 1, places_left: 0, children: 2, placed: 1, not_placed: 1 },
//!     cut_offs: vec![CertifiedCutOff { group: 10, places: 1, placed: 1, last: Some(last) }],
//!     turns_of_queue: false,
//!     conditions: None,
//!     families: None,
//! };
//!
//! // Rows are (child id, group id or 0).
//! assert_eq!(verify_result(&published, &[(1, 10), (2, 0)], &certificate), []);
//! assert_eq!(replay(&published, &[(1, 10), (2, 0)], Rule::Queue), Ok(()));
//!
//! // Had the place been given to child 2, child 1 would be named first.
//! let findings = verify_result(&published, &[(1, 0), (2, 10)], &certificate);
//! assert_eq!(findings[0].to_string(), "child 1: got no place, but by the cut-offs it is due group 10");
//! ```

mod certificate;
mod check;
mod conditions;
pub mod fairness;
mod families;
mod finding;
mod key;
mod market;
mod published;
mod replay;
mod rows;
mod seating;
mod taken;
mod turns;

pub use certificate::{
    Certificate, CertifiedCutOff, CertifiedGaveUp, CertifiedLast, Counts, FamilyClaim, FamilyRule, Hashes,
};
pub use check::{verify, verify_hashes, verify_result};
pub use conditions::{ConditionCounts, PublishedConditions, PublishedReserve, PublishedWhom};
pub use finding::Finding;
pub use published::{ANY, Published, Rule};
pub use replay::replay;
pub use turns::turns_against_queue;
