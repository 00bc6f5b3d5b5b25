//! A committed round as the base of scenarios: the children, places and turns of its own files.

use std::collections::HashMap;

use super::queue::Queue;
use super::scenarios::SimulationIn;
use crate::domain::kato::Kato;
use crate::domain::kindergarten::Group;
use crate::domain::queue::Numbered;
use crate::exchange::instance::written_instance;
use crate::service::inquiry::corrections::committed::{Committed, CommittedPass};
use crate::service::kernel::numbers::home_of;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::{FieldFaults, Problem};
use crate::service::office::Office;
use crate::service::rounds::compute::market::Market;
use crate::service::rounds::compute::scope::Scope;
use crate::service::rounds::fault::internal;
use crate::store::connection::AnyConnection;
use crate::store::kindergartens;
use crate::store::rounds::{self, Round};

/// The round that is to be replayed. A territory beside it must be its own.
pub(super) fn round_of(office: &Office, id: &str, territory: &str) -> Result<Round, Problem> {
    home_of(id, Numbered::Round, "round")?;
    let round = office.store.read(|conn| rounds::find(conn, id))?.ok_or_else(|| Problem::not_found("round"))?;
    if !territory.trim().is_empty() && territory.trim() != round.territory.to_string() {
        let message = format!("round {id} covers {}; name that territory, or none", round.territory);
        return Err(Problem::invalid("territory", "other_territory", message));
    }
    Ok(round)
}

/// The markets of a round as it was held; those whose places may spill come first.
pub(super) fn markets_of_round(
    office: &Office,
    conn: &mut AnyConnection,
    scope: &Scope<'_>,
    round: &Round,
    sent: &SimulationIn,
) -> Result<Vec<Queue>, Problem> {
    let home = round.territory.home();
    let committed = Committed::read(round, &rounds::files(conn, &round.id)?)?;
    let groups: HashMap<String, Group> =
        kindergartens::all_groups(conn, Some(home))?.into_iter().map(|g| (g.id.clone(), g)).collect();
    let territories: HashMap<String, Kato> =
        kindergartens::all(conn, Some(home))?.into_iter().map(|k| (k.id, k.queue_territory)).collect();
    check(sent, &committed.passes, &groups)?;
    let mut queues = Vec::with_capacity(committed.passes.len());
    for mut pass in committed.passes {
        let known = |id: &u32| pass.registry_groups.get(id).and_then(|name| groups.get(name)).cloned();
        let named: Option<Vec<Group>> = pass.groups.iter().map(|group| known(&group.id)).collect();
        let named = named.ok_or_else(|| internal(format!("round {} has a group that is nowhere", round.id)))?;
        let own: Vec<bool> =
            named.iter().map(|g| territories.get(&g.kindergarten) == Some(&pass.queue.territory)).collect();
        // What villages left is taken in again when they have been served.
        for (group, _) in pass.groups.iter_mut().zip(&own).filter(|(_, own)| !**own) {
            group.places = 0;
            group.reserves.clear();
        }
        let market = Market {
            queue: pass.queue,
            profile: ordering::profile(&office.rules, pass.queue, scope.at)?.clone(),
            instance: written_instance(&pass.groups, &pass.children, pass.rule).map_err(internal)?,
            groups: named,
        };
        queues.push(Queue { base: pass.rule, own, spills_to: scope.spill(pass.queue)?, market });
    }
    queues.sort_by_key(|queue| queue.spills_to.is_none());
    Ok(queues)
}

/// Scenarios may change the places of groups that the round offered.
fn check(sent: &SimulationIn, passes: &[CommittedPass], groups: &HashMap<String, Group>) -> Result<(), Problem> {
    let offered = |group: &str| passes.iter().any(|pass| pass.registry_groups.values().any(|known| known == group));
    let mut faults = FieldFaults::default();
    for (n, scenario) in sent.scenarios.iter().enumerate() {
        for (m, more) in scenario.places.iter().enumerate() {
            let field = format!("scenarios[{n}].places[{m}]");
            if more.group.as_ref().is_some_and(|id| !offered(id)) {
                let message = "the round offered no place of this group; name one that it offered";
                faults.add(&format!("{field}.group"), "unknown_group", message);
            }
            let there = |id: &String| groups.values().any(|g| g.kindergarten == *id && offered(&g.id));
            if more.kindergarten.as_ref().is_some_and(|id| !there(id)) {
                let message = "the round offered no place in this kindergarten; name one where it did";
                faults.add(&format!("{field}.kindergarten"), "unknown_kindergarten", message);
            }
        }
    }
    faults.check()
}
