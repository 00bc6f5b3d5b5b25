//! What a record or a row says of a turn.

use crate::domain::application::Application;
use crate::engine::order::Seat;
use crate::service::journal::effects::Effect;
use crate::store::seats::Seated;
use crate::trust::journal::Record;

/// The effects that a record carries.
pub fn effects(record: &Record) -> Vec<Effect> {
    record.payload.get("queue").and_then(|list| serde_json::from_value(list.clone()).ok()).unwrap_or_default()
}

/// The seat that the engine orders.
pub fn seat(seated: &Seated) -> Seat {
    Seat {
        tier: seated.tier,
        applied_at: seated.applied_at.timestamp_micros(),
        ticket: seated.ticket,
        stream: seated.stream,
    }
}

/// The seat of an application.
pub(crate) fn seat_of(a: &Application) -> Seat {
    Seat { tier: a.tier, applied_at: a.applied_at.timestamp_micros(), ticket: a.ticket, stream: a.stream }
}
