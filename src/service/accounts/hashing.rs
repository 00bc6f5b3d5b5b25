//! Hashing passwords, which is slow on purpose: a few at once, so that sign-ins cannot take the machine from the registry.

use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

use crate::service::kernel::keys;
use crate::service::kernel::problem::{Kind, Problem};
use crate::trust::password::{Cost, is_of};

/// How many may wait for their turn: some seconds' worth.
const WAITING_MAX: usize = 64;

/// The place where passwords are hashed.
#[derive(Debug)]
pub(super) struct Hashing {
    cost: Cost,
    /// How many at once.
    at_once: usize,
    taken: Mutex<Taken>,
    freed: Condvar,
    /// The hash of a password that nobody knows: what an unknown login is held against, so that it takes as long as a known one.
    nobody: OnceLock<Option<String>>,
}

#[derive(Debug, Default)]
struct Taken {
    running: usize,
    waiting: usize,
}

/// A turn; dropping it lets the next one in.
struct Turn<'h>(&'h Hashing);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.0.freed.notify_one();
    }
}

impl Hashing {
    /// Hashes at this cost, on half the machine's cores.
    pub(super) fn at(cost: Cost) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (taken, freed, nobody) = (Mutex::default(), Condvar::new(), OnceLock::new());
        Hashing { cost, at_once: (cores / 2).max(1), taken, freed, nobody }
    }

    fn turn(&self) -> Result<Turn<'_>, Problem> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.waiting >= WAITING_MAX {
            let message = "too many are signing in at this moment; send the same request again in a few seconds";
            return Err(Problem::new(Kind::Busy, "sign_ins_busy", message));
        }
        taken.waiting += 1;
        let mut taken =
            self.freed.wait_while(taken, |taken| taken.running >= self.at_once).unwrap_or_else(PoisonError::into_inner);
        taken.waiting -= 1;
        taken.running += 1;
        Ok(Turn(self))
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// 503 where too many wait, 500 where the machine gives no memory.
    pub(super) fn hash(&self, password: &str) -> Result<String, Problem> {
        let _turn = self.turn()?;
        self.cost.hash(password).ok_or_else(|| {
            let message = "the password could not be hashed; nothing was changed, tell the operator when it was";
            Problem::new(Kind::Internal, "internal", message)
        })
    }

    /// Whether this is the password of a hash; where there is none it takes as long to say no.
    ///
    /// # Errors
    /// 503 where too many wait.
    pub(super) fn is_of(&self, password: &str, hash: Option<&str>) -> Result<bool, Problem> {
        let _turn = self.turn()?;
        let nobody = || self.nobody.get_or_init(|| self.cost.hash(&keys::random_key())).as_deref();
        let is_right = hash.or_else(nobody).is_some_and(|hash| is_of(password, hash));
        Ok(is_right && hash.is_some())
    }
}
