//! The markets of a scope as it stands now.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, NaiveDate};

use super::queue::{Queue, base_rule};
use super::scenarios::{MorePlaces, SimulationIn};
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::domain::queue::QueueKey;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::service::rounds::compute::market;
use crate::service::rounds::compute::scope::Scope;
use crate::store::connection::AnyConnection;
use crate::store::{kindergartens, places, seats};

/// The markets of a scope: every queue with all groups that its children could attend, free places or not; those whose
/// places may spill come first.
pub(super) fn markets(
    office: &Office,
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    sent: &SimulationIn,
) -> Result<Vec<Queue>, Problem> {
    let home = scope.territory.home();
    let groups: HashMap<String, Group> =
        kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
    let published = places::open_of_home(conn, home)?;
    let territories: HashMap<String, Kato> =
        kindergartens::all(conn, Some(home))?.into_iter().map(|k| (k.id, k.queue_territory)).collect();
    let in_scope = |group: &Group| territories.get(&group.kindergarten).is_some_and(|t| t.within(scope.territory));
    let mut faults = FieldFaults::default();
    for (n, scenario) in sent.scenarios.iter().enumerate() {
        for (m, more) in scenario.places.iter().enumerate() {
            let field = format!("scenarios[{n}].places[{m}]");
            if more.group.as_ref().is_some_and(|id| !groups.get(id).is_some_and(in_scope)) {
                let message = "name a group of a kindergarten in the territory";
                faults.add(&format!("{field}.group"), "unknown_group", message);
            }
            let there = |id: &String| groups.values().any(|g| g.kindergarten == *id && in_scope(g));
            if more.kindergarten.as_ref().is_some_and(|id| !there(id)) {
                let message = "name a kindergarten in the territory that has a group";
                faults.add(&format!("{field}.kindergarten"), "unknown_kindergarten", message);
            }
        }
    }
    faults.check()?;
    let waited_for: BTreeSet<QueueKey> = seats::queues(conn, home)?.into_iter().collect();
    let offering = published.iter().map(|place| place.queue);
    let mut queues = Vec::new();
    for queue in waited_for.into_iter().chain(offering).collect::<BTreeSet<_>>() {
        if !queue.territory.within(scope.territory) {
            continue;
        }
        let day = office.day(queue.territory, scope.at);
        let named = |g: &Group| {
            let named = |m: &MorePlaces| m.group.as_ref() == Some(&g.id) && m.cohort == queue.cohort;
            holds(g, queue.cohort, day) || sent.scenarios.iter().flat_map(|s| &s.places).any(named)
        };
        let reaches = |territory: Kato| -> Result<bool, Problem> {
            let other = QueueKey { territory, ..queue };
            Ok(other == queue || (territory.within(scope.territory) && scope.spill(other)? == Some(queue)))
        };
        let mut further = Vec::new();
        for group in groups.values().filter(|g| g.kind == queue.kind && named(g)) {
            if let Some(&territory) = territories.get(&group.kindergarten)
                && reaches(territory)?
            {
                further.push(group.clone());
            }
        }
        let market = market::market(scope, conn, queue, &groups, &published, further)?;
        let own = |g: &Group| territories.get(&g.kindergarten) == Some(&queue.territory);
        let own = market.groups.iter().map(own).collect();
        let base = base_rule(&market.profile);
        queues.push(Queue { market, base, own, spills_to: scope.spill(queue)? });
    }
    queues.sort_by_key(|queue| queue.spills_to.is_none());
    Ok(queues)
}

/// Whether some children of a year of birth are of the group's age on a day.
fn holds(group: &Group, cohort: i32, day: NaiveDate) -> bool {
    let months = (day.year() - cohort) * 12 + day.month0() as i32;
    (months - 12..=months).any(|age| (group.age_from_months..group.age_to_months).contains(&age))
}
