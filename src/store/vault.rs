//! The vault: under which keys persons are sealed, and how they are read again.
//!
//! Every child has a key of its own, kept in the table `keys`, wrapped by a master key that is never in the database: it is in the
//! key file. The registry has one too, for what is no child's; the look-up key of IINs is made from it. Sealed bytes begin with the
//! id of their key. A child is erased by destroying its key.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use diesel::prelude::*;

use super::StoreError;
use super::columns::kato_from_column;
use super::connection::{AnyConnection, Location, on_backend};
use super::schema::{children, keys};
use super::tables::keys::{Row, put};
use crate::domain::kato::Kato;
use crate::trust::cipher::{Fingerprint, LookUpKey, SecretKey};
use crate::trust::keyring::KeyRing;
use crate::trust::seal::hex;

/// Where the master keys of a registry are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyFile {
    /// Beside a database that is a file: its path with `.keys` after it.
    Beside,
    /// In this file.
    At(PathBuf),
}

impl KeyFile {
    /// The file for the registry at a location.
    ///
    /// # Errors
    /// A server, beside which there is no file.
    pub fn path(&self, location: &Location) -> Result<PathBuf, StoreError> {
        match (self, location) {
            (KeyFile::At(path), _) => Ok(path.clone()),
            (KeyFile::Beside, Location::Sqlite(path)) => Ok(PathBuf::from(format!("{path}.keys"))),
            (KeyFile::Beside, Location::Postgres(_)) => Err(StoreError::Keys(
                "a registry in PostgreSQL keeps its key file apart from the server; name it: KEZEK_KEYS=FILE, which \
                 `kezek init` makes"
                    .to_owned(),
            )),
        }
    }
}

/// The id of a key: that of a child is the child's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct KeyId([u8; 16]);

impl KeyId {
    /// The key of the registry, for what is no child's.
    pub(super) const REGISTRY: KeyId = KeyId([0; 16]);

    /// The key of a child, by the 128 bits in hexadecimal that name it.
    pub(super) fn of_child(key: &str) -> Result<Self, StoreError> {
        let id = u128::from_str_radix(key, 16).map_err(|_| StoreError::Damaged(format!("{key} names no child")))?;
        Ok(KeyId(id.to_be_bytes()))
    }

    /// The key of a case that no child has, by the number of what it is about.
    pub(super) fn of_number(number: &str) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = crate::trust::seal::sha256(number.as_bytes());
        KeyId([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    fn of_sealed(sealed: &[u8]) -> Option<(Self, &[u8])> {
        sealed.split_first_chunk().map(|(id, sealed)| (KeyId(*id), sealed))
    }
}

/// What a key wraps another with.
const KEY: &str = "key";

/// Keys in one statement.
const BATCH: usize = 5_000;

/// The keys of an open registry. They are read when the first person is.
pub struct Vault {
    file: Result<PathBuf, StoreError>,
    shelf: Result<PathBuf, StoreError>,
    held: RwLock<Option<Arc<Held>>>,
}

/// What the vault knows by heart.
pub(super) struct Held {
    ring: KeyRing,
    /// Which master key wraps now.
    current: SecretKey,
    registry: SecretKey,
    pub(super) look_up: LookUpKey,
}

impl Vault {
    pub(super) fn new(file: &KeyFile, location: &Location) -> Self {
        let shelf = match location {
            Location::Sqlite(path) => Ok(PathBuf::from(format!("{path}.scans"))),
            Location::Postgres(_) => Err(StoreError::Shelf(
                "a registry in PostgreSQL keeps its scans in a folder of its own; name it: KEZEK_SCANS=FOLDER"
                    .to_owned(),
            )),
        };
        Vault { file: file.path(location), shelf, held: RwLock::new(None) }
    }

    pub(super) fn shelving(&mut self, folder: PathBuf) {
        self.shelf = Ok(folder);
    }

    /// The folder in which scans lie.
    ///
    /// # Errors
    /// None is named, and there is none beside a server.
    pub(super) fn shelf(&self) -> Result<&Path, StoreError> {
        self.shelf.as_deref().map_err(|error| StoreError::Shelf(error.to_string()))
    }

    /// Where the master keys are.
    ///
    /// # Errors
    /// No file is named, and there is none beside a server.
    pub fn file(&self) -> Result<&Path, StoreError> {
        self.file.as_deref().map_err(|error| StoreError::Keys(error.to_string()))
    }

    /// Makes the key file where it is missing.
    pub(super) fn make_file(&self) -> Result<(), StoreError> {
        KeyRing::read_or_make(self.file()?)?;
        Ok(())
    }

    /// Makes the key of a registry that has none and knows nobody: a new one, or one whose making was stopped.
    pub(super) fn make_where_missing(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        let kept: Option<Vec<u8>> = keys::table.select(keys::id).first(conn).optional()?;
        let known: Option<String> = children::table.select(children::key).first(conn).optional()?;
        if kept.is_some() || known.is_some() {
            return Ok(());
        }
        let ring = KeyRing::read(self.file()?)?;
        let Some(master) = ring.first() else { return Ok(()) };
        let row = Row { id: KeyId::REGISTRY.0.to_vec(), wrapped: wrapped(master, &SecretKey::random()) };
        // Another program may make the same registry in this moment.
        on_backend!(conn, c => diesel::insert_into(keys::table)
            .values((keys::id.eq(row.id), keys::wrapped.eq(row.wrapped)))
            .on_conflict_do_nothing()
            .execute(c))?;
        Ok(())
    }

    /// The keys, from the file where they were not read yet.
    pub(super) fn held(&self, conn: &mut AnyConnection) -> Result<Arc<Held>, StoreError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        held.map_or_else(|| self.read(conn), Ok)
    }

    /// As [`Vault::held`], and the master key is the one that the registry has now: what is wrapped next, no rotation may leave
    /// behind.
    fn held_now(&self, conn: &mut AnyConnection) -> Result<Arc<Held>, StoreError> {
        let held = self.held(conn)?;
        let wrapped = registry_key(conn)?;
        if wrapped.starts_with(&held.current.fingerprint().0) { Ok(held) } else { self.read(conn) }
    }

    pub(super) fn read(&self, conn: &mut AnyConnection) -> Result<Arc<Held>, StoreError> {
        let ring = KeyRing::read(self.file()?)?;
        let wrapped = registry_key(conn)?;
        let (registry, current) = unwrapped(&ring, &wrapped).ok_or_else(|| self.foreign(&ring, &wrapped))?;
        let look_up = LookUpKey::of(&registry);
        let held = Arc::new(Held { current: current.clone(), ring, registry, look_up });
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(held)
    }

    fn foreign(&self, ring: &KeyRing, wrapped: &[u8]) -> StoreError {
        let held: Vec<String> = ring.fingerprints().iter().map(ToString::to_string).collect();
        let wanted = wrapped.first_chunk().map_or_else(String::new, |id| Fingerprint(*id).to_string());
        let file = self.file.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
        StoreError::Keys(format!(
            "the key file {file} is of another registry: it holds the key {}, this registry is kept under {wanted}. Name its \
             own file with KEZEK_KEYS, or put it back; nothing is damaged",
            held.join(", ")
        ))
    }

    /// The keys of these ids, as far as they are there.
    fn keys(&self, conn: &mut AnyConnection, ids: &HashSet<KeyId>) -> Result<HashMap<KeyId, SecretKey>, StoreError> {
        let mut held = self.held(conn)?;
        let mut found = HashMap::with_capacity(ids.len());
        let all: Vec<&[u8]> = ids.iter().filter(|id| **id != KeyId::REGISTRY).map(|id| id.0.as_slice()).collect();
        for batch in all.chunks(BATCH) {
            let rows: Vec<Row> = match batch {
                // A statement for one is prepared once for all acts.
                [one] => keys::table.find(*one).load(conn)?,
                many => keys::table.filter(keys::id.eq_any(many.iter().copied())).load(conn)?,
            };
            for row in rows {
                if unwrapped(&held.ring, &row.wrapped).is_none() {
                    // A rotation came between.
                    held = self.read(conn)?;
                }
                let key = unwrapped(&held.ring, &row.wrapped).map(|(key, _)| key);
                let key =
                    key.ok_or_else(|| StoreError::Damaged(format!("key {} opens under no master key", hex(&row.id))))?;
                let id = row.id.try_into().map_err(|_| StoreError::Damaged("a key has no id".to_owned()))?;
                found.insert(KeyId(id), key);
            }
        }
        if ids.contains(&KeyId::REGISTRY) {
            found.insert(KeyId::REGISTRY, held.registry.clone());
        }
        Ok(found)
    }

    /// The keys of these ids; those that are not there yet are made.
    pub(super) fn keys_to_seal(
        &self,
        conn: &mut AnyConnection,
        ids: &HashSet<KeyId>,
    ) -> Result<HashMap<KeyId, SecretKey>, StoreError> {
        let mut found = self.keys(conn, ids)?;
        let missing: Vec<KeyId> = ids.iter().filter(|id| !found.contains_key(id)).copied().collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let master = self.held_now(conn)?.current.clone();
        let made: Vec<(KeyId, SecretKey)> = missing.into_iter().map(|id| (id, SecretKey::random())).collect();
        let rows: Vec<Row> =
            made.iter().map(|(id, key)| Row { id: id.0.to_vec(), wrapped: wrapped(&master, key) }).collect();
        put(conn, &rows)?;
        found.extend(made);
        Ok(found)
    }

    /// Seals a text under a key that is kept: what was erased gets no new one. Nothing where a child's is gone; what is no
    /// child's and has no key goes under the registry's.
    pub(super) fn seal_under_kept(
        &self,
        conn: &mut AnyConnection,
        id: KeyId,
        what: &str,
        text: &str,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let mut found = self.keys(conn, &HashSet::from([id, KeyId::REGISTRY]))?;
        if let Some(key) = found.remove(&id) {
            return Ok(Some(sealed(id, &key, what, text.as_bytes())));
        }
        let child: Option<String> =
            children::table.find(hex(&id.0)).select(children::key).get_result(conn).optional()?;
        let registry = found.remove(&KeyId::REGISTRY).filter(|_| child.is_none());
        Ok(registry.map(|key| sealed(KeyId::REGISTRY, &key, what, text.as_bytes())))
    }

    /// Whatever was sealed, ready to be opened.
    pub(super) fn opener<'s>(
        &self,
        conn: &mut AnyConnection,
        sealed: impl IntoIterator<Item = &'s [u8]>,
    ) -> Result<Opener, StoreError> {
        let ids: HashSet<KeyId> = sealed.into_iter().filter_map(KeyId::of_sealed).map(|(id, _)| id).collect();
        let keys = self.keys(conn, &ids)?;
        let mut erased = HashSet::new();
        for id in ids.into_iter().filter(|id| !keys.contains_key(id)) {
            let person: Option<Option<Vec<u8>>> =
                children::table.find(hex(&id.0)).select(children::person).get_result(conn).optional()?;
            if person == Some(None) {
                erased.insert(id);
            }
        }
        Ok(Opener { keys, erased })
    }

    /// Opens one sealed text.
    ///
    /// # Errors
    /// [`StoreError::Erased`] where its child is; its key is gone, or it is not what was sealed; the key file cannot be read.
    pub(super) fn open(&self, conn: &mut AnyConnection, what: &str, sealed: &[u8]) -> Result<String, StoreError> {
        self.opener(conn, [sealed])?.open(what, sealed)
    }

    /// Opens sealed bytes that are no text.
    pub(super) fn open_bytes(
        &self,
        conn: &mut AnyConnection,
        what: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        self.opener(conn, [sealed])?.open_bytes(what, sealed)
    }

    /// Wraps every key by a new master key, which the key file holds already; how many.
    pub(super) fn rotate(&self, conn: &mut AnyConnection, master: &SecretKey) -> Result<usize, StoreError> {
        let held = self.held_now(conn)?;
        let rows: Vec<Row> = keys::table.load(conn)?;
        for row in &rows {
            let (key, _) = unwrapped(&held.ring, &row.wrapped)
                .ok_or_else(|| StoreError::Damaged(format!("key {} opens under no master key", hex(&row.id))))?;
            let anew = wrapped(master, &key);
            diesel::update(keys::table.find(&row.id)).set(keys::wrapped.eq(anew)).execute(conn)?;
        }
        Ok(rows.len())
    }

    /// Keeps a new master key in the key file, beside those that are there.
    pub(super) fn keep_beside(&self, conn: &mut AnyConnection, master: &SecretKey) -> Result<(), StoreError> {
        let ring = self.read(conn)?.ring.clone().with([master.clone()]);
        self.keep(&ring)
    }

    /// Keeps this master key alone in the key file, where it still is the one that the registry has.
    pub(super) fn keep_alone(&self, conn: &mut AnyConnection, master: &SecretKey) -> Result<(), StoreError> {
        if registry_key(conn)?.starts_with(&master.fingerprint().0) {
            self.keep(&KeyRing::default().with([master.clone()]))?;
        }
        Ok(())
    }

    /// Takes up the master keys of a registry that was copied into this one: what is sealed stays as it was.
    pub(super) fn adopt(&self, source: &Vault) -> Result<(), StoreError> {
        let (own, theirs) = (self.file()?, source.file()?);
        if own == theirs {
            return Ok(());
        }
        self.keep(&KeyRing::read(own)?.with(KeyRing::read(theirs)?.into_keys()))
    }

    fn keep(&self, ring: &KeyRing) -> Result<(), StoreError> {
        ring.replace(self.file()?)?;
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

/// Lets a registry that is to be filled by a copy go without its own key: the copy brings one.
pub(super) fn forget(conn: &mut AnyConnection) -> Result<(), StoreError> {
    diesel::delete(keys::table.find(KeyId::REGISTRY.0.to_vec())).execute(conn)?;
    Ok(())
}

/// Destroys the key of a child: whatever is sealed under it is never read again.
pub(super) fn destroy(conn: &mut AnyConnection, id: KeyId) -> Result<(), StoreError> {
    diesel::delete(keys::table.find(id.0.to_vec())).execute(conn)?;
    Ok(())
}

/// A child that was not erased and whose key is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyless {
    /// The home that knows it.
    pub home: Kato,
    /// The key of its row.
    pub child: String,
}

/// The first child that was not erased and whose key is gone.
///
/// # Errors
/// The database is not available.
pub fn keyless(conn: &mut AnyConnection) -> Result<Option<Keyless>, StoreError> {
    let kept: HashSet<Vec<u8>> = keys::table.select(keys::id).load::<Vec<u8>>(conn)?.into_iter().collect();
    let named: Vec<(i32, String)> =
        children::table.filter(children::person.is_not_null()).select((children::home, children::key)).load(conn)?;
    let keyless = |key: &str| KeyId::of_child(key).is_ok_and(|id| !kept.contains(id.0.as_slice()));
    let found = named.into_iter().find(|(_, child)| keyless(child));
    found.map(|(home, child)| Ok(Keyless { home: kato_from_column(home)?, child })).transpose()
}

/// Keys for what was read, by which it is opened.
pub(super) struct Opener {
    keys: HashMap<KeyId, SecretKey>,
    erased: HashSet<KeyId>,
}

impl Opener {
    /// Opens a sealed text.
    pub(super) fn open(&self, what: &str, sealed: &[u8]) -> Result<String, StoreError> {
        let text = self.open_bytes(what, sealed)?;
        String::from_utf8(text).map_err(|_| StoreError::Damaged(format!("{what}: it is no text")))
    }

    fn open_bytes(&self, what: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let damaged = |why: &str| StoreError::Damaged(format!("{what}: {why}"));
        let (id, inner) = KeyId::of_sealed(sealed).ok_or_else(|| damaged("nothing is sealed here"))?;
        if self.erased.contains(&id) {
            return Err(StoreError::Erased(hex(&id.0)));
        }
        let key = self.keys.get(&id).ok_or_else(|| damaged("its key is gone from the table keys"))?;
        key.open(what, inner).ok_or_else(|| damaged("it is not what was sealed"))
    }
}

/// Seals bytes under the key of this id.
pub(super) fn sealed(id: KeyId, key: &SecretKey, what: &str, bytes: &[u8]) -> Vec<u8> {
    let mut sealed = id.0.to_vec();
    sealed.extend(key.seal(what, bytes));
    sealed
}

fn wrapped(master: &SecretKey, key: &SecretKey) -> Vec<u8> {
    let mut wrapped = master.fingerprint().0.to_vec();
    wrapped.extend(master.seal(KEY, key.bytes()));
    wrapped
}

fn unwrapped<'r>(ring: &'r KeyRing, wrapped: &[u8]) -> Option<(SecretKey, &'r SecretKey)> {
    let (fingerprint, sealed) = wrapped.split_first_chunk()?;
    let master = ring.find(Fingerprint(*fingerprint))?;
    let key = master.open(KEY, sealed)?.try_into().ok()?;
    Some((SecretKey::of(key), master))
}

fn registry_key(conn: &mut AnyConnection) -> Result<Vec<u8>, StoreError> {
    let found = keys::table.find(KeyId::REGISTRY.0.to_vec()).select(keys::wrapped).get_result(conn).optional()?;
    found.ok_or_else(|| StoreError::Damaged("the registry's own key is gone from the table keys".to_owned()))
}
