//! A database for each test: a temporary SQLite file, or a PostgreSQL database cloned from a template that holds the
//! schema and the fixtures.
//!
//! `KEZEK_TEST_POSTGRES` names a running server by the URL of its maintenance database; without it the tests start a
//! throw-away cluster of their own.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, UNIX_EPOCH};

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use kezek::clock::Clock;
use kezek::store::{ClockBounds, KeyFile, Store};
use tempfile::TempDir;

use super::{TODAY, instant, load_fixtures};

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Db {
    /// The embedded default.
    Sqlite,
    /// The production store.
    Postgres,
}

/// The key file of all registries of the tests.
pub const INVENTED_KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/desk/invented.keys");

/// As [`INVENTED_KEYS`], for a store.
pub fn keys() -> KeyFile {
    KeyFile::At(INVENTED_KEYS.into())
}

impl Db {
    /// Both.
    pub const BOTH: [Db; 2] = [Db::Sqlite, Db::Postgres];
}

/// A database that is gone when this is dropped.
pub enum Database {
    /// A file in a folder of its own.
    Sqlite {
        /// Its URL.
        url: String,
        /// Its folder.
        folder: TempDir,
    },
    /// A database of a server.
    Postgres {
        /// Its URL.
        url: String,
        /// Its name.
        name: String,
        /// Its server.
        server: Arc<Server>,
        /// Where its scans lie.
        folder: TempDir,
    },
}

/// Numbers the databases of this process.
static MADE: AtomicU32 = AtomicU32::new(0);

impl Database {
    /// A database with schema and fixtures.
    pub fn with_fixtures(db: Db) -> Database {
        let database = match db {
            Db::Sqlite => Database::empty(db),
            Db::Postgres => {
                let server = Server::running();
                let template = server.template();
                Database::in_postgres(server, &format!(" TEMPLATE {template}"))
            }
        };
        if db == Db::Sqlite {
            fill(database.url(), instant(TODAY), ClockBounds::LIFTED);
        }
        database
    }

    /// A database with schema and fixtures that were taken in now: for the program, which believes the machine's clock
    /// only beside records of these days.
    pub fn with_fixtures_of_now(db: Db) -> Database {
        let database = Database::empty(db);
        fill(database.url(), Clock::System.now(), ClockBounds::REAL);
        database
    }

    /// A database without anything in it.
    pub fn empty(db: Db) -> Database {
        match db {
            Db::Sqlite => {
                let folder = tempfile::Builder::new().prefix("kezek-").tempdir().expect("a temporary folder");
                let url = format!("sqlite://{}", folder.path().join("kezek.sqlite3").display());
                Database::Sqlite { url, folder }
            }
            Db::Postgres => Database::in_postgres(Server::running(), ""),
        }
    }

    fn in_postgres(server: Arc<Server>, from: &str) -> Database {
        let name = format!("kezek_{}_{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        // A database of the same name is left from a process that was killed; its number has come round again.
        server.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        server.run(&format!("CREATE DATABASE {name}{from}"));
        let url = server.url_of(&name);
        let folder = tempfile::tempdir().expect("a temporary folder");
        Database::Postgres { url, name, server, folder }
    }

    /// Where its scans lie.
    pub fn scans(&self) -> PathBuf {
        match self {
            Database::Sqlite { folder, .. } => folder.path().join("kezek.sqlite3.scans"),
            Database::Postgres { folder, .. } => folder.path().join("scans"),
        }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        match self {
            Database::Sqlite { url, .. } | Database::Postgres { url, .. } => url,
        }
    }
}

impl Database {
    /// All that it holds, as text: the files of SQLite, the rows of PostgreSQL.
    pub fn everything(&self) -> String {
        match self {
            Database::Sqlite { url, .. } => {
                let path = url.strip_prefix("sqlite://").expect("a file");
                let files = ["", "-wal"].map(|ending| std::fs::read(format!("{path}{ending}")).unwrap_or_default());
                files.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect()
            }
            Database::Postgres { url, .. } => {
                let mut conn = PgConnection::establish(url).expect("a connection");
                let rows = |table: &&str| -> String {
                    let sql = format!("SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM {table} t");
                    diesel::sql_query(sql).get_result::<Rows>(&mut conn).expect("the rows").text
                };
                kezek::store::copy::TABLES.iter().map(rows).collect()
            }
        }
    }
}

#[derive(QueryableByName)]
struct Rows {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Database::Postgres { name, server, .. } = self
            && !std::thread::panicking()
        {
            server.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn fill(url: &str, at: DateTime<Utc>, bounds: ClockBounds) {
    let store = Store::create(url, &keys(), 2).expect("the new registry is not made").believing(bounds);
    load_fixtures(&store, at);
}

/// A PostgreSQL server.
pub struct Server {
    /// The URL of its maintenance database.
    url: String,
    own: Option<Own>,
}

/// A cluster that this process started.
struct Own {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _folder: TempDir,
}

static RUNNING: Mutex<Weak<Server>> = Mutex::new(Weak::new());

impl Server {
    /// The server of this process: the one that the environment names, or a throw-away one that lives as long as
    /// somebody holds it.
    pub fn running() -> Arc<Server> {
        let mut running = RUNNING.lock().unwrap();
        if let Some(server) = running.upgrade() {
            return server;
        }
        let server = Arc::new(match std::env::var("KEZEK_TEST_POSTGRES") {
            Ok(url) => Server { url, own: None },
            Err(_) => Server::throw_away(),
        });
        *running = Arc::downgrade(&server);
        server
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url)
            .unwrap_or_else(|e| panic!("PostgreSQL at {} does not answer: {e}; see tests/run", self.url))
    }

    fn run(&self, sql: &str) {
        self.connect().batch_execute(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    }

    fn url_of(&self, database: &str) -> String {
        let (server, _) = self.url.rsplit_once('/').expect("the URL ends in /DATABASE");
        format!("{server}/{database}")
    }

    /// The template of this build of the tests, made by the first process that needs it while the others wait.
    fn template(&self) -> String {
        let name = format!("kezek_template_{}", build());
        let mut conn = self.connect();
        conn.batch_execute("SELECT pg_advisory_lock(20260910)").expect("the lock of the template");
        let known: i64 = diesel::sql_query("SELECT count(*) AS n FROM pg_database WHERE datname = $1")
            .bind::<diesel::sql_types::Text, _>(&name)
            .get_result::<Count>(&mut conn)
            .expect("the list of databases")
            .n;
        if known == 0 {
            let making = format!("{name}_new");
            conn.batch_execute(&format!("DROP DATABASE IF EXISTS {making}")).expect("the old template");
            conn.batch_execute(&format!("CREATE DATABASE {making}")).expect("a new template");
            fill(&self.url_of(&making), instant(TODAY), ClockBounds::LIFTED);
            conn.batch_execute(&format!("ALTER DATABASE {making} RENAME TO {name}")).expect("the template's name");
        }
        conn.batch_execute("SELECT pg_advisory_unlock(20260910)").expect("the lock of the template");
        name
    }

    /// Starts a cluster in a temporary folder; as root under the account `postgres`, since the server refuses root.
    fn throw_away() -> Server {
        let folder = tempfile::Builder::new().prefix("kezek-pg-").tempdir().expect("a temporary folder");
        let root = std::fs::metadata("/proc/self").expect("/proc").uid() == 0;
        if root {
            finish(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let data = folder.path().join("data");
        let mut initdb = as_postgres(root, &tool("initdb"));
        finish(
            initdb.args(["-A", "trust", "-U", "kezek", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]).arg(&data),
        );
        let mut postgres = as_postgres(root, &tool("postgres"));
        postgres.arg("-D").arg(&data).arg("-k").arg(folder.path());
        for setting in ["listen_addresses=", "fsync=off", "synchronous_commit=off", "max_connections=200"] {
            postgres.arg("-c").arg(setting);
        }
        let (stop, thread) = keep_running(postgres);
        let url = format!("postgres://kezek@{}:5432/postgres", folder.path().display().to_string().replace('/', "%2F"));
        wait_for(&url, &thread);
        Server { url, own: Some(Own { stop: Some(stop), thread: Some(thread), _folder: folder }) }
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            drop(own.stop.take());
            if let Some(thread) = own.thread.take() {
                let _ = thread.join();
            }
        }
    }
}

/// Which build of the tests this is: another build may make another template.
fn build() -> String {
    let built = std::env::current_exe().and_then(std::fs::metadata).expect("the test binary");
    let since = built.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).expect("when it was built");
    format!("{:x}_{:x}", since.as_micros(), built.len())
}

/// A program of PostgreSQL: the newest that Debian's packages installed, else whatever the path finds.
pub fn tool(name: &str) -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = versions.map(|v| v.path().join("bin").join(name)).filter(|p| p.exists()).collect();
    found.sort();
    found.pop().unwrap_or_else(|| PathBuf::from(name))
}

/// The program under the account `postgres` where the tests run as root. It ends when this process ends, however.
pub fn as_postgres(root: bool, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if root {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.args(["--pdeathsig", "INT", "--"]).arg(program).current_dir("/").stdin(Stdio::null());
    command
}

pub fn finish(command: &mut Command) {
    let done = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}; install postgresql, or see tests/run"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Keeps a server running in a thread of its own until the sender is dropped. The thread must outlive the server: the
/// kernel ends the server with the thread that started it.
fn keep_running(mut command: Command) -> (Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = channel::<()>();
    let thread = std::thread::spawn(move || {
        let mut server = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|e| panic!("{command:?}: {e}; install postgresql, or see tests/run"));
        while stopped.recv_timeout(Duration::from_millis(200)) == Err(RecvTimeoutError::Timeout) {
            if server.try_wait().expect("the server").is_some() {
                return;
            }
        }
        // Immediate shutdown: nothing of a throw-away cluster is worth a checkpoint.
        finish(Command::new("kill").args(["-QUIT", &server.id().to_string()]));
        let _ = server.wait();
    });
    (stop, thread)
}

fn wait_for(url: &str, server: &JoinHandle<()>) {
    let (_wait, moment) = channel::<()>();
    for _ in 0..600 {
        if PgConnection::establish(url).is_ok() {
            return;
        }
        assert!(!server.is_finished(), "the throw-away PostgreSQL ended at once");
        let _ = moment.recv_timeout(Duration::from_millis(50));
    }
    panic!("the throw-away PostgreSQL does not answer");
}
