//! A request sent twice under one key is done once.

use std::sync::Barrier;

use kezek::domain::codes::Role;
use kezek::service::counter::tick::tick;
use serde_json::json;

use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, instant, on_both};

on_both!(
    the_same_request_under_the_same_key_gets_the_same_answer_and_is_done_once,
    another_body_under_the_same_key_is_refused,
    another_route_under_the_same_key_is_refused,
    the_key_of_another_credential_is_another_key,
    the_same_request_sent_at_once_by_ten_is_done_once,
    a_refused_request_leaves_its_key_free,
    an_unreadable_key_is_malformed,
    a_kept_answer_is_forgotten_after_thirty_days_and_the_journal_stays_as_it_is,
);

fn the_same_request_under_the_same_key_gets_the_same_answer_and_is_done_once(desk: &Desk) {
    let office = desk.office();
    let application = desk.another_child().application(CITY);
    let first = desk.post_once("/api/v1/applications", &office, "key-1", &application).must(201);
    let records = desk.records();
    desk.set_clock("2026-09-10T06:00:00Z");
    desk.register(&desk.another_child());
    for _ in 0..3 {
        let again = desk.post_once("/api/v1/applications", &office, "key-1", &application).must(201);
        assert_eq!(again.text, first.text, "the answer of then, not of now");
    }
    assert_eq!(desk.records(), records + 1, "only the other child was registered");
    let staff = desk.department();
    let places = json!({"group": GROUP, "cohort": 2022, "count": 2, "available_on": "2026-09-14"});
    let reported = desk.post_once("/api/v1/places", &staff, "key-1", &places).must(201);
    let again = desk.post_once("/api/v1/places", &staff, "key-1", &places).must(201);
    assert_eq!(reported.text, again.text);
    assert_eq!(desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json["total"], 2);
}

fn a_kept_answer_is_forgotten_after_thirty_days_and_the_journal_stays_as_it_is(desk: &Desk) {
    let tick = |at: &str| {
        let now = instant(at);
        let ticked = tick(&desk.registry.office.store, &desk.registry.office.rules, now, now).expect("a tick");
        ticked.forgotten
    };
    let office = desk.office();
    let child = desk.another_child();
    let send = || desk.post_once("/api/v1/applications", &office, "key-1", &child.application(CITY));
    let first = send().must(201);
    assert_eq!(tick("2026-10-10T04:00:00Z"), 0, "thirty days later it is still known");
    desk.set_clock("2026-10-10T04:00:00Z");
    assert_eq!(send().must(201).text, first.text);
    let (now, future) = (desk.clock.now(), instant("2030-01-01T00:00:00Z"));
    let typed =
        kezek::service::counter::tick::tick(&desk.registry.office.store, &desk.registry.office.rules, now, future)
            .expect("a tick");
    assert_eq!(typed.forgotten, 0, "an instant that somebody typed forgets nothing of today");
    // Whoever must hear of the overdue case has been told by now.
    let records = desk.records();
    assert_eq!(tick("2026-10-10T04:00:00.000001Z"), 1);
    assert_eq!(tick("2026-10-10T04:00:00.000001Z"), 0);
    assert_eq!(desk.records(), records, "forgetting an answer is no act");
    send().refused(409, "duplicate");
}

fn another_body_under_the_same_key_is_refused(desk: &Desk) {
    let office = desk.office();
    desk.post_once("/api/v1/applications", &office, "key-1", &desk.another_child().application(CITY)).must(201);
    let records = desk.records();
    let other = desk.another_child();
    desk.post_once("/api/v1/applications", &office, "key-1", &other.application(CITY))
        .refused(422, "idempotency_key_reused");
    assert_eq!(desk.records(), records);
    assert_eq!(desk.look_up(&other.iin).must(200).json, json!({"entries": []}));
}

fn another_route_under_the_same_key_is_refused(desk: &Desk) {
    let [first, second] = [(); 2].map(|()| desk.register(&desk.another_child()));
    let body = json!({"decision": "accepted"});
    let department = desk.department();
    desk.post_once(&format!("/api/v1/applications/{first}/decide"), &department, "key-1", &body).must(200);
    desk.post_once(&format!("/api/v1/applications/{second}/decide"), &department, "key-1", &body)
        .refused(422, "idempotency_key_reused");
    assert_eq!(desk.application(&second)["decision"], "pending");
}

fn the_key_of_another_credential_is_another_key(desk: &Desk) {
    let other = desk.another_token(Role::Office, HOME).token;
    desk.post_once("/api/v1/applications", &desk.office(), "key-1", &desk.another_child().application(CITY)).must(201);
    desk.post_once("/api/v1/applications", &other, "key-1", &desk.another_child().application(CITY)).must(201);
}

fn the_same_request_sent_at_once_by_ten_is_done_once(desk: &Desk) {
    let office = desk.office();
    let application = desk.another_child().application(VILLAGE);
    let records = desk.records();
    let start = Barrier::new(10);
    let answers: Vec<(u16, String)> = std::thread::scope(|scope| {
        let sent: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let reply = desk.post_once("/api/v1/applications", &office, "key-1", &application);
                    (reply.status, reply.text)
                })
            })
            .collect();
        sent.into_iter().map(|s| s.join().expect("a clerk")).collect()
    });
    assert!(answers.iter().all(|answer| answer == &answers[0] && answer.0 == 201), "{answers:?}");
    assert_eq!(desk.records(), records + 1);
}

fn a_refused_request_leaves_its_key_free(desk: &Desk) {
    let office = desk.office();
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["consent"] = json!(false);
    desk.post_once("/api/v1/applications", &office, "key-1", &application).refused(422, "no_consent");
    desk.post_once("/api/v1/applications", &office, "key-1", &child.application(CITY)).must(201);
}

fn an_unreadable_key_is_malformed(desk: &Desk) {
    let application = desk.another_child().application(CITY).to_string();
    let office = desk.office();
    for key in ["", &"k".repeat(256), "кілт"] {
        let head = [("idempotency-key", key)];
        desk.send("POST", "/api/v1/applications", Some(&office), &head, Some(application.as_bytes()))
            .refused(400, "wrong_idempotency_key");
    }
}
