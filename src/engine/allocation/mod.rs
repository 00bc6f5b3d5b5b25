//! Allocation: which child gets which group's place.
//!
//! Child-proposing deferred acceptance (D. Gale, L. Shapley, "College admissions and the stability of marriage", 1962):
//! every child proposes down its list, a group holds the best proposers it has seen up to its places. Under
//! [`Rule::Program`] a group ranks by (tier, sibling already there, instant, ticket); under [`Rule::Queue`] and
//! [`Rule::QueueByTurn`] every group ranks by the one queue order, and the result is what serving the queue in order gives.
//!
//! # Who got what, and why not
//!
//! ```
//! use kezek::engine::allocation::{Child, Instance, Market, Reason, Reasons, Rule};
//!
//! // Two groups of one place each, three children of one tier who applied one after the other.
//! let mut builder = Instance::builder();
//! builder.groups([(10, 1), (20, 1)])?;
//! for (id, choices) in [(1, [10, 20].as_slice()), (2, &[10]), (3, &[20, 10])] {
//!     let applied_at = i64::from(id);
//!     builder.child(Child { id, tier: 3, applied_at, turn: None, siblings: &[], choices, any: false })?;
//! }
//! let instance = builder.build()?;
//!
//! let rule = Rule::Queue { mix: None };
//! let market = Market::new(&instance, rule)?;
//! let allocation = market.solve();
//! let rows: Vec<(u32, Option<u32>)> = allocation.rows(&instance).collect();
//! assert_eq!(rows, [(1, Some(10)), (2, None), (3, Some(20))]);
//!
//! // The second child is told where the places ran out: group 10 is full, and its last child applied earlier.
//! let cut_offs = market.cut_offs(&allocation);
//! assert!(cut_offs[0].is_full());
//! assert_eq!(cut_offs[0].last.map(|last| last.applied_at), Some(1));
//! let reasons = Reasons::new(&instance, rule, &cut_offs)?;
//! assert_eq!(reasons.reason(0, 1, allocation.group_of[1]), Reason::Instant);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is guaranteed, and when
//!
//! For one run, over its own participants and places, with strict orders (the ticket breaks the last tie):
//!
//! - **Stable.** No child prefers a group that has a free place, or that holds a child with a later priority there.
//! - **Child-optimal.** No stable allocation gives any child a group that it likes better (Gale and Shapley, theorem 2).
//!   The result is therefore unique: it depends neither on threads nor on the order of rows.
//! - **Strategy-proof for children.** Within one run no child gets a better group by hiding or reordering choices
//!   (Dubins and Freedman 1981, Roth 1982). Over several rounds this does not follow, and it is not claimed.
//! - **Held places, reserved places, families, exclusions** ([`Conditions`]) keep some of these and lose some: `choosing.rs`
//!   says which.
//! - A place more harms nobody. A child that leaves harms nobody under [`Rule::Program`] and under [`Rule::Queue`] without
//!   mixing; with mixing a departure moves the turns of its stream, so it can.
//!
//! # Cost
//!
//! Ordering takes O(n log n), proposals O(total length of the lists): each (child, choice) pair is looked at once. `*` is
//! never written out: the next group that would take the child is found in O(log groups).

mod choosing;
mod conditions;
mod correction;
mod cutoff;
mod instance;
mod laboratory;
mod market;
mod order;
mod prepared;
mod reasons;
mod ripple;
mod settled;
mod solve;
mod thresholds;

pub use conditions::{Conditions, Exclusion, Reserve, Whom};
pub use correction::{Concerned, Correction, Freed, correct};
pub use cutoff::{CutOff, Last};
pub use instance::{ANY, Builder, Child, Instance, InstanceFault, Lists, Parts};
pub use laboratory::{Count, Laboratory, Outcome, PlaceChange, PlaceValue, Scenario};
pub use market::{Market, cut_offs, is_served_in_order, solve};
pub use order::{NoTurns, Rule};
pub use prepared::Prepared;
pub use reasons::{Reason, Reasons};
pub use ripple::{Move, Ripple};
pub use settled::{Settled, Won};
pub use solve::{Allocation, GaveUp, NONE, Workspace};
