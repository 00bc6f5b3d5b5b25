//! Several programs on one registry: what one writes, the others answer within the follower's interval.

use serde_json::json;

use crate::desk::Db;
use crate::desk::database::Database;
use crate::program::{self, Serving, handed_in, run, until};

/// The number of a child's position at a server, once it knows the child.
fn position(serving: &Serving, iin: &str) -> Option<(u64, u64)> {
    let entry = serving.entry(iin)?;
    Some((entry["position"].as_u64()?, entry["of"].as_u64()?))
}

#[test]
fn what_one_server_writes_the_other_answers() {
    let database = Database::with_fixtures_of_now(Db::Postgres);
    let office = program::token(database.url(), "office");
    let servers = [Serving::start(database.url()), Serving::start(database.url())];
    let rows = program::rows(24, 31);
    // Both write into the same homes by turns, and both at once.
    std::thread::scope(|scope| {
        for (server, rows) in servers.iter().zip(rows.chunks(12)) {
            let office = &office;
            scope.spawn(move || {
                for row in rows {
                    assert_eq!(server.post("/api/v1/applications", office, &handed_in(row)).0, 201);
                }
            });
        }
    });
    for row in &rows {
        let iin = row.child_iin.to_string();
        for server in &servers {
            until("the other server follows", || position(server, &iin));
        }
    }
    for row in &rows {
        let iin = row.child_iin.to_string();
        let [first, second] = servers.each_ref().map(|server| position(server, &iin));
        assert_eq!(first, second, "both servers say the same of one child");
    }
    // A child that one server takes out of the queue leaves it at the other.
    let leaving = program::rows(26, 31).pop().expect("a family");
    let gone = &leaving.child_iin.to_string();
    let (status, body) = servers[0].post("/api/v1/applications", &office, &handed_in(&leaving));
    assert_eq!(status, 201, "{body}");
    let number = body["number"].as_str().expect("a number").to_owned();
    until("the other server follows", || servers[1].entry(gone));
    let path = format!("/api/v1/applications/{number}/withdraw");
    let code = json!({"iin": gone, "code": body["family_code"]});
    let (_, session) = servers[0].post("/api/v1/sessions", &office, &code);
    let family = session["token"].as_str().expect("a session");
    assert_eq!(servers[0].post(&path, family, &json!({})).0, 200);
    let withdrawn = |server: &Serving| server.entry(gone).filter(|entry| entry["status"] == "withdrawn");
    assert!(withdrawn(&servers[0]).is_some());
    until("the other server follows", || withdrawn(&servers[1]));
    // The same child at both at once: one gets it.
    let row = program::rows(25, 31).pop().expect("a family");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> = servers
            .iter()
            .map(|s| scope.spawn(|| s.post("/api/v1/applications", &office, &handed_in(&row)).0))
            .collect();
        sent.into_iter().map(|s| s.join().expect("a clerk")).collect()
    });
    assert!(statuses == [201, 409] || statuses == [409, 201], "{statuses:?}");
    run(&["journal", "verify", "--database-url", database.url()]).must(0);
}

#[test]
fn of_programs_that_make_a_registry_at_once_all_find_it_ready() {
    for db in Db::BOTH {
        for _ in 0..3 {
            let database = Database::empty(db);
            let url = database.url();
            std::thread::scope(|scope| {
                for _ in 0..5 {
                    scope.spawn(|| {
                        let made = run(&["init", "--database-url", url]);
                        assert!(made.code == Some(0) || made.err.contains("there is a registry already"), "{made:?}");
                    });
                }
            });
            std::thread::scope(|scope| {
                for _ in 0..5 {
                    scope.spawn(|| program::token(url, "auditor"));
                }
            });
            let listed = run(&["token", "list", "--database-url", url]).must(0).out;
            assert_eq!(listed.lines().filter(|l| l.contains(",auditor,")).count(), 5, "{listed}");
        }
    }
}

#[test]
fn an_import_beside_a_running_server_becomes_visible_on_sqlite() {
    an_import_beside_a_running_server_becomes_visible(Db::Sqlite);
}

#[test]
fn an_import_beside_a_running_server_becomes_visible_on_postgres() {
    an_import_beside_a_running_server_becomes_visible(Db::Postgres);
}

fn an_import_beside_a_running_server_becomes_visible(db: Db) {
    let database = Database::with_fixtures_of_now(db);
    let folder = tempfile::tempdir().expect("a folder");
    let office = program::token(database.url(), "office");
    let serving = Serving::start(database.url());
    let mut rows = program::rows(1_201, 32);
    let last = rows.pop().expect("a family");
    let file = folder.path().join("applications.csv");
    program::write_rows(&file, &rows);
    run(&["import", "applications", file.to_str().expect("a path"), "--database-url", database.url()]).must(0);
    for row in rows.iter().step_by(97) {
        until("the import is visible", || position(&serving, &row.child_iin.to_string()));
    }
    // The imported child cannot be registered again, and a new one stands behind those imported into its queue.
    assert_eq!(serving.post("/api/v1/applications", &office, &handed_in(&rows[5])).0, 409);
    let (status, body) = serving.post("/api/v1/applications", &office, &handed_in(&last));
    assert_eq!(status, 201, "{body}");
    let fresh = Serving::start(database.url());
    for row in rows.iter().step_by(101).chain([&last]) {
        let iin = row.child_iin.to_string();
        assert_eq!(position(&serving, &iin), position(&fresh, &iin), "as a server says that has just been started");
    }
}
