//! Deadlines that are looked over: due lists, counts, escalation, and a calendar that changes.

use std::sync::Arc;

use kezek::domain::codes::Role;
use kezek::rules::Rules;
use kezek::service::cases::oversight;
use kezek::service::counter::tick;
use kezek::service::files::calendar::{self, Given};
use kezek::store::outbox;
use serde_json::json;

use super::request_of;
use crate::desk::{CITY, Desk, HOME, VILLAGE, VILLAGE_HOME, on_both};

on_both!(
    due_lists_name_what_is_due_soon_and_overdue_by_provider_step_and_executor,
    an_overdue_step_is_told_to_the_head_then_to_the_department_each_once,
    a_changed_calendar_moves_the_deadlines_of_open_cases_only,
    a_message_is_read_in_words_by_the_department_and_taken_once_by_whoever_sends_it,
    a_running_server_takes_up_a_decree_at_its_next_act,
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
    let executor = desk.another_token(Role::Office, HOME).account;
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
        tick::tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), desk.clock.now())
            .expect("a tick")
            .escalated
    };
    let told = || -> Vec<String> {
        let all = desk.registry.office.store.read(|conn| outbox::about(conn, &case)).expect("the outbox");
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
    let executor = desk.another_token(Role::Office, HOME).account;
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
    assert_eq!(oversight::recompute(&desk.registry.office.store, &rules, now).expect("recomputed"), (1, 1));
    let after = desk.case(&running);
    assert_eq!(after["total_due_at"], "2026-10-02T23:59:59+05:00");
    assert_eq!(after["current"]["due_at"], before["current"]["due_at"], "three hours of today do not move");
    let records = desk.records();
    assert_eq!(oversight::recompute(&desk.registry.office.store, &rules, now).expect("recomputed"), (0, 1));
    assert_eq!(desk.records(), records, "what does not move leaves no record");
    let listed = desk.get(&format!("/api/v1/cases?territory={HOME}"), &desk.department()).must(200).json;
    assert_eq!(listed["cases"].as_array().expect("cases").len(), 1);
}

/// A case of the city and one of the village, each overdue, each told to its head.
fn two_told(desk: &Desk) -> (String, String) {
    let (_, city) = desk.case_of_another_child(&desk.office(), CITY);
    let (_, village) = desk.case_of_another_child(&desk.office(), VILLAGE);
    desk.set_clock("2026-09-10T04:07:00Z");
    let ticked =
        tick::tick(&desk.registry.office.store, &desk.registry.office.rules, desk.clock.now(), desk.clock.now());
    assert_eq!(ticked.expect("a tick").escalated, 2);
    (city, village)
}

fn a_message_is_read_in_words_by_the_department_and_taken_once_by_whoever_sends_it(desk: &Desk) {
    let (city, village) = two_told(desk);
    let department = desk.department();
    let read = |query: &str, token: &str| desk.get(&format!("/api/v1/outbox?{query}"), token);
    let all = read("territory=390000000", &department).must(200).json;
    let told: Vec<(&str, &str, &str)> = all["messages"]
        .as_array()
        .expect("messages")
        .iter()
        .map(|m| ["subject", "recipient", "territory"].map(|field| m[field].as_str().expect("a text")).into())
        .collect();
    assert!(told.contains(&(city.as_str(), "head", CITY)) && told.contains(&(village.as_str(), "head", VILLAGE)));
    assert_eq!(told.len(), 2);
    let message = all["messages"].as_array().unwrap().iter().find(|m| m["subject"] == city.as_str()).expect("one");
    // Who, of what, when, in each language.
    assert_eq!((&message["kind"], &message["created_at"]), (&json!("overdue"), &json!("2026-09-10T09:07:00+05:00")));
    for (language, words) in [
        ("kk", "ісі бойынша «Жауапты орындаушыны айқындау"),
        ("ru", "(срок: 10.09.2026 09:05)"),
        ("en", "is overdue (it was due on 10.09.2026 09:05)"),
    ] {
        let text = message["text"][language].as_str().expect("a text");
        assert!(text.contains(words) && text.contains(&city), "no {words:?} in {text:?}");
    }
    // The akim of the village sees their own; another district nothing; an office is no reader.
    let akim = desk.token(Role::Akim, VILLAGE);
    assert_eq!(read(&format!("territory={VILLAGE}"), &akim).must(200).json["messages"].as_array().unwrap().len(), 1);
    read(&format!("territory={HOME}"), &akim).refused(403, "territory_too_far");
    read(&format!("territory={HOME}"), &desk.office()).refused(403, "role_too_far");
    let csv = desk.send(
        "GET",
        &format!("/api/v1/outbox?territory={HOME}"),
        Some(&department),
        &[("accept", "text/csv")],
        None,
    );
    let csv = csv.must(200);
    assert!(csv.text.starts_with("id,kind,recipient,territory,kindergarten,subject,text_kk,text_ru,created_at"));
    assert_eq!(csv.text.lines().count(), 2, "{}", csv.text);
    // Taken once; the same request again gives the same.
    let take =
        |key: &str| desk.post_once("/api/v1/outbox/take", &department, key, &json!({"territory": HOME})).must(200).json;
    let (records, first) = (desk.records(), take("a"));
    assert_eq!(first["messages"][0]["id"], message["id"]);
    assert!(first["messages"][0]["taken_by"].is_string() && first["messages"][0]["taken_at"].is_string());
    assert_eq!((take("a"), take("b")["messages"].clone()), (first, json!([])));
    assert_eq!(desk.records(), records + 1, "what takes nothing is no act");
    let state = |state: &str| {
        let listed = read(&format!("territory=390000000&state={state}"), &department).must(200).json;
        listed["messages"].as_array().unwrap().iter().map(|m| m["subject"].as_str().unwrap().to_owned()).collect()
    };
    let (taken, untaken): (Vec<String>, Vec<String>) = (state("taken"), state("untaken"));
    assert_eq!((taken, untaken), (vec![city], vec![village]));
    for (sent, code) in [
        (json!({"territory": "390000000"}), "territory_without_queue"),
        (json!({"territory": HOME, "limit": 0}), "wrong_limit"),
        (json!({"territory": HOME, "limit": 501}), "wrong_limit"),
        (json!({"territory": "39"}), "wrong_territory"),
    ] {
        desk.post("/api/v1/outbox/take", &department, &sent).refused(422, code);
    }
    read("territory=390000000&state=late", &department).refused(422, "wrong_state");
    read("territory=390000000&cursor=x", &department).refused(422, "wrong_cursor");
}

fn a_running_server_takes_up_a_decree_at_its_next_act(desk: &Desk) {
    let open = || {
        let request = request_of(&desk.another_child(), "externat", CITY);
        desk.post("/api/v1/cases", &desk.office(), &request).must(201).text_of("number")
    };
    let total = |case: &str| desk.case(case)["total_due_at"].clone();
    let before = open();
    // Fifteen working days from Thursday 10 September 2026.
    assert_eq!(total(&before), "2026-10-01T23:59:59+05:00");
    let swap = "off_on,working_on,source\n2026-09-25,2026-10-03,an invented decree\n";
    let file = Given { path: "swaps-2026.csv".to_owned(), text: swap.to_owned() };
    // As `kezek calendar import` does it in a process of its own: the server is told nothing.
    calendar::import(&desk.registry.office.store, desk.clock.now(), &[file]).expect("an import");
    let after = open();
    assert_eq!(total(&after), "2026-10-02T23:59:59+05:00", "the Friday is off");
    assert_eq!(total(&before), "2026-10-01T23:59:59+05:00", "what is open waits for the recomputation");
    let rules = calendar::rules(&desk.registry.office.store).expect("the rules");
    let now = desk.clock.now();
    assert_eq!(oversight::recompute(&desk.registry.office.store, &rules, now).expect("recomputed"), (1, 2));
    assert_eq!(total(&before), "2026-10-02T23:59:59+05:00");
    // And back.
    assert!(calendar::remove(&desk.registry.office.store, now, "swaps-2026.csv").expect("removed"));
    assert_eq!(total(&open()), "2026-10-01T23:59:59+05:00");
}
