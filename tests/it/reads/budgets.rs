//! Budgets: within one nothing is asked, beyond it a purpose, and at ten times it reading stops until the department lifts it.

use std::sync::Arc;

use kezek::domain::codes::{ReadKind, Role};
use kezek::domain::instant::instant_text;
use kezek::rules::Rules;
use kezek::service::kernel::problem::Problem;
use kezek::service::registry::Registry;
use kezek::store::reads::NewRead;
use kezek::trust::signature::NoVerifier;
use serde_json::{Value, json};

use super::{log_of, official, read, read_beside};
use crate::desk::{Desk, HOME, VILLAGE, VILLAGE_HOME, on_both};
use crate::program::{kezek, run};

on_both!(
    an_auditor_says_what_each_read_is_for,
    a_purpose_is_one_line_of_at_most_two_hundred_characters,
    beyond_its_budget_an_account_says_a_purpose_and_the_department_is_told_once_a_day,
    ten_times_over_reading_stops_until_the_department_lifts_it,
);

/// What an akim reads in a day without a purpose.
const AKIM: usize = 100;

/// Lets an account have read so much today, by another server.
fn has_read(desk: &Desk, account: &str, role: Role, count: usize) {
    let at = desk.clock.now();
    let line = NewRead {
        at,
        on: instant_text(at)[..10].parse().expect("a day"),
        account: account.to_owned(),
        mandate: None,
        role: role.code().to_owned(),
        kind: ReadKind::Application,
        subject: "393200000-000099".to_owned(),
        purpose: None,
    };
    desk.second_store().append_reads(&vec![line; count]).expect("written");
}

/// Reads as a server does that knows nothing but the rows.
fn by_another_server(desk: &Desk, token: &str, number: &str, purpose: Option<&str>) -> Result<(), Problem> {
    let rules = Arc::new(Rules::shipped().expect("the rules"));
    let registry = Registry::open(desk.second_store(), rules, desk.clock.clone(), Box::new(NoVerifier));
    let registry = registry.expect("a server");
    let read = read_beside(&registry, token, number, purpose);
    registry.memory.reads.flush(&registry.office.store).expect("written");
    read
}

fn an_auditor_says_what_each_read_is_for(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let auditor = desk.auditor();
    let refused = read(desk, &auditor, &number, None).refused(403, "purpose_needed");
    assert_eq!(refused.json["header"], "Kezek-Purpose");
    read(desk, &auditor, &number, Some("жоспарлы тексеру")).must(200);
    assert_eq!(log_of(desk).len(), 1);
    // A list names nobody.
    let queues = format!("/api/v1/queues?territory={HOME}");
    desk.send("GET", &queues, Some(&auditor), &[], None).must(200);
}

fn a_purpose_is_one_line_of_at_most_two_hundred_characters(desk: &Desk) {
    let number = desk.register(&desk.another_child());
    let auditor = desk.auditor();
    let long = "ұ".repeat(200);
    read(desk, &auditor, &number, Some(&long)).must(200);
    read(desk, &auditor, &number, Some("%D1%82%D0%B5%D0%BA%D1%81%D0%B5%D1%80%D1%83")).must(200);
    read(desk, &auditor, &number, Some(&format!("{long}ұ"))).refused(422, "too_long");
    read(desk, &auditor, &number, Some("a%0Ab")).refused(422, "control_character");
    read(desk, &auditor, &number, Some("%FF")).refused(422, "wrong_purpose");
    read(desk, &auditor, &number, Some("  ")).refused(422, "missing");
    let told = desk.get(&format!("/api/v1/applications/{number}/reads"), &desk.department()).must(200).json;
    let purposes: Vec<&Value> = told["reads"].as_array().expect("reads").iter().map(|read| &read["purpose"]).collect();
    assert_eq!(purposes, [&json!("тексеру"), &json!(long)]);
}

fn beyond_its_budget_an_account_says_a_purpose_and_the_department_is_told_once_a_day(desk: &Desk) {
    let number = desk.waiting_in_village(&desk.another_child());
    let (account, akim) = official(desk, Role::Akim, VILLAGE, None);
    has_read(desk, &account, Role::Akim, AKIM - 1);
    let told = || {
        let outbox = desk.get(&format!("/api/v1/outbox?territory={VILLAGE_HOME}"), &desk.department()).must(200).json;
        let all = outbox["messages"].as_array().expect("messages").clone();
        all.into_iter().filter(|message| message["kind"] == "reads_over_budget").collect::<Vec<_>>()
    };
    read(desk, &akim, &number, None).must(200);
    let refused = read(desk, &akim, &number, None).refused(403, "purpose_needed");
    assert_eq!((&refused.json["budget"], &refused.json["day"]), (&json!(AKIM), &json!("2026-09-10")));
    assert!(told().is_empty(), "a refused read is none");
    for _ in 0..3 {
        read(desk, &akim, &number, Some("ата-ананың өтініші")).must(200);
    }
    let said = told();
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!((&said[0]["subject"], &said[0]["recipient"]), (&json!(account), &json!("department")));
    for (tongue, words) in [("kk", "100 оқудан"), ("ru", "больше 100"), ("en", "more than the 100")] {
        assert!(said[0]["text"][tongue].as_str().is_some_and(|text| text.contains(words)), "{said:?}");
    }
    // A server that was started anew knows both: how much was read, and that it was told.
    log_of(desk);
    assert_eq!(by_another_server(desk, &akim, &number, None).expect_err("beyond it").code, "purpose_needed");
    by_another_server(desk, &akim, &number, Some("тексеру")).expect("for a purpose");
    assert_eq!(told().len(), 1);
    // Another day, another budget.
    desk.set_clock("2026-09-11T04:00:00Z");
    read(desk, &akim, &number, None).must(200);
    // Another role of nobody's is not counted with it.
    read(desk, &desk.office(), &number, None).must(200);
}

fn ten_times_over_reading_stops_until_the_department_lifts_it(desk: &Desk) {
    let number = desk.waiting_in_village(&desk.another_child());
    let (account, akim) = official(desk, Role::Akim, VILLAGE, None);
    let lift = format!("/api/v1/accounts/{account}/lift");
    let (own, department) = official(desk, Role::Department, VILLAGE_HOME, None);
    has_read(desk, &account, Role::Akim, 10 * AKIM - 1);
    desk.post(&lift, &department, &json!({})).refused(409, "budget_not_reached");
    read(desk, &akim, &number, Some("тексеру")).must(200);
    let stopped = |told: &str| {
        let refused = read(desk, &akim, &number, Some("тексеру")).refused(403, "reads_over_budget");
        assert!(refused.text.contains(&lift) && refused.text.contains(told), "{}", refused.text);
    };
    stopped("1000");
    desk.post(&lift, &desk.token(Role::Department, HOME), &json!({})).refused(403, "territory_too_far");
    desk.post(&format!("/api/v1/accounts/{own}/lift"), &department, &json!({})).refused(403, "own_account");
    let lifted = desk.post(&lift, &department, &json!({})).must(200).json;
    assert_eq!((&lifted["reads"], &lifted["stops_at"]), (&json!(1000), &json!(2000)));
    read(desk, &akim, &number, Some("тексеру")).must(200);
    desk.post(&lift, &department, &json!({})).refused(409, "budget_not_reached");
    has_read(desk, &account, Role::Akim, 998);
    // What other servers counted is known when the next line of the account is written.
    read(desk, &akim, &number, Some("тексеру")).must(200);
    log_of(desk);
    stopped("2000");
    desk.post(&format!("/api/v1/accounts/{account}0/lift"), &department, &json!({})).refused(404, "not_found");
    let acts: Vec<String> = desk.deeds().into_iter().map(|deed| deed.act).collect();
    assert_eq!(acts.iter().filter(|act| *act == "lift_budget").count(), 1);
    assert_eq!(acts.iter().filter(|act| *act == "exceed_budget").count(), 1);
}

#[test]
fn the_operator_lists_reads_and_lifts_at_the_machine() {
    let desk = Desk::open(crate::desk::Db::Sqlite);
    let url = desk.database_url();
    let number = desk.waiting_in_village(&desk.another_child());
    let (account, akim) = official(&desk, Role::Akim, VILLAGE, None);
    read(&desk, &akim, &number, Some("ата-ана \"келді\"")).must(200);
    read(&desk, &desk.office(), &number, None).must(200);
    log_of(&desk);
    let listed = run(&["reads", "list", "--database-url", url, "--account", &account]).must(0).out;
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "seq,at,account,role,what,subject,territory,post,name,purpose");
    assert_eq!(lines.len(), 2, "{listed}");
    let expected = format!(
        "{account},akim,application,{number},{VILLAGE},\"бас маман\",\"Серікбаева Айгүл\",\"ата-ана \"\"келді\"\"\""
    );
    assert!(lines[1].ends_with(&expected), "{listed}");
    assert_eq!(run(&["reads", "list", "--database-url", url]).must(0).out.lines().count(), 3);
    let since = ["reads", "list", "--database-url", url, "--since", "2026-09-10T04:00:01Z"];
    assert_eq!(run(&since).must(0).out.lines().count(), 1);
    let file = tempfile::tempdir().expect("a folder");
    let file = file.path().join("applications.csv");
    for _ in 0..2 {
        run(&["export", "applications", file.to_str().expect("a path"), "--database-url", url]).must(0);
    }
    let exported = run(&["reads", "list", "--database-url", url, "--account", "operator"]).must(0).out;
    assert_eq!(exported.lines().count(), 2, "{exported}");
    assert!(exported.contains(",operator,operator,export,applications,"), "{exported}");
    // The program's clock is the machine's, and its day another.
    let lift = kezek().args(["account", "lift", &account, "--database-url", url]).output().expect("it runs");
    assert_eq!(lift.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&lift.stderr).contains("budget_not_reached"));
}
