//! Every application as its row says it stands, one by one, for whoever holds the rows against the journal.

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

use super::StoreError;
use super::applications::list;
use super::columns::{code, from_column, kato_from_column};
use super::connection::AnyConnection;
use super::schema::applications;
use crate::domain::codes::{Status, Stream, Turn};
use crate::domain::queue::QueueKey;

/// What of an application's row decides its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingRow {
    /// The application.
    pub number: String,
    /// The queue.
    pub queue: QueueKey,
    /// Precedence class.
    pub tier: u8,
    /// Stream.
    pub stream: Stream,
    /// The instant that orders the queue.
    pub applied_at: DateTime<Utc>,
    /// The last tie-break.
    pub ticket: u32,
    /// What became of the turn.
    pub turn: Turn,
    /// Where the application stands.
    pub status: Status,
    /// Kindergartens, most wanted first.
    pub preferences: Vec<String>,
}

type Row = (String, (i32, i32, String), (i16, String, NaiveDateTime, i64), (String, String, String));

/// Hands on every application, in no order.
///
/// # Errors
/// The database is not available, or those of `take`.
pub fn each<E: From<StoreError>>(
    conn: &mut AnyConnection,
    mut take: impl FnMut(StandingRow) -> Result<(), E>,
) -> Result<(), E> {
    use applications as a;
    let rows = a::table
        .select((
            a::number,
            (a::queue_territory, a::cohort, a::kind),
            (a::tier, a::stream, a::applied_at, a::ticket),
            (a::turn, a::status, a::preferences),
        ))
        .load_iter::<Row, diesel::connection::DefaultLoadingMode>(conn)
        .map_err(StoreError::from)?;
    for row in rows {
        take(noun(row.map_err(StoreError::from)?)?)?;
    }
    Ok(())
}

fn noun((number, queue, seat, rest): Row) -> Result<StandingRow, StoreError> {
    let ((territory, cohort, kind), (tier, stream, applied_at, ticket), (turn, status, preferences)) =
        (queue, seat, rest);
    Ok(StandingRow {
        number,
        queue: QueueKey { territory: kato_from_column(territory)?, cohort, kind: code(&kind)? },
        tier: u8::try_from(tier).map_err(|_| StoreError::Damaged(format!("tier {tier}")))?,
        stream: code(&stream)?,
        applied_at: from_column(applied_at),
        ticket: u32::try_from(ticket).map_err(|_| StoreError::Damaged(format!("ticket {ticket}")))?,
        turn: code(&turn)?,
        status: code(&status)?,
        preferences: list(&preferences),
    })
}
