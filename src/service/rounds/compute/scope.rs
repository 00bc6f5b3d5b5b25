//! What a round covers, and the order of its queues.

use crate::service::rounds::fault::internal;
use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::domain::codes::Turn;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::engine::order::{QueueOrder, TurnState};
use crate::rules::profile::{Profile, Spill};
use crate::service::journal::index::seat;
use crate::service::kernel::ordering;
use crate::service::kernel::problem::Problem;
use crate::service::office::Office;
use crate::store::connection::AnyConnection;
use crate::store::queues;
use crate::store::seats::Seated;

/// What a round is computed from.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) office: &'a Office,
    pub(crate) territory: Kato,
    pub(crate) at: DateTime<Utc>,
    /// Applications that are passed over with a ground.
    pub(crate) without: &'a [String],
    /// The one queue that is asked for; all of the scope where missing. Those that spill to it, and those that families tie to
    /// it, are served as well and no others, so its rows are those of the whole round.
    pub(crate) only: Option<QueueKey>,
}

impl Scope<'_> {
    pub(crate) fn profile(&self, queue: QueueKey) -> Result<&Profile, Problem> {
        ordering::profile(&self.office.rules, queue, self.at)
    }

    /// The queue of this round that gets what `queue` cannot use.
    pub(crate) fn spill(&self, queue: QueueKey) -> Result<Option<QueueKey>, Problem> {
        let to_home = |Spill::Parent| QueueKey { territory: queue.territory.home(), ..queue };
        let target = self.profile(queue)?.spill.value.map(to_home);
        Ok(target.filter(|t| *t != queue && t.territory.within(self.territory)))
    }
}

/// The number of every live entry in the merged order, by ticket.
pub(crate) fn positions(
    conn: &mut AnyConnection,
    queue: QueueKey,
    profile: &Profile,
    seated: &[Seated],
) -> Result<HashMap<u32, u64>, Problem> {
    let rows = seated.iter().filter_map(|s| {
        let state = match s.turn {
            Turn::Live => TurnState::Live,
            Turn::Spent => TurnState::Spent,
            Turn::Dropped | Turn::None => return None,
        };
        Some((seat(s), state, [0u32; 0]))
    });
    let counters = queues::counters(conn, queue)?;
    let order = QueueOrder::build(profile.mix.value, counters, rows).map_err(internal)?;
    Ok(order.in_order().map(|p| (p.seat.ticket, p.position)).collect())
}
