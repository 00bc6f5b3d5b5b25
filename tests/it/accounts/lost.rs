//! A family that has lost its telephone and its paper, while a stranger who found them tries: any counter that sees the identity
//! document opens the way back, nothing is lost, and what the stranger does is undone.

use serde_json::json;

use super::people_one_time_codes;
use crate::desk::{Desk, HOME, VILLAGE, on_both};

on_both!(
    a_family_that_lost_telephone_and_paper_comes_back_at_any_counter,
    whoever_found_the_paper_is_shut_out_and_what_was_done_is_undone,
);

fn told(desk: &Desk, number: &str) -> Vec<String> {
    let box_ = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let all = box_["messages"].as_array().expect("messages").iter().filter(|m| m["subject"] == json!(number));
    all.map(|m| m["kind"].as_str().expect("a kind").to_owned()).collect()
}

fn a_family_that_lost_telephone_and_paper_comes_back_at_any_counter(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    // Somebody tries codes until the family would have to wait.
    let guess = json!({"iin": child.iin, "code": "AAAA2222"});
    while desk.sign_in(&guess).status == 401 {}
    desk.sign_in(&guess).refused(429, "too_many_tries");
    // The mother stands at the counter of another district, with her identity document alone.
    let counter = desk.token(kezek::domain::codes::Role::StateCorporation, "000000000");
    let sent = json!({"iin": child.parent_iin, "document": "№ 012345678"});
    let code = desk.post(&format!("/api/v1/applications/{number}/code"), &counter, &sent).must(201);
    let code = code.text_of("family_code");
    let session = desk.sign_in(&json!({"iin": child.iin, "code": code})).must(201).text_of("token");
    let read = desk.get(&format!("/api/v1/applications/{number}"), &session).must(200).json;
    assert_eq!((&read["status"], &read["standing"]["position"]), (&json!("in_queue"), &json!(1)));
    // Her new number is a contact at once, and the old one hears of it.
    let contacts = json!({"contacts": ["+7 701 555 00 11"]});
    desk.post(&format!("/api/v1/applications/{number}/amend"), &session, &contacts).must(200);
    desk.keep_secret("+77015550011");
    let kinds = told(desk, &number);
    assert!(kinds.contains(&"family_code".to_owned()) && kinds.contains(&"amended".to_owned()), "{kinds:?}");
    // What takes something away waits for the family's term, unless she signs for it.
    let withdraw = format!("/api/v1/applications/{number}/withdraw");
    desk.post(&withdraw, &session, &json!({})).refused(403, "code_too_new");
    let signed = json!({"request": desk.request(&number)});
    desk.post(&withdraw, &desk.office(), &signed).must(200);
    desk.post(&format!("/api/v1/applications/{number}/undo"), &session, &json!({})).must(200);
    assert_eq!(desk.status(&number), "in_queue");
    // And the next time a one-time code reaches her.
    let one_time = people_one_time_codes::one_code(desk, &child);
    desk.sign_in(&json!({"iin": child.iin, "one_time_code": one_time})).must(201);
}

fn whoever_found_the_paper_is_shut_out_and_what_was_done_is_undone(desk: &Desk) {
    let (child, behind) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    desk.waiting(&behind);
    // The paper opens everything for whoever has it: also a withdrawal and a move.
    let found = desk.family(&number);
    let moved = json!({"territory": VILLAGE});
    let there = desk.post(&format!("/api/v1/applications/{number}/move"), &found, &moved).must(200).text_of("number");
    // The family hears of it, comes to a counter, and the stranger's session is over.
    let sent = json!({"iin": child.parent_iin, "document": "№ 012345678"});
    let code = desk.post(&format!("/api/v1/applications/{there}/code"), &desk.office(), &sent).must(201);
    desk.get(&format!("/api/v1/applications/{there}"), &found).refused(401, "session_ended");
    let session = desk.sign_in(&json!({"iin": child.iin, "code": code.text_of("family_code")})).must(201);
    let undo = format!("/api/v1/applications/{there}/undo");
    desk.post(&undo, &session.text_of("token"), &json!({})).must(200);
    let read = desk.application(&number);
    assert_eq!((&read["status"], &read["standing"]["position"]), (&json!("in_queue"), &json!(1)));
}
