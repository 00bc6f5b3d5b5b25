//! A child that is enrolled asks for another kindergarten: it keeps its place until it has a better one.

use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, on_both};

on_both!(
    a_child_that_wins_a_transfer_leaves_its_old_place_by_the_new_contract,
    until_the_contract_the_child_keeps_its_place,
    a_request_stands_behind_all_who_asked_before,
    the_place_that_a_transfer_leaves_goes_to_whoever_is_due,
    a_transfer_is_asked_for_by_an_enrolled_child_once_and_names_other_kindergartens,
    a_transfer_that_is_taken_back_leaves_the_enrolment,
    a_refused_request_leaves_the_enrolment,
    a_child_that_leaves_keeps_its_request_as_its_one_application,
    a_transfer_stays_in_its_home,
    the_index_is_the_same_when_it_is_built_anew,
    the_page_shows_the_enrolment_and_the_request,
    the_contract_of_a_case_that_goes_step_by_step_ends_the_old_enrolment,
);

/// Another group of the city that suits the children of these tests, and its kindergarten.
const BETTER_GROUP: &str = "503";
const BETTER: &str = "k-005";

fn request(child: &Child) -> Value {
    let mut request = child.application(CITY);
    request["transfer"] = json!(true);
    request["preferences"] = json!([BETTER]);
    request
}

fn ask(desk: &Desk, child: &Child) -> String {
    let number = desk.hand_in(&desk.office(), &request(child)).must(201).text_of("number");
    desk.accept(&number);
    number
}

fn entries(desk: &Desk, child: &Child) -> Vec<(String, String)> {
    let reply = desk.look_up(&child.iin).must(200);
    let entry =
        |e: &Value| (e["application"].as_str().unwrap_or("").to_owned(), e["status"].as_str().unwrap_or("").to_owned());
    reply.json["entries"].as_array().expect("entries").iter().map(entry).collect()
}

fn told(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(number, status)| ((*number).to_owned(), (*status).to_owned())).collect()
}

fn referral(desk: &Desk, number: &str) -> Reply {
    desk.get(&format!("/api/v1/referrals/{number}"), &desk.department()).must(200)
}

fn a_child_that_wins_a_transfer_leaves_its_old_place_by_the_new_contract(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, old) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled"), (&transfer, "in_queue")]));
    desk.place(BETTER_GROUP);
    let held = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json;
    let won = held["allocation"][0]["referral"].as_str().expect("a referral").to_owned();
    assert_eq!((&held["allocation"][0]["application"], &held["placed"]), (&json!(transfer), &json!(1)));
    desk.enrol(&won);
    assert_eq!(referral(desk, &old).json["status"], "departed");
    assert_eq!((desk.status(&enrolment), desk.status(&transfer)), ("closed".to_owned(), "enrolled".to_owned()));
    assert_eq!(entries(desk, &child), told(&[(&transfer, "enrolled")]));
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    assert_eq!((&bulletin["total"], &bulletin["places"][0]["group"]), (&json!(1), &json!(GROUP)));
    let again = desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    assert_eq!(again.json["application"], json!(transfer), "the claim is the transfer's now");
    // It may ask again, now from where it is.
    let mut back = request(&child);
    back["preferences"] = json!(["k-001"]);
    let number = desk.hand_in(&desk.office(), &back).must(201).text_of("number");
    desk.accept(&number);
    desk.enrol(&desk.refer_next(HOME));
    assert_eq!(entries(desk, &child), told(&[(&number, "enrolled")]));
}

fn the_contract_of_a_case_that_goes_step_by_step_ends_the_old_enrolment(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, old) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    desk.place(BETTER_GROUP);
    let won = desk.refer_next(HOME);
    desk.on_referral(&won, "present", &json!({})).must(200);
    let case = desk.last_record("present")["case"]["case"].as_str().expect("a case").to_owned();
    let staff = desk.another_of(&desk.kindergarten_of(&won));
    desk.step(&case, &staff.token, &json!({"step": "assign", "executor": staff.account})).must(200);
    desk.step(&case, &staff.token, &json!({"step": "study_draft", "decision": "accepted"})).must(200);
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled"), (&transfer, "referred")]));
    desk.step(&case, &staff.token, &json!({"step": "sign"})).must(200);
    assert_eq!(entries(desk, &child), told(&[(&transfer, "enrolled")]));
    assert_eq!(
        (referral(desk, &old).json["status"].as_str(), desk.status(&enrolment)),
        (Some("departed"), "closed".to_owned())
    );
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    assert_eq!((&bulletin["total"], &bulletin["places"][0]["group"]), (&json!(1), &json!(GROUP)));
    desk.step(&case, &staff.token, &json!({"step": "issue"})).must(200);
    assert_eq!(desk.next(HOME)["application"], Value::Null, "nobody else waits for the place that it left");
}

fn until_the_contract_the_child_keeps_its_place(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, _) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    desk.place(BETTER_GROUP);
    let won = desk.refer_next(HOME);
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled"), (&transfer, "referred")]));
    assert_eq!(desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json["total"], 0);
    desk.on_referral(&won, "refuse", &json!({"ground": "incomplete_package"})).must(200);
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled"), (&transfer, "in_queue")]));
    assert_eq!(desk.next(HOME)["application"], json!(transfer), "it waits on with its turn");
}

fn a_request_stands_behind_all_who_asked_before(desk: &Desk) {
    let child = desk.another_child();
    desk.enrolled(&child);
    let waiting = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let transfer = ask(desk, &child);
    let later = desk.waiting(&desk.another_child());
    desk.places(BETTER_GROUP, 4);
    let held = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json;
    let order: Vec<&Value> =
        held["allocation"].as_array().expect("rows").iter().map(|row| &row["application"]).collect();
    assert_eq!(order, [&json!(waiting[0]), &json!(waiting[1]), &json!(transfer), &json!(later)]);
}

fn the_place_that_a_transfer_leaves_goes_to_whoever_is_due(desk: &Desk) {
    let child = desk.another_child();
    desk.enrolled(&child);
    ask(desk, &child);
    desk.place(BETTER_GROUP);
    let won = desk.refer_next(HOME);
    let next = desk.waiting(&desk.another_child());
    assert_eq!(desk.next(HOME)["application"], Value::Null, "the old place is not free before the contract");
    desk.enrol(&won);
    let due = desk.next(HOME);
    assert_eq!((&due["application"], &due["row"]["group"]), (&json!(next), &json!(GROUP)));
}

fn a_transfer_is_asked_for_by_an_enrolled_child_once_and_names_other_kindergartens(desk: &Desk) {
    let child = desk.another_child();
    let office = desk.office();
    desk.hand_in(&office, &request(&child)).refused(409, "nothing_to_transfer");
    let number = desk.waiting(&child);
    desk.hand_in(&office, &request(&child)).refused(409, "nothing_to_transfer");
    desk.place(GROUP);
    desk.enrol(&desk.refer_next(HOME));
    let with = |wishes: Value| {
        let mut request = request(&child);
        request["preferences"] = wishes;
        desk.hand_in(&office, &request)
    };
    let records = desk.records();
    assert_eq!(with(json!([])).must(422).json["faults"][0]["code"], "transfer_without_wish");
    assert_eq!(with(json!([BETTER, "k-001"])).must(422).json["faults"][0]["field"], "preferences[1]");
    assert_eq!(desk.records(), records);
    let transfer = ask(desk, &child);
    let twice = desk.hand_in(&office, &request(&child)).refused(409, "duplicate");
    assert_eq!(twice.json["application"], json!(transfer));
    let amend = |wishes: Value| {
        desk.post(
            &format!("/api/v1/applications/{transfer}/amend"),
            &desk.family(&transfer),
            &json!({"preferences": wishes}),
        )
    };
    assert_eq!(amend(json!([])).must(422).json["faults"][0]["code"], "transfer_without_wish");
    assert_eq!(amend(json!(["k-001"])).must(422).json["faults"][0]["code"], "already_there");
    amend(json!(["k-006", BETTER])).must(200);
    assert_eq!(entries(desk, &child), told(&[(&number, "enrolled"), (&transfer, "in_queue")]));
}

fn a_transfer_that_is_taken_back_leaves_the_enrolment(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, _) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    desk.withdraw(&transfer).must(200);
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled")]));
    let again = desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    assert_eq!(again.json["application"], json!(enrolment), "the enrolment keeps the claim");
    ask(desk, &child);
}

fn a_refused_request_leaves_the_enrolment(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, _) = desk.enrolled(&child);
    let transfer = desk.hand_in(&desk.office(), &request(&child)).must(201).text_of("number");
    desk.decide(&transfer, &json!({"decision": "refused", "grounds": ["expired_documents"]}));
    assert_eq!(desk.status(&transfer), "refused");
    assert_eq!(entries(desk, &child), told(&[(&enrolment, "enrolled")]));
    desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
}

fn a_child_that_leaves_keeps_its_request_as_its_one_application(desk: &Desk) {
    let child = desk.another_child();
    let (_, old) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    let departed = desk.on_referral(&old, "depart", &json!({"last_day": "2026-09-30", "reason": "хат"})).must(200);
    assert_eq!(departed.json["transfer"], json!(transfer));
    assert_eq!(entries(desk, &child), told(&[(&transfer, "in_queue")]));
    let twice = desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    assert_eq!(twice.json["application"], json!(transfer));
    desk.place(BETTER_GROUP);
    desk.enrol(&desk.refer_next(HOME));
    assert_eq!(entries(desk, &child), told(&[(&transfer, "enrolled")]));
}

fn a_transfer_stays_in_its_home(desk: &Desk) {
    let child = desk.another_child();
    desk.enrolled(&child);
    let mut elsewhere = request(&child);
    elsewhere["territory"] = json!(VILLAGE);
    elsewhere["preferences"] = json!(["k-016"]);
    desk.hand_in(&desk.office(), &elsewhere).refused(409, "transfer_other_home");
    let transfer = ask(desk, &child);
    let move_there = json!({"territory": VILLAGE});
    desk.post(&format!("/api/v1/applications/{transfer}/move"), &desk.portal(), &move_there)
        .refused(409, "transfer_cannot_move");
}

fn the_index_is_the_same_when_it_is_built_anew(desk: &Desk) {
    let children = [(); 3].map(|()| desk.another_child());
    let old = children.each_ref().map(|child| desk.enrolled(child).1);
    children.iter().for_each(|child| drop(ask(desk, child)));
    desk.on_referral(&old[1], "depart", &json!({"last_day": "2026-09-30", "reason": "хат"})).must(200);
    desk.place(BETTER_GROUP);
    desk.refer_next(HOME);
    let before = children.each_ref().map(|child| desk.look_up(&child.iin).must(200).json);
    let now = desk.registry.office.clock.now();
    desk.registry
        .office
        .index
        .rebuild(&desk.registry.office.store, &desk.registry.office.rules, now)
        .expect("the index");
    let after = children.each_ref().map(|child| desk.look_up(&child.iin).must(200).json);
    assert_eq!(before, after);
}

fn the_page_shows_the_enrolment_and_the_request(desk: &Desk) {
    let child = desk.another_child();
    let (enrolment, _) = desk.enrolled(&child);
    let transfer = ask(desk, &child);
    let typed = desk.form(&child.iin, "kk");
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let page = desk.send("POST", "/", None, &form, Some(typed.as_bytes())).must(200).text;
    let first = page.find(&format!("№ {enrolment}:")).expect("the enrolment");
    let second = page.find(&format!("№ {transfer}:")).expect("the request");
    assert!(first < second, "{page}");
}
