//! The policy laboratory: the same children and groups under other rules and other places.
//!
//! Where many scenarios rank children alike they share one settled market; other places are worked out from there as a
//! [`Ripple`], so a thousand of them cost hardly more than one run. Those that rank children by themselves are run whole,
//! over one layout that serves all rankings. Scenarios run in parallel and do not depend on each other.

mod outcome;
mod plain;
mod reranked;
mod scenario;
mod special;

pub use outcome::{Count, Outcome, PlaceValue};
pub use plain::Laboratory;
pub use scenario::{PlaceChange, Scenario};
pub use special::SpecialLaboratory;
