//! Which routes read a person, and which list several.

use kezek::domain::codes::Role;
use kezek::service::kernel::permissions::{OFFICIALS, roles};
use kezek::service::reads::sights::{Sight, sight};
use kezek::web::route::Route;
use kezek::web::routes::of_the_api;

use super::log_of;
use crate::desk::{Desk, HOME, on_both};
use crate::web::every_route::Things;

on_both!(
    each_route_that_reads_a_person_leaves_one_line_and_a_list_one_a_day,
    a_family_leaves_no_line_and_nobody_reads_by_a_refusal,
);

fn each_route_that_reads_a_person_leaves_one_line_and_a_list_one_a_day(desk: &Desk) {
    let things = Things::of(desk);
    let (mut persons, mut lists) = (0, 0);
    for Route { method, path: route, act, .. } in of_the_api() {
        let Some(act) = act.filter(|act| method == "GET" || sight(*act) != Sight::Nobody) else { continue };
        for role in OFFICIALS.iter().filter(|role| roles(act).contains(role)) {
            let where_ = format!("{method} {route} as {role}");
            let (path, body) = things.request_of(desk, *role, method.as_str(), route);
            let body = body.map(|body| body.to_string());
            // Another account each time: what it has read today is nothing.
            let token = match role {
                Role::Kindergarten => desk.another_of("k-001").token,
                _ => desk.another_token(*role, HOME).token,
            };
            let ask = || {
                let said = [("kezek-purpose", "тексеру")];
                let asked = desk.send(method.as_str(), &path, Some(&token), &said, body.as_ref().map(String::as_bytes));
                assert!(asked.status < 300, "{where_}: {}", asked.text);
            };
            let before = log_of(desk).len();
            ask();
            ask();
            let lines = log_of(desk).split_off(before);
            match sight(act) {
                Sight::Person(kind) => {
                    assert_eq!(lines.len(), 2, "{where_}: {lines:?}");
                    for line in lines {
                        assert_eq!((line.read.kind, line.read.role.as_str()), (kind, role.code()), "{where_}");
                        assert!(path.contains(&format!("/{}", line.read.subject)), "{where_}: {}", line.read.subject);
                        assert!(line.read.purpose.is_some(), "{where_}");
                    }
                    persons += 1;
                }
                Sight::List(kind) => {
                    let found: Vec<_> = lines.iter().map(|line| line.read.kind).collect();
                    assert_eq!(found, [kind], "{where_}: one line a day");
                    lists += 1;
                }
                Sight::Nobody => assert!(lines.is_empty(), "{where_}: {lines:?}"),
            }
        }
    }
    assert!(persons > 30 && lists > 20, "{persons} and {lists} were walked");
    // The next day is another.
    let (token, path) = (desk.department(), format!("/api/v1/queues?territory={HOME}"));
    desk.get(&path, &token).must(200);
    let before = log_of(desk).len();
    desk.get(&path, &token).must(200);
    assert_eq!(log_of(desk).len(), before);
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.get(&path, &token).must(200);
    assert_eq!(log_of(desk).len(), before + 1);
}

fn a_family_leaves_no_line_and_nobody_reads_by_a_refusal(desk: &Desk) {
    let (number, other) = (desk.register(&desk.another_child()), desk.register(&desk.another_child()));
    let session = desk.family(&number);
    let before = log_of(desk).len();
    for path in ["", "/documents", "/reads"] {
        desk.get(&format!("/api/v1/applications/{number}{path}"), &session).must(200);
    }
    desk.get(&format!("/api/v1/applications/{other}"), &session).refused(404, "not_found");
    desk.get("/api/v1/applications/391000000-999999", &desk.office()).refused(404, "not_found");
    let far = desk.token(Role::Office, crate::desk::VILLAGE_HOME);
    desk.get(&format!("/api/v1/applications/{number}"), &far).refused(403, "territory_too_far");
    assert_eq!(log_of(desk).len(), before);
}
