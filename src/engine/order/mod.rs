//! The order of a queue, and every position in it (ARCHITECTURE.md, "The order of a queue, exactly").
//!
//! [`QueueOrder`] is the in-memory index of one queue: it follows the acts that the journal records and answers
//! "which position, of how many, and who stands ahead" without ever laying out the merged list. [`oracle`] is the
//! same order as the plain full sort, written from the text; tests and audits compare the two.
//!
//! # A queue by hand
//!
//! ```
//! use kezek::domain::codes::Stream::{FirstPriority, General};
//! use kezek::domain::mix::Mix;
//! use kezek::engine::order::{Counters, QueueOrder, Seat, TurnState};
//!
//! // Three general children, then two of first priority, who have one turn to two. Each chose kindergarten 7.
//! let seat = |tier, ticket, stream| Seat { tier, applied_at: i64::from(ticket), ticket, stream };
//! let [a, b, c] = [1, 2, 3].map(|ticket| seat(3, ticket, General));
//! let [d, e] = [4, 5].map(|ticket| seat(1, ticket, FirstPriority));
//! let rows = [a, b, c, d, e].map(|seat| (seat, TurnState::Live, [7]));
//! let mut queue = QueueOrder::build(Mix::new(1, 2), Counters::default(), rows)?;
//! let tickets = |queue: &QueueOrder| queue.in_order().map(|placed| placed.seat.ticket).collect::<Vec<_>>();
//! assert_eq!(tickets(&queue), [4, 1, 2, 5, 3]);
//!
//! let standing = queue.locate(c).expect("a live entry").standing();
//! assert_eq!((standing.position, standing.of), (5, 5));
//! assert_eq!(standing.ahead, [0, 2, 2]); // out of turn, first priority, general
//!
//! // The first one is enrolled. It is counted no more, but its turn is spent: the next of its stream does not take it.
//! queue.spend(d, &[7])?;
//! assert_eq!(tickets(&queue), [1, 2, 5, 3]);
//! let located = queue.locate(c).expect("a live entry");
//! assert_eq!(located.among(7).map(|among| among.position), Some(4));
//! assert_eq!(located.among(8), None); // it did not choose that one
//! # Ok::<(), kezek::engine::order::SeatFault>(())
//! ```
//!
//! # What is kept
//!
//! Per stream a sorted set of all its turns (live entries and spent turns) and one of the spent turns alone; the live
//! rank of a key is its rank in the first less its rank in the second. Per chosen kindergarten, and for entries
//! without preferences, a sorted set of live entries per stream. A key is (tier, instant, ticket) in 16 bytes.
//!
//! # What always holds
//!
//! 1. A spent turn is in its stream's set of all; a live entry is there too, and under each kindergarten it chose, or
//!    among those without preferences.
//! 2. No stream begins with a spent turn: those at the front are dropped into the stream's counter at the end of the act.
//! 3. While first priority or general has no live entry, both counters are 0.
//! 4. Out of turn has no spent turns. A queue that does not mix counts none, and drops what it has with its next act.
//! 5. Positions run from 1 to the number of live entries without gaps.
//!
//! Turns and counters change by acts alone; the ratio is a dated rule ([`QueueOrder::set_mix`]) by which they are read, and
//! by which the next act settles. 2 and 3 are the settling of an act. It runs once, after all changes of the act ([`QueueOrder::apply`]): an
//! application whose tier or preferences change leaves and joins in one act, and a stream that is empty only in
//! between does not lose its counters. [`Counters::settled`] is the same rule for whoever counts the dropped turns
//! elsewhere (the store, in the transaction of the act); the index then arrives at the same counters. A dropped turn
//! is gone: the registry must mark it as dropped and never hand it to [`QueueOrder::build`] again, since an entry
//! that joins or is restored before it would otherwise bring it back.

mod build;
mod counters;
mod key;
mod listing;
pub mod oracle;
mod queue;
pub mod ranked;
mod seat;
mod standing;

pub use build::Unbuilt;
pub use counters::Counters;
pub use listing::{InOrder, Placed};
pub use queue::{Located, QueueOrder};
pub use seat::{Change, Seat, SeatFault, TurnState};
pub use standing::Standing;
