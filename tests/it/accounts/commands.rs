//! `kezek account` and `kezek token`.

use kezek::clock::Clock;
use serde_json::json;

use crate::desk::{CITY, Db, Desk, HOME};
use crate::program::run;

#[test]
fn an_operator_opens_accounts_and_issues_their_credentials() {
    let desk = Desk::open(Db::Sqlite);
    // Commands have the machine's clock.
    desk.clock.set(Clock::System.now());
    desk.register(&desk.another_child());
    let url = desk.database_url();
    let iin = desk.another_child().parent_iin;
    let account = |rest: &[&str]| run(&[&["account"], rest, &["--database-url", url]].concat());
    let token = |rest: &[&str]| {
        run(&[&["token", "issue", "--role", "office", "--territory", HOME], rest, &["--database-url", url]].concat())
    };
    let id = account(&["add", "--name", "Ахметова Гүлнар", "--iin", &iin, "--role", "office", "--territory", HOME])
        .must(0)
        .out;
    let id = id.trim();
    account(&["add", "--name", "Ахметова Гүлнар", "--iin", &iin, "--role", "akim", "--territory", HOME]).must(1);
    account(&["appoint", id, "--role", "department", "--territory", HOME, "--post", "маман"]).must(0);
    let listed = account(&["list"]).must(0).out;
    let own: Vec<&str> = listed.lines().filter(|line| line.contains("Ахметова Гүлнар")).collect();
    assert_eq!(own.len(), 2, "a line for each mandate: {listed}");
    assert!(own[1].contains(",department,") && own[1].contains("маман"), "{listed}");
    let secret = token(&["--account", id, "--expires", "2099-12-31"]).must(0).out;
    assert_eq!(desk.get("/api/v1/me", secret.trim()).must(200).json["account"], json!(id));
    desk.hand_in(secret.trim(), &desk.another_child().application(CITY)).must(201);
    token(&["--account", id, "--expires", "2020-01-31"]).must(1);
    token(&["--account", "0"]).must(1);
    account(&["reset", id]).must(0);
    desk.get("/api/v1/me", secret.trim()).refused(401, "unknown_token");
    account(&["disable", id]).must(0);
    token(&["--account", id]).must(1);
    let unnamed = token(&[]).must(0);
    assert!(unnamed.err.contains("nobody is named who holds it"), "{}", unnamed.err);
    run(&["token", "issue", "--role", "kindergarten", "--territory", CITY, "--database-url", url]).must(1);
    desk.keep_secret("Ахметова");
}
