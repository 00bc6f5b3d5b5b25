//! Reserved places and families of a round: what the engine is asked beside choices and turns.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::offer::{Free, Offered, Taker, Waiting};
use crate::domain::codes::{ProofStatus, Status};
use crate::domain::kato::Kato;
use crate::domain::place::Reserved;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Conditions, Reserve, Rule, Whom};
use crate::rules::profile::Profile;
use crate::service::kernel::problem::Problem;
use crate::store::applications;
use crate::store::connection::AnyConnection;
use crate::store::seats::Seated;

/// The places of those whom the group took, best first. Who is of a reserve takes its place, as the allocation counted
/// them; the others take those that are kept for nobody, then what reserves leave.
pub(crate) fn give(offered: &mut Offered, takers: &[&Taker], profile: &Profile) -> Vec<Free> {
    let mut given: Vec<Option<Free>> =
        takers.iter().map(|taker| offered.take(|free| own_reserve(free, taker, profile))).collect();
    for place in given.iter_mut().filter(|place| place.is_none()) {
        *place = offered.take(|free| Some(free.reserved.as_ref().map_or(0, |kept| 1 + u8::from(!kept.open))));
    }
    given.into_iter().flatten().collect()
}

/// The reserves of a group, categories before tiers. Where some places of a reserve are open to others and some are not,
/// none is.
fn reserves(offered: &Offered, profile: &Profile) -> Vec<Reserve> {
    let mut by_rank: BTreeMap<Whom, Reserve> = BTreeMap::new();
    for reserved in offered.places.iter().filter_map(|place| place.reserved.as_ref()) {
        let Some(whom) = whom(profile, reserved) else { continue };
        let reserve = by_rank.entry(whom.clone()).or_insert(Reserve { whom, places: 0, open: true });
        reserve.places += 1;
        reserve.open &= reserved.open;
    }
    by_rank.into_values().collect()
}

/// For whom a place is kept: of a territory those who have its code. A code that the profile does not have keeps nothing.
fn whom(profile: &Profile, reserved: &Reserved) -> Option<Whom> {
    let tier = profile.tiers.iter().find(|tier| tier.code == reserved.whom);
    let tier = tier.map(|tier| Whom::Tiers(tier.number, tier.number));
    let of_territory = || Kato::parse(&reserved.whom).ok().map(|code| Whom::Category(code.to_string()));
    let category = || profile.category(&reserved.whom).map(|category| Whom::Category(category.code.clone()));
    tier.or_else(category).or_else(of_territory)
}

/// The reserve by which a child may take a place, the one that is asked first being the smallest; none where it is of none.
fn own_reserve(free: &Free, taker: &Taker, profile: &Profile) -> Option<Whom> {
    let whom = whom(profile, free.reserved.as_ref()?)?;
    whom.covers(taker.by_tier.0, &taker.categories).then_some(whom)
}

/// Reads the categories that count of those who wait, where places are kept for any: confirmed ones do, and the
/// territories in which their applications say that they live.
pub(crate) fn read_categories(
    conn: &mut AnyConnection,
    queue: QueueKey,
    profile: &Profile,
    waiting: &mut [Waiting],
    offered: &[Offered],
) -> Result<(), Problem> {
    let named: BTreeSet<String> = offered.iter().flat_map(|o| reserves(o, profile)).filter_map(category).collect();
    if named.is_empty() {
        return Ok(());
    }
    let mut claims = applications::claims_of_queue(conn, queue)?;
    for child in &mut *waiting {
        let own = claims.remove(&child.seated.number).unwrap_or_default().into_iter();
        let counts = own.filter(|(code, status)| *status == ProofStatus::Confirmed && named.contains(code));
        child.categories = counts.map(|(code, _)| code).collect();
    }
    let territories: Vec<Kato> = named.iter().filter_map(|code| Kato::parse(code).ok()).collect();
    if !territories.is_empty() {
        let reported = applications::reported(conn, queue)?;
        let lives: HashMap<u32, Kato> = reported.into_iter().map(|told| (told.ticket, told.territory)).collect();
        for child in waiting {
            let lives = lives.get(&child.seated.ticket);
            let own = territories.iter().filter(|code| lives.is_some_and(|lives| lives.within(**code)));
            child.categories.extend(own.map(ToString::to_string));
        }
    }
    Ok(())
}

/// Puts those who got places in the order in which their groups rank them, as far as reserves ask for it.
pub(crate) fn best_first(given: &mut [(&Waiting, usize)], rule: Rule, conditions: &Conditions, offered: &[Offered]) {
    given.sort_by_key(|(taker, _)| taker.position);
    if rule == Rule::Program && !conditions.reserves.is_empty() {
        given.sort_by_key(|(taker, group)| {
            let sibling = offered.get(*group).is_some_and(|offer| taker.has_sibling_at(offer));
            let Seated { tier, applied_at, ticket, .. } = &*taker.seated;
            (*tier, !sibling, *applied_at, *ticket)
        });
    }
}

fn category(reserve: Reserve) -> Option<String> {
    match reserve.whom {
        Whom::Category(code) => Some(code),
        _ => None,
    }
}

/// What is reserved and asked for together.
pub(crate) fn asked(
    waiting: &[Waiting],
    offered: &[Offered],
    families: &BTreeMap<String, String>,
    profile: &Profile,
) -> Conditions {
    let reserves: Vec<Vec<Reserve>> = offered.iter().map(|offer| reserves(offer, profile)).collect();
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
    let by_category = reserves.iter().flatten().any(|reserve| matches!(reserve.whom, Whom::Category(_)));
    let categories =
        if by_category { waiting.iter().map(|waiting| waiting.categories.clone()).collect() } else { vec![] };
    let kindergartens = kindergartens.collect();
    let asked = Conditions { kindergartens, together, reserves, categories, ..Conditions::default() };
    if asked.is_empty() { Conditions::default() } else { asked }
}

/// The families of which somebody waits who may not be placed now: they wait for each other.
pub(crate) fn held_back<'s>(
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
