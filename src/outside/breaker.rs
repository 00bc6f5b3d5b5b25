//! The circuit breaker: a register that fails again and again is left alone for a while, then tried by one question.
//!
//! Closed, it lets everything through and counts failures in a row. Open, it lets nothing through for [`Policy::rest`].
//! Half open, one probe goes through: an answer closes it, a failure opens it again. Time is a parameter.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::registers::{State, Unreachable};

/// When the breaker opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open.
    pub rest: TimeDelta,
    /// Questions that may wait for an answer at the same time: threads are not without end.
    pub at_once: u32,
}

/// What is known so far.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    failures: u32,
    opened_at: Option<DateTime<Utc>>,
    probing: bool,
    waiting: u32,
}

/// The breaker of one register.
#[derive(Debug)]
pub struct Breaker {
    policy: Policy,
    record: Mutex<Record>,
}

impl Breaker {
    /// A closed breaker, which has seen no failure.
    pub fn new(policy: Policy) -> Self {
        Breaker { policy, record: Mutex::default() }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        // A record is a few numbers that are set together: a panic elsewhere leaves them whole.
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the rest since `opened_at` still lasts. A clock that was set back by more than a rest ends it.
    fn rests(&self, opened_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        (now - opened_at).abs() < self.policy.rest
    }

    /// Lets a question through, or says why not. The permit must be told how it went.
    ///
    /// # Errors
    /// [`Unreachable::Resting`] or [`Unreachable::Crowded`].
    pub fn permit(&self, now: DateTime<Utc>) -> Result<Permit<'_>, Unreachable> {
        let mut record = self.record();
        if record.waiting >= self.policy.at_once {
            return Err(Unreachable::Crowded);
        }
        if let Some(opened_at) = record.opened_at {
            if record.probing || self.rests(opened_at, now) {
                return Err(Unreachable::Resting(opened_at + self.policy.rest));
            }
            record.probing = true;
        }
        record.waiting += 1;
        Ok(Permit { breaker: self, probe: record.probing, failed_at: Some(now) })
    }

    /// How the register stands.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        let record = self.record();
        match record.opened_at {
            None => State::Closed,
            Some(opened_at) if record.probing || !self.rests(opened_at, now) => State::HalfOpen,
            Some(_) => State::Open,
        }
    }
}

/// A question that was let through. Dropped without a word it counts as failed.
#[must_use = "the breaker must be told how it went"]
#[derive(Debug)]
pub struct Permit<'b> {
    breaker: &'b Breaker,
    probe: bool,
    failed_at: Option<DateTime<Utc>>,
}

impl Permit<'_> {
    /// Whether this is the one question that tries a register which failed: it is not repeated.
    pub fn is_probe(&self) -> bool {
        self.probe
    }

    /// Says that the register answered.
    pub fn answered(mut self) {
        self.failed_at = None;
    }

    /// Says that the register failed at this instant.
    pub fn failed(mut self, at: DateTime<Utc>) {
        self.failed_at = Some(at);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut record = self.breaker.record();
        record.waiting = record.waiting.saturating_sub(1);
        if self.probe {
            record.probing = false;
        }
        match self.failed_at {
            // A late answer to a question from before does not close what the probe is there to close.
            None if self.probe || record.opened_at.is_none() => {
                record.failures = 0;
                record.opened_at = None;
            }
            Some(at) if self.probe => record.opened_at = Some(at),
            Some(at) if record.opened_at.is_none() => {
                record.failures += 1;
                if record.failures >= self.breaker.policy.failures {
                    record.opened_at = Some(at);
                }
            }
            _ => {}
        }
    }
}
