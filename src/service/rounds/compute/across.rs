//! Families over several queues: brothers and sisters of different years of birth who ask for one kindergarten.
//!
//! They ask one kindergarten after the other, in the order of the member with the smallest ticket, of those where every member
//! has a place that suits it. A kindergarten that cannot take all of them is given up for good, by several at a time, those first whose
//! last member applied latest. In the files of a
//! round each member has the groups of the kindergarten that its family asked last, or none.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::offer::{Call, Offered, choices, takes_part};
use super::scope::Scope;
use crate::domain::codes::Status;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};

/// How many of so many families that are not whole in one kindergarten give it up at once, the largest having so many children:
/// a family that is not whole holds at most one place less than it has children, and whoever becomes whole needs a place that
/// another leaves, so at least these must go in any case.
fn must_give_up(families: usize, largest: usize) -> usize {
    families.div_ceil(largest.max(1))
}

/// The families of a home's live entries, by queue and application.
type Families = BTreeMap<QueueKey, BTreeMap<String, String>>;

/// The families of a scope whose members wait in several queues.
pub(crate) struct Across {
    /// By family, its members by ticket.
    families: BTreeMap<String, Vec<Seated>>,
    /// Applications of families of which one may not be placed now.
    held_back: BTreeSet<String>,
}

impl Across {
    /// Finds them among the live entries, and those of them that may not be placed now.
    pub(crate) fn read(scope: &Scope<'_>, conn: &mut AnyConnection, families: &Families) -> Result<Self, Problem> {
        let mut queues: BTreeMap<&str, BTreeSet<QueueKey>> = BTreeMap::new();
        for (queue, own) in families {
            for family in own.values() {
                queues.entry(family).or_default().insert(*queue);
            }
        }
        let several = |family: &str| queues.get(family).is_some_and(|queues| queues.len() > 1);
        let members = families.values().flatten().filter(|(_, family)| several(family));
        let of: HashMap<String, &String> = members.map(|(number, family)| (number.clone(), family)).collect();
        let numbers: Vec<String> = of.keys().cloned().collect();
        let mut found = Across { families: BTreeMap::new(), held_back: BTreeSet::new() };
        for seated in seats::of_applications(conn, &numbers)? {
            let Some(family) = of.get(&seated.number).filter(|_| seated.status == Status::InQueue) else { continue };
            found.families.entry((*family).clone()).or_default().push(seated);
        }
        found.families.retain(|_, members| members.iter().any(|m| members.first().is_some_and(|f| f.queue != m.queue)));
        for members in found.families.values_mut() {
            members.sort_by_key(|member| member.ticket);
            let mut whole = true;
            for member in members.iter() {
                let today = scope.office.day(member.queue.territory, scope.at);
                whole &= takes_part(scope.profile(member.queue)?, today, member);
                whole &= !scope.without.contains(&member.number);
            }
            if !whole {
                found.held_back.extend(members.iter().map(|member| member.number.clone()));
            }
        }
        Ok(found)
    }

    /// Whether an application waits for a brother or sister in another queue who may not be placed now.
    pub(crate) fn held_back(&self, application: &str) -> bool {
        self.held_back.contains(application)
    }

    /// The applications of a queue that are of families over several.
    pub(crate) fn members_in(&self, queue: QueueKey) -> HashSet<&str> {
        let all = self.families.values().flatten();
        all.filter(|member| member.queue == queue).map(|member| member.number.as_str()).collect()
    }

    /// Whether a child of a queue is of such a family.
    pub(crate) fn touches(&self, queue: QueueKey) -> bool {
        self.families.values().flatten().any(|member| member.queue == queue)
    }

    /// This queue with all that families tie it to.
    pub(crate) fn tied(&self, queue: QueueKey) -> BTreeSet<QueueKey> {
        let mut tied = BTreeSet::from([queue]);
        loop {
            let touches = |members: &&Vec<Seated>| members.iter().any(|member| tied.contains(&member.queue));
            let further: BTreeSet<QueueKey> =
                self.families.values().filter(touches).flatten().map(|member| member.queue).collect();
            if further.is_subset(&tied) {
                return tied;
            }
            tied.extend(further);
        }
    }

    /// The families with a member in these queues, before they have asked.
    pub(crate) fn asking(&self, calls: &[Call]) -> Asking {
        let offered = |queue: QueueKey| calls.iter().find(|call| call.queue == queue).map(|call| &call.offered);
        let mut asking = Asking::default();
        for (name, members) in &self.families {
            let waits = |member: &Seated| self.held_back(&member.number);
            if members.iter().any(waits) || !members.iter().any(|member| offered(member.queue).is_some()) {
                continue;
            }
            let wishes = |member: &Seated| offered(member.queue).map_or(vec![], |offer| kindergartens(member, offer));
            let lists: Vec<Vec<String>> = members.iter().map(wishes).collect();
            let first = lists.first().cloned().unwrap_or_default();
            let common = first.into_iter().filter(|named| lists.iter().all(|list| list.contains(named))).collect();
            for member in members {
                asking.of.insert(member.number.clone(), asking.families.len());
            }
            let latest = members.iter().map(|member| (member.applied_at, member.ticket)).max();
            let member = |(member, kindergartens): (&Seated, Vec<String>)| FamilyMember {
                application: member.number.clone(),
                queue: member.queue,
                ticket: member.ticket,
                kindergartens,
            };
            let told = FamilyTold {
                together: name.clone(),
                territory: members.first().map_or(Kato::COUNTRY, |member| member.queue.territory),
                kindergarten: None,
                members: members.iter().zip(lists).map(member).collect(),
                given_up: Vec::new(),
            };
            asking.families.push(Family { told, common, latest });
        }
        asking
    }
}

/// The kindergartens where a child has a place that suits it, most wanted first.
fn kindergartens(child: &Seated, offered: &[Offered]) -> Vec<String> {
    let mut named: Vec<String> = Vec::new();
    for group in choices(child, offered).iter() {
        let offer = offered.get(*group as usize);
        let Some(offer) = offer.filter(|offer| !named.contains(&offer.group.kindergarten)) else { continue };
        named.push(offer.group.kindergarten.clone());
    }
    named
}

/// What a round did for a family over several queues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FamilyTold {
    /// The family, by one of its applications.
    pub together: String,
    /// Where its queues are.
    #[schema(value_type = String)]
    pub territory: Kato,
    /// The kindergarten where all have a place; none where they wait on.
    pub kindergarten: Option<String>,
    /// Its children who took part, by ticket.
    pub members: Vec<FamilyMember>,
    /// The kindergartens that it gave up, in the order in which it asked them.
    pub given_up: Vec<GivenUp>,
}

/// A child of such a family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FamilyMember {
    /// The number of the child's application.
    pub application: String,
    /// The key of the queue in which the child waits.
    #[schema(value_type = String)]
    pub queue: QueueKey,
    /// Its ticket, by which the files know it.
    pub ticket: u32,
    /// The kindergartens that had a place that suits it, as it wished them.
    pub kindergartens: Vec<String>,
}

/// A kindergarten that a family gave up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GivenUp {
    /// The id of the kindergarten that could not take all of them.
    pub kindergarten: String,
    /// The applications for which it had no place then.
    pub without: Vec<String>,
}

struct Family {
    told: FamilyTold,
    /// The kindergartens that it may ask, in its order.
    common: Vec<String>,
    /// When its last member applied.
    latest: Option<(chrono::DateTime<chrono::Utc>, u32)>,
}

impl Family {
    fn asks(&self) -> Option<&String> {
        self.common.get(self.told.given_up.len())
    }
}

/// What the families ask in a stage.
#[derive(Default)]
pub(crate) struct Asking {
    families: Vec<Family>,
    /// By application: which of `families` it belongs to.
    of: HashMap<String, usize>,
}

impl Asking {
    /// The groups of a child whose family asks one kindergarten, of those that suit it; none for other children.
    pub(crate) fn groups_of(&self, application: &str, suiting: &[u32], offered: &[Offered]) -> Option<Vec<u32>> {
        let family = self.families.get(*self.of.get(application)?)?;
        let asked = |group: &u32| {
            let offer = offered.get(*group as usize);
            offer.map(|offer| &offer.group.kindergarten) == family.asks() && offer.is_some()
        };
        Some(suiting.iter().copied().filter(asked).collect())
    }

    /// Of the families that did not all get a place where they asked, some give it up. The queues that this concerns.
    pub(crate) fn give_up(&mut self, calls: &[Call], placed: &BTreeSet<&str>) -> BTreeSet<QueueKey> {
        let mut torn: BTreeMap<&String, Vec<(Option<_>, usize)>> = BTreeMap::new();
        for (number, family) in self.families.iter().enumerate() {
            let Some(asked) = family.asks() else { continue };
            if family.told.members.iter().all(|member| placed.contains(member.application.as_str())) {
                continue;
            }
            torn.entry(asked).or_default().push((family.latest, number));
        }
        let mut numbers: Vec<usize> = Vec::new();
        for mut there in torn.into_values() {
            there.sort_unstable_by(|a, b| b.cmp(a));
            let children =
                |&(_, number): &(_, usize)| self.families.get(number).map(|family| family.told.members.len());
            let largest = there.iter().filter_map(children).max().unwrap_or(1);
            let must = must_give_up(there.len(), largest);
            numbers.extend(there.into_iter().take(must).map(|(_, number)| number));
        }
        let mut moved = BTreeSet::new();
        for number in numbers {
            let Some(family) = self.families.get_mut(number) else { continue };
            let Some(kindergarten) = family.asks().cloned() else { continue };
            let members = family.told.members.iter();
            let without = members.map(|m| &m.application).filter(|number| !placed.contains(number.as_str()));
            let without = without.cloned().collect();
            family.told.given_up.push(GivenUp { kindergarten, without });
            moved.extend(family.told.members.iter().map(|member| member.queue));
        }
        moved.retain(|queue| calls.iter().any(|call| call.queue == *queue));
        moved
    }

    /// What came of it, when nobody asks anew.
    pub(crate) fn families(self) -> impl Iterator<Item = FamilyTold> {
        self.families.into_iter().map(|family| {
            let kindergarten = family.asks().cloned();
            FamilyTold { kindergarten, ..family.told }
        })
    }
}
