//! Opening a registry from the command line.

use std::sync::Arc;

use crate::clock::Clock;
use crate::service::registry::Registry;
use crate::store::Store;
use crate::store::connection::Location;
use crate::trust::signature::NoVerifier;

/// Where the registry is.
#[derive(clap::Args, Debug)]
pub(super) struct Database {
    /// `sqlite://PATH` or `postgres://…`.
    #[arg(long, value_name = "URL", env = "KEZEK_DATABASE_URL", default_value = "sqlite://kezek.sqlite3")]
    pub(super) database_url: String,
}

/// Connections that a server keeps open.
const CONNECTIONS: u32 = 16;

impl Database {
    /// Opens the rows only, for commands that need no positions. Applies pending migrations.
    pub(super) fn store(&self) -> Result<Store, String> {
        let store = Store::open(&self.database_url, 4).map_err(|e| e.to_string())?;
        store.migrate().map_err(|e| e.to_string())?;
        Ok(store)
    }

    /// Opens the rows of a registry that must be there: a mistyped name must not make an empty one, whose journal
    /// would even verify.
    pub(super) fn existing(&self) -> Result<Store, String> {
        let none = || {
            "there is no registry here; check --database-url (`kezek serve` or `kezek import` makes a new one)"
                .to_owned()
        };
        let location = Location::parse(&self.database_url).map_err(|e| e.to_string())?;
        if matches!(&location, Location::Sqlite(path) if !std::path::Path::new(path).exists()) {
            return Err(none());
        }
        let store = Store::open(&self.database_url, 4).map_err(|e| e.to_string())?;
        if !store.holds_registry().map_err(|e| e.to_string())? {
            return Err(none());
        }
        store.migrate().map_err(|e| e.to_string())?;
        Ok(store)
    }

    /// Opens the whole registry.
    pub(super) fn registry(&self, clock: Clock) -> Result<Registry, String> {
        let rules = crate::service::files::calendar::rules(&self.store()?).map_err(|e| e.to_string())?;
        Registry::open(&self.database_url, CONNECTIONS, Arc::new(rules), clock, Box::new(NoVerifier))
            .map_err(|e| e.to_string())
    }
}
