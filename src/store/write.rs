//! The door: reads, and the one public write.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::connection::{AnsiTransactionManager, TransactionManager};
use diesel::r2d2::Pool;

use super::bounds::{ClockBounds, ClockDoubt, Seen};
use super::clock;
use super::connection::{AnyConnection, Found, Location, Manager, on_backend, pool};
use super::gate::{Gate, Passed};
use super::heads::{self, Dating};
use super::journal::Entry;
use super::sealing::Sealing;
use super::telling::Untold;
use super::transaction::Transaction;
use super::vault::{KeyFile, Vault};
use super::{StoreError, copy, migrations, vault};
use crate::domain::kato::Kato;
use crate::trust::cipher::{LookUpKey, SecretKey};

/// How often an act is tried again after a serialisation failure. Safe, because an act reloads all it decides on.
const TRIES_MAX: u32 = 3;

/// How long an act waits for those before it in its home.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open registry: its connections, and the gates at which the acts of one home wait for each other.
pub struct Store {
    pool: Pool<Manager>,
    vault: Vault,
    location: Location,
    gates: Mutex<HashMap<Kato, Arc<Gate>>>,
    bounds: ClockBounds,
    /// Acts that were refused since the store was opened, because their clock was not believed.
    refused: AtomicU64,
}

/// What an act leaves: its value and its records. Without a record nothing is saved.
pub struct Written<T> {
    /// What the act gives to its caller.
    pub value: T,
    /// The records that were not appended before.
    pub entries: Vec<Entry>,
}

impl<T> Written<T> {
    /// An act that changed nothing.
    pub fn nothing(value: T) -> Self {
        Written { value, entries: Vec::new() }
    }
}

/// Whether something far-reaching is done, or only told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// What would be done; nothing is kept.
    Tell,
    /// It is done and kept.
    Do,
}

impl Store {
    /// Opens the registry at `url` with at most `size` connections, and applies pending migrations. Nothing is made where
    /// there is none: a mistyped name must not become an empty registry, whose journal would even verify.
    ///
    /// `keys` says where its key file is.
    ///
    /// # Errors
    /// [`StoreError::Absent`] where there is no registry; the URL names no database, or the database cannot be opened.
    pub fn open(url: &str, keys: &KeyFile, size: u32) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        match location.find()? {
            Found::Registry => Store::over(location, keys, size),
            Found::Nothing | Found::Other => Err(StoreError::Absent(location.place())),
        }
    }

    /// Makes a new registry at `url` and opens it. A file and its folder are made where they are missing, a database of a
    /// server must be there.
    ///
    /// # Errors
    /// [`StoreError::Present`] where there is a registry already; the URL names no database, a file holds something else,
    /// or the database refuses.
    pub fn create(url: &str, keys: &KeyFile, size: u32) -> Result<Self, StoreError> {
        let location = Location::parse(url)?;
        match location.find()? {
            Found::Nothing => {
                let vault = Vault::new(keys, &location);
                vault.file()?;
                location.make()?;
                // Before the tables: a registry without a key file is none.
                vault.make_file()?;
                Store::over(location, keys, size)
            }
            Found::Registry => Err(StoreError::Present(location.place())),
            Found::Other => Err(StoreError::Constraint(format!("{} holds something else", location.place()))),
        }
    }

    fn over(location: Location, keys: &KeyFile, size: u32) -> Result<Self, StoreError> {
        let vault = Vault::new(keys, &location);
        let pool = pool(&location, size)?;
        let (gates, bounds, refused) = (Mutex::default(), ClockBounds::REAL, AtomicU64::new(0));
        let store = Store { pool, vault, location, gates, bounds, refused };
        store.migrate()?;
        store.vault.make_where_missing(&mut *store.connection()?)?;
        Ok(store)
    }

    /// The store with other bounds for the clocks of acts: for a clock that is moved by hand.
    #[must_use]
    pub fn believing(mut self, bounds: ClockBounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// The store with its scans in another folder than that beside its database.
    #[must_use]
    pub fn shelving(mut self, folder: PathBuf) -> Self {
        self.vault.shelving(folder);
        self
    }

    /// Applies pending migrations.
    ///
    /// # Errors
    /// The database refuses.
    pub fn migrate(&self) -> Result<(), StoreError> {
        migrations::run(&mut *self.connection()?)
    }

    /// Takes all migrations back, leaving an empty database. For the test of the down migrations only.
    ///
    /// # Errors
    /// The database refuses.
    pub fn destroy_everything(&self) -> Result<(), StoreError> {
        migrations::revert_all(&mut *self.connection()?)
    }

    /// Why an act somewhere in the registry would be refused now for its clock, if it would: the clock is held against every
    /// home.
    ///
    /// # Errors
    /// The database is not available.
    pub fn clock_doubt(&self, now: DateTime<Utc>) -> Result<Option<ClockDoubt>, StoreError> {
        self.read(|conn| {
            let mut seen = Seen { database: clock::of_database(conn)?, last: None };
            clock::last_records(conn)?.into_iter().for_each(|record| seen.record(record.home, record.at));
            self.bounds.doubt(now, &seen, |until| clock::newest_until(conn, until))
        })
    }

    /// How many acts were refused since the store was opened, because their clock was not believed.
    pub fn refused_for_the_clock(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How far clocks are believed here.
    pub fn bounds(&self) -> ClockBounds {
        self.bounds
    }

    /// The keys under which persons are sealed.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// The key by which IINs are looked up.
    ///
    /// # Errors
    /// The key file is missing, is another registry's, or cannot be read.
    pub fn look_up(&self) -> Result<LookUpKey, StoreError> {
        Ok(self.vault.held(&mut *self.connection()?)?.look_up.clone())
    }

    fn connection(&self) -> Result<diesel::r2d2::PooledConnection<Manager>, StoreError> {
        self.pool.get().map_err(|e| StoreError::Unavailable(e.to_string()))
    }

    /// Reads.
    ///
    /// # Errors
    /// Those of `act`, or the database is not available.
    pub fn read<T, E: From<StoreError>>(&self, act: impl FnOnce(&mut AnyConnection) -> Result<T, E>) -> Result<T, E> {
        act(&mut *self.connection()?)
    }

    /// Reads on a connection of its own, beside one that is held: the pool may have no other.
    ///
    /// # Errors
    /// Those of `act`, or the database is not available.
    pub fn read_beside<T>(
        &self,
        act: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        act(&mut self.location.connect()?)
    }

    /// Reads several things as they were at one moment.
    ///
    /// # Errors
    /// Those of `act`, or the database is not available.
    pub fn read_snapshot<T, E: From<StoreError>>(
        &self,
        act: impl FnOnce(&mut AnyConnection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut conn = self.connection()?;
        begin(&mut conn, "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let read = act(&mut conn);
        // A rollback that fails says less than what `act` gave; the pool finds such a connection broken.
        let _ = rollback(&mut conn);
        read
    }

    /// Changes rows that no record tells, all or nothing: who is signed in, and with what. Whatever is a fact of the registry goes
    /// by [`Store::write`].
    ///
    /// # Errors
    /// Those of `act`, or the database is not available.
    pub fn keep<T, E: From<StoreError>>(&self, act: impl FnOnce(&mut AnyConnection) -> Result<T, E>) -> Result<T, E> {
        let mut conn = self.connection()?;
        begin(&mut conn, "BEGIN IMMEDIATE", "BEGIN")?;
        match act(&mut conn) {
            Ok(kept) => {
                commit(&mut conn)?;
                Ok(kept)
            }
            Err(error) => {
                // The first error is the one to hear.
                let _ = rollback(&mut conn);
                Err(error)
            }
        }
    }

    /// The one write: locks `homes`, runs `act`, appends its records and commits; or leaves everything as it was.
    ///
    /// # Errors
    /// Those of `act`, or the database is not available or stays busy, or `now` is not believed ([`ClockBounds`]). After an
    /// error nothing has changed, except that a connection lost during the commit leaves it open whether the act was
    /// saved: idempotency keys are for that.
    pub fn write<T, E: From<StoreError>>(
        &self,
        homes: &[Kato],
        now: DateTime<Utc>,
        act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, E>,
    ) -> Result<T, E> {
        self.resolve(Resolve::Do, homes, now, act)
    }

    /// As [`Store::write`], or only told: then everything is rolled back, also what was appended at once.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn resolve<T, E: From<StoreError>>(
        &self,
        resolve: Resolve,
        homes: &[Kato],
        now: DateTime<Utc>,
        act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, E>,
    ) -> Result<T, E> {
        self.write_at(homes, Dating { now, bounds: self.bounds, turns_back: false }, resolve, act)
    }

    /// The write that mends the clock of a home: it is dated `now` although the last record lies later, or long before. Only
    /// the database's clock is asked whether `now` is right; otherwise whoever calls this has to know.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub fn mend_clock<T, E: From<StoreError>>(
        &self,
        resolve: Resolve,
        home: Kato,
        now: DateTime<Utc>,
        act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, E>,
    ) -> Result<T, E> {
        let bounds = ClockBounds { database: self.bounds.database, ..ClockBounds::LIFTED };
        self.write_at(&[home], Dating { now, bounds, turns_back: true }, resolve, act)
    }

    fn write_at<T, E: From<StoreError>>(
        &self,
        homes: &[Kato],
        dating: Dating,
        resolve: Resolve,
        mut act: impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, E>,
    ) -> Result<T, E> {
        let mut homes = homes.to_vec();
        homes.sort_unstable();
        homes.dedup();
        let _passed = self.pass(&homes)?;
        let mut tries = 1;
        loop {
            let mut conn = self.connection()?;
            match attempt(&mut conn, &self.vault, &homes, dating, resolve, &mut act) {
                Err(Failed::Busy(why)) if tries < TRIES_MAX => {
                    tracing::debug!(tries, why, "an act is tried again");
                    tries += 1;
                }
                Err(Failed::Busy(why)) => return Err(StoreError::Busy(why).into()),
                Err(Failed::Doubted(doubt)) => {
                    self.refused.fetch_add(1, Ordering::Relaxed);
                    return Err(StoreError::Clock(doubt).into());
                }
                Err(Failed::Final(error)) => return Err(error),
                Ok(value) => return Ok(value),
            }
        }
    }

    /// Wraps the keys of all children by a new master key, and gives how many keys that were. The key file holds both master
    /// keys until all is done, and the new one alone then; servers that run read it again when they meet a new one.
    ///
    /// # Errors
    /// The key file cannot be read or written, or the database is not available. After an error the registry is as it was.
    pub fn rekey(&self) -> Result<usize, StoreError> {
        let master = SecretKey::random();
        let keys = self.alone(|conn| {
            self.vault.keep_beside(conn, &master)?;
            self.vault.rotate(conn, &master)
        })?;
        // Locked again: somebody who rotates in this moment must not lose the key that they have just written down.
        self.alone(|conn| self.vault.keep_alone(conn, &master))?;
        Ok(keys)
    }

    /// Does something while nothing else is written anywhere.
    fn alone<T>(&self, act: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.in_transaction(|conn| heads::lock_all(conn).and_then(|()| act(conn)))
    }

    /// Writes what is no act and touches no home: what the journal does not tell.
    pub(super) fn aside<T>(
        &self,
        write: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _passed = self.pass(&[])?;
        self.in_transaction(write)
    }

    fn in_transaction<T>(
        &self,
        act: impl FnOnce(&mut AnyConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut conn = self.connection()?;
        begin(&mut conn, "BEGIN IMMEDIATE", "BEGIN")?;
        match act(&mut conn) {
            Ok(done) => {
                commit(&mut conn)?;
                Ok(done)
            }
            Err(error) => {
                // The first error is the one to hear.
                let _ = rollback(&mut conn);
                Err(error)
            }
        }
    }

    /// Takes the whole registry `source` over into this one, which must be empty. Both are handed to `check` before the
    /// copy is kept: first the source with `false`, then this one with `true`. `told` hears rows done and rows in all.
    ///
    /// # Errors
    /// [`StoreError::Constraint`] where this registry is not empty; those of `check`; a database is not available. After
    /// an error this registry is as empty as before.
    pub fn take_over<E: From<StoreError>>(
        &self,
        source: &Store,
        told: &mut dyn FnMut(u64, u64),
        mut check: impl FnMut(&mut AnyConnection, bool) -> Result<(), E>,
    ) -> Result<u64, E> {
        let mut conn = self.connection()?;
        begin(&mut conn, "BEGIN IMMEDIATE", "BEGIN")?;
        let copied = source.read_snapshot(|from| -> Result<u64, E> {
            vault::forget(&mut conn)?;
            if let Some(table) = copy::first_filled(&mut conn)? {
                return Err(StoreError::Constraint(format!("the target is not empty: {table} holds rows")).into());
            }
            check(from, false)?;
            let total = copy::count(from)?;
            let rows = copy::all(from, &mut conn, &mut |done| told(done, total))?;
            self.vault.adopt(&source.vault)?;
            self.vault.read(&mut conn)?;
            check(&mut conn, true)?;
            Ok(rows)
        });
        match copied {
            Ok(rows) => {
                commit(&mut conn)?;
                Ok(rows)
            }
            Err(error) => {
                // The first error is the one to hear.
                let _ = rollback(&mut conn);
                Err(error)
            }
        }
    }

    /// Passes the gates of these homes, which are in ascending order.
    fn pass(&self, homes: &[Kato]) -> Result<Vec<Passed>, StoreError> {
        let gates: Vec<Arc<Gate>> = {
            let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
            match self.location {
                // SQLite has one writer for the whole file, and its busy handler is not fair.
                Location::Sqlite(_) => vec![Arc::clone(gates.entry(Kato::COUNTRY).or_default())],
                Location::Postgres(_) => homes.iter().map(|home| Arc::clone(gates.entry(*home).or_default())).collect(),
            }
        };
        let passed: Option<Vec<Passed>> = gates.iter().map(|gate| gate.pass(PATIENCE)).collect();
        passed.ok_or_else(|| StoreError::Locked("others write into this home and do not come to an end".to_owned()))
    }
}

enum Failed<E> {
    Busy(String),
    Doubted(ClockDoubt),
    Final(E),
}

impl<E: From<StoreError>> From<StoreError> for Failed<E> {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(why) => Failed::Busy(why),
            StoreError::Clock(doubt) => Failed::Doubted(doubt),
            other => Failed::Final(other.into()),
        }
    }
}

fn begin(conn: &mut AnyConnection, sqlite: &str, postgres: &str) -> Result<(), StoreError> {
    match conn {
        AnyConnection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, sqlite)?,
        AnyConnection::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, postgres)?,
    }
    Ok(())
}

fn commit(conn: &mut AnyConnection) -> Result<(), StoreError> {
    Ok(on_backend!(conn, c => AnsiTransactionManager::commit_transaction(c))?)
}

fn rollback(conn: &mut AnyConnection) -> Result<(), StoreError> {
    Ok(on_backend!(conn, c => AnsiTransactionManager::rollback_transaction(c))?)
}

fn attempt<T, E: From<StoreError>>(
    conn: &mut AnyConnection,
    vault: &Vault,
    homes: &[Kato],
    dating: Dating,
    resolve: Resolve,
    act: &mut impl FnMut(&mut Transaction<'_>) -> Result<Written<T>, E>,
) -> Result<T, Failed<E>> {
    begin(conn, "BEGIN IMMEDIATE", "BEGIN")?;
    let done = (|| {
        let (mut chains, at) = heads::lock(conn, homes, dating)?;
        let mut tx =
            Transaction { conn, at, chains: &mut chains, untold: Untold::default(), sealing: Sealing::new(vault) };
        let written = act(&mut tx).map_err(Failed::Final)?;
        tx.append(&written.entries)?;
        let untold = tx.untold.home();
        let recorded = heads::save(conn, chains, at)?;
        if let Some(home) = untold.filter(|_| recorded) {
            return Err(StoreError::Other(format!("rows of home {home} are changed and no record tells them")).into());
        }
        Ok((written.value, recorded && resolve == Resolve::Do))
    })();
    match done {
        Ok((value, kept)) => {
            if kept {
                commit(conn)?
            } else {
                rollback(conn)?
            }
            Ok(value)
        }
        Err(failed) => {
            // The first error is what the user must hear; a rollback that fails too leaves a connection that the pool
            // finds broken and throws away.
            let _ = rollback(conn);
            Err(failed)
        }
    }
}
