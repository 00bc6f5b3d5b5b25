//! What an act did to a queue: the difference between an application's row before and after.

use serde::Deserialize;

use crate::domain::codes::{Status, Stream, Turn};
use crate::domain::instant::read_micros;
use crate::domain::kato::Kato;
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, Seat};

/// An application's row as a record tells it: all that decides its place, and what became of it.
pub(crate) struct ToldSeat {
    /// The number of the application.
    pub(crate) number: String,
    /// The queue in which the seat is.
    pub(crate) queue: QueueKey,
    /// What decides the place.
    pub(crate) seat: Seat,
    /// What became of the turn.
    pub(crate) turn: Turn,
    /// Where the application stands.
    pub(crate) status: Status,
    /// Kindergartens, most wanted first; none means any.
    pub(crate) choices: Vec<String>,
}

#[derive(Deserialize)]
struct Row {
    queue_territory: u32,
    cohort: i32,
    kind: String,
    tier: u8,
    stream: Stream,
    applied_at: String,
    ticket: u32,
    turn: Turn,
    status: Status,
    preferences: String,
}

/// A row of JSON in its type.
pub(super) fn parsed<'a, T: Deserialize<'a>>(row: &'a str) -> Result<T, String> {
    serde_json::from_str(row).map_err(|e| e.to_string())
}

/// The key of a queue from its columns.
pub(super) fn queue(territory: u32, cohort: i32, kind: &str) -> Result<QueueKey, String> {
    let territory = Kato::from_number(territory).ok_or_else(|| format!("{territory} is no territory"))?;
    let kind = kind.parse().map_err(|_| format!("{kind:?} is no kind of a group"))?;
    Ok(QueueKey { territory, cohort, kind })
}

impl ToldSeat {
    /// Reads the row of the application with this number.
    ///
    /// # Errors
    /// In words, where it is not one.
    pub(crate) fn read(number: &str, row: &str) -> Result<Self, String> {
        let row: Row = parsed(row)?;
        let applied_at =
            read_micros(row.applied_at.as_bytes()).ok_or_else(|| format!("{:?} is no instant", row.applied_at))?;
        Ok(ToldSeat {
            queue: queue(row.queue_territory, row.cohort, &row.kind)?,
            seat: Seat { tier: row.tier, applied_at, ticket: row.ticket, stream: row.stream },
            number: number.to_owned(),
            turn: row.turn,
            status: row.status,
            choices: row.preferences.split(';').filter(|id| !id.is_empty()).map(str::to_owned).collect(),
        })
    }
}

/// A turn as whoever follows the records holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HeldTurn {
    /// The queue in which it is.
    pub(crate) queue: QueueKey,
    /// What decides the place.
    pub(crate) seat: Seat,
    /// What became of it.
    pub(crate) turn: Turn,
    /// Kindergartens as whoever holds it numbers them.
    pub(crate) choices: Box<[u32]>,
}

/// One move of a queue's order.
#[derive(Clone, Debug)]
pub(crate) struct Move {
    /// The queue that moves.
    pub(crate) queue: QueueKey,
    kind: MoveKind,
    seat: Seat,
    choices: Box<[u32]>,
}

#[derive(Clone, Copy, Debug)]
enum MoveKind {
    Join,
    Leave,
    Spend,
    Restore,
}

impl Move {
    /// A turn comes back: the one that was spent, where it is still in the stream.
    pub(crate) fn restore(of: &HeldTurn) -> Self {
        Move { queue: of.queue, kind: MoveKind::Restore, seat: of.seat, choices: of.choices.clone() }
    }

    /// The change of the order.
    pub(crate) fn change(&self) -> Change<'_> {
        match self.kind {
            MoveKind::Join => Change::Join(self.seat, &self.choices),
            MoveKind::Leave => Change::Leave(self.seat, &self.choices),
            MoveKind::Spend => Change::Spend(self.seat, &self.choices),
            MoveKind::Restore => Change::Restore(self.seat, &self.choices),
        }
    }
}

/// What an act did to a turn, in the order in which a queue makes the moves. Whether a spent turn is dropped, the queue
/// settles itself.
pub(crate) fn moves(before: Option<&HeldTurn>, after: &HeldTurn) -> Vec<Move> {
    use MoveKind::{Join, Leave, Restore, Spend};
    use Turn::{Dropped, Live, None, Spent};
    let make = |of: &HeldTurn, kind| Move { queue: of.queue, kind, seat: of.seat, choices: of.choices.clone() };
    let now = |kind| make(after, kind);
    let Some(before) = before.filter(|before| matches!(before.turn, Live | Spent)) else {
        return match after.turn {
            // Where its turn was dropped, it takes its own instant again.
            Live => vec![now(Join)],
            Spent => vec![now(Join), now(Spend)],
            Dropped | None => Vec::new(),
        };
    };
    let was = |kind| make(before, kind);
    let stays = before.queue == after.queue && before.seat == after.seat && before.choices == after.choices;
    match (before.turn, after.turn) {
        (Live, Live) if stays => Vec::new(),
        (Live, Live) => vec![was(Leave), now(Join)],
        (Live, Spent | Dropped) if stays => vec![now(Spend)],
        (Live, Spent | Dropped) => vec![was(Leave), now(Join), now(Spend)],
        (Live, None) => vec![was(Leave)],
        // Nobody lists a spent turn, so its choices do not matter.
        (_, Spent | Dropped) if before.queue == after.queue && before.seat == after.seat => Vec::new(),
        (_, Spent | Dropped) => vec![was(Restore), was(Leave), now(Join), now(Spend)],
        (_, Live) if before.queue == after.queue && before.seat == after.seat => vec![now(Restore)],
        (_, Live) => vec![was(Restore), was(Leave), now(Join)],
        (_, None) => vec![was(Restore), was(Leave)],
    }
}
