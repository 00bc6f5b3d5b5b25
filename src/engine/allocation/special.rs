//! Places that are held, families that stay together, places that are reserved.
//!
//! This is a path of its own, taken only where an instance has such columns. It is child-proposing deferred acceptance
//! as well, with these differences:
//!
//! - **Held places.** A child that has a place keeps it unless it wins a better one: the place is added to the group's,
//!   stands last on the child's list, and the child goes before everybody there (guaranteed priority: A. Abdulkadiroğlu,
//!   T. Sönmez, "School choice: a mechanism design approach", 2003). What it leaves goes on in the same run. Kept:
//!   stability against the priorities as changed, child-optimality, strategy-proofness.
//! - **Reserved places.** A group asks one reserve after the other: each takes the best of its children (those of some
//!   tiers, or of a category), as many as it has places, of those whom no reserve before it took; then the best of the rest
//!   get the other places. What a reserve leaves stays empty, or where it says so joins the other places (minority reserves:
//!   I. Hafalir, B. Yenmez, M. Yildirim, "Effective affirmative action in school choice", 2013; several that share children:
//!   S. Kominers, T. Sönmez, "Matching with slot-specific priorities", 2016). A child has one seat to ask a group for, so no
//!   child ever makes another one welcome (substitutes) and the same three guarantees hold, envy being judged by this choice.
//!   A held place is of no reserve.
//! - **Families.** Children who apply together get places in one kindergarten, or each stays with what it has. With such
//!   wishes a stable allocation need not exist (A. Roth, 1984; for siblings in school choice J. Correa et al., 2019 and
//!   2022), so something must give. Here a family asks one kindergarten after the other, in the order of the member with
//!   the smallest id, of those where every member has a choice; a kindergarten that cannot take all of them is given up
//!   for good, by the families first whose last member stands latest. Of n families that are not whole there, the largest of m
//!   children, n/m must go in any case ([`must_give_up`]), so many do at a time, and one at least. Kept: every
//!   family is whole, no child without a family has justified envy, the result is unique and does not depend on row order.
//!   Lost: a family may find later that a kindergarten it gave up would now have room (it has the first claim in the next
//!   round), and it can gain by reordering its list; neither child-optimality nor strategy-proofness is claimed for
//!   families.

mod asked;
mod correction;
mod cut_off;
mod run;

pub use asked::{Reserve, Special, Whom};
pub use correction::{correct_special, correct_special_within};
pub use cut_off::{SpecialReasons, cut_offs_with, special_cut_offs};
pub(super) use run::Run;
pub use run::{AskedAgain, must_give_up, solve_special, solve_with};
