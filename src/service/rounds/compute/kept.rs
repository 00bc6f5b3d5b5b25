//! Places that are kept for a family: where places open one at a time, children who apply together would wait for ever. A
//! profile may say for how many days an open place waits for the family at the head of its queue, until there is room for all.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};

use super::offer::{Allocated, Call, KeptPlace, Offered, Waiting};
use super::read::ReadQueue;
use crate::engine::allocation::NONE;
use crate::service::kernel::problem::Problem;

/// How long places wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    /// Days from that on which a place came on the bulletin; 0 where none waits.
    pub(super) days: u16,
    /// Today, where the queue is.
    pub(super) today: NaiveDate,
}

impl Hold {
    /// Until which day a place waits; nothing where it waits no more.
    fn until(self, open_since: NaiveDate) -> Option<NaiveDate> {
        let until = open_since.checked_add_days(Days::new(self.days.into()))?;
        (self.today < until).then_some(until)
    }
}

/// Children who apply together and got nothing.
struct Unit<'q> {
    /// By ascending ticket.
    members: Vec<&'q Waiting>,
    /// The number of its last member.
    last: u64,
}

/// Serves a queue, and again without the places that wait for the family at its head.
pub(super) fn serve(own: &ReadQueue, call: &Call, hold: Hold) -> Result<Allocated, Problem> {
    let served = own.serve(&call.offered)?;
    let kept = match hold.days {
        0 => Vec::new(),
        _ => kept(own, call, &served, hold),
    };
    if kept.is_empty() {
        return Ok(served);
    }
    let mut offered = call.offered.clone();
    for offer in &mut offered {
        offer.places.retain(|place| !kept.iter().any(|kept| kept.place == place.id));
    }
    Ok(Allocated { kept, ..own.serve(&offered)? })
}

/// The places that go to children behind the family at the head, in the first of its kindergartens that has any.
fn kept(own: &ReadQueue, call: &Call, served: &Allocated, hold: Hold) -> Vec<KeptPlace> {
    let Some(unit) = head(own, served) else { return Vec::new() };
    let Some(first) = unit.members.first() else { return Vec::new() };
    let mut behind: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, group) in served.given.iter().filter(|(taker, _)| taker.position > unit.last) {
        *behind.entry(*group).or_default() += 1;
    }
    let waits = |(group, count): (&usize, &usize), kindergarten: &str| -> Vec<KeptPlace> {
        let offer = call.offered.get(*group).filter(|offer| offer.group.kindergarten == kindergarten);
        let suits = |child: &&Waiting| child.choices.iter().any(|choice| *choice as usize == *group);
        let Some(offer) = offer.filter(|_| unit.members.iter().any(suits)) else { return Vec::new() };
        let free = offer.places.iter().filter(|place| place.reserved.is_none());
        let kept = free.filter_map(|place| {
            let (place, until) = (place.id.clone(), hold.until(place.open_since)?);
            Some(KeptPlace {
                place,
                kindergarten: kindergarten.to_owned(),
                application: first.seated.number.clone(),
                until,
            })
        });
        kept.take(*count).collect()
    };
    let asked = asked(&unit, &call.offered);
    let mut found = asked.into_iter().map(|kindergarten| {
        let all = behind.iter().flat_map(|own| waits(own, kindergarten));
        all.take(unit.members.len()).collect::<Vec<_>>()
    });
    found.find(|kept| !kept.is_empty()).unwrap_or_default()
}

/// The family that stands first of those who got nothing.
fn head<'q>(own: &'q ReadQueue, served: &Allocated) -> Option<Unit<'q>> {
    let run = served.run.as_ref()?;
    let mut families: BTreeMap<u32, Vec<&Waiting>> = BTreeMap::new();
    let together = own.asked.together.iter().zip(&run.allocation.group_of);
    for (child, (family, group)) in own.waiting.iter().zip(together) {
        if *family > 0 && *group == NONE {
            families.entry(*family).or_default().push(child);
        }
    }
    let units = families.into_values().filter_map(|mut members| {
        members.sort_by_key(|child| child.seated.ticket);
        let last = members.iter().map(|child| child.position).max()?;
        Some(Unit { members, last })
    });
    units.min_by_key(|unit| unit.last)
}

/// The kindergartens that all of them wish, in the order of the first who wishes any.
fn asked<'u>(unit: &'u Unit<'u>, offered: &'u [Offered]) -> Vec<&'u str> {
    let mut lists = unit.members.iter().map(|child| &child.seated.preferences).filter(|wishes| !wishes.is_empty());
    let Some(lead) = lists.next() else {
        let mut any: Vec<&str> = Vec::new();
        for offer in offered {
            if !any.contains(&offer.group.kindergarten.as_str()) {
                any.push(&offer.group.kindergarten);
            }
        }
        return any;
    };
    let others: Vec<&Vec<String>> = lists.collect();
    lead.iter().filter(|wish| others.iter().all(|wishes| wishes.contains(wish))).map(String::as_str).collect()
}
