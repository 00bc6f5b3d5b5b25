//! Why each choice above the result came to nothing: a row per child and choice, and what belongs to it.
//!
//! A row says which choice and why; the rest does not depend on the child. The group's cut-off, its places, who stands
//! ahead by tier, and this as a sentence are found by `group_id` in a second file, what would have changed the result by
//! `reason` in a third: a country has millions of rows, but some ten thousand groups.

mod child;
mod reason;
mod rows;
mod sentences;

pub use child::{ChoiceExplained, GroupExplained};
pub use rows::{Explanation, explain};
pub use sentences::{Sentences, Voice};
