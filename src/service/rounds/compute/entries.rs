//! The entries of a queue as its rows stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions;
use super::offer::{Offered, Waiting, takes_part};
use super::scope::{Scope, positions};
use crate::domain::queue::QueueKey;
use crate::rules::profile::Profile;
use crate::service::kernel::problem::Problem;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};

/// Leaves those who may be placed today: neither they nor any of their families wait for something else.
pub(crate) fn retain_placeable(
    scope: &Scope<'_>,
    queue: QueueKey,
    profile: &Profile,
    families: &BTreeMap<String, String>,
    waiting: &mut Vec<Waiting>,
) {
    let today = scope.office.day(queue.territory, scope.at);
    let may = |s: &Seated| takes_part(profile, today, s) && !scope.without.contains(&s.number);
    let held_back = conditions::held_back(waiting.iter().map(|w| &*w.seated), families, may);
    waiting.retain(|w| {
        let whole = |family: &String| !held_back.contains(family);
        may(&w.seated) && families.get(&w.seated.number).is_none_or(whole)
    });
}

/// The live entries of a queue in the merged order, as its rows stand.
pub(crate) fn live(
    conn: &mut AnyConnection,
    queue: QueueKey,
    profile: &Profile,
    offered: &[Offered],
) -> Result<Vec<Waiting>, Problem> {
    let seated = seats::of_queue(conn, queue)?;
    let positions = positions(conn, queue, profile, &seated)?;
    let placed = |seated: Seated| {
        let position = *positions.get(&seated.ticket)?;
        Some(Waiting::of(Arc::new(seated), position, offered))
    };
    let mut live: Vec<Waiting> = seated.into_iter().filter_map(placed).collect();
    live.sort_by_key(|w| w.position);
    Ok(live)
}

/// Reads where brothers and sisters of those who wait are enrolled.
pub(crate) fn read_siblings(conn: &mut AnyConnection, queue: QueueKey, waiting: &mut [Waiting]) -> Result<(), Problem> {
    let mut there = seats::siblings(conn, queue, None)?;
    for child in waiting {
        child.siblings = there.remove(&child.seated.number).unwrap_or_default();
    }
    Ok(())
}
