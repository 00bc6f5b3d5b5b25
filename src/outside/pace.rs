//! Waiting between two attempts: a port, so that the room needs no clock and tests need no patience.

use std::time::Duration;

/// How a client waits and how it knows how long it has been at it.
pub trait Pace: Send + Sync {
    /// Time since a beginning of its own; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Blocks the thread for this long.
    fn pause(&self, wait: Duration);

    /// Some number below `below`, each as likely, so that many clients do not come back at the same moment.
    fn chance(&self, below: u64) -> u64;
}
