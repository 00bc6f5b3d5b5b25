//! How it went to follow a chain.

use crate::domain::kato::Kato;
use crate::trust::end::End;
use crate::trust::journal::Broken;

/// Whether the index could follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Followed {
    /// It holds what the registry holds.
    InStep,
    /// A record did not fit; the index must be rebuilt.
    OutOfStep,
    /// A record cannot be read; the index must be rebuilt from the rows.
    Unread(Broken),
    /// A chain does not hold the record that was seen last.
    WentBack(WentBack),
}

/// A chain that does not hold the record that was seen last: its database was set back, by a failover or a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WentBack {
    /// The home whose chain it is.
    pub home: Kato,
    /// What was seen of it.
    pub seen: End,
    /// Where it ends now.
    pub found: End,
}
