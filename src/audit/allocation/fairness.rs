//! The fairness report: envy, placement, waiting and the places left, from the published files alone.
//!
//! ```
//! use kezek::audit::allocation::fairness::fairness;
//! use kezek::audit::allocation::{Published, Rule};
//!
//! // One group (id 10) with one place; child 1 applied before child 2.
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
//! assert!(fairness(&published, &[(1, 10), (2, 0)], Rule::Queue)?.is_sound());
//!
//! let bent = fairness(&published, &[(1, 0), (2, 10)], Rule::Queue)?;
//! assert_eq!((bent.envy, bent.first_envy), (1, Some((1, 10))));
//! # Ok::<(), kezek::audit::allocation::Finding>(())
//! ```

mod choosing;
mod plain;
mod report;

use super::finding::Finding;
use super::published::{Published, Rule};
use choosing::fairness_choosing;
use plain::fairness_plain;
pub use report::{Fairness, Left, NotAllowed, Part, Waiting, WhyLeft};

/// Looks at an allocation, (child id, group id or 0) by ascending child id.
///
/// # Errors
/// Rows that are not those of the published children, and turns that the rule asks for and the file does not have.
pub fn fairness(published: &Published<'_>, allocation: &[(u32, u32)], rule: Rule) -> Result<Fairness, Finding> {
    match published.conditions.is_empty() {
        true => fairness_plain(published, allocation, rule),
        false => fairness_choosing(published, allocation, rule),
    }
}
