//! Correction runs: a committed allocation beside what the corrected input would have given, and the remedy that takes a
//! place from nobody.
//!
//! A child is *harmed* where the corrected run gives it something better than the committed one did, by its own list. The
//! remedy leaves everybody what they have and gives each harmed child what it was due. A group then may hold more than its
//! corrected places: these are the extra places, and no fewer would do without moving a child that was not harmed. Where
//! extra places cannot be had, the same rows are the first claims in the next round, in the order of the rule.
//!
//! A harmed child leaves what it had. Nobody is due that place, or the corrected run would have given it; but whoever likes
//! it better than what it has can have it in the next round, and by the rule one child comes first: the *next claim*.

mod choosing;
mod found;
mod plain;

use super::instance::Instance;
use super::order::{NoTurns, Rule};
use choosing::correct_choosing;
pub use found::{Concerned, Correction, Freed};
use plain::correct_plain;

/// Compares a committed allocation with a run of the corrected instance. `committed` is the group's position that each
/// child of the corrected instance has, by position, or [`super::NONE`]. The remedy finds the corrected places, or where it finds others
/// `room` has those: by group, what is left when others keep what they have of them, with the places that are held.
///
/// # Errors
/// The rule asks for turns that the children do not have.
pub fn correct(
    instance: &Instance,
    rule: Rule,
    committed: &[u32],
    room: Option<&[u32]>,
) -> Result<Correction, NoTurns> {
    let places = instance.places();
    let room = room.unwrap_or(&places);
    match instance.conditions().is_empty() {
        true => correct_plain(instance, rule, committed, room),
        false => correct_choosing(instance, rule, committed, room),
    }
}
