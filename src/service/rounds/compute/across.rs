//! Families over several queues: brothers and sisters of different years of birth who ask for one kindergarten.
//!
//! Here is who they are, and which queues they tie; [`super::joined`] serves those as one market.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::offer::takes_part;
use super::scope::Scope;
use crate::domain::codes::Status;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};

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

    /// The children whose brothers and sisters do not all wait in these queues: they can be given no place in them.
    pub(crate) fn torn(&self, queues: &[QueueKey]) -> HashSet<&str> {
        let torn = self.families.values().filter(|members| members.iter().any(|m| !queues.contains(&m.queue)));
        torn.flatten().map(|member| member.number.as_str()).collect()
    }

    /// The families with their children by ticket.
    pub(crate) fn families(&self) -> impl Iterator<Item = (&String, &Vec<Seated>)> {
        self.families.iter()
    }
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

/// A kindergarten that a family gave up, since wishes there run in a circle: whoever of these families is given places, another
/// would have to leave for it, and so on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GivenUp {
    /// The id of the kindergarten.
    pub kindergarten: String,
    /// The families of the circle, each by the application of its first child.
    pub cycle: Vec<String>,
}
