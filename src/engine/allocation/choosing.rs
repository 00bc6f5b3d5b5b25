//! Places that are held, families that stay together, places that are reserved.
//!
//! Groups choose among children here, which takes more than a threshold, so this way is taken only where an instance has
//! such conditions. It is child-proposing deferred acceptance as well, with these differences:
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
//! - **Exclusions.** A group that does not take a child in this run is not on its list.
//! - **Families.** Children who apply together are one unit: all of them in one kindergarten, or each stays with what it
//!   has. The unit has one list of kindergartens, that of the member with the smallest id among those who name a group;
//!   only kindergartens where every member takes a group count. Within its kindergarten a unit fares alike.
//!
//! # Where turns decide
//!
//! Under one order, without held places and open reserves, a unit stands where its last member stands (`turns.rs`). Units are
//! served in that order, and each takes the first kindergarten of its list with room for all of it: of all ways to seat its
//! members the first one, members by id, groups by ascending id. A seat of a group is one of a closed reserve or one that is
//! kept for nobody; a child takes a seat of the first reserve that is for it and has one left, else of those for nobody, and
//! keeps it. For children alone this is what deferred acceptance gives: with one order a group's choice looks at children
//! one after the other, so whether it keeps a child depends on those ahead alone. Nobody blocks: with the units behind it gone no
//! unit finds room in a kindergarten that it likes better. It is a serial dictatorship, so strategy-proof in the list of the
//! unit, though not in the choice to apply together.
//!
//! # Elsewhere
//!
//! Where each group ranks by itself, or a seat can be taken away again, units come in one after the other and ask again when
//! room appears, until nothing moves (`reentry.rs`; the idea is that of I. Ashlagi, M. Braverman, A. Hassidim, "Stability in large matching
//! markets with complementarities", 2014). A unit blocks where all of its members would be chosen, reserves included, beside those
//! who are placed, in a kindergarten that it likes better. In the end nobody alone has justified envy and no unit blocks, but
//! those that gave a kindergarten up: with such wishes a solution need not exist (A. Roth, 1984; for siblings in school
//! choice J. Correa et al., 2019 and 2022), and then only units whose wishes run in a circle give way and are named
//! ([`super::GaveUp`]). The search tries many orders, not all, so a solution can be missed; a test counts how seldom. The result is
//! one, whatever the order of rows. Neither child-optimality nor strategy-proofness is claimed for families here; children
//! alone have the best that they can have beside them.

mod cut_off;
mod placement;
mod reentry;
mod run;
mod seats;
mod turns;
mod units;

use super::solve::Allocation;
pub(super) use run::{Key, Run, serves_in_order};
pub(super) use units::{Unit, Units};

impl Run<'_> {
    /// Allocates.
    pub(super) fn solve(&self) -> Allocation {
        let units = Units::new(self);
        if self.in_order {
            Allocation { group_of: self.serve(&units), gave_up: vec![] }
        } else if units.all.is_empty() {
            Allocation { group_of: self.allocate(|_| None), gave_up: vec![] }
        } else {
            self.let_in(&units)
        }
    }
}
