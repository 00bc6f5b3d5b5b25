//! What a record or a row says of a turn.

use crate::domain::application::Application;
use crate::engine::order::Seat;
use crate::store::seats::Seated;

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
