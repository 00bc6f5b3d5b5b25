//! Reserved places and families of a round: what the engine is asked beside choices and turns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Free, Offered, Waiting};
use crate::domain::codes::Status;
use crate::domain::kindergarten::Reserved;
use crate::engine::allocation::{Reserve, Special};
use crate::rules::profile::Profile;
use crate::store::seats::Seated;

impl Offered {
    /// Whether some of the places are kept for somebody.
    pub(super) fn keeps_places(&self) -> bool {
        self.places.iter().any(|place| place.reserved.is_some())
    }

    /// The place that a child of this tier takes: one kept for its tier first, then one that is kept for nobody, then one
    /// that others leave. How many of each there are, the allocation has counted.
    pub(super) fn take(&mut self, tier: u8, profile: &Profile) -> Option<Free> {
        let rank = |free: &Free| match &free.reserved {
            Some(reserved) => match tier_of(profile, reserved) {
                Some(own) if own == tier => 0,
                Some(_) if reserved.open => 2,
                Some(_) => 3,
                None => 1,
            },
            None => 1,
        };
        let at = self.places.iter().enumerate().min_by_key(|(at, free)| (rank(free), *at)).map(|(at, _)| at)?;
        Some(self.places.remove(at))
    }

    /// The reserves of the group. Where some places of a tier are open to others and some are not, none is.
    fn reserves(&self, profile: &Profile) -> Vec<Reserve> {
        let mut by_tier: BTreeMap<u8, Reserve> = BTreeMap::new();
        for reserved in self.places.iter().filter_map(|place| place.reserved.as_ref()) {
            let Some(tier) = tier_of(profile, reserved) else { continue };
            let none = Reserve { from_tier: tier, to_tier: tier, places: 0, open: true };
            let reserve = by_tier.entry(tier).or_insert(none);
            reserve.places += 1;
            reserve.open &= reserved.open;
        }
        by_tier.into_values().collect()
    }
}

/// A tier that the profile does not have keeps nothing.
fn tier_of(profile: &Profile, reserved: &Reserved) -> Option<u8> {
    profile.tiers.iter().find(|tier| tier.code == reserved.tier).map(|tier| tier.number)
}

/// What is reserved and asked for together; `None` where nothing is.
pub(super) fn asked(
    waiting: &[Waiting],
    offered: &[Offered],
    families: &BTreeMap<String, String>,
    profile: &Profile,
) -> Option<Special> {
    let reserves: Vec<Vec<Reserve>> = offered.iter().map(|offer| offer.reserves(profile)).collect();
    let reserves = if reserves.iter().all(Vec::is_empty) { vec![] } else { reserves };
    // A family is known by the smallest ticket of its members; one of whom only one waits is none.
    let mut tickets: HashMap<&str, (u32, usize)> = HashMap::new();
    for waiting in waiting {
        if let Some(family) = families.get(&waiting.seated.number) {
            let known = tickets.entry(family).or_insert((waiting.seated.ticket, 0));
            *known = (known.0.min(waiting.seated.ticket), known.1 + 1);
        }
    }
    let family = |waiting: &Waiting| {
        let family = families.get(&waiting.seated.number)?;
        tickets.get(family.as_str()).filter(|(_, members)| *members > 1).map(|(ticket, _)| *ticket)
    };
    let together: Vec<u32> = waiting.iter().map(|waiting| family(waiting).unwrap_or_default()).collect();
    let together = if together.iter().all(|family| *family == 0) { vec![] } else { together };
    let mut first: HashMap<&str, u32> = HashMap::new();
    let kindergartens = offered.iter().zip(0..);
    let kindergartens = kindergartens.map(|(offer, at)| *first.entry(offer.group.kindergarten.as_str()).or_insert(at));
    let special = Special { holds: vec![], kindergartens: kindergartens.collect(), together, reserves };
    (!special.is_empty()).then_some(special)
}

/// The families of which somebody waits who may not be placed now: they wait for each other.
pub(super) fn held_back<'s>(
    live: impl Iterator<Item = &'s Seated>,
    families: &BTreeMap<String, String>,
    may: impl Fn(&Seated) -> bool,
) -> BTreeSet<String> {
    if families.is_empty() {
        return BTreeSet::new();
    }
    let waits = |s: &&Seated| s.status == Status::InQueue && !may(s);
    live.filter(waits).filter_map(|s| families.get(&s.number).cloned()).collect()
}
