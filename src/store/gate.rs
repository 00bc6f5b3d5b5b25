//! One writer per home inside this process, waiting a bounded time.
//!
//! The row lock would make the others wait anyway; at a gate they wait without holding a connection, so that one busy
//! home cannot take the whole pool. The wait is bounded, because whoever stands behind a database that does not answer
//! must hear so, and not wait for all who stand before.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A gate that one at a time passes.
#[derive(Debug, Default)]
pub(super) struct Gate {
    taken: Mutex<bool>,
    freed: Condvar,
}

/// Whoever has passed; the gate is free again when it is dropped, also by a panic.
#[derive(Debug)]
pub(super) struct Passed(Arc<Gate>);

impl Gate {
    /// Passes the gate, or gives up after `patience`.
    pub(super) fn pass(self: &Arc<Self>, patience: Duration) -> Option<Passed> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut taken, waited) =
            self.freed.wait_timeout_while(taken, patience, |taken| *taken).unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() && *taken {
            return None;
        }
        *taken = true;
        Some(Passed(Arc::clone(self)))
    }
}

impl Drop for Passed {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.0.freed.notify_one();
    }
}
