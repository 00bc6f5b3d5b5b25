//! What happens when the machine lets the registry down: killed processes, databases that are away, locked, full or
//! read-only. Nothing accepted is lost, nothing half-done stays, and everyone is told plainly.

use std::path::Path;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;

use crate::desk::Db;
use crate::desk::database::{Database, INVENTED_KEYS, as_postgres, finish, tool};
use crate::program::{self, Serving, handed_in, import_fixtures, kezek, run, signal, until};

/// A registry with fixtures, a folder for files, and one connection that looks at it from outside.
struct Place {
    database: Database,
    folder: tempfile::TempDir,
}

impl Place {
    fn new(db: Db) -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        Place { database: Database::with_fixtures_of_now(db), folder }
    }

    fn url(&self) -> &str {
        self.database.url()
    }

    fn count(&self, table: &str) -> i64 {
        count(self.url(), table)
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(url: &str, table: &str) -> i64 {
    let sql = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
    let found: Count = match url.strip_prefix("sqlite://") {
        Some(path) => sql.get_result(&mut SqliteConnection::establish(path).expect("the file")),
        None => sql.get_result(&mut PgConnection::establish(url).expect("the server")),
    }
    .expect("a count");
    found.n
}

fn verified(url: &str) -> String {
    let head = run(&["journal", "verify", "--database-url", url]).must(0).last_line().to_owned();
    assert!(head.len() == 64 && head.bytes().all(|b| b.is_ascii_hexdigit()), "no head: {head}");
    head
}

#[test]
fn a_killed_import_leaves_nothing_and_can_be_done_again_on_sqlite() {
    a_killed_import_leaves_nothing(Db::Sqlite);
}

#[test]
fn a_killed_import_leaves_nothing_and_can_be_done_again_on_postgres() {
    a_killed_import_leaves_nothing(Db::Postgres);
}

fn a_killed_import_leaves_nothing(db: Db) {
    let place = Place::new(db);
    let file = place.folder.path().join("applications.csv");
    let rows = program::rows(4_000, 11);
    program::write_rows(&file, &rows);
    let before = verified(place.url());
    let arguments = ["import", "applications", file.to_str().expect("a path"), "--database-url", place.url()];
    let mut import =
        kezek().args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program runs");
    // The import is in the middle of its writing when somebody else cannot have the lock of a home.
    until("the import writes", || is_being_written(place.url()).then_some(()));
    import.kill().expect("it runs");
    assert!(!import.wait().expect("it ends").success(), "the import ended before it was killed");
    until("the database has let go of it", || (!is_being_written(place.url())).then_some(()));
    for table in ["applications", "children", "child_claims", "applicants", "documents", "category_claims"] {
        assert_eq!(place.count(table), 0, "{table} holds rows of an import that was killed");
    }
    assert_eq!(verified(place.url()), before);
    run(&arguments).must(0);
    assert_eq!((place.count("applications"), place.count("child_claims")), (4_000, 4_000));
    verified(place.url());
    let serving = Serving::start(place.url());
    let entry = serving.entry(&rows[0].child_iin.to_string()).expect("the first row has a position");
    assert!(entry["position"].as_u64() >= Some(1), "{entry}");
    assert!(serving.stop().success());
}

/// Whether another connection holds what a write needs.
fn is_being_written(url: &str) -> bool {
    match url.strip_prefix("sqlite://") {
        Some(path) => {
            let mut conn = SqliteConnection::establish(path).expect("the file");
            conn.batch_execute("BEGIN IMMEDIATE; ROLLBACK").is_err()
        }
        None => {
            let mut conn = PgConnection::establish(url).expect("the server");
            conn.batch_execute("BEGIN; SELECT code FROM homes FOR UPDATE NOWAIT; ROLLBACK").is_err()
        }
    }
}

#[test]
fn what_a_killed_server_has_answered_is_there_on_sqlite() {
    what_a_killed_server_has_answered_is_there(Db::Sqlite);
}

#[test]
fn what_a_killed_server_has_answered_is_there_on_postgres() {
    what_a_killed_server_has_answered_is_there(Db::Postgres);
}

fn what_a_killed_server_has_answered_is_there(db: Db) {
    let place = Place::new(db);
    let office = program::token(place.url(), "office");
    let serving = Serving::start(place.url());
    let rows = program::rows(4_000, 12);
    let received = std::sync::Mutex::new(Vec::<(String, String, String)>::new());
    let left = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for clerk in rows.chunks(1_000) {
            let (serving, office, received, left) = (&serving, &office, &received, &left);
            scope.spawn(move || {
                for row in clerk {
                    match serving.try_post("/api/v1/applications", office, &handed_in(row)) {
                        Some((201, body)) => {
                            let text = |field: &str| body[field].as_str().expect("a text").to_owned();
                            let [number, code] = ["number", "family_code"].map(text);
                            received.lock().unwrap().push((row.child_iin.to_string(), number, code));
                        }
                        Some((status, body)) => panic!("{status}: {body}"),
                        None => break,
                    }
                }
                left.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            });
        }
        until("forty children are registered", || (received.lock().unwrap().len() >= 40).then_some(()));
        serving.kill_in_place();
    });
    assert_eq!(left.into_inner(), 4, "every clerk was cut off");
    let received = received.into_inner().unwrap();
    assert!(received.len() < 4_000, "the server was killed under the stream");
    verified(place.url());
    let again = Serving::start(place.url());
    for (iin, number, code) in &received {
        let entry = again
            .entry_of_family(iin, code)
            .unwrap_or_else(|| panic!("application {number} was answered 201 and is lost"));
        assert_eq!(entry["application"], number.as_str());
    }
    // What was saved without its answer is whole too: every child has its application, every ticket is used.
    assert_eq!(place.count("applications"), place.count("child_claims"));
    assert_eq!(place.count("applications"), sum_of(place.url(), "tickets"));
    let more = program::rows(4_001, 12).pop().expect("one more family");
    assert_eq!(again.post("/api/v1/applications", &office, &handed_in(&more)).0, 201);
    assert!(again.stop().success(), "SIGTERM stops it in order");
    verified(place.url());
}

fn sum_of(url: &str, column: &str) -> i64 {
    let text = if url.starts_with("sqlite") { format!("SUM({column})") } else { format!("SUM({column})::bigint") };
    let sql = diesel::sql_query(format!("SELECT {text} AS n FROM homes"));
    let found: Count = match url.strip_prefix("sqlite://") {
        Some(path) => sql.get_result(&mut SqliteConnection::establish(path).expect("the file")),
        None => sql.get_result(&mut PgConnection::establish(url).expect("the server")),
    }
    .expect("a sum");
    found.n
}

#[test]
fn a_server_whose_postgres_goes_away_says_so_and_recovers_by_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut cluster = Cluster::start(folder.path());
    let url = cluster.url.clone();
    program::init(&url);
    import_fixtures(folder.path(), &url);
    let office = program::token(&url, "office");
    let serving = Serving::start(&url);
    let rows = program::rows(3, 13);
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[0])).0, 201);
    cluster.stop();
    let (status, problem) = serving.post("/api/v1/applications", &office, &handed_in(&rows[1]));
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    assert_eq!(problem["type"], "urn:kezek:problem:unavailable");
    assert_eq!(serving.get("/readyz", "").0, 503);
    assert_eq!(serving.get("/healthz", "").0, 200);
    let entry = serving.entry(&rows[0].child_iin.to_string()).expect("positions need no database");
    assert_eq!(entry["status"], "in_queue");
    cluster.go();
    until("the server answers again", || (serving.get("/readyz", "").0 == 200).then_some(()));
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[1])).0, 201);
    // A server that is stopped without ceremony, in the middle of a session.
    cluster.kill();
    let (status, problem) = serving.post("/api/v1/applications", &office, &handed_in(&rows[2]));
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
    cluster.go();
    until("the server answers again", || {
        let (status, body) = serving.post("/api/v1/applications", &office, &handed_in(&rows[2]));
        assert!(matches!(status, 201 | 503), "{status}: {body}");
        (status == 201).then_some(())
    });
    verified(&url);
    assert_eq!(count(&url, "applications"), 3);
}

/// A cluster of its own that the test may stop.
struct Cluster {
    url: String,
    folder: std::path::PathBuf,
    running: Option<std::process::Child>,
}

impl Cluster {
    fn start(folder: &Path) -> Cluster {
        use std::os::unix::fs::MetadataExt;
        let folder = folder.join("cluster");
        std::fs::create_dir(&folder).expect("a folder");
        let parent = folder.parent().expect("a parent");
        let all = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(parent, all).expect("rights");
        let root = std::fs::metadata("/proc/self").expect("/proc").uid() == 0;
        if root {
            finish(Command::new("chown").arg("postgres").arg(&folder));
        }
        let mut initdb = as_postgres(root, &tool("initdb"));
        finish(initdb.args(["-A", "trust", "-U", "kezek", "-E", "UTF8", "--no-sync", "-D"]).arg(folder.join("data")));
        let socket = folder.display().to_string().replace('/', "%2F");
        let mut cluster = Cluster { url: format!("postgres://kezek@{socket}:5432/postgres"), folder, running: None };
        cluster.go();
        cluster
    }

    fn go(&mut self) {
        use std::os::unix::fs::MetadataExt;
        let root = std::fs::metadata("/proc/self").expect("/proc").uid() == 0;
        let mut postgres = as_postgres(root, &tool("postgres"));
        postgres.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        postgres.args(["-c", "listen_addresses=", "-c", "fsync=off"]).stdout(Stdio::null()).stderr(Stdio::null());
        self.running = Some(postgres.spawn().expect("PostgreSQL starts"));
        until("PostgreSQL answers", || PgConnection::establish(&self.url).ok().map(|_| ()));
    }

    fn stop(&mut self) {
        self.end("INT");
    }

    fn kill(&mut self) {
        self.end("QUIT");
    }

    fn end(&mut self, with: &str) {
        if let Some(mut running) = self.running.take() {
            signal(with, running.id());
            running.wait().expect("PostgreSQL ends");
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}

#[test]
fn a_locked_sqlite_file_is_said_and_loses_nothing() {
    let place = Place::new(Db::Sqlite);
    let office = program::token(place.url(), "office");
    let serving = Serving::start(place.url());
    let rows = program::rows(4, 14);
    let path = place.url().strip_prefix("sqlite://").expect("a path");
    let mut other = SqliteConnection::establish(path).expect("the file");
    other.batch_execute("BEGIN IMMEDIATE").expect("the lock");
    // Three clerks at once: none waits for the others' waiting.
    std::thread::scope(|scope| {
        for row in &rows[..3] {
            scope.spawn(|| {
                let (status, problem) = serving.post("/api/v1/applications", &office, &handed_in(row));
                assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
            });
        }
        let busy =
            run(&["token", "issue", "--role", "akim", "--territory", "391000000", "--database-url", place.url()]);
        assert!(busy.must(1).err.contains("cannot answer now"), "says what is the matter");
    });
    assert_eq!(serving.get("/readyz", "").0, 200, "reading goes on");
    other.batch_execute("ROLLBACK").expect("the lock is given back");
    for row in &rows {
        assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(row)).0, 201);
    }
    verified(place.url());
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let place = Place::new(Db::Sqlite);
    let office = program::token(place.url(), "office");
    let path = place.url().strip_prefix("sqlite://").expect("a path");
    let largest = std::fs::metadata(path).expect("the file").len() / 512;
    // Files may grow by 64 KiB more; the program is told by an error, not by a signal.
    let script = format!(
        "trap '' XFSZ; ulimit -f {}; KEZEK_KEYS={INVENTED_KEYS} exec {} serve --database-url {} --listen 127.0.0.1:0 --rate-limit off",
        largest.max(2_048) + 128,
        env!("CARGO_BIN_EXE_kezek"),
        place.url()
    );
    let serving = Serving::of(Command::new("sh").args(["-c", &script]));
    let rows = program::rows(3_000, 15);
    let mut accepted: Vec<String> = Vec::new();
    let mut full = 0;
    for row in &rows {
        let (status, body) = serving.post("/api/v1/applications", &office, &handed_in(row));
        match status {
            201 => accepted.push(row.child_iin.to_string()),
            503 => full += 1,
            _ => panic!("{status}: {body}"),
        }
        if full == 5 {
            break;
        }
    }
    assert_eq!(full, 5, "{} were accepted on a full disk", accepted.len());
    let first = serving.entry(&accepted[0]).expect("reading goes on");
    assert_eq!(first["status"], "in_queue");
    serving.kill();
    verified(place.url());
    assert_eq!(place.count("applications"), i64::try_from(accepted.len()).expect("few"), "accepted and kept");
    let again = Serving::start(place.url());
    for iin in &accepted {
        assert!(again.entry(iin).is_some(), "an accepted child is lost");
    }
    let last = rows.last().expect("a family");
    assert_eq!(again.post("/api/v1/applications", &office, &handed_in(last)).0, 201, "there is room again");
}

#[test]
fn a_database_that_cannot_be_opened_is_said() {
    let place = Place::new(Db::Sqlite);
    let office = program::token(place.url(), "office");
    let path = Path::new(place.url().strip_prefix("sqlite://").expect("a path"));
    // A folder and a file in the way refuse every account alike; rights would not bind root.
    let folder = path.with_file_name("folder.sqlite3");
    std::fs::create_dir(&folder).expect("a folder");
    let below = path.join("none").join("kezek.sqlite3");
    for (url, reason) in [(&folder, "cannot open the database"), (&below, "cannot look for")] {
        let url = format!("sqlite://{}", url.display());
        let said = program::run(&["serve", "--database-url", &url, "--listen", "127.0.0.1:0"]).must(1).err;
        assert!(said.contains("kezek:") && said.contains(reason), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    let serving = Serving::start(place.url());
    let row = program::rows(1, 16).pop().expect("a family");
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&row)).0, 201);
}
