//! `kezek copy` moves a registry from one database to another with its journal intact.

use std::collections::BTreeMap;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use kezek::store::Store;
use kezek::store::connection::AnyConnection;

use crate::desk::database::{Database, keys};
use crate::desk::lived_in::lived_in;
use crate::desk::{Db, TRAVELS};
use crate::program::{kezek, run, until};

/// A copy between databases; the scans of a server's lie in a folder that is named.
fn copy(from: &str, to: &str, scans: &Path) -> crate::program::Done {
    let scans = scans.to_str().expect("a path");
    let folder = if from.starts_with("postgres") { "--from-scans" } else { "--scans" };
    run(&["copy", "--from", from, "--to", to, folder, scans])
}

fn exported(url: &str) -> String {
    run(&["journal", "export", "--database-url", url]).must(0).out
}

#[test]
fn a_registry_goes_to_the_other_database_and_back_unchanged() {
    let desk = lived_in(Db::Sqlite);
    let (there, back) = (Database::empty(Db::Postgres), Database::empty(Db::Sqlite));
    let head = run(&["journal", "verify", "--database-url", desk.database_url()]).must(0).last_line().to_owned();
    for (from, to) in [(desk.database_url(), there.url()), (there.url(), back.url())] {
        assert_eq!(copy(from, to, &there.scans()).must(0).last_line(), head, "the head of the journal");
        assert_eq!(exported(to), exported(from), "no record is added or changed");
        assert_eq!(run(&["journal", "verify", "--database-url", to]).must(0).last_line(), head);
    }
    assert_eq!(rows(back.url()), rows(desk.database_url()), "every row of every table");
    assert_eq!(scans(&back.scans()), scans(&desk.scans()), "every scan");
    assert!(!scans(&there.scans()).is_empty());
    // What came back goes on as the original would.
    let next = kezek::service::registry::Registry::open(
        Store::open(there.url(), &keys(), 2).expect("the copy is there").believing(TRAVELS),
        std::sync::Arc::clone(&desk.registry.office.rules),
        desk.clock.clone(),
        Box::new(kezek::trust::signature::NoVerifier),
    )
    .expect("the copy opens");
    let now = desk.clock.now();
    for (_, held) in desk.registry.office.index.read().seats() {
        let mine = desk.registry.office.index.read().queue(held.queue).map(|q| q.in_order().collect::<Vec<_>>().len());
        assert_eq!(next.office.index.read().queue(held.queue).map(|q| q.in_order().collect::<Vec<_>>().len()), mine);
    }
    assert!(kezek::service::counter::tick::tick(&next.office.store, &next.office.rules, now, now).is_ok());
}

/// The names and the sealed bytes of scans.
fn scans(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = std::fs::read_dir(folder).expect("the folder");
    let file = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("a scan").path();
        (path.file_name().expect("a name").to_string_lossy().into_owned(), std::fs::read(&path).expect("bytes"))
    };
    all.map(file).collect()
}

/// The rows of every table as text, sorted.
fn rows(url: &str) -> Vec<(String, Vec<String>)> {
    let path = url.strip_prefix("sqlite://").expect("a file");
    let mut conn = SqliteConnection::establish(path).expect("the file");
    kezek::store::copy::TABLES
        .iter()
        .map(|table| {
            let columns: Vec<Name> = diesel::sql_query(format!("SELECT name FROM pragma_table_info('{table}')"))
                .load(&mut conn)
                .expect("columns");
            let quoted: Vec<String> = columns.iter().map(|c| format!("quote(\"{}\")", c.name)).collect();
            let sql = format!("SELECT {} AS name FROM {table} ORDER BY 1", quoted.join(" || ',' || "));
            let all: Vec<Name> = diesel::sql_query(sql).load(&mut conn).expect("rows");
            ((*table).to_owned(), all.into_iter().map(|r| r.name).collect())
        })
        .collect()
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

#[test]
fn every_table_of_the_registry_is_copied() {
    let desk = lived_in(Db::Sqlite);
    let path = desk.database_url().strip_prefix("sqlite://").expect("a file");
    let mut conn = SqliteConnection::establish(path).expect("the file");
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_\\_%' ESCAPE '\\' \
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let there: Vec<Name> = diesel::sql_query(sql).load(&mut conn).expect("tables");
    let mut listed = kezek::store::copy::TABLES.to_vec();
    listed.sort_unstable();
    assert_eq!(listed, there.iter().map(|t| t.name.as_str()).collect::<Vec<_>>());
    let empty: Vec<String> =
        rows(desk.database_url()).into_iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert_eq!(empty, [""; 0], "the registry of these tests fills every table");
}

#[test]
fn a_target_that_is_not_empty_is_refused_and_left_alone() {
    let (desk, other) = (lived_in(Db::Sqlite), lived_in(Db::Postgres));
    let before = exported(other.database_url());
    let refused = copy(desk.database_url(), other.database_url(), &other.scans()).must(1);
    assert!(refused.err.contains("not empty"), "{}", refused.err);
    assert_eq!(exported(other.database_url()), before);
    let unnamed = Database::empty(Db::Postgres);
    let left = run(&["copy", "--from", desk.database_url(), "--to", unnamed.url()]).must(0);
    assert!(left.err.contains("scans stay in the folder of the source"), "{}", left.err);
    let itself = copy(desk.database_url(), desk.database_url(), &desk.scans()).must(1);
    assert!(itself.err.contains("not empty"), "{}", itself.err);
    let nothing = copy("sqlite:///nowhere/kezek.sqlite3", other.database_url(), &other.scans()).must(1);
    assert!(nothing.err.contains("--from: there is no registry here"), "{}", nothing.err);
    let wrong = copy("file.db", other.database_url(), &other.scans()).must(1);
    assert!(wrong.err.contains("sqlite://PATH or postgres://"), "{}", wrong.err);
}

#[test]
fn a_broken_journal_is_not_carried_on() {
    let desk = lived_in(Db::Sqlite);
    desk.damaged();
    let path = desk.database_url().strip_prefix("sqlite://").expect("a file");
    let mut conn = SqliteConnection::establish(path).expect("the file");
    conn.batch_execute("UPDATE journal SET actor = 'somebody else' WHERE seq = 2").expect("the damage");
    let to = Database::empty(Db::Postgres);
    let refused = copy(desk.database_url(), to.url(), &to.scans()).must(1);
    assert!(refused.err.contains("the journal of the source is broken"), "{}", refused.err);
    let store = Store::open(to.url(), &keys(), 1).expect("the target");
    let homes = store.read(|conn: &mut AnyConnection| kezek::store::homes::ends(conn)).expect("its homes");
    assert!(homes.is_empty(), "nothing was copied");
}

#[test]
fn a_killed_copy_leaves_the_target_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = Database::with_fixtures_of_now(Db::Sqlite);
    let file = folder.path().join("applications.csv");
    crate::program::write_rows(&file, &crate::program::rows(2_500, 21));
    run(&["import", "applications", file.to_str().expect("a path"), "--database-url", from.url()]).must(0);
    let to = Database::empty(Db::Postgres);
    drop(Store::create(to.url(), &keys(), 1).expect("the target"));
    let mut copying = kezek()
        .args(["copy", "--from", from.url(), "--to", to.url()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the program runs");
    let mut conn = PgConnection::establish(to.url()).expect("the target");
    // The copy holds a lock on a table as soon as it has written to it.
    let written = "SELECT count(*) AS n FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
        WHERE c.relname = 'children' AND l.mode = 'RowExclusiveLock'";
    until("the copy writes", || (count(&mut conn, written) > 0).then_some(()));
    copying.kill().expect("it runs");
    assert!(!copying.wait().expect("it ends").success(), "the copy ended before it was killed");
    until("the server has let go of it", || (count(&mut conn, written) == 0).then_some(()));
    assert_eq!(count(&mut conn, "SELECT count(*) AS n FROM homes"), 0);
    copy(from.url(), to.url(), &to.scans()).must(0);
    assert_eq!(count(&mut conn, "SELECT count(*) AS n FROM applications"), 2_500);
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(conn: &mut PgConnection, sql: &str) -> i64 {
    diesel::sql_query(sql).get_result::<Count>(conn).expect("a count").n
}
