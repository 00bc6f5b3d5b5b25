//! The log as a chain: edits are found, servers share it, a stop loses nothing, and nobody reads where it cannot be written.

use std::sync::Arc;

use kezek::domain::codes::{ReadKind, Role};
use kezek::rules::Rules;
use kezek::service::journal::chains;
use kezek::service::registry::Registry;
use kezek::store::Store;
use kezek::store::reads::NewRead;
use kezek::trust::signature::NoVerifier;
use kezek::web::proxies::Proxies;
use kezek::web::server::{Options, start};

use super::{log_of, official, read};
use crate::desk::database::{Database, keys};
use crate::desk::{CITY, Db, Desk, HOME, on_both};
use crate::program::{Serving, handed_in, rows, run, token};
use crate::store::tampering::tamper;

on_both!(
    an_edited_a_deleted_a_moved_and_a_cut_off_line_are_found,
    two_servers_write_one_chain,
    where_the_log_cannot_be_written_nobody_reads,
    a_copy_takes_the_log_along,
    what_waits_is_written_when_a_server_has_ended,
);

fn five_reads(desk: &Desk) {
    let (_, clerk) = official(desk, Role::Office, CITY, None);
    let number = desk.register(&desk.another_child());
    for n in 0..5 {
        read(desk, &clerk, &number, (n % 2 == 0).then_some("тексеру")).must(200);
    }
    assert_eq!(log_of(desk).len(), 5);
}

fn an_edited_a_deleted_a_moved_and_a_cut_off_line_are_found(desk: &Desk) {
    five_reads(desk);
    desk.damaged();
    let store = &desk.registry.office.store;
    chains::verify(store).expect("whole before");
    let found = |sql: &str, line: i64, why: &str| {
        tamper(desk, "CREATE TABLE kept AS SELECT * FROM reads; CREATE TABLE kept_end AS SELECT * FROM reads_end");
        tamper(desk, sql);
        let said = chains::verify(store).expect_err(sql).to_string();
        assert!(said.contains(&format!("log of reads, line {line}: ")) && said.contains(why), "{sql}: {said}");
        tamper(
            desk,
            "DELETE FROM reads; INSERT INTO reads SELECT * FROM kept; DROP TABLE kept; DELETE FROM reads_end; \
             INSERT INTO reads_end SELECT * FROM kept_end; DROP TABLE kept_end",
        );
        chains::verify(store).expect("whole again");
    };
    for (column, value) in [
        ("account", "'somebody'"),
        ("mandate", "NULL"),
        ("role", "'akim'"),
        ("what", "'case'"),
        ("subject", "'391000000-000077'"),
        ("purpose", "NULL"),
        ("nth", "1"),
        ("on_day", "'2026-09-09'"),
        ("at", "'2026-09-10 04:00:01'"),
    ] {
        found(&format!("UPDATE reads SET {column} = {value} WHERE seq = 3"), 3, "does not match its hash");
    }
    found("DELETE FROM reads WHERE seq = 2", 2, "missing");
    found("DELETE FROM reads WHERE seq = 5", 5, "does not end where");
    found("DELETE FROM reads", 1, "does not end where");
    found(
        "UPDATE reads SET seq = 9 WHERE seq = 2; UPDATE reads SET seq = 2 WHERE seq = 3; UPDATE reads SET seq = 3 WHERE seq = 9",
        2,
        "hash of the line before",
    );
    found("DELETE FROM reads WHERE seq = 5; UPDATE reads_end SET seq = 4", 5, "does not end where");
    // The registry is whole beside it, and goes on giving out.
    tamper(desk, "DELETE FROM reads WHERE seq = 2");
    let program = run(&["journal", "verify", "--database-url", desk.database_url()]).must(1);
    assert!(program.err.contains("log of reads, line 2"), "{}", program.err);
    desk.registry.office.verify();
    desk.registry.office.whole().expect("no home is at fault");
}

fn new_read(desk: &Desk, account: &str) -> NewRead {
    NewRead {
        at: desk.clock.now(),
        on: "2026-09-10".parse().expect("a day"),
        account: account.to_owned(),
        mandate: None,
        role: "office".to_owned(),
        kind: ReadKind::Application,
        subject: "391000000-000001".to_owned(),
        purpose: None,
    }
}

fn two_servers_write_one_chain(desk: &Desk) {
    let stores = [desk.second_store(), desk.second_store()];
    std::thread::scope(|scope| {
        for (n, store) in stores.iter().enumerate() {
            let lines = [new_read(desk, "both"), new_read(desk, &format!("server {n}"))];
            scope.spawn(move || {
                for _ in 0..25 {
                    store.append_reads(&lines).expect("both write");
                }
            });
        }
    });
    assert_eq!(log_of(desk).len(), 100);
    chains::verify(&desk.registry.office.store).expect("one chain");
    let days = desk.second_store().append_reads(&[new_read(desk, "both")]).expect("one more");
    assert_eq!(days[0].reads, 51, "counted together");
    // A list that both note is one line.
    let list = NewRead { kind: ReadKind::Queue, subject: HOME.to_owned(), ..new_read(desk, "both") };
    for store in &stores {
        store.append_reads(&[list.clone(), list.clone()]).expect("a list");
    }
    assert_eq!(log_of(desk).len(), 102);
}

fn where_the_log_cannot_be_written_nobody_reads(desk: &Desk) {
    let (_, clerk) = official(desk, Role::Office, CITY, None);
    let number = desk.register(&desk.another_child());
    read(desk, &clerk, &number, None).must(200);
    log_of(desk);
    let flush = || desk.registry.memory.reads.flush(&desk.registry.office.store);
    tamper(desk, "ALTER TABLE reads_end RENAME TO away");
    read(desk, &clerk, &number, None).must(200);
    flush().expect_err("it cannot be written");
    read(desk, &clerk, &number, None).refused(503, "reads_unrecorded");
    let list = format!("/api/v1/queues?territory={CITY}");
    desk.get(&list, &desk.department()).refused(503, "reads_unrecorded");
    // What is no read goes on.
    desk.register(&desk.another_child());
    tamper(desk, "ALTER TABLE away RENAME TO reads_end");
    flush().expect("it can be written again");
    read(desk, &clerk, &number, None).must(200);
    desk.get(&list, &desk.department()).must(200);
    assert_eq!(log_of(desk).len(), 4, "what waited is kept, what was refused is none");
}

fn a_copy_takes_the_log_along(desk: &Desk) {
    five_reads(desk);
    let (target, broken) = (Database::empty(Db::Postgres), Database::empty(Db::Sqlite));
    run(&["copy", "--from", desk.database_url(), "--to", target.url()]).must(0);
    let copy = Store::open(target.url(), &keys(), 2).expect("the copy");
    copy.append_reads(&[new_read(desk, "after")]).expect("it goes on");
    chains::verify(&copy).expect("whole");
    tamper(desk, "DELETE FROM reads WHERE seq = 4");
    let refused = run(&["copy", "--from", desk.database_url(), "--to", broken.url()]).must(1);
    assert!(refused.err.contains("line 4"), "{}", refused.err);
    desk.damaged();
}

fn what_waits_is_written_when_a_server_has_ended(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let token = desk.office();
    let rules = Arc::new(Rules::shipped().expect("the rules"));
    let registry = Registry::open(desk.second_store(), rules, desk.clock.clone(), Box::new(NoVerifier));
    let registry = Arc::new(registry.expect("a server"));
    let options = Options {
        listen: ([127, 0, 0, 1], 0).into(),
        rate_limit: false,
        proxies: Proxies::default(),
        workers: 1,
        signals: false,
    };
    let background = actix_web::rt::System::new()
        .block_on(async { start(Arc::clone(&registry), &options).expect("it listens").background });
    for _ in 0..3 {
        super::read_beside(&registry, &token, &number, None).expect("a read");
    }
    drop(background);
    assert_eq!(log_of(desk).len(), 3);
}

#[test]
fn a_stop_loses_no_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("r.sqlite3").display());
    crate::program::init(&url);
    crate::program::import_fixtures(folder.path(), &url);
    let (office, row) = (token(&url, "office"), rows(1, 5).remove(0));
    let serving = Serving::start(&url);
    let number = serving.post("/api/v1/applications", &office, &handed_in(&row)).1["number"].clone();
    let path = format!("/api/v1/applications/{}", number.as_str().expect("a number"));
    for _ in 0..20 {
        assert_eq!(serving.get(&path, &office).0, 200);
    }
    assert!(serving.stop().success());
    let listed = run(&["reads", "list", "--database-url", &url]).must(0).out;
    assert_eq!(listed.lines().count(), 21, "{listed}");
    run(&["journal", "verify", "--database-url", &url]).must(0);
}
