//! Queues as departments see them: which there are, and who stands in one, now or at any instant of the past.

use serde::Serialize;
use utoipa::ToSchema;

use super::permissions::{Act, Principal};
use super::positions::QueueView;
use super::problem::Problem;
use super::registry::Registry;
use crate::domain::kato::Kato;
use crate::domain::queue::{Number, QueueKey};
use crate::trust::journal::instant_text;

/// A queue with its length.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct QueueRow {
    /// The queue.
    #[serde(flatten)]
    pub queue: QueueView,
    /// How many live entries.
    pub of: u64,
}

/// The queues of a territory.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Queues {
    /// By key.
    pub queues: Vec<QueueRow>,
    /// When this was so.
    pub as_of: String,
}

/// One entry of a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EntryRow {
    /// The number in the merged order.
    pub position: u64,
    /// The application.
    pub application: String,
    /// The ticket.
    pub ticket: u32,
    /// The precedence class.
    pub tier: u8,
    /// The stream.
    pub stream: &'static str,
    /// The instant that orders the queue.
    pub applied_at: String,
}

/// A page of a queue in its order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Entries {
    /// The queue.
    pub queue: QueueView,
    /// How many live entries in all.
    pub of: u64,
    /// The page.
    pub entries: Vec<EntryRow>,
    /// To be sent as `cursor` for the next page; none at the end.
    pub next: Option<String>,
    /// When this was so.
    pub as_of: String,
}

/// Most entries of a page.
pub const PAGE_MAX: usize = 1_000;

impl Registry {
    /// The queues of a territory and all below it.
    ///
    /// # Errors
    /// 403, 422.
    pub fn queues(&self, principal: &Principal, territory: &str) -> Result<Queues, Problem> {
        principal.role_may(Act::ReadQueue)?;
        let territory = Kato::parse(territory.trim())
            .map_err(|e| Problem::invalid("territory", "wrong_territory", e.to_string()))?;
        let served = self.store.read(|conn| super::reach::queue_territory(conn, territory))?;
        let territory = served.map_or(territory, |(queue, _)| queue);
        principal.may(Act::ReadQueue, territory)?;
        let as_of = instant_text(self.clock.now());
        let index = self.live.read();
        let mut queues: Vec<(QueueKey, u64)> = index
            .queues()
            .filter(|(key, order)| key.territory.within(territory) && !order.is_empty())
            .map(|(key, order)| (key, order.len() as u64))
            .collect();
        queues.sort_unstable();
        let queues = queues.into_iter().map(|(key, of)| QueueRow { queue: key.into(), of }).collect();
        Ok(Queues { queues, as_of })
    }

    /// A page of a queue in its order as it is now.
    ///
    /// # Errors
    /// 403, 404, 422.
    pub fn entries(
        &self,
        principal: &Principal,
        key: &str,
        cursor: Option<&str>,
        limit: Option<usize>,
    ) -> Result<Entries, Problem> {
        principal.role_may(Act::ReadQueue)?;
        let key: QueueKey = key.parse().map_err(|_| Problem::not_found("queue"))?;
        principal.may(Act::ReadQueue, key.territory)?;
        let from: u64 = match cursor {
            None => 1,
            Some(cursor) => cursor.parse().ok().filter(|&n| n > 0).ok_or_else(|| {
                Problem::invalid("cursor", "wrong_cursor", "send the cursor exactly as `next` gave it")
            })?,
        };
        let limit = limit.unwrap_or(100).clamp(1, PAGE_MAX);
        let now = self.clock.now();
        let index = self.live.read();
        let Some(order) = index.queue(key) else { return Err(Problem::not_found("queue")) };
        let numbers = index.numbers_of(key);
        let entries: Vec<EntryRow> = order
            .in_order_from(from)
            .take(limit)
            .map(|placed| EntryRow {
                position: placed.position,
                application: numbers.get(&placed.seat.ticket).map(Number::to_string).unwrap_or_default(),
                ticket: placed.seat.ticket,
                tier: placed.seat.tier,
                stream: placed.seat.stream.code(),
                applied_at: chrono::DateTime::from_timestamp_micros(placed.seat.applied_at)
                    .map(instant_text)
                    .unwrap_or_default(),
            })
            .collect();
        let of = order.len() as u64;
        let next = entries.last().map(|e| e.position + 1).filter(|&n| n <= of).map(|n| n.to_string());
        Ok(Entries { queue: key.into(), of, entries, next, as_of: instant_text(now) })
    }
}

impl super::live::Index {
    /// The applications of a queue by ticket.
    pub(crate) fn numbers_of(&self, key: QueueKey) -> std::collections::HashMap<u32, Number> {
        self.seats().filter(|(_, held)| held.queue == key).map(|(number, held)| (held.seat.ticket, number)).collect()
    }
}
