//! What an act did to the queues, as the journal records it. The live index of every instance follows these records,
//! and an auditor can replay every position from them alone.

use serde::{Deserialize, Serialize};

use crate::domain::application::Application;
use crate::domain::codes::{Status, Stream};
use crate::domain::instant::{instant_text, read_micros};
use crate::domain::queue::QueueKey;
use crate::engine::order::{Change, Counters, Seat};
use crate::trust::act::Moves;
use crate::trust::journal::{Broken, Record};

/// What a record's act did to the queues.
///
/// # Errors
/// It cannot be read: a change that is not understood must never count as none.
pub fn effects(record: &Record) -> Result<Vec<Effect>, Broken> {
    match (record.payload.get("queue"), record.journal_act()?.moves()) {
        (None, Moves::Always) => Err(record.unreadable("it does not tell what its act did to the queues")),
        (Some(_), Moves::Never) => Err(record.unreadable("its act moves no queue, and it tells of one that moved")),
        (None, Moves::Maybe | Moves::Never) => Ok(Vec::new()),
        (Some(told), Moves::Always | Moves::Maybe) => Vec::<Effect>::deserialize(told)
            .map_err(|e| record.unreadable(format!("what its act did to the queues cannot be read: {e}"))),
    }
}

/// One change of a queue. An act's changes of one queue are applied together and settled once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Effect {
    /// A seat is taken.
    Join(JoinEffect),
    /// A restored entry takes its own instant again, and its spent turn where that is still in the stream.
    Restore(JoinEffect),
    /// The seat is left without a turn.
    Leave {
        /// The number of the application that leaves.
        application: String,
        /// What it is now.
        status: Status,
    },
    /// The child is enrolled: the turn is spent.
    Spend {
        /// The number of the application whose child it is.
        application: String,
    },
    /// The seat stays, the status changes.
    Status {
        /// The number of the application that stays.
        application: String,
        /// What it is now.
        status: Status,
    },
    /// The counters after the act.
    Counters {
        /// The queue that the act has settled.
        queue: QueueKey,
        /// Of the first-priority stream.
        first_priority: u64,
        /// Of the general stream.
        general: u64,
    },
}

/// A seat with all that decides its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinEffect {
    /// The number of the application that is seated.
    pub application: String,
    /// The queue in which the seat is.
    pub queue: QueueKey,
    /// Precedence class in the profile; within a stream the smaller stands first.
    pub tier: u8,
    /// The stream to which the profile assigns the tier.
    pub stream: Stream,
    /// The instant that orders the queue.
    pub applied_at: String,
    /// Unique in the home; it decides between entries of one tier and instant.
    pub ticket: u32,
    /// Kindergartens, most wanted first; none means any.
    pub choices: Vec<String>,
    /// The status that the application has in this seat.
    pub status: Status,
    /// Whether it is a request for a transfer, beside the enrolment of the same child.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transfer: bool,
}

impl JoinEffect {
    /// The seat of an application as it is now.
    pub fn of(a: &Application) -> Self {
        JoinEffect {
            application: a.number.clone(),
            queue: a.queue,
            tier: a.tier,
            stream: a.stream,
            applied_at: instant_text(a.applied_at),
            ticket: a.ticket,
            choices: a.preferences.clone(),
            status: a.status,
            transfer: false,
        }
    }

    /// The seat that the engine orders; `None` where the instant is none.
    pub(crate) fn seat(&self) -> Option<Seat> {
        let applied_at = read_micros(self.applied_at.as_bytes())?;
        Some(Seat { tier: self.tier, applied_at, ticket: self.ticket, stream: self.stream })
    }
}

/// A seat that an act moved, with its choices as the index numbers them: an [`Effect`] ready for a queue's order.
pub(crate) enum Moved {
    Join(Seat, Box<[u32]>),
    Leave(Seat, Box<[u32]>),
    Spend(Seat, Box<[u32]>),
    Restore(Seat, Box<[u32]>),
}

impl Moved {
    /// The change of the order.
    pub(crate) fn change(&self) -> Change<'_> {
        match self {
            Moved::Join(seat, choices) => Change::Join(*seat, choices),
            Moved::Leave(seat, choices) => Change::Leave(*seat, choices),
            Moved::Spend(seat, choices) => Change::Spend(*seat, choices),
            Moved::Restore(seat, choices) => Change::Restore(*seat, choices),
        }
    }
}

impl Effect {
    /// Whether it moves a turn of a queue, so that the queue is settled at the end of its act.
    pub(crate) fn moves(&self) -> bool {
        !matches!(self, Effect::Status { .. } | Effect::Counters { .. })
    }

    /// The counters of a queue after an act.
    pub fn counters(queue: QueueKey, counters: Counters) -> Self {
        let Counters { first_priority, general } = counters;
        Effect::Counters { queue, first_priority, general }
    }
}
