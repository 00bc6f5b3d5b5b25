//! Who stands ahead of a child in its queue, and whether any of them could use its place.

use super::scope::{Scope, positions};
use crate::domain::application::age_months;
use crate::domain::codes::Status;
use crate::domain::queue::QueueKey;
use crate::service::kernel::problem::Problem;
use crate::service::referrals::row::RoundRow;
use crate::service::rounds::memory::StandingRounds;
use crate::store::connection::AnyConnection;
use crate::store::seats::{self, Seated};
use crate::store::{homes, kindergartens, places};

/// Shows every live entry ahead of a position: from memory where the queue stands there, else from its rows.
pub(crate) fn each_ahead(
    scope: &Scope<'_>,
    conn: &mut AnyConnection,
    rounds: &StandingRounds,
    queue: QueueKey,
    position: u64,
    mut show: impl FnMut(&Seated),
) -> Result<(), Problem> {
    let head = homes::end_of(conn, queue.home())?.head;
    if rounds.each_ahead(queue, &head, position, &mut show) {
        return Ok(());
    }
    let seated = seats::of_queue(conn, queue)?;
    let positions = positions(conn, queue, scope.profile(queue)?, &seated)?;
    seated.iter().filter(|s| positions.get(&s.ticket).is_some_and(|&p| p < position)).for_each(show);
    Ok(())
}

/// Whether somebody ahead of a row could use its group too and wants it: then a referral at once would be a favour.
/// Whoever is ahead counts, also with a case that is not decided yet.
pub(crate) fn wanted_ahead(scope: &Scope<'_>, conn: &mut AnyConnection, row: &RoundRow) -> Result<bool, Problem> {
    let profile = scope.profile(row.queue)?;
    let group = kindergartens::find_group(conn, &row.group)?.ok_or_else(|| Problem::not_found("group"))?;
    let place = places::find(conn, &row.place)?.ok_or_else(|| Problem::not_found("place"))?;
    let seated = seats::of_queue(conn, row.queue)?;
    let positions = positions(conn, row.queue, profile, &seated)?;
    let ahead = |s: &&Seated| positions.get(&s.ticket).is_some_and(|&p| p < row.position);
    let wants = |s: &Seated| {
        let wants = s.preferences.is_empty() || s.preferences.contains(&group.kindergarten);
        s.status == Status::InQueue && wants && group.suits(age_months(s.birth_on, place.available_on), s.language)
    };
    // All of the queue that a place has spilled from come before those of the queue that it went to.
    let before = match row.spilled_from {
        Some(from) => seats::of_queue(conn, from)?,
        None => Vec::new(),
    };
    Ok(seated.iter().filter(ahead).chain(&before).any(wants))
}
