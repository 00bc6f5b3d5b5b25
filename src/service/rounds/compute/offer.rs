//! What a round offers a queue: groups with their free places, the children who may take them, and who took what.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::application::age_months;
use crate::domain::codes::{Decision, Status};
use crate::domain::kindergarten::Group;
use crate::domain::place::Reserved;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Allocation, Instance, Rule};
use crate::rules::profile::Profile;
use crate::service::referrals::row::RoundRow;
use crate::store::places::OpenPlace;
use crate::store::seats::Seated;

/// What a full run was made from, and what it gave: the certificate is of this run, not of another one like it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) instance: Instance,
    /// What ordered it: the merged order of the queue, or each group's own under `program`.
    pub(crate) rule: Rule,
    /// Who got which group.
    pub(crate) allocation: Allocation,
}

/// What an allocation gave, before the places have their names.
#[derive(Clone, Debug)]
pub(crate) struct Allocated {
    /// Who got which of the offered groups, counted from 0; in each group the best first.
    pub(crate) given: Vec<(Taker, usize)>,
    /// How many entries took part.
    pub(crate) participants: usize,
    /// Those who got nothing and wait together with others.
    pub(crate) waiting_together: Vec<WaitsTogether>,
    /// Places that nobody is given, since they wait for a family.
    pub(crate) kept: Vec<KeptPlace>,
    /// The instance of a full run.
    pub(crate) run: Option<Run>,
}

/// An open place that waits for a family until there is room for all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeptPlace {
    /// The number of the place.
    pub place: String,
    /// The id of its kindergarten.
    pub kindergarten: String,
    /// The application of the family's first child.
    pub application: String,
    /// From this day on it goes to whoever is due.
    pub until: NaiveDate,
}

/// A child that gets no place and waits together with brothers and sisters: a place may pass it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WaitsTogether {
    /// The number of its application.
    pub(crate) application: String,
    /// Its number in the merged order.
    pub(crate) position: u64,
    /// The groups that suit it, most wanted first, by their places in the offer.
    pub(crate) choices: Arc<[u32]>,
}

/// Who gets a place.
#[derive(Clone, Debug)]
pub(crate) struct Taker {
    pub(crate) number: String,
    /// Its tier, instant and ticket.
    pub(crate) by_tier: (u8, DateTime<Utc>, u32),
    /// Its categories, of those for which places are kept.
    pub(crate) categories: Vec<String>,
    /// The number in the merged order, all live entries counted.
    pub(crate) position: u64,
    pub(crate) preferences: Vec<String>,
}

/// The places of one group that a queue may use, by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offered {
    pub(crate) group: Group,
    pub(crate) available_on: NaiveDate,
    pub(crate) places: Vec<Free>,
}

/// A free place that is offered to a queue, with what limits who may have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Free {
    pub(crate) id: String,
    /// The queue that it was published for.
    pub(crate) queue: QueueKey,
    /// For whom it is kept.
    pub(crate) reserved: Option<Reserved>,
    /// Since which day it is on the bulletin.
    pub(crate) open_since: NaiveDate,
}

impl Offered {
    /// Takes the place of the smallest rank; none where no place has one.
    pub(crate) fn take<R: Ord>(&mut self, rank: impl Fn(&Free) -> Option<R>) -> Option<Free> {
        let ranked = self.places.iter().enumerate().filter_map(|(at, free)| Some((rank(free)?, at)));
        let (_, at) = ranked.min()?;
        Some(self.places.remove(at))
    }
}

impl Taker {
    pub(crate) fn row(&self, queue: QueueKey, pass: u8, place: Free, group: &Group) -> RoundRow {
        RoundRow {
            queue,
            pass,
            position: self.position,
            application: self.number.clone(),
            place: place.id,
            spilled_from: Some(place.queue).filter(|from| *from != queue),
            group: group.id.clone(),
            kindergarten: group.kindergarten.clone(),
            reserved_for: place.reserved.map(|reserved| reserved.whom),
            together: None,
            preference: self.preferences.iter().position(|p| *p == group.kindergarten).map(|n| n + 1),
        }
    }
}

/// Whether an entry may be given a place today.
pub(crate) fn takes_part(profile: &Profile, today: NaiveDate, seated: &Seated) -> bool {
    seated.status == Status::InQueue
        && seated.decision == Decision::Accepted
        && !profile.too_young(seated.birth_on, today)
        && !profile.too_old(seated.birth_on, today)
}

/// The groups that suit a child, most wanted first, by their places in the offer.
pub(crate) fn choices(seated: &Seated, offered: &[Offered]) -> Arc<[u32]> {
    let numbered = || (0..).zip(offered);
    let suits = |o: &Offered| o.group.suits(age_months(seated.birth_on, o.available_on), seated.language);
    if seated.preferences.is_empty() {
        return numbered().filter(|(_, o)| suits(o)).map(|(at, _)| at).collect();
    }
    let of = |wanted: &String| {
        let there = numbered().filter(|(_, o)| o.group.kindergarten == *wanted);
        there.filter(|(_, o)| suits(o)).map(|(at, _)| at).collect::<Vec<u32>>()
    };
    seated.preferences.iter().flat_map(of).collect()
}

/// Groups by ascending id: numbers by value, other ids as text after them.
pub(crate) fn group_order(id: &str) -> (u64, &str) {
    (id.parse().unwrap_or(u64::MAX), id)
}

/// The published places that a queue is offered, each beside those of its group.
#[derive(Default)]
pub(crate) struct Bulletin {
    /// The groups with their places, in the order of the first of each.
    pub(crate) offered: Vec<Offered>,
    at: HashMap<String, usize>,
}

impl Bulletin {
    /// Offers a place that is on the bulletin since a day; one of a group that is not there is not offered.
    pub(crate) fn offer(&mut self, groups: &HashMap<String, Group>, place: OpenPlace, open_since: NaiveDate) {
        let OpenPlace { id, group, queue, available_on, reserved, .. } = place;
        let free = Free { id, queue, reserved, open_since };
        if let Some(known) = self.at.get(&group).and_then(|at| self.offered.get_mut(*at)) {
            known.available_on = known.available_on.min(available_on);
            known.places.push(free);
        } else if let Some(found) = groups.get(&group) {
            self.at.insert(group, self.offered.len());
            self.offered.push(Offered { group: found.clone(), available_on, places: vec![free] });
        }
    }
}

/// Offers places, beside those of the same group.
pub(crate) fn offer_again(offered: &mut Vec<Offered>, further: Offered) {
    match offered.iter_mut().find(|o| o.group.id == further.group.id) {
        Some(known) => {
            known.available_on = known.available_on.min(further.available_on);
            known.places.extend(further.places);
        }
        None => offered.push(further),
    }
}

/// A queue that is to be served.
pub(crate) struct Call {
    pub(crate) queue: QueueKey,
    pub(crate) pass: u8,
    pub(crate) offered: Vec<Offered>,
    /// The families of its entries, by application.
    pub(crate) families: BTreeMap<String, String>,
}

/// An entry that may be placed, with its number in the merged order.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) seated: Arc<Seated>,
    pub(crate) position: u64,
    /// The groups that suit it, most wanted first, by their places in the offer.
    pub(crate) choices: Arc<[u32]>,
    /// Whether it waits together with brothers and sisters.
    pub(crate) is_together: bool,
    /// The kindergartens where brothers and sisters are enrolled, where the rule ranks by it.
    pub(crate) siblings: Vec<String>,
    /// Of those for which places are kept, where they were read.
    pub(crate) categories: Vec<String>,
}

impl Waiting {
    /// One of whom neither brothers and sisters nor categories were read.
    pub(crate) fn of(seated: Arc<Seated>, position: u64, offered: &[Offered]) -> Self {
        let choices = choices(&seated, offered);
        Waiting { seated, position, choices, is_together: false, siblings: Vec::new(), categories: Vec::new() }
    }

    /// Whether a brother or sister is enrolled in the kindergarten of a group.
    pub(crate) fn has_sibling_at(&self, offer: &Offered) -> bool {
        self.siblings.contains(&offer.group.kindergarten)
    }

    /// What is remembered of one who gets nothing.
    pub(crate) fn waits_together(&self) -> WaitsTogether {
        let (application, choices) = (self.seated.number.clone(), Arc::clone(&self.choices));
        WaitsTogether { application, position: self.position, choices }
    }

    pub(crate) fn taker(&self) -> Taker {
        let Seated { number, tier, applied_at, ticket, preferences, .. } = &*self.seated;
        Taker {
            number: number.clone(),
            by_tier: (*tier, *applied_at, *ticket),
            categories: self.categories.clone(),
            position: self.position,
            preferences: preferences.clone(),
        }
    }
}
