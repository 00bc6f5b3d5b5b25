//! Whether an allocation is what its certificate says, from the published files alone.
//!
//! Nothing here is the engine's: keys are whole tuples, the merged order is built from its definition, and the replay
//! works in the rounds of the 1962 paper where the engine works child by child.
//!
//! An allocation is right where every child has the first choice whose cut-off it meets, and every cut-off is the last
//! child that its full group took: then no child and no group could both do better (stability). That takes one pass.
//! Where siblings cross, more than one allocation can be stable; that it is the one best for the children is what
//! [`replay`] shows.

mod certificate;
mod check;
pub mod fairness;
mod finding;
mod key;
mod published;
mod replay;
pub mod special;
mod turns;

pub use certificate::{Certificate, CertifiedCutOff, CertifiedLast, Counts, Hashes, SpecialCounts};
pub use check::{verify, verify_hashes, verify_result};
pub use finding::Finding;
pub use published::{ANY, Published, Rule};
pub use replay::replay;
pub use turns::turns_against_queue;
