//! Deadlines that are looked over: due lists, counts, escalation, and a calendar that changes.

use std::sync::Arc;

use kezek::domain::codes::Role;
use kezek::rules::Rules;
use kezek::service::cases::oversight;
use kezek::service::tick;
use kezek::store::outbox;
use serde_json::json;

use super::request_of;
use crate::desk::{CITY, Desk, HOME, VILLAGE, VILLAGE_HOME, on_both};

on_both!(
    due_lists_name_what_is_due_soon_and_overdue_by_provider_step_and_executor,
    an_overdue_step_is_told_to_the_head_then_to_the_department_each_once,
    a_changed_calendar_moves_the_deadlines_of_open_cases_only,
);

fn due_lists_name_what_is_due_soon_and_overdue_by_provider_step_and_executor(desk: &Desk) {
    let token = desk.department();
    let list = |query: &str| desk.get(&format!("/api/v1/cases?{query}"), &token).must(200).json;
    let (_, first) = desk.case_of_another_child(&desk.office(), CITY);
    let (_, second) = desk.case_of_another_child(&desk.office(), VILLAGE);
    let closed = desk.case_of_another_child(&desk.office(), CITY);
    let refuse = json!({"step": "refuse_service", "grounds": ["untrue_data"]});
    desk.step(&closed.1, &token, &refuse).must(200);
    let soon = list("territory=390000000&state=due_soon");
    let numbers: Vec<&str> =
        soon["cases"].as_array().expect("cases").iter().filter_map(|c| c["number"].as_str()).collect();
    assert_eq!(
        numbers,
        [first.as_str(), second.as_str()],
        "by due instant, then by number; what has ended is not there"
    );
    assert_eq!(list("territory=390000000&state=overdue")["cases"], json!([]));
    desk.set_clock("2026-09-10T05:00:00Z");
    let executor = desk.another_token(Role::Office, HOME).id;
    desk.step(&first, &token, &json!({"step": "assign", "executor": executor})).must(200);
    desk.set_clock("2026-09-10T10:00:00Z");
    let overdue = list(&format!("territory={HOME}&state=overdue"));
    assert_eq!(overdue["cases"][0]["number"], first.as_str());
    assert_eq!(overdue["cases"][0]["overdue"], true);
    // Thursday 10:00 in Kostanay, and twenty minutes of the provider's hours.
    assert_eq!(overdue["cases"][0]["due_at"], "2026-09-10T10:20:00+05:00");
    let count = json!([{"provider": CITY, "step": "study_draft", "executor": executor, "cases": 1}]);
    assert_eq!(overdue["counts"], count);
    assert_eq!(list(&format!("territory={HOME}&executor={executor}"))["cases"].as_array().expect("cases").len(), 1);
    assert_eq!(list(&format!("territory={HOME}&step=assign"))["cases"], json!([]));
    assert_eq!(list(&format!("territory=390000000&provider={VILLAGE}"))["cases"][0]["number"], second.as_str());
    let csv = desk.get(&format!("/api/v1/cases.csv?territory={HOME}&state=overdue"), &token).must(200);
    assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
    assert!(csv.text.starts_with("number,service,regulation,territory"), "{}", csv.text);
    let address = format!("/api/v1/cases?territory={HOME}&state=overdue");
    for (accept, is_csv) in [
        ("text/csv", true),
        ("text/csv, application/json", true),
        ("application/json;q=0.5, text/csv", true),
        ("*/*", false),
        ("application/json", false),
        ("text/csv;q=0.1, application/json", false),
    ] {
        let answered = desk.send("GET", &address, Some(&token), &[("accept", accept)], None).must(200);
        assert_eq!(answered.text == csv.text, is_csv, "{accept}: {}", answered.media);
        assert_eq!(answered.media.starts_with("text/csv"), is_csv, "{accept}: {}", answered.media);
    }
    for (query, code) in [
        ("territory=39".to_owned(), "wrong_territory"),
        (format!("territory={HOME}&state=late"), "wrong_state"),
        (format!("territory={HOME}&cursor=x"), "wrong_cursor"),
        (format!("territory={HOME}&provider={VILLAGE}"), "provider_outside_territory"),
    ] {
        desk.get(&format!("/api/v1/cases?{query}"), &token).refused(422, code);
    }
    let elsewhere = desk.token(Role::Department, VILLAGE_HOME);
    desk.get(&format!("/api/v1/cases?territory={HOME}"), &elsewhere).refused(403, "territory_too_far");
}

fn an_overdue_step_is_told_to_the_head_then_to_the_department_each_once(desk: &Desk) {
    let (_, case) = desk.case_of_another_child(&desk.office(), CITY);
    let tick = |at: &str| {
        desk.set_clock(at);
        tick::tick(&desk.registry.store, &desk.registry.rules, desk.clock.now(), desk.clock.now())
            .expect("a tick")
            .escalated
    };
    let told = || -> Vec<String> {
        let all = desk.registry.store.read(|conn| outbox::about(conn, &case)).expect("the outbox");
        all.into_iter().map(|m| format!("{} of {}", m.recipient, m.territory)).collect()
    };
    assert_eq!(tick("2026-09-10T04:04:59Z"), 0, "five minutes are not over");
    assert_eq!(tick("2026-09-10T04:05:00Z"), 1);
    assert_eq!(tick("2026-09-10T04:06:00Z"), 0, "once each");
    assert_eq!(told(), [format!("head of {CITY}")]);
    assert_eq!(tick("2026-09-10T04:10:00Z"), 1);
    assert_eq!(tick("2026-09-11T04:10:00Z"), 0);
    assert_eq!(told(), [format!("head of {CITY}"), format!("department of {HOME}")]);
    assert_eq!(desk.case(&case)["escalation"], 2);
    // Nothing is blocked, and the next step begins anew.
    let executor = desk.another_token(Role::Office, HOME).id;
    let moved = desk.step(&case, &desk.department(), &json!({"step": "assign", "executor": executor})).must(200).json;
    assert_eq!((&moved["escalation"], &moved["steps"][1]["late"]), (&json!(0), &json!(true)));
    assert_eq!(tick("2026-09-11T04:35:00Z"), 1);
    assert_eq!((tick("2026-09-14T04:00:00Z"), tick("2026-09-14T04:00:00Z")), (1, 0));
}

fn a_changed_calendar_moves_the_deadlines_of_open_cases_only(desk: &Desk) {
    let open = |desk: &Desk| {
        let request = request_of(&desk.another_child(), "externat", CITY);
        desk.post("/api/v1/cases", &desk.office(), &request).must(201).text_of("number")
    };
    let (running, withdrawn) = (open(desk), open(desk));
    let withdraw = json!({"reason": "өтініш бойынша"});
    desk.post(&format!("/api/v1/cases/{withdrawn}/withdraw"), &desk.office(), &withdraw).must(200);
    let before = desk.case(&running);
    // Fifteen working days from Thursday 10 September 2026.
    assert_eq!(before["total_due_at"], "2026-10-01T23:59:59+05:00");
    // A decree makes Friday 25 September a day off, for Saturday 3 October.
    let swaps = include_str!("../../../fixtures/calendar/swaps.csv");
    let header = swaps.lines().next().expect("a header");
    let columns = header.split(',').count();
    let row = format!("2026-09-25,2026-10-03{}", ",a test".repeat(columns - 2));
    let file = ("calendar/swaps.csv".to_owned(), format!("{}\n{row}\n", swaps.trim_end()));
    let rules = Arc::new(Rules::shipped_with(vec![file]).unwrap_or_else(|faults| panic!("{faults}")));
    let now = desk.clock.now();
    assert_eq!(oversight::recompute(&desk.registry.store, &rules, now).expect("recomputed"), (1, 1));
    let after = desk.case(&running);
    assert_eq!(after["total_due_at"], "2026-10-02T23:59:59+05:00");
    assert_eq!(after["current"]["due_at"], before["current"]["due_at"], "three hours of today do not move");
    let records = desk.records();
    assert_eq!(oversight::recompute(&desk.registry.store, &rules, now).expect("recomputed"), (0, 1));
    assert_eq!(desk.records(), records, "what does not move leaves no record");
    let listed = desk.get(&format!("/api/v1/cases?territory={HOME}"), &desk.department()).must(200).json;
    assert_eq!(listed["cases"].as_array().expect("cases").len(), 1);
}
