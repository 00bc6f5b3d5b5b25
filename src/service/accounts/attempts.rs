//! Wrong codes: whoever goes on trying waits longer and longer, by the child's IIN and by the address that asks. A family is
//! never shut out: the wait ends by itself, and any counter gives a new code.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::service::kernel::problem::{Kind, Problem};
use crate::trust::cipher::BlindIin;

/// Wrong codes for one child that cost nothing.
const FREE: u32 = 3;
/// Wrong codes from one address that cost nothing: hundreds of families stand behind that of a mobile operator.
const FREE_OF_ADDRESS: u32 = 30;
/// How many minutes the tries after those wait.
const WAITS: [i64; 3] = [1, 5, 15];
/// When nobody has tried for so many hours, all is forgotten.
const FORGOTTEN_HOURS: i64 = 24;

/// The wrong codes of late, in this process.
#[derive(Debug, Default)]
pub struct Attempts {
    by_child: Mutex<HashMap<BlindIin, Tries>>,
    by_address: Mutex<HashMap<IpAddr, Tries>>,
}

#[derive(Clone, Copy, Debug)]
struct Tries {
    wrong: u32,
    last_at: DateTime<Utc>,
}

impl Tries {
    /// Until when the next try waits, where so many cost nothing.
    fn until(self, free: u32) -> Option<DateTime<Utc>> {
        let over = self.wrong.checked_sub(free)?;
        let wait = usize::try_from(over).ok().and_then(|over| WAITS.get(over)).or(WAITS.last());
        Some(self.last_at + TimeDelta::minutes(wait.copied().unwrap_or_default()))
    }
}

impl Attempts {
    /// Whether a code for this child may be tried from this address now.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(super) fn check(&self, child: BlindIin, address: IpAddr, now: DateTime<Utc>) -> Result<(), Problem> {
        let until = [until(&self.by_child, &child, FREE), until(&self.by_address, &address, FREE_OF_ADDRESS)]
            .into_iter()
            .flatten()
            .max();
        let Some(until) = until.filter(|until| *until > now) else { return Ok(()) };
        let seconds = (until - now).num_seconds() + 1;
        let message = format!("too many wrong codes; try again in {seconds} s, or get a new code at any counter");
        Err(Problem::new(Kind::Slow, "too_many_tries", message).with("retry_after", seconds))
    }

    /// Notes a wrong code.
    pub(super) fn wrong(&self, child: BlindIin, address: IpAddr, now: DateTime<Utc>) {
        note(&self.by_child, child, now);
        note(&self.by_address, address, now);
    }

    /// Forgets the wrong codes of a child once the right one was given. Those of the address stay: it may try others.
    pub(super) fn right(&self, child: BlindIin) {
        self.by_child.lock().unwrap_or_else(PoisonError::into_inner).remove(&child);
    }
}

fn until<K: Eq + Hash>(all: &Mutex<HashMap<K, Tries>>, key: &K, free: u32) -> Option<DateTime<Utc>> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.get(key).and_then(|tries| tries.until(free))
}

fn note<K: Eq + Hash>(all: &Mutex<HashMap<K, Tries>>, key: K, now: DateTime<Utc>) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, tries| now - tries.last_at < TimeDelta::hours(FORGOTTEN_HOURS));
    let tries = all.entry(key).or_insert(Tries { wrong: 0, last_at: now });
    tries.wrong += 1;
    tries.last_at = now;
}
