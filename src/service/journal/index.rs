//! The live index: every child's seat in memory, following the journal of every home.
//!
//! It is built from the registry at the start and kept by [`Live::follow`], which reads the records after the last one
//! applied; the same code serves the acts of this process and of any other. Positions are answered from it without SQL.

mod codes;
mod families;
mod followed;
mod growing;
mod live;
mod seats;
mod turns;

pub use followed::{Followed, WentBack};
pub use live::Live;
pub use seats::{Index, IndexSeat};
pub use turns::seat;
pub(crate) use turns::seat_of;
