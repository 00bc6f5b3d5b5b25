//! Whatever is sent, the answer is a problem document with a stable code, nothing is changed and nothing breaks.

mod random;

use kezek::service::kernel::permissions::roles;
use kezek::web::route::Route;
use kezek::web::routes::of_the_api;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, on_both};
use crate::web::every_route::Things;

on_both!(
    a_body_that_is_no_json_object_is_refused_on_every_route,
    a_body_nested_ten_thousand_levels_deep_is_refused_on_every_route,
    a_body_of_300_kilobytes_is_too_large_on_every_route,
    wrong_values_of_an_application_are_named_field_by_field,
    all_faults_of_an_application_are_named_at_once,
    wrong_iins_are_refused_wherever_they_stand,
    wrong_territories_are_refused_wherever_they_stand,
    control_characters_are_refused_in_every_text,
    a_path_of_garbage_is_not_found,
    a_wrong_method_is_not_allowed_and_says_which_is,
    a_query_of_garbage_is_malformed,
    a_form_of_garbage_is_malformed,
    what_is_no_http_at_all_is_refused,
);

/// Every route that takes JSON, on things that are there, with a credential that may use it.
fn posts(desk: &Desk) -> Vec<(String, Option<String>)> {
    let things = Things::of(desk);
    let post = |route: &Route| {
        let role = route.act.map(|act| *roles(act).first().expect("a role"));
        let token = role.map(|role| desk.token(role, "000000000"));
        (things.request(desk, "POST", &route.path).0, token)
    };
    // Systems send a form, and are answered as OAuth says: see the tests of systems.
    let json = of_the_api().filter(|route| route.method == "POST" && route.path != "/api/v1/tokens");
    json.map(post).collect()
}

/// Sends a body to every route: each answers with this problem, and the journal stays as it is.
#[track_caller]
fn every_route_refuses(desk: &Desk, body: &[u8], status: u16, code: &str) {
    // A scan is no JSON, and may be large.
    let posts: Vec<_> = posts(desk).into_iter().filter(|(path, _)| !path.starts_with("/api/v1/papers")).collect();
    let records = desk.records();
    for (path, token) in &posts {
        let reply = desk.send("POST", path, token.as_deref(), &[], Some(body));
        assert_eq!((reply.status, reply.code()), (status, code), "{path}: {}", reply.text);
        reply.is_problem();
    }
    assert_eq!(desk.records(), records, "a refused request left a record");
}

fn a_body_that_is_no_json_object_is_refused_on_every_route(desk: &Desk) {
    for body in ["nonsense", "{", "{\"iin\":", "\u{feff}{}", "{'a': 1}", "{\"a\":\"\u{0}\"}", "{\"a\":01}"] {
        every_route_refuses(desk, body.as_bytes(), 400, "malformed_body");
    }
    for body in [&b"\xff\xfe{\0}\0"[..], b"{\"a\":\"\xff\"}"] {
        every_route_refuses(desk, body, 400, "malformed_body");
    }
    for body in ["null", "true", "17", "\"text\"", "[]", "[{}]", "[\"391000000\",true]"] {
        every_route_refuses(desk, body.as_bytes(), 422, "wrong_body");
    }
    let child = desk.another_child();
    for after in ["}", "{}", ",", "x", "\u{0}"] {
        let body = json!({"iin": child.iin}).to_string() + after;
        let reply = desk.send("POST", "/api/v1/positions", None, &[], Some(body.as_bytes()));
        reply.refused(400, "malformed_body");
    }
}

fn a_body_nested_ten_thousand_levels_deep_is_refused_on_every_route(desk: &Desk) {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
    every_route_refuses(desk, deep("{\"a\":", "}").as_bytes(), 400, "malformed_body");
    every_route_refuses(desk, format!("{{\"child\":{}}}", deep("[", "]")).as_bytes(), 400, "malformed_body");
    every_route_refuses(desk, "[".repeat(100_000).as_bytes(), 400, "malformed_body");
    let child = desk.another_child();
    for iin in ["1e999", "-0", "\"\\ud800\"", "\"\\u12\"", "\"\t\"", "0x1"] {
        let reply = desk.send("POST", "/api/v1/positions", None, &[], Some(format!("{{\"iin\":{iin}}}").as_bytes()));
        assert!(matches!(reply.status, 400 | 422), "{iin}: {}", reply.text);
        reply.is_problem();
    }
    let spaced = format!(" \n{{\"iin\" : \"{}\", \"more\": [[\"]]\\\"[[\"]]}}\r\n", child.iin);
    desk.send("POST", "/api/v1/positions", None, &[], Some(spaced.as_bytes())).must(200);
}

fn a_body_of_300_kilobytes_is_too_large_on_every_route(desk: &Desk) {
    let large = json!({"iin": "0".repeat(300 * 1024)}).to_string();
    every_route_refuses(desk, large.as_bytes(), 413, "body_too_large");
}

/// Sends the application of a new child with one value changed.
fn with(desk: &Desk, pointer: &str, value: Value) -> Reply {
    let mut application = desk.another_child().application(CITY);
    *application.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    desk.hand_in(&desk.office(), &application)
}

fn wrong_values_of_an_application_are_named_field_by_field(desk: &Desk) {
    desk.office();
    let records = desk.records();
    let long = "ұ".repeat(201);
    for (pointer, value, code) in [
        ("/child/iin", json!(""), "wrong_iin"),
        ("/child/name", json!(""), "missing"),
        ("/child/name", json!(long), "too_long"),
        ("/child/birth_date", json!("17.05.2022"), "wrong_date"),
        ("/child/birth_date", json!("2022-02-30"), "wrong_date"),
        ("/child/birth_date", json!("+2022-05-1"), "wrong_date"),
        ("/child/birth_date", json!("2026-09-11"), "not_born"),
        ("/child/birth_date", json!("9999-12-31"), "not_born"),
        ("/child/birth_date", json!("2019-09-10"), "over_age"),
        ("/child/birth_date", json!("0001-01-01"), "over_age"),
        ("/applicant/iin", json!("1"), "wrong_iin"),
        ("/applicant/kind", json!("aunt"), "wrong_applicant_kind"),
        ("/applicant/kind", json!("attorney"), "missing"),
        ("/applicant/contacts", json!([]), "wrong_contacts"),
        ("/applicant/contacts", json!(["1;2"]), "wrong_contacts"),
        ("/applicant/contacts", json!([""]), "missing"),
        ("/preferences", json!(["k-001", "k-001"]), "repeated_preference"),
        ("/preferences", json!(["k-016"]), "preference_outside_territory"),
        ("/preferences", json!(["'; DROP TABLE children; --"]), "unknown_kindergarten"),
        ("/preferences", json!(["k-001", "k-002", "k-003", "k-004", "k-005"]), "too_many_preferences"),
        ("/language", json!("KK"), "wrong_language"),
        ("/kind", json!("ordinary"), "wrong_kind"),
        ("/categories", json!([{"code": "friend"}]), "unknown_category"),
        ("/categories", json!([{"code": "orphan"}, {"code": "orphan"}]), "repeated_category"),
        ("/documents", json!([{"kind": "Birth Certificate"}]), "wrong_document_kind"),
        (
            "/documents",
            json!([{"kind": "applicant_id", "number": "1", "expires_on": "2026-09-09"}]),
            "expired_document",
        ),
        ("/documents", json!(vec![json!({"kind": "other", "number": "1"}); 21]), "too_many"),
        ("/consent", json!(false), "no_consent"),
        ("/consent", json!("true"), "wrong_body"),
        ("/consent", Value::Null, "wrong_body"),
        ("/child", json!([]), "wrong_body"),
        ("/documents", json!({}), "wrong_body"),
        ("/preferences", json!([1]), "wrong_body"),
        ("/territory", json!(391_010_000), "wrong_body"),
    ] {
        let said = value.to_string();
        let reply = with(desk, pointer, value);
        let attorney_is_not_admitted = pointer == "/applicant/kind" && reply.code() == "representative_not_admitted";
        assert!(
            attorney_is_not_admitted || (reply.status, reply.code()) == (422, code),
            "{pointer} {said}: {}",
            reply.text
        );
        reply.is_problem();
        if code != "wrong_body" {
            let field = pointer.trim_start_matches('/').replace('/', ".");
            let fault = reply.json["faults"][0]["field"].as_str().expect("a field").to_owned();
            assert!(fault.starts_with(&field), "{pointer}: {fault}");
        }
    }
    assert_eq!(desk.records(), records, "a refused application left a record");
}

fn all_faults_of_an_application_are_named_at_once(desk: &Desk) {
    let mut application = desk.another_child().application(CITY);
    application["child"] = json!({"iin": "1", "name": "", "birth_date": "x"});
    application["applicant"] = json!({"iin": "2", "name": "", "kind": "x", "contacts": []});
    application["language"] = json!("x");
    application["kind"] = json!("x");
    application["preferences"] = json!(["x"]);
    application["consent"] = json!(false);
    let refused = desk.hand_in(&desk.office(), &application).refused(422, "wrong_iin");
    let faults = refused.json["faults"].as_array().expect("faults");
    let fields: Vec<&str> = faults.iter().map(|f| f["field"].as_str().expect("a field")).collect();
    let expected = [
        "child.iin",
        "child.name",
        "child.birth_date",
        "applicant.iin",
        "applicant.name",
        "applicant.kind",
        "applicant.contacts",
        "language",
        "kind",
        "preferences[0]",
        "consent",
    ];
    assert_eq!(fields, expected);
    assert!(faults.iter().all(|f| f["message"].as_str().is_some_and(|m| m.len() > 8)), "{}", refused.text);
}

/// Texts that look like an IIN and are none.
fn wrong_iins(desk: &Desk) -> Vec<String> {
    let iin = desk.another_child().iin;
    let digits: Vec<u32> = iin.chars().filter_map(|c| c.to_digit(10)).collect();
    // One digit changed by one, in turn. The second pass of the check lets a few of these through.
    let mut wrong: Vec<String> = (0..12)
        .map(|n| (0..12).map(|m| ((digits[m] + u32::from(n == m)) % 10).to_string()).collect::<String>())
        .filter(|iin| kezek::domain::iin::Iin::parse(iin).is_err())
        .collect();
    assert!(wrong.len() > 9, "the check digit finds nearly all");
    let kazakh_digits: String = iin.chars().map(|c| char::from_u32(u32::from(c) - 48 + 0x660).unwrap_or(c)).collect();
    wrong.extend([iin[..11].to_owned(), format!("{iin}0"), format!("{}x", &iin[..11]), kazakh_digits]);
    wrong.extend(["", "999999999999", "-12345678901", "1e11", "１２３４５６７８９０１２"].map(str::to_owned));
    wrong
}

fn wrong_iins_are_refused_wherever_they_stand(desk: &Desk) {
    for iin in wrong_iins(desk) {
        desk.look_up(&iin).refused(422, "wrong_iin");
        with(desk, "/child/iin", json!(iin)).refused(422, "wrong_iin");
        with(desk, "/applicant/iin", json!(iin)).refused(422, "wrong_iin");
    }
}

fn wrong_territories_are_refused_wherever_they_stand(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let department = desk.department();
    let records = desk.records();
    for (territory, code) in [
        ("", "wrong_territory"),
        ("39101000", "wrong_territory"),
        ("3910100000", "wrong_territory"),
        ("39101000x", "wrong_territory"),
        ("-91010000", "wrong_territory"),
        ("٣٩١٠١٠٠٠٠", "wrong_territory"),
        ("391019999", "unknown_territory"),
        ("999999999", "unknown_territory"),
        ("390000000", "territory_without_queue"),
        ("000000000", "unknown_territory"),
    ] {
        with(desk, "/territory", json!(territory)).refused(422, code);
        let moved =
            desk.post(&format!("/api/v1/applications/{number}/move"), &desk.office(), &json!({"territory": territory}));
        moved.refused(422, code);
        let scoped = desk.post("/api/v1/rounds", &department, &json!({"territory": territory, "dry_run": true}));
        if code != "unknown_territory" || territory == "000000000" {
            let code = if territory == "000000000" { "territory_without_queue" } else { code };
            scoped.refused(422, code);
        } else {
            assert_eq!(scoped.must(200).json["placed"], 0);
        }
    }
    assert_eq!(desk.status(&number), "in_queue");
    assert!(desk.records() <= records + 1, "a refused request left a record");
}

fn control_characters_are_refused_in_every_text(desk: &Desk) {
    for text in ["а\u{0}б", "а\nб", "а\u{7}б", "а\u{85}б"] {
        for pointer in ["/child/name", "/applicant/name", "/documents/0/number", "/documents/0/kind"] {
            with(desk, pointer, json!(text)).refused(422, "control_character");
        }
        with(desk, "/applicant/contacts", json!([text])).refused(422, "control_character");
        with(desk, "/categories", json!([{"code": "orphan", "proof": text}])).refused(422, "control_character");
        with(desk, "/categories", json!([{"code": text}])).refused(422, "unknown_category");
        with(desk, "/preferences", json!([text])).refused(422, "unknown_kindergarten");
        assert_eq!(with(desk, "/territory", json!(text)).code(), "wrong_territory");
        let sent = json!({"group": text, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
        desk.post("/api/v1/places", &desk.department(), &sent).refused(422, "unknown_group");
        let number = desk.register(&desk.another_child());
        desk.decide(&number, &json!({"decision": "accepted", "note": text})).refused(422, "control_character");
        let path = format!("/api/v1/applications/{number}/withdraw");
        desk.post(&path, &desk.office(), &json!({"reason": text})).refused(422, "control_character");
        let place = desk.place(GROUP);
        let path = format!("/api/v1/places/{place}/withdraw");
        desk.post(&path, &desk.department(), &json!({"reason": text})).refused(422, "control_character");
    }
}

/// A request line as it is, with a credential.
fn raw(desk: &Desk, method: &str, target: &[u8], token: &str) -> Reply {
    let mut request = format!("{method} ").into_bytes();
    request.extend_from_slice(target);
    let head = format!(" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    request.extend_from_slice(head.as_bytes());
    desk.send_raw(&request)
}

fn a_path_of_garbage_is_not_found(desk: &Desk) {
    let token = desk.department();
    let long = "9".repeat(8_000);
    let garbage =
        ["%00", "%ff%fe", "%2e%2e%2f", "..", "%D2%9B%D0%BE%D0%B9", "-1", "391000000-000001%0d%0a", long.as_str()];
    for part in garbage.into_iter().chain(["'%3b--", "391000000-0000001", "391000000-4294967296", "{number}", "*"]) {
        for path in [
            format!("/api/v1/applications/{part}"),
            format!("/api/v1/applications/{part}/documents"),
            format!("/api/v1/documents/{part}"),
            format!("/api/v1/rounds/{part}"),
            format!("/api/v1/referrals/{part}"),
            format!("/api/v1/queues/{part}/entries"),
            format!("/{part}"),
            format!("/api/v1/{part}"),
            format!("/api/v2/applications/{part}"),
        ] {
            let reply = raw(desk, "GET", path.as_bytes(), &token);
            let refused = (400..500).contains(&reply.status);
            assert!(refused, "{path}: {} {}", reply.status, reply.text);
            if !(path == "/.." || path == "/api/v1/..") {
                reply.is_problem();
            }
        }
        for act in ["decide", "amend", "withdraw", "move", "proofs"] {
            let reply = raw(desk, "POST", format!("/api/v1/applications/{part}/{act}").as_bytes(), &token);
            assert!((400..500).contains(&reply.status), "{part}/{act}: {} {}", reply.status, reply.text);
            reply.is_problem();
        }
    }
    desk.look("/api/v1/applications/").refused(404, "no_such_route");
    desk.look("/wp-login.php").refused(404, "no_such_route");
}

fn a_wrong_method_is_not_allowed_and_says_which_is(desk: &Desk) {
    let token = desk.department();
    for Route { method, path: route, .. } in of_the_api() {
        for other in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if *method == other {
                continue;
            }
            let target = route.replace(['{', '}'], "");
            let reply = raw(desk, other, target.as_bytes(), &token);
            // A literal segment of one route may stand for a variable of another: /referrals/next is also a number.
            let stands = of_the_api().any(|Route { method: m, path: r, .. }| {
                let same_length = r.split('/').count() == target.split('/').count();
                *m == other && (r == route || (same_length && r.contains('{')))
            });
            if !stands || reply.status == 405 {
                assert_eq!((reply.status, reply.code()), (405, "wrong_method"), "{other} {route}: {}", reply.text);
                let said = reply.json["detail"].as_str();
                assert!(said.is_some_and(|d| d.contains(method.as_str())), "{}", reply.text);
            }
        }
    }
}

fn a_query_of_garbage_is_malformed(desk: &Desk) {
    let token = desk.department();
    let entries = format!("/api/v1/queues/{HOME}-2022-general/entries");
    desk.register(&desk.another_child());
    for query in ["limit=x", "limit=-1", "limit=99999999999999999999", "limit=1&limit=2", "limit=1.5"] {
        raw(desk, "GET", format!("{entries}?{query}").as_bytes(), &token).refused(400, "malformed_query");
    }
    for target in ["/api/v1/queues", "/api/v1/referrals/next", "/api/v1/bulletins/latest"] {
        for query in
            ["", "?", "?territory", "?territory=%00", "?territory=%ff", "?TERRITORY=391000000", "?territory=%D2%9B"]
        {
            let reply = raw(desk, "GET", format!("{target}{query}").as_bytes(), &token);
            assert!(matches!(reply.status, 400 | 422), "{target}{query}: {} {}", reply.status, reply.text);
            reply.is_problem();
        }
        raw(desk, "GET", format!("{target}?territory={VILLAGE}&territory={HOME}").as_bytes(), &token)
            .refused(400, "malformed_query");
    }
    // An empty limit and an unknown member are no fault of anybody's.
    raw(desk, "GET", format!("{entries}?limit=0&unknown=1").as_bytes(), &token).must(200);
}

fn a_form_of_garbage_is_malformed(desk: &Desk) {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let send = |head: &[(&str, &str)], body: &[u8]| {
        let mut request = "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".to_owned();
        for (name, value) in head {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        desk.send_raw(&[request.as_bytes(), body].concat())
    };
    for body in [&b"iin=%ff"[..], b"iin=1&iin=2", b"iin=%00", b"=", b"iin[]=1", b"lang=xx&iin=<script>"] {
        let reply = send(&form, body);
        assert!(matches!(reply.status, 200 | 400), "{}: {}", reply.status, reply.text);
        assert!(!reply.text.contains("<script>"), "what was typed is not shown back: {}", reply.text);
    }
    send(&form, &[b"iin=".to_vec(), vec![b'1'; 10_000]].concat()).is_problem();
    send(&[("content-type", "application/json")], b"{\"iin\":1}").refused(400, "malformed_form");
    send(&[], b"iin=1").refused(400, "malformed_form");
}

fn what_is_no_http_at_all_is_refused(desk: &Desk) {
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "a".repeat(300_000));
    for request in [&b"\x16\x03\x01\x02\x00\r\n\r\n"[..], b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", long.as_bytes()] {
        let reply = desk.send_raw(request);
        assert!(reply.status < 500, "{}: {}", reply.status, reply.text);
    }
    let lies = b"POST /api/v1/positions HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\nConnection: close\r\n\r\n{}";
    assert!((400..500).contains(&desk.send_raw(lies).status));
    desk.look("/healthz").must(200);
}
