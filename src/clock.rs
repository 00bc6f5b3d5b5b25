//! The only wall clock. Everywhere else an instant is a parameter.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeZone, Utc};

/// Where "now" comes from: the machine, or an instant that a test or an operator moves by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock, which nobody can move from here.
    System,
    /// A fixed instant in microseconds since 1970, moved only by [`Clock::set`].
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `at`.
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Clock::Fixed(Arc::new(AtomicI64::new(at.timestamp_micros())))
    }

    /// The current instant, cut to microseconds: the finest unit that both databases keep.
    #[allow(clippy::disallowed_methods, reason = "this is the one place that may ask the machine")]
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match self {
            Clock::System => Utc::now().timestamp_micros(),
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        };
        Utc.timestamp_micros(micros).single().unwrap_or_default()
    }

    /// Moves a fixed clock to `at`; the machine's clock does not listen.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Clock::Fixed(micros) = self {
            micros.store(at.timestamp_micros(), Ordering::SeqCst);
        }
    }
}

/// How long something has been going on, and waiting: what a client needs that must give up in time. It decides nothing
/// that is kept.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins to count now.
    pub fn start() -> Self {
        Stopwatch(Instant::now())
    }

    /// Time since the beginning; it never goes back.
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }

    /// Lets this thread sleep for so long, as a client does between two attempts.
    #[allow(clippy::disallowed_methods, reason = "a client waits between two attempts, here and nowhere else")]
    pub fn pause(self, wait: Duration) {
        std::thread::sleep(wait);
    }
}
