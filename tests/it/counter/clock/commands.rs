//! The commands that a clock and a name can lead astray, as the built program answers them.

use std::path::Path;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use kezek::clock::Clock;
use kezek::domain::instant::instant_text;
use kezek::store::{ClockBounds, Store};

use super::append;
use crate::desk::database::{Database, keys};
use crate::desk::{Db, HOME, ParseKato};
use crate::program::{self, Done, Serving, finished, handed_in, kezek, run};

fn head(url: &str) -> String {
    run(&["journal", "verify", "--database-url", url]).must(0).last_line().to_owned()
}

fn on(url: &str, arguments: &[&str]) -> Done {
    run(&[arguments, &["--database-url", url]].concat())
}

/// A registry of now with one home whose last record is of next year.
fn poisoned(db: Db) -> Database {
    let database = Database::with_fixtures_of_now(db);
    let store = Store::open(database.url(), &keys(), 1).expect("a registry").believing(ClockBounds::LIFTED);
    append(&store, HOME.parse_kato(), Clock::System.now() + TimeDelta::days(400)).expect("a record of next year");
    database
}

#[test]
fn a_home_of_the_future_is_shown_and_mended_by_the_command() {
    for db in Db::BOTH {
        let database = poisoned(db);
        let url = database.url();
        let office = program::token(url, "office");
        let serving = Serving::start(url);
        let row = program::rows(400, 71).into_iter().find(|row| row.territory.home() == HOME.parse_kato());
        let child = handed_in(&row.expect("a family of the home"));
        let (status, refused) = serving.post("/api/v1/applications", &office, &child);
        assert_eq!((status, &refused["code"]), (503, &serde_json::json!("clock_not_believed")));
        assert_eq!(serving.get("/readyz", "").0, 503);
        let shown = on(url, &["clock", "show"]).must(1);
        let line = shown.out.lines().find(|line| line.starts_with(HOME)).expect("the home's line");
        assert!(line.ends_with(",yes"), "{line}");
        assert_eq!(line.split(',').nth(4).map(str::is_empty), Some(db == Db::Sqlite), "the database's clock: {line}");
        assert!(shown.out.lines().filter(|line| line.ends_with(",no")).count() > 2, "{}", shown.out);
        assert!(shown.err.contains(&format!("kezek clock mend --home {HOME}")), "{}", shown.err);
        let before = head(url);
        let told = on(url, &["clock", "mend"]).must(2);
        assert!(told.out.contains(&format!("home {HOME}: the last record is of")), "{}", told.out);
        assert!(told.out.contains("would be set back") && told.err.contains("--yes"), "{} {}", told.out, told.err);
        assert_eq!(head(url), before);
        let done = on(url, &["clock", "mend", "--home", HOME, "--yes"]).must(0);
        assert!(done.out.contains("its clock is set back"), "{}", done.out);
        let after = head(url);
        let again = on(url, &["clock", "mend", "--yes"]).must(0);
        assert!(again.out.contains("there is nothing to mend"), "{}", again.out);
        assert_eq!(head(url), after);
        on(url, &["clock", "show"]).must(0);
        assert_eq!(serving.post("/api/v1/applications", &office, &child).0, 201, "the server that ran goes on");
        assert_eq!(serving.get("/readyz", "").0, 200);
    }
}

#[test]
fn a_tick_far_from_now_is_told_and_not_done_without_a_yes() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    run(&["demo", "--once", "--children", "150", "--data-dir", data.to_str().expect("a path")]).must(0);
    let url = format!("sqlite://{}", data.join("kezek.sqlite3").display());
    let at =
        |days: i64, hours: i64| instant_text(Clock::System.now() + TimeDelta::days(days) + TimeDelta::hours(hours));
    let before = head(&url);
    let far = at(60, 0);
    let told = on(&url, &["tick", "--at", &far]).must(2);
    let counts = told.out.strip_prefix("it would be: ").expect("what would be").to_owned();
    assert!(!counts.contains(" 0 referrals"), "referrals would expire: {counts}");
    assert!(told.err.contains("further than a day from now") && told.err.contains("--yes"), "{}", told.err);
    on(&url, &["tick", "--at", &at(-2, 0)]).must(2);
    assert_eq!(head(&url), before, "nothing was changed");
    on(&url, &["tick", "--at", &at(0, 23)]).must(0);
    on(&url, &["tick", "--at", &at(0, -23)]).must(0);
    on(&url, &["tick"]).must(0);
    assert_eq!(on(&url, &["tick", "--at", &far, "--yes"]).must(0).out, counts, "what was told is done");
    assert_ne!(head(&url), before);
    assert_eq!(on(&url, &["tick", "--at", &far]).must(2).out, "it would be: 0 places published, 0 referrals expired\n");
}

/// Every command that needs a registry.
const COMMANDS: &[&[&str]] = &[
    &["serve", "--listen", "127.0.0.1:0"],
    &["token", "issue", "--role", "auditor", "--territory", "000000000"],
    &["token", "list"],
    &["token", "revoke", "x"],
    &["import", "territories", "t.csv"],
    &["export", "places", "x.csv"],
    &["journal", "verify"],
    &["journal", "export"],
    &["tick"],
    &["clock", "show"],
    &["clock", "mend", "--yes"],
    &["cases", "recompute"],
    &["calendar", "list"],
    &["calendar", "import", "swaps-2028.csv"],
    &["calendar", "remove", "swaps-2028.csv"],
];

/// Each command refuses where there is no registry, says where it looked and how one is made, and leaves all as it was.
#[track_caller]
fn refused_everywhere(url: &str, place: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["t.csv", "swaps-2028.csv"] {
        std::fs::write(folder.path().join(file), "code,name_kk,name_ru,level\n").expect("a file");
    }
    for command in COMMANDS {
        let refused = finished(kezek().args(*command).args(["--database-url", url]).current_dir(folder.path())).must(1);
        for said in ["there is no registry here", place, "kezek init"] {
            assert!(refused.err.contains(said), "{command:?}: {}", refused.err);
        }
        assert!(refused.out.is_empty(), "{command:?}: {}", refused.out);
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2, "nothing was made");
}

#[test]
fn a_command_makes_no_registry_where_there_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("none").join("kezek.sqlite3");
    refused_everywhere(&format!("sqlite://{}", path.display()), &path.display().to_string());
    assert!(!folder.path().join("none").exists(), "nothing was made");
    let empty = folder.path().join("empty.sqlite3");
    std::fs::write(&empty, "").expect("a file");
    refused_everywhere(&format!("sqlite://{}", empty.display()), &empty.display().to_string());
    assert_eq!(std::fs::read(&empty).expect("the file"), b"", "the empty file stays empty");
    let database = Database::empty(Db::Postgres);
    let name = database.url().rsplit('/').next().expect("a name").to_owned();
    refused_everywhere(database.url(), &name);
}

fn other_tables(path: &Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(path.to_str().expect("a path")).expect("a file");
    conn.batch_execute("CREATE TABLE bookmarks (title TEXT)").expect("a table");
    conn
}

#[test]
fn a_file_of_another_program_is_neither_taken_for_a_registry_nor_made_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("places.sqlite");
    drop(other_tables(&path));
    let (url, bytes) = (format!("sqlite://{}", path.display()), std::fs::read(&path).expect("the file"));
    refused_everywhere(&url, &path.display().to_string());
    let refused = on(&url, &["init"]).must(1);
    assert!(refused.err.contains("holds something else"), "{}", refused.err);
    assert_eq!(std::fs::read(&path).expect("the file"), bytes);
}

#[test]
fn init_makes_a_registry_once_and_leaves_one_that_is_there_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("new").join("kezek.sqlite3");
    let on_postgres = Database::empty(Db::Postgres);
    for url in [format!("sqlite://{}", path.display()), on_postgres.url().to_owned()] {
        let made = on(&url, &["init"]).must(0);
        assert!(made.err.contains("kezek import territories"), "{}", made.err);
        program::import_fixtures(folder.path(), &url);
        let before = head(&url);
        let refused = on(&url, &["init"]).must(1);
        assert!(refused.err.contains("there is a registry already"), "{}", refused.err);
        assert_eq!(head(&url), before);
        drop(Serving::start(&url));
    }
    assert_eq!(program::mode(&path), 0o600, "personal data is its owner's only");
}

#[test]
fn a_role_without_rights_does_not_hear_that_there_is_no_registry() {
    let database = Database::with_fixtures_of_now(Db::Postgres);
    let (server, name) = database.url().rsplit_once('/').expect("a database");
    let (scheme, host) = server.split_once("kezek@").expect("the user of the tests");
    let mut conn = PgConnection::establish(database.url()).expect("the database");
    let role = format!("{name}_ro");
    conn.batch_execute(&format!("DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN")).expect("a role");
    let url = format!("{scheme}{role}@{host}/{name}");
    let asked = || {
        let refused = on(&url, &["journal", "verify"]).must(1);
        assert!(!refused.err.contains("there is no registry"), "{}", refused.err);
        refused.err
    };
    assert!(asked().contains("permission denied"), "it may look into the schema, but not into the tables");
    conn.batch_execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC").expect("less");
    assert!(asked().contains("may not look into the schema public"), "{}", asked());
    // What may only read is enough for whoever only reads.
    conn.batch_execute(&format!("GRANT USAGE ON SCHEMA public TO {role}")).expect("more");
    conn.batch_execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")).expect("more");
    assert_eq!(head(&url), head(database.url()));
    conn.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).expect("the role goes");
}

#[test]
fn a_credential_is_for_a_territory_that_the_classifier_holds() {
    for db in Db::BOTH {
        let database = Database::empty(db);
        let url = database.url();
        program::init(url);
        let issue = |territory: &str| on(url, &["token", "issue", "--role", "office", "--territory", territory]);
        issue("000000000").must(0);
        let early = issue("391000000").must(1);
        assert!(early.err.contains("kezek import territories"), "{}", early.err);
        let folder = tempfile::tempdir().expect("a folder");
        program::import_fixtures(folder.path(), url);
        for territory in ["390000000", "391000000", "391010000", "000000000"] {
            issue(territory).must(0);
        }
        let refused = issue("999999999").must(1);
        assert!(refused.err.contains("the classifier holds no territory 999999999"), "{}", refused.err);
        assert_eq!(on(url, &["token", "list"]).must(0).out.matches(",office,").count(), 5);
    }
}

#[test]
fn a_demo_that_rested_is_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = || run(&["demo", "--once", "--children", "60", "--data-dir", folder.path().to_str().expect("a path")]);
    let url = format!("sqlite://{}", folder.path().join("kezek.sqlite3").to_str().expect("a path"));
    let store = Store::create(&url, &keys(), 2).expect("is made").believing(ClockBounds::LIFTED);
    crate::desk::load_fixtures(&store, crate::desk::instant("2026-01-01T00:00:00Z"));
    drop(store);
    std::fs::write(folder.path().join("demo-tokens.json"), "{}").expect("the end of a demo");
    assert!(demo().must(0).out.contains("confirmed; nothing was written since 2026-01-01"));
}
