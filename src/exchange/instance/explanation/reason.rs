//! The codes of reasons, as the rows have them.

use crate::engine::allocation::Reason;

/// What is told of `*`: no other group had a place, or none before the one that the child got through it.
pub(super) const ANY_FULL: &str = "any_full";
pub(super) const ANY_BEFORE: &str = "any_before";

/// Every reason, in the order of its numbers.
pub(super) const REASONS: [Reason; 12] = [
    Reason::NoPlaces,
    Reason::Tier,
    Reason::TierSibling,
    Reason::Sibling,
    Reason::Instant,
    Reason::InstantAlone,
    Reason::Ticket,
    Reason::Turn,
    Reason::Reserved,
    Reason::Together,
    Reason::NotCommon,
    Reason::Excluded,
];

/// The code of a reason.
pub(super) fn code(reason: Reason) -> &'static str {
    match reason {
        Reason::NoPlaces => "no_places",
        Reason::Tier => "tier",
        Reason::TierSibling => "tier_sibling",
        Reason::Sibling => "sibling",
        Reason::Instant => "instant",
        Reason::InstantAlone => "instant_alone",
        Reason::Ticket => "ticket",
        Reason::Turn => "turn",
        Reason::Reserved => "reserved",
        Reason::Together => "together",
        Reason::NotCommon => "not_common",
        Reason::Excluded => "excluded",
    }
}
