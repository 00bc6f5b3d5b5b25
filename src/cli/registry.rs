//! Opening a registry from the command line.

use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Clock;
use crate::service::registry::Registry;
use crate::store::connection::Location;
use crate::store::{KeyFile, Store, StoreError};
use crate::trust::signature::NoVerifier;

/// Where the registry is.
#[derive(clap::Args, Debug)]
pub(super) struct Database {
    /// Where the registry is: `sqlite://PATH` or `postgres://USER@HOST/DATABASE`.
    #[arg(long, value_name = "URL", env = "KEZEK_DATABASE_URL", default_value = "sqlite://kezek.sqlite3")]
    pub(super) database_url: String,
    /// The file with the registry's master keys; beside a SQLite file it is PATH.keys.
    #[arg(long, value_name = "FILE", env = "KEZEK_KEYS")]
    pub(super) keys: Option<PathBuf>,
    /// The folder of the scans [default for a file: its path with `.scans`; a server needs it named to keep scans].
    #[arg(long, value_name = "FOLDER", env = "KEZEK_SCANS")]
    pub(super) scans: Option<PathBuf>,
}

/// Connections that a server keeps open.
const CONNECTIONS: u32 = 16;

/// Connections of a command.
const FEW: u32 = 4;

impl Database {
    fn key_file(&self) -> KeyFile {
        self.keys.clone().map_or(KeyFile::Beside, KeyFile::At)
    }

    /// Where its key file is, or will be.
    pub(super) fn key_path(&self) -> Result<PathBuf, StoreError> {
        self.key_file().path(&Location::parse(&self.database_url)?)
    }

    fn shelved(&self, store: Store) -> Store {
        match &self.scans {
            Some(folder) => store.shelving(folder.clone()),
            None => store,
        }
    }

    /// Opens the rows of a registry that must be there, for commands that need no positions. Applies pending migrations.
    pub(super) fn existing(&self) -> Result<Store, String> {
        let opened = Store::open(&self.database_url, &self.key_file(), FEW).map_err(|e| e.to_string())?;
        Ok(self.shelved(opened))
    }

    /// Makes a new registry, where there must be none.
    pub(super) fn new_one(&self) -> Result<Store, String> {
        let made = Store::create(&self.database_url, &self.key_file(), FEW).map_err(|e| e.to_string())?;
        Ok(self.shelved(made))
    }

    /// Opens the rows of a registry, a new one where there is none.
    pub(super) fn any(&self) -> Result<Store, String> {
        match Store::open(&self.database_url, &self.key_file(), FEW) {
            Err(StoreError::Absent(_)) => self.new_one(),
            opened => opened.map(|store| self.shelved(store)).map_err(|e| e.to_string()),
        }
    }

    /// Opens the whole registry, which must be there.
    pub(super) fn registry(&self, clock: Clock) -> Result<Registry, String> {
        let store = Store::open(&self.database_url, &self.key_file(), CONNECTIONS).map_err(|e| e.to_string())?;
        let store = self.shelved(store);
        let rules = crate::service::files::calendar::rules(&store).map_err(|e| e.to_string())?;
        Registry::open(store, Arc::new(rules), clock, Box::new(NoVerifier)).map_err(|e| e.to_string())
    }
}
