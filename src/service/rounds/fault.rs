//! A fault of the registry's own in a round.

use crate::service::kernel::problem::{Kind, Problem};

/// A fault of the registry's own: the round is not computed, nothing is changed.
pub(crate) fn internal(fault: impl std::fmt::Display) -> Problem {
    tracing::error!(%fault, "a round could not be computed");
    Problem::new(Kind::Internal, "internal", "the round could not be computed; nothing was changed, tell the operator")
}
