//! Who may do what: every route with every role, inside and outside the territory, and without a credential.

use std::collections::BTreeSet;

use kezek::domain::codes::Role;
use kezek::service::kernel::permissions::{Act, OFFICIALS, TABLE, roles};
use kezek::web::route::Route;
use kezek::web::routes::of_the_api;
use serde_json::{Value, json};

use crate::desk::{Desk, GROUP, HOME, VILLAGE_HOME, on_both};
use crate::web::every_route::Things;

on_both!(
    every_route_lets_in_the_roles_of_the_table_inside_their_territory_and_nobody_else,
    a_family_reaches_its_own_child_alone,
    every_route_refuses_a_missing_an_unknown_and_a_revoked_credential,
    a_side_that_the_child_is_shielded_from_reaches_nothing_of_it,
    a_real_round_is_the_department_s,
    what_everyone_may_ask_needs_no_credential,
    every_route_of_the_table_is_mounted,
);

fn ask(desk: &Desk, token: Option<&str>, method: &str, (path, body): &(String, Option<Value>)) -> crate::desk::Reply {
    let body = body.as_ref().map(Value::to_string);
    desk.send(method, path, token, &[("kezek-purpose", "тексеру")], body.as_ref().map(String::as_bytes))
}

fn every_route_lets_in_the_roles_of_the_table_inside_their_territory_and_nobody_else(desk: &Desk) {
    let things = Things::of(desk);
    // A withdrawal ends the application, so it is walked last.
    let ends = |route: &&Route| route.path.ends_with("/withdraw");
    let routes = of_the_api().filter(|r| !ends(r)).chain(of_the_api().filter(ends));
    let mut walked = 0;
    for Route { method, path: route, act, .. } in routes {
        let (method, Some(act)) = (method.as_str(), act) else { continue };
        for role in OFFICIALS {
            let request = things.request_of(desk, *role, method, route);
            let outside = ask(desk, Some(&desk.token(*role, VILLAGE_HOME)), method, &request);
            let inside = ask(desk, Some(&desk.token(*role, HOME)), method, &request);
            let where_ = format!("{method} {route} as {role}");
            if [Act::KeepOwnSignIn, Act::EndSession].contains(act) {
                // A token is no session: there is nothing of one's own to change.
                assert_eq!((outside.code(), inside.code()), ("no_session", "no_session"), "{where_}");
            } else if *act == Act::ReadOwnAccount {
                assert_eq!((outside.status, inside.status), (200, 200), "{where_}: everybody reads their own");
            } else if roles(*act).contains(role) {
                assert_eq!((outside.status, outside.code()), (403, "territory_too_far"), "{where_}: {}", outside.text);
                let let_in = ![401, 403, 404].contains(&inside.status) && inside.status < 500;
                assert!(let_in, "{where_} is let in, but: {} {}", inside.status, inside.text);
            } else {
                assert_eq!((outside.status, outside.code()), (403, "role_too_far"), "{where_}: {}", outside.text);
                assert_eq!((inside.status, inside.code()), (403, "role_too_far"), "{where_}: {}", inside.text);
            }
            walked += 1;
        }
    }
    assert_eq!(walked, of_the_api().filter(|route| route.act.is_some()).count() * OFFICIALS.len());
}

fn a_family_reaches_its_own_child_alone(desk: &Desk) {
    let things = Things::of(desk);
    let child = desk.another_child();
    let number = desk.register(&child);
    let (own, other) = (desk.family(&number), desk.family(things.application()));
    for Route { method, path: route, act, .. } in of_the_api() {
        let Some(act) = act else { continue };
        let method = method.as_str();
        let request = things.request(desk, method, route);
        let where_ = format!("{method} {route}");
        if *act == Act::EndSession {
            continue;
        }
        if !roles(*act).contains(&Role::Family) {
            ask(desk, Some(&own), method, &request).refused(403, "role_too_far");
            continue;
        }
        let foreign = ask(desk, Some(&own), method, &request);
        assert_eq!(foreign.status, 404, "{where_} of another's child: {}", foreign.text);
        // Whose referral and document are walked is another child's.
        if !["/withdraw", "/documents/{id}", "/depart"].iter().any(|end| route.ends_with(end)) {
            let reached = ask(desk, Some(&other), method, &request);
            assert!(![401, 403, 404].contains(&reached.status) && reached.status < 500, "{where_}: {}", reached.text);
        }
    }
}

fn a_side_that_the_child_is_shielded_from_reaches_nothing_of_it(desk: &Desk) {
    let things = Things::of(desk);
    let number = things.application();
    let session = desk.family(number);
    let listed = format!("/api/v1/applications/{number}/representatives");
    let all = desk.get(&listed, &desk.department()).must(200).json;
    let all = all["representatives"].as_array().expect("both");
    let first = all.iter().find(|one| one["document"].is_null()).expect("the first")["id"].clone();
    let scan = desk.request(number)["scan"].clone();
    let act = json!({"number": "2-77", "on": "2026-05-01", "scan": scan, "issued_by": "сот", "decides": "shield",
        "representative": first});
    desk.post(&format!("/api/v1/applications/{number}/court-act"), &desk.department(), &act).must(200);
    for Route { method, path: route, act, .. } in of_the_api() {
        let Some(act) = act.filter(|act| *act != Act::EndSession && roles(*act).contains(&Role::Family)) else {
            continue;
        };
        // Whose referral and document are walked is another child's.
        if ["/documents/{id}", "/depart"].iter().any(|end| route.ends_with(end)) {
            continue;
        }
        let refused = ask(desk, Some(&session), method.as_str(), &things.request(desk, method.as_str(), route));
        assert_eq!((refused.status, refused.code()), (403, "shielded"), "{act:?} {method} {route}: {}", refused.text);
    }
}

fn every_route_refuses_a_missing_an_unknown_and_a_revoked_credential(desk: &Desk) {
    let things = Things::of(desk);
    let revoked = desk.another_token(Role::Department, HOME);
    ask(desk, Some(&revoked.token), "GET", &things.request(desk, "GET", "/api/v1/queues")).must(200);
    kezek::service::accounts::credentials::revoke(&desk.registry.office.store, desk.clock.now(), &revoked.id)
        .expect("revoked");
    let records = desk.records();
    for Route { method, path: route, act, .. } in of_the_api() {
        if act.is_none() {
            continue;
        }
        let method = method.as_str();
        let request = things.request(desk, method, route);
        ask(desk, None, method, &request).refused(401, "token_missing");
        for token in ["", "Bearer", "kezek_0", revoked.id.as_str(), revoked.token.as_str(), &"k".repeat(4000)] {
            let refused = ask(desk, Some(token), method, &request);
            let code = if token.is_empty() { "token_missing" } else { "unknown_token" };
            refused.refused(401, code);
        }
        let body = request.1.as_ref().map(Value::to_string);
        let basic = [("authorization", "Basic b2ZmaWNlOm9mZmljZQ==")];
        desk.send(method, &request.0, None, &basic, body.as_ref().map(String::as_bytes)).refused(401, "token_missing");
    }
    assert_eq!(desk.records(), records, "nobody did anything");
}

fn a_real_round_is_the_department_s(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    for role in [Role::Akim, Role::Auditor] {
        let token = desk.token(role, HOME);
        desk.post("/api/v1/rounds", &token, &json!({"territory": HOME, "dry_run": true})).must(200);
        desk.post("/api/v1/rounds", &token, &json!({"territory": HOME})).refused(403, "role_too_far");
    }
    desk.post("/api/v1/rounds", &desk.token(Role::Department, HOME), &json!({"territory": HOME})).must(201);
}

fn what_everyone_may_ask_needs_no_credential(desk: &Desk) {
    let things = Things::of(desk);
    for Route { method, path: route, act, .. } in of_the_api() {
        if act.is_none() {
            // A form, not JSON: see the tests of systems.
            if route == "/api/v1/tokens" {
                continue;
            }
            let made = ["/api/v1/sessions", "/api/v1/passwords"].contains(&route.as_str());
            let status = match route.as_str() {
                "/api/v1/one-time-codes" => 202,
                _ if made => 201,
                _ => 200,
            };
            ask(desk, None, method.as_str(), &things.request(desk, method.as_str(), route)).must(status);
        }
    }
    for page in ["/", "/?lang=ru", "/openapi.json", "/docs/"] {
        desk.look(page).must(200);
    }
}

fn every_route_of_the_table_is_mounted(desk: &Desk) {
    for Route { method, path: route, .. } in of_the_api() {
        let reply = desk.send(method.as_str(), &route.replace(['{', '}'], ""), None, &[], None);
        assert!(![404, 405].contains(&reply.status), "{method} {route} is not mounted: {}", reply.text);
    }
}

#[test]
fn the_table_lists_every_act_once_and_keeps_the_roles_apart() {
    let acts: Vec<Act> = TABLE.iter().map(|(act, _)| *act).collect();
    for (n, act) in acts.iter().enumerate() {
        assert!(!acts[..n].contains(act), "{act:?} is listed twice");
        assert!(!roles(*act).is_empty(), "nobody may do {act:?}");
    }
    // Who hands in does not decide, who decides does not enrol, and the auditor changes nothing.
    for channel in [Role::Office, Role::StateCorporation, Role::Portal] {
        for act in [Act::Decide, Act::JudgeProof, Act::HoldRound, Act::Refer, Act::Confirm, Act::ReportPlace] {
            assert!(!roles(act).contains(&channel), "{channel} may do {act:?}");
        }
    }
    for act in [Act::Decide, Act::Refer, Act::Confirm, Act::Annul, Act::Extend, Act::HoldRound] {
        assert!(!roles(act).contains(&Role::Kindergarten), "a kindergarten may do {act:?}");
    }
    assert_eq!(roles(Act::RefuseReferral), [Role::Kindergarten]);
    for act in [Act::Present, Act::Enrol] {
        assert_eq!(roles(act), [Role::Kindergarten, Role::Department], "the department where a kindergarten cannot");
    }
    let of_auditor: Vec<Act> = acts.into_iter().filter(|act| roles(*act).contains(&Role::Auditor)).collect();
    let reads = [
        Act::ReadApplication,
        Act::TryRound,
        Act::ReadRound,
        Act::ExplainRound,
        Act::SeeNext,
        Act::ReadReferral,
        Act::ReadPending,
        Act::ReadScan,
        Act::ReadSkips,
        Act::ReadDuplicates,
        Act::ReadDebts,
        Act::ReadQueue,
        Act::ReadPlaces,
        Act::ReadCase,
        Act::OverseeCases,
        Act::ReadOutbox,
        Act::ReadOwnAccount,
        Act::EndSession,
        Act::KeepOwnSignIn,
        Act::ReadAccounts,
        Act::ReadReads,
    ];
    assert_eq!(of_auditor, reads);
}

#[test]
fn every_handler_that_describes_a_route_stands_in_the_table_once() {
    let table: BTreeSet<(&str, &str)> = of_the_api().map(|r| (r.method.as_str(), r.path.as_str())).collect();
    assert_eq!(table.len(), of_the_api().count(), "a route is listed twice");
    assert!(table.iter().all(|(_, path)| path.starts_with('/')), "a handler names no path: {table:?}");
    let mut described = BTreeSet::new();
    let room = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web");
    for folder in [room.to_owned(), format!("{room}/api"), format!("{room}/pages")] {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten().filter(|entry| entry.path().is_file()) {
            let source = std::fs::read_to_string(entry.path()).expect("a source");
            for said in source.split("\n#[utoipa::path(").skip(1) {
                let (method, rest) = said.split_once(", path = \"").expect("a method, then a path");
                let (path, _) = rest.split_once('"').expect("a path");
                described.insert((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    let table = table.into_iter().map(|(method, path)| (method.to_owned(), path.to_owned())).collect();
    assert_eq!(described, table, "what the handlers describe and the table differ");
}

#[test]
fn the_openapi_document_says_who_needs_no_credential() {
    let document = serde_json::to_value(kezek::web::openapi::document()).expect("a document");
    let mut described = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let mut table = of_the_api().filter(|r| r.path == *path && r.method.as_str() == method.to_uppercase());
            let route = table.next().expect("the route");
            assert_eq!(operation["security"] == json!([{}]), route.act.is_none(), "{method} {path} and its credential");
            described += 1;
        }
    }
    assert_eq!(described, of_the_api().count(), "a route is not described");
}

/// What a role reaches, as the table's head says it.
const REACHES: &[(Role, &str)] = &[
    (Role::Office, "applications of its territory and below"),
    (Role::StateCorporation, "applications of its territory and below"),
    (Role::Portal, "applications of the parent named by `Kezek-Parent`"),
    (Role::Department, "its territory and below"),
    (Role::Akim, "its territory and below"),
    (Role::Kindergarten, "its one kindergarten: a child from the moment when its referral is theirs"),
    (Role::Auditor, "its territory and below, each read with a purpose"),
    (Role::Family, "its own child wherever it stands; nothing where a court has shielded the child from it"),
];

#[test]
fn the_printed_table_of_who_may_do_what_is_that_of_the_program() {
    let mut text = "# Who may do what\n\nOne table decides (`src/service/kernel/permissions.rs`); this is its print, and a test walks it.\n\n".to_owned();
    for (role, reach) in REACHES {
        text += &format!("- **{role}** reaches {reach}.\n");
    }
    let head: Vec<&str> = REACHES.iter().map(|(role, _)| role.code()).collect();
    text += &format!("\n| act | {} | routes |\n|---|{}---|\n", head.join(" | "), "---|".repeat(head.len()));
    for (act, allowed) in TABLE {
        let marks: Vec<&str> = REACHES.iter().map(|(role, _)| if allowed.contains(role) { "+" } else { "" }).collect();
        let of_act = of_the_api().filter(|route| route.act == Some(*act));
        let routes: Vec<String> = of_act.map(|route| format!("`{} {}`", route.method, route.path)).collect();
        text += &format!("| {act:?} | {} | {} |\n", marks.join(" | "), routes.join(", "));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/expected/permissions.md");
    if std::env::var_os("KEZEK_REWRITE_EXPECTED").is_some() {
        std::fs::write(path, &text).expect("the expected table cannot be written");
        return;
    }
    let expected = std::fs::read_to_string(path).expect("fixtures/expected/permissions.md");
    assert!(
        expected == text,
        "the table has changed: read the change, then run the tests with KEZEK_REWRITE_EXPECTED=1"
    );
}
