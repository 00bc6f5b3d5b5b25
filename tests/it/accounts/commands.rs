//! `kezek account` and `kezek token`.

use kezek::clock::Clock;
use serde_json::json;

use super::{PASSWORD, anybody, signed_in};

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

#[test]
fn an_operator_invites_a_person_and_gives_a_system_its_secret() {
    let desk = Desk::open(Db::Sqlite);
    desk.clock.set(Clock::System.now());
    desk.register(&desk.another_child());
    let url = desk.database_url();
    let account = |rest: &[&str]| run(&[&["account"], rest, &["--database-url", url]].concat());
    let office = ["--role", "office", "--territory", HOME];
    let iin = desk.another_child().parent_iin;
    let id = account(&[&["add", "--name", "Серікбаева Айгүл", "--iin", &iin][..], &office].concat()).must(0).out;
    let id = id.trim();
    let nameless = account(&["reset", "--account", id]).must(0);
    assert!(nameless.out.is_empty() && nameless.err.contains("--login NAME"), "{}", nameless.err);
    account(&["reset", id, "--login", "серікбаева"]).must(1);
    let invited = account(&["reset", "--account", id, "--login", "A.Serikova"]).must(0);
    assert!(invited.err.contains("a.serikova sets a password"), "{}", invited.err);
    let sent = json!({"invitation": invited.out.trim(), "password": PASSWORD});
    anybody(&desk, "/api/v1/passwords", &sent).must(201);
    signed_in(&desk, "a.serikova");
    assert!(account(&["list"]).must(0).out.contains(",a.serikova,\"Серікбаева Айгүл\""));
    let system = ["add", "--system", "Шлюз"];
    account(&[&system[..], &office].concat()).must(1);
    account(&[&system[..], &["--name", "Айгүл", "--iin", &iin], &office].concat()).must(2);
    let order = ["--order", "12-ө", "--order-on", "2026-09-01"];
    let gateway = account(&[&system[..], &office, &order].concat()).must(0).out;
    let secret = account(&["reset", gateway.trim()]).must(0).out;
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", gateway.trim(), secret.trim());
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let given = desk.send("POST", "/api/v1/tokens", None, &typed, Some(form.as_bytes())).must(200);
    desk.get("/api/v1/me", &given.text_of("access_token")).must(200);
    account(&["reset", gateway.trim(), "--login", "gateway"]).must(1);
}

#[test]
fn a_provider_that_cannot_be_asked_is_said_at_start() {
    let desk = Desk::open(Db::Sqlite);
    let serve = |rest: &[&str]| {
        run(&[&["serve", "--listen", "127.0.0.1:0", "--database-url", desk.database_url()], rest].concat()).must(2).err
    };
    let issuer = ["--oidc-issuer", "http://127.0.0.1:9"];
    assert!(serve(&issuer).contains("--oidc-client-id"));
    let known = ["--oidc-client-id", "kezek"];
    assert!(serve(&["--oidc-issuer", "ftp://127.0.0.1", known[0], known[1]]).contains("must begin with http"));
    let lost = [&issuer[..], &known, &["--oidc-client-secret-file", "no such file"]].concat();
    assert!(serve(&lost).contains("no such file"));
}
