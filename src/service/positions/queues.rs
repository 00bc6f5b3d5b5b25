//! Queues as departments see them: which there are, and who stands in one, now or at any instant of the past.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::shape::QueueView;
use crate::domain::instant::instant_text;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Placed, QueueOrder};
use crate::service::journal::past;
use crate::service::kernel::permissions::{Act, Principal};
use crate::service::kernel::problem::Problem;
use crate::service::kernel::query;
use crate::service::office::Office;
use crate::store::applications;

/// A queue with its length.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueRow {
    /// Its key and its parts, on one level with `of`.
    #[serde(flatten)]
    pub queue: QueueView,
    /// How many live entries.
    pub of: u64,
}

/// The queues of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Queues {
    /// Those with live entries, by key.
    pub queues: Vec<QueueRow>,
    /// When this was so.
    pub as_of: String,
}

/// One entry of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryRow {
    /// The number in the merged order.
    pub position: u64,
    /// The number of the application.
    pub application: String,
    /// Increasing in its home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// The precedence class in the profile; 0 stands before all others.
    pub tier: u8,
    /// `out_of_turn`, `first_priority` or `general`, as the profile assigns the tier.
    pub stream: &'static str,
    /// The instant that orders the queue.
    pub applied_at: String,
}

/// A page of a queue in its order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entries {
    /// The queue that the page shows.
    pub queue: QueueView,
    /// How many live entries in all.
    pub of: u64,
    /// The entries of the page, in the merged order.
    pub entries: Vec<EntryRow>,
    /// To be sent as `cursor` for the next page; none at the end.
    pub next: Option<String>,
    /// When this was so.
    pub as_of: String,
}

/// Most entries of a page.
pub const PAGE_MAX: usize = 1_000;

/// The queues of a territory and all below it.
///
/// # Errors
/// 403, 422.
pub fn queues(office: &Office, principal: &Principal, territory: &str) -> Result<Queues, Problem> {
    principal.role_may(Act::ReadQueue)?;
    let territory = query::territory(territory)?;
    let served = office.store.read(|conn| crate::service::kernel::reach::queue_territory(conn, territory))?;
    let territory = served.map_or(territory, |(queue, _)| queue);
    principal.may(Act::ReadQueue, territory)?;
    let now = office.clock.now();
    let index = office.index(now);
    let mut queues: Vec<(QueueKey, u64)> = index
        .queues()
        .filter(|(key, order)| key.territory.within(territory) && !order.is_empty())
        .map(|(key, order)| (key, order.len() as u64))
        .collect();
    queues.sort_unstable();
    let queues = queues.into_iter().map(|(key, of)| QueueRow { queue: key.into(), of }).collect();
    Ok(Queues { queues, as_of: instant_text(now) })
}

/// A page of a queue in its order, as it is now or as it stood at `as_of`.
///
/// # Errors
/// 403, 404, 422.
pub fn entries(office: &Office, principal: &Principal, key: &str, page: &Page<'_>) -> Result<Entries, Problem> {
    principal.role_may(Act::ReadQueue)?;
    let key: QueueKey = key.parse().map_err(|_| Problem::not_found("queue"))?;
    principal.may(Act::ReadQueue, key.territory)?;
    let now = office.clock.now();
    let as_of = page.as_of.map(|text| past_instant(text, now)).transpose()?;
    let from = page.from()?;
    match as_of {
        Some(at) => {
            let replay = office.store.read(|conn| past::replayed(&office.rules, conn, key, at))?;
            let (placed, of) = page.of(&replay.order, from);
            Ok(entries_view(key, placed, of, &replay.numbers(), at))
        }
        None => {
            let (placed, of) = {
                let index = office.index(now);
                let order = index.queue(key).ok_or_else(|| Problem::not_found("queue"))?;
                page.of(order, from)
            };
            let tickets: Vec<u32> = placed.iter().map(|p| p.seat.ticket).collect();
            let numbers = office.store.read(|conn| applications::by_ticket(conn, key.home(), &tickets))?;
            Ok(entries_view(key, placed, of, &numbers, now))
        }
    }
}

/// Which page of a queue.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page<'a> {
    /// As `next` gave it.
    pub cursor: Option<&'a str>,
    /// How many entries; 100 where missing.
    pub limit: Option<usize>,
    /// The instant to look at; now where missing.
    pub as_of: Option<&'a str>,
}

impl Page<'_> {
    fn from(&self) -> Result<u64, Problem> {
        let Some(cursor) = self.cursor else { return Ok(1) };
        cursor
            .parse()
            .ok()
            .filter(|&n| n > 0)
            .ok_or_else(|| Problem::invalid("cursor", "wrong_cursor", "send the cursor exactly as `next` gave it"))
    }

    fn of(&self, order: &QueueOrder, from: u64) -> (Vec<Placed>, u64) {
        let limit = self.limit.unwrap_or(100).clamp(1, PAGE_MAX);
        (order.in_order_from(from).take(limit).collect(), order.len() as u64)
    }
}

/// An instant of the past.
fn past_instant(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Problem> {
    let at = query::instant("as_of", text)?;
    if at > now {
        let message = "the instant lies in the future; leave it out for the queue as it is now";
        return Err(Problem::invalid("as_of", "wrong_instant", message));
    }
    Ok(at)
}

fn entries_view(
    key: QueueKey,
    placed: Vec<Placed>,
    of: u64,
    numbers: &HashMap<u32, String>,
    at: DateTime<Utc>,
) -> Entries {
    let entries: Vec<EntryRow> = placed
        .into_iter()
        .map(|placed| EntryRow {
            position: placed.position,
            application: numbers.get(&placed.seat.ticket).cloned().unwrap_or_default(),
            ticket: placed.seat.ticket,
            tier: placed.seat.tier,
            stream: placed.seat.stream.code(),
            applied_at: DateTime::from_timestamp_micros(placed.seat.applied_at).map(instant_text).unwrap_or_default(),
        })
        .collect();
    let next = entries.last().map(|e| e.position + 1).filter(|&n| n <= of).map(|n| n.to_string());
    Entries { queue: key.into(), of, entries, next, as_of: instant_text(at) }
}
