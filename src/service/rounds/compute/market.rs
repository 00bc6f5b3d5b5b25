//! A queue with its groups and entries as they stand, for the laboratory.

use std::collections::HashMap;

use super::offer::{Bulletin, Offered, group_order};
use super::read::instance;
use super::scope::Scope;
use super::{conditions, entries};
use crate::domain::kindergarten::Group;
use crate::domain::queue::QueueKey;
use crate::engine::allocation::{Instance, Rule};
use crate::rules::profile::Profile;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::families;
use crate::store::places::OpenPlace;

/// One queue as the laboratory sees it: its entries, and the groups that could take them with their free places.
pub(crate) struct Market {
    pub(crate) queue: QueueKey,
    pub(crate) profile: Profile,
    pub(crate) instance: Instance,
    /// The registry's groups, by their engine ids from 1.
    pub(crate) groups: Vec<Group>,
}

/// The market of a queue, in which families over several queues apply one by one: its groups in `groups`, with the places
/// that it has in `published`; groups of which places may spill to it have none yet.
pub(crate) fn market(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    queue: QueueKey,
    groups: &HashMap<String, Group>,
    published: &[OpenPlace],
    further: impl IntoIterator<Item = Group>,
) -> Result<Market, Problem> {
    let profile = scope.profile(queue)?;
    let today = scope.office.day(queue.territory, scope.at);
    let mut bulletin = Bulletin::default();
    for place in published {
        if place.queue == queue {
            bulletin.offer(groups, place.clone(), today);
        } else if place.queue.territory.within(scope.territory) && scope.spill(place.queue)? == Some(queue) {
            // How many of them the other queue leaves is not known yet.
            bulletin.offer(groups, place.clone(), today);
            bulletin.offered.iter_mut().filter(|o| o.group.id == place.group).for_each(|o| o.places.clear());
        }
    }
    let mut offered = bulletin.offered;
    for group in further {
        if !offered.iter().any(|o| o.group.id == group.id) {
            offered.push(Offered { group, available_on: today, places: Vec::new() });
        }
    }
    offered.sort_by(|a, b| group_order(&a.group.id).cmp(&group_order(&b.group.id)));
    let families = families::of_queue(conn, queue)?;
    let mut waiting = entries::live(conn, queue, profile, &offered)?;
    entries::retain_placeable(scope, queue, profile, &families, &mut waiting);
    conditions::read_categories(conn, queue, profile, &mut waiting, &offered)?;
    let asked = conditions::asked(&waiting, &offered, &families, profile);
    // Program ranks brothers and sisters first; a scenario may ask for it anywhere.
    entries::read_siblings(conn, queue, &mut waiting)?;
    let instance = instance(&waiting, &offered, asked, Rule::Program)?;
    let groups = offered.into_iter().map(|o| o.group).collect();
    Ok(Market { queue, profile: profile.clone(), instance, groups })
}
