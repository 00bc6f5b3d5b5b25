//! Wrong tries: whoever goes on trying waits longer and longer, by what is tried (a child's IIN, a login) and by the address that
//! asks. Nobody is shut out: the wait ends by itself, and there is a way to a new code or password without any.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::service::kernel::problem::{Kind, Problem};
use crate::trust::cipher::BlindIin;

/// Wrong tries of one child or login that cost nothing.
const FREE: u32 = 3;
/// Wrong tries from one address that cost nothing: hundreds of families stand behind that of a mobile operator.
const FREE_OF_ADDRESS: u32 = 30;
/// How many minutes the tries after those wait.
const WAITS: [i64; 3] = [1, 5, 15];
/// When nobody has tried for so many hours, all is forgotten.
const FORGOTTEN_HOURS: i64 = 24;

/// The wrong codes of families of late. Those of papers count by child, and a one-time code ends their wait; those of one-time codes
/// count by child and address, so that no stranger elsewhere lets a family wait.
#[derive(Debug)]
pub struct FamilyTries {
    pub(super) papers: Attempts<BlindIin>,
    pub(super) one_time: Attempts<AtDoor>,
}

/// A child whose one-time code is tried from an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AtDoor {
    /// By what the child is looked up.
    pub child: BlindIin,
    /// Where the try comes from.
    pub address: IpAddr,
}

impl Default for FamilyTries {
    fn default() -> Self {
        let advice = "get a new code at any counter";
        FamilyTries {
            papers: Attempts::new("ask for a one-time code, or get a new code at any counter"),
            one_time: Attempts::new(advice),
        }
    }
}

impl FamilyTries {
    /// The wrong codes of a paper are forgotten: the family has shown, or was given, a right one.
    pub(super) fn end_wait(&self, child: BlindIin) {
        self.papers.forget(child);
    }
}

/// The wrong tries of late, in this process; `K` is what is tried.
#[derive(Debug)]
pub struct Attempts<K> {
    counted: Mutex<Counted<K>>,
    /// What else whoever waits can do.
    advice: &'static str,
}

#[derive(Debug)]
struct Counted<K> {
    tried: HashMap<K, Tries>,
    addresses: HashMap<IpAddr, Tries>,
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

/// A try that has begun. It counts as wrong until somebody says otherwise: of a hundred at once no more get through than one
/// after another would.
#[must_use]
pub(super) struct Try<'a, K: Eq + Hash + Copy> {
    attempts: &'a Attempts<K>,
    key: K,
    address: IpAddr,
    tried: Option<Tries>,
    of_address: Option<Tries>,
}

impl<K: Eq + Hash + Copy> Attempts<K> {
    /// Nobody has tried anything; `advice` says what else can be done than wait.
    pub fn new(advice: &'static str) -> Self {
        Attempts { counted: Mutex::new(Counted { tried: HashMap::new(), addresses: HashMap::new() }), advice }
    }

    fn counted(&self) -> MutexGuard<'_, Counted<K>> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a try from this address, where one may be made now.
    ///
    /// # Errors
    /// 429 with the seconds to wait.
    pub(super) fn begin(&self, key: K, address: IpAddr, now: DateTime<Utc>) -> Result<Try<'_, K>, Problem> {
        let mut counted = self.counted();
        let (tried, of_address) = (counted.tried.get(&key).copied(), counted.addresses.get(&address).copied());
        let waits = [tried.and_then(|t| t.until(FREE)), of_address.and_then(|t| t.until(FREE_OF_ADDRESS))];
        if let Some(until) = waits.into_iter().flatten().max().filter(|until| *until > now) {
            let seconds = (until - now).num_seconds() + 1;
            let message = format!("too many wrong tries; try again in {seconds} s, or {}", self.advice);
            return Err(Problem::new(Kind::Slow, "too_many_tries", message).with("retry_after", seconds));
        }
        note(&mut counted.tried, key, now);
        note(&mut counted.addresses, address, now);
        Ok(Try { attempts: self, key, address, tried, of_address })
    }
}

impl<K: Eq + Hash + Copy> Attempts<K> {
    fn forget(&self, key: K) {
        self.counted().tried.remove(&key);
    }
}

impl<K: Eq + Hash + Copy> Try<'_, K> {
    /// It was right: the wrong ones before are forgotten. Those of the address stay: it may try others.
    pub(super) fn right(self) {
        let mut counted = self.attempts.counted();
        counted.tried.remove(&self.key);
        take_back(&mut counted.addresses, self.address, self.of_address);
    }

    /// It was neither right nor wrong: nothing is counted.
    pub(super) fn undone(self) {
        let mut counted = self.attempts.counted();
        take_back(&mut counted.tried, self.key, self.tried);
        take_back(&mut counted.addresses, self.address, self.of_address);
    }
}

fn note<K: Eq + Hash>(all: &mut HashMap<K, Tries>, key: K, now: DateTime<Utc>) {
    all.retain(|_, tries| now - tries.last_at < TimeDelta::hours(FORGOTTEN_HOURS));
    let tries = all.entry(key).or_insert(Tries { wrong: 0, last_at: now });
    tries.wrong += 1;
    tries.last_at = now;
}

/// Takes one back; `before` is what was counted when it began.
fn take_back<K: Eq + Hash>(all: &mut HashMap<K, Tries>, key: K, before: Option<Tries>) {
    let Some(tries) = all.get_mut(&key) else { return };
    tries.wrong -= 1;
    match before {
        _ if tries.wrong == 0 => drop(all.remove(&key)),
        // Others that began since have moved the instant on.
        Some(before) if tries.wrong == before.wrong => tries.last_at = before.last_at,
        _ => {}
    }
}
