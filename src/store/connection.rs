//! The two databases behind one connection type, chosen by the scheme of the URL.
#![allow(missing_docs, reason = "the MultiConnection derive writes items that cannot carry docs")]

use std::path::Path;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool};
use diesel::sql_types::{Bool, Nullable, Text};

use super::StoreError;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// A PostgreSQL server, the store for production.
    Postgres(PgConnection),
    /// A file of SQLite, what a command opens where no URL is given.
    Sqlite(SqliteConnection),
}

/// Runs one diesel expression on whichever database is behind the connection. Only for what diesel cannot express on
/// both at once: batch insert, upsert, `as_returning`, row locks.
macro_rules! on_backend {
    ($conn:expr, $c:ident => $body:expr) => {
        match $conn {
            $crate::store::connection::AnyConnection::Postgres($c) => $body,
            $crate::store::connection::AnyConnection::Sqlite($c) => $body,
        }
    };
}
pub(crate) use on_backend;

/// Where a registry is, read from its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file of SQLite, by its path.
    Sqlite(String),
    /// A server; the URL as libpq reads it.
    Postgres(String),
}

impl Location {
    /// Reads `sqlite://PATH` or `postgres://…`.
    ///
    /// # Errors
    /// Any other scheme, with what to type instead.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            if path.is_empty() {
                return Err(StoreError::Url("the path is missing; write sqlite://PATH".to_owned()));
            }
            // Each connection would see a database of its own.
            if path.contains(":memory:") || path.contains("mode=memory") {
                return Err(StoreError::Url("a registry lives in a file; write sqlite://PATH".to_owned()));
            }
            Ok(Location::Sqlite(path.to_owned()))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Location::Postgres(url.to_owned()))
        } else {
            Err(StoreError::Url("write sqlite://PATH or postgres://USER@HOST/DATABASE".to_owned()))
        }
    }

    /// The place in words, without user and password.
    pub(super) fn place(&self) -> String {
        match self {
            Location::Sqlite(path) => path.clone(),
            Location::Postgres(url) => {
                let named = url.split(['?', '#']).next().unwrap_or_default();
                let (_, server) = named.rsplit_once('@').or_else(|| named.split_once("://")).unwrap_or_default();
                format!("postgres://{server}")
            }
        }
    }

    /// What is there, without making or changing anything.
    ///
    /// # Errors
    /// The database cannot be asked: that is no answer.
    pub(super) fn find(&self) -> Result<Found, StoreError> {
        match self {
            Location::Sqlite(path) => {
                let there = file(path).try_exists();
                let there = there.map_err(|e| StoreError::Unavailable(format!("cannot look for {path}: {e}")))?;
                if !there {
                    return Ok(Found::Nothing);
                }
                let mut c = SqliteConnection::establish(path).map_err(cannot_open)?;
                c.batch_execute("PRAGMA busy_timeout = 5000")?;
                let Tables { registry, others } = diesel::sql_query(SQLITE_TABLES).get_result(&mut c)?;
                Ok(match (registry, others) {
                    (true, _) => Found::Registry,
                    (false, false) => Found::Nothing,
                    (false, true) => Found::Other,
                })
            }
            Location::Postgres(url) => {
                let mut c = PgConnection::establish(url).map_err(cannot_open)?;
                let Seen { registry, closed } = diesel::sql_query(POSTGRES_TABLES).get_result(&mut c)?;
                match closed {
                    Some(schema) if !registry => Err(StoreError::Unavailable(format!(
                        "this role may not look into the schema {schema}, where a registry may be; grant it USAGE"
                    ))),
                    _ => Ok(if registry { Found::Registry } else { Found::Nothing }),
                }
            }
        }
    }

    /// Makes what [`Location::connect`] opens: a file and its folder. A database of a server is not ours to make.
    pub(super) fn make(&self) -> Result<(), StoreError> {
        let Location::Sqlite(path) = self else { return Ok(()) };
        if let Some(folder) = file(path).parent().filter(|f| !f.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)
                .map_err(|e| StoreError::Unavailable(format!("cannot make the folder of {path}: {e}")))?;
        }
        make_private(file(path)).map_err(|e| StoreError::Unavailable(format!("cannot make the database {path}: {e}")))
    }

    /// Opens one connection, with the settings that the registry relies on.
    ///
    /// # Errors
    /// The database is not there, not readable or refuses.
    pub fn connect(&self) -> Result<AnyConnection, StoreError> {
        let opened = match self {
            Location::Sqlite(path) => {
                // SQLite makes a file that is missing: one that was taken away under a server would come back empty.
                match file(path).try_exists() {
                    Ok(true) => {}
                    Ok(false) => return Err(StoreError::Unavailable(format!("{path} is not there"))),
                    Err(e) => return Err(StoreError::Unavailable(format!("cannot look for {path}: {e}"))),
                }
                SqliteConnection::establish(path).and_then(|mut c| {
                    set_up(&mut c).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                    Ok(AnyConnection::Sqlite(c))
                })
            }
            Location::Postgres(url) => PgConnection::establish(url).and_then(|mut c| {
                c.batch_execute(POSTGRES_SETTINGS).map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                // Only a superuser, or a role that was granted it, may set this; whoever may not goes on as the server is.
                let _ = c.batch_execute(POSTGRES_LANGUAGE);
                Ok(AnyConnection::Postgres(c))
            }),
        };
        opened.map_err(cannot_open)
    }
}

fn cannot_open(error: diesel::ConnectionError) -> StoreError {
    StoreError::Unavailable(format!("cannot open the database: {error}"))
}

/// The file of a path as SQLite reads it: a name that begins with `file:` is a URI.
fn file(path: &str) -> &Path {
    let named = path.strip_prefix("file:").and_then(|uri| uri.split(['?', '#']).next());
    Path::new(named.map_or(path, |uri| uri.strip_prefix("//").unwrap_or(uri)))
}

/// What is at a location.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A registry, known by its table `homes`.
    Registry,
    /// Nothing that a registry would disturb.
    Nothing,
    /// A file with tables of something else.
    Other,
}

#[derive(diesel::QueryableByName)]
struct Tables {
    #[diesel(sql_type = Bool)]
    registry: bool,
    #[diesel(sql_type = Bool)]
    others: bool,
}

/// The table of migrations alone is a registry whose making was stopped.
const SQLITE_TABLES: &str = "SELECT coalesce(max(name = 'homes'), 0) AS registry, count(*) > 0 AS others FROM sqlite_master \
     WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '__diesel_schema_migrations'";

#[derive(diesel::QueryableByName)]
struct Seen {
    #[diesel(sql_type = Bool)]
    registry: bool,
    /// Schemas with a table of that name into which this role may not look.
    #[diesel(sql_type = Nullable<Text>)]
    closed: Option<String>,
}

/// The catalogue is open to every role, the tables are not: whoever may not read one must not hear that it is not there.
const POSTGRES_TABLES: &str = "SELECT to_regclass('homes') IS NOT NULL AS registry, \
     (SELECT string_agg(n.nspname::text, ', ') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relname = 'homes' AND c.relkind IN ('r', 'p') AND NOT has_schema_privilege(n.oid, 'USAGE')) AS closed";

/// FULL, not NORMAL: an accepted application must survive a power cut, and under WAL only FULL syncs each commit.
/// A key that is destroyed must not stay in the free space of its page.
const SQLITE_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = FAST; PRAGMA cache_size = -65536;";

/// How often a new file is asked to keep its log apart while others ask the same.
const WAL_TRIES: u32 = 20;

fn set_up(c: &mut SqliteConnection) -> diesel::QueryResult<()> {
    c.batch_execute("PRAGMA busy_timeout = 5000")?;
    for _ in 1..WAL_TRIES {
        match c.batch_execute(SQLITE_SETTINGS) {
            // Changing the mode of a new file does not wait for the others who open it; taking its lock does.
            Err(error) if error.to_string().contains("is locked") => {
                c.batch_execute("BEGIN IMMEDIATE")?;
                c.batch_execute("ROLLBACK")?;
            }
            settled => return settled,
        }
    }
    c.batch_execute(SQLITE_SETTINGS)
}

/// A lock is not waited for without end: an import may hold the homes for minutes, and whoever sends an application
/// meanwhile must hear that it was not taken in.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '5s'";

/// diesel hands on no SQLSTATE, so some errors are known by their text: it must not be translated.
const POSTGRES_LANGUAGE: &str = "SET lc_messages = 'C'";

/// Makes a new file readable by its owner only: it holds personal data. SQLite gives its helper files the same rights.
fn make_private(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(|_| ())
}

/// Hands connections to the pool.
#[derive(Debug)]
pub struct Manager(Location);

impl ManageConnection for Manager {
    type Connection = AnyConnection;
    type Error = StoreError;

    fn connect(&self) -> Result<AnyConnection, StoreError> {
        self.0.connect()
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), StoreError> {
        conn.batch_execute("SELECT 1").map_err(StoreError::from)
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        // An open transaction here means that an act died half-way: such a connection is thrown away.
        std::thread::panicking() || on_backend!(conn, c => transaction_is_open(c))
    }
}

fn transaction_is_open<C: Connection>(conn: &mut C) -> bool
where
    C::TransactionManager: diesel::connection::TransactionManager<C>,
{
    use diesel::connection::TransactionManager;
    !matches!(C::TransactionManager::transaction_manager_status_mut(conn).transaction_depth(), Ok(None))
}

/// A pool of `size` connections. Opening is checked at once, so that a wrong URL is said at the start.
///
/// # Errors
/// The database is not there, not readable or refuses.
pub fn pool(location: &Location, size: u32) -> Result<Pool<Manager>, StoreError> {
    location.connect()?;
    Pool::builder()
        .max_size(size)
        .min_idle(Some(1))
        // While the database is away, everyone is told so after this time.
        .connection_timeout(Duration::from_secs(3))
        .test_on_check_out(matches!(location, Location::Postgres(_)))
        .build(Manager(location.clone()))
        .map_err(|e| StoreError::Unavailable(format!("cannot open the database: {e}")))
}
