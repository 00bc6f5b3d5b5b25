//! Brothers and sisters who apply together get places in one kindergarten, or wait together.

use serde_json::{Value, json};

use crate::applications::channels::bare_acts;
use crate::desk::people::Child;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, Reply, VILLAGE, on_both};
use crate::program;
use crate::rounds::spilling::verified;

on_both!(
    twins_get_places_in_one_kindergarten_where_alone_they_would_not,
    where_there_is_no_room_for_both_twins_wait_and_the_next_child_is_due,
    one_act_refers_both_twins,
    twins_are_passed_over_together,
    a_twin_waits_for_the_decision_of_the_other,
    twins_may_wish_apart_again,
    only_waiting_children_of_one_applicant_are_placed_together,
    a_correction_places_twins_together_too,
    the_laboratory_knows_twins,
    a_twin_whose_brother_has_a_place_is_alone,
    a_twin_whose_brother_was_withdrawn_is_alone,
    twins_keep_a_kindergarten_in_common_when_they_wish_anew,
    who_has_a_place_in_hand_joins_no_family,
    who_left_a_family_founds_another_one,
    a_parent_reads_that_twins_wait_together,
    a_parent_reads_each_time_that_a_place_passed_twins,
    a_parent_reads_with_which_number_twins_were_served,
);

/// Two groups of one other kindergarten that suit the children of these tests.
const PAIR: [&str; 2] = ["503", "507"];

pub fn twins(desk: &Desk) -> ([Child; 2], [String; 2]) {
    let first = desk.another_child();
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let one = desk.waiting(&first);
    let two = united(desk, &second, &one);
    desk.accept(&two);
    ([first, second], [one, two])
}

fn united(desk: &Desk, child: &Child, with: &str) -> String {
    let mut handed_in = child.application(CITY);
    handed_in["together_with"] = json!(with);
    desk.hand_in(&desk.office(), &handed_in).must(201).text_of("number")
}

fn held(desk: &Desk) -> Value {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json
}

/// Who got which group, in the round's order.
fn given(round: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
    let rows = round["allocation"].as_array().expect("rows");
    rows.iter().map(|row| (text(row, "application"), text(row, "group"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(number, group)| ((*number).to_owned(), (*group).to_owned())).collect()
}

fn twins_get_places_in_one_kindergarten_where_alone_they_would_not(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    let other = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    PAIR.iter().for_each(|group| drop(desk.place(group)));
    let round = held(desk);
    assert_eq!(given(&round), pairs(&[(&one, PAIR[0]), (&two, PAIR[1]), (&other, GROUP)]));
    assert_eq!((&round["allocation"][0]["together"], &round["allocation"][2]["together"]), (&json!(one), &Value::Null));
    assert_eq!(verified(desk, round["id"].as_str().expect("an id")).len(), 1);
    let path = format!("/api/v1/rounds/{}/applications/{one}", round["id"].as_str().expect("an id"));
    let explained = desk.get(&path, &desk.department()).must(200).text;
    assert!(explained.contains(r#""reason":"together""#), "{explained}");
}

fn where_there_is_no_room_for_both_twins_wait_and_the_next_child_is_due(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    let other = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let next = desk.next(HOME);
    assert_eq!(next["application"], json!(other));
    assert_eq!(next["reasons"][0]["ahead"], json!([{"cause": "together", "children": 2}]));
    let place = next["place"].as_str().expect("a place");
    let refused = desk.refer(&desk.department(), place, &one).refused(409, "next_changed");
    assert_eq!(refused.json["application"], json!(other));
    assert_eq!(given(&held(desk)), pairs(&[(&other, GROUP)]));
    assert_eq!((desk.status(&one), desk.status(&two)), ("in_queue".to_owned(), "in_queue".to_owned()));
}

fn one_act_refers_both_twins(desk: &Desk) {
    let (children, numbers) = twins(desk);
    let [one, two] = &numbers;
    desk.places(GROUP, 2);
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["together"][0]["application"]), (&json!(one), &json!(two)));
    let issued = desk.refer(&desk.department(), next["place"].as_str().expect("a place"), one).must(201).json;
    enrolled_together(desk, &children, &numbers, &issued);
}

/// Gives a place to another child, the one who is due passed over with a second person.
pub fn pass_over(desk: &Desk, place: &str, due: &str, other: &str) {
    let ground = json!({"place": place, "application": other, "ground": "written_refusal", "evidence": "хат"});
    let second = desk.another_token(kezek::domain::codes::Role::Department, HOME);
    let confirmed = desk.post("/api/v1/confirmations", &second.token, &ground).must(201).text_of("id");
    let skip = json!({"application": due, "ground": "written_refusal", "evidence": "хат", "confirmed_by": confirmed});
    let sent = json!({"place": place, "application": other, "skip": skip});
    desk.post("/api/v1/referrals", &desk.department(), &sent).must(201);
}

fn twins_are_passed_over_together(desk: &Desk) {
    let (_, [one, _]) = twins(desk);
    let other = desk.waiting(&desk.another_child());
    let place = desk.places(GROUP, 2).remove(0);
    pass_over(desk, &place, &one, &other);
    assert_eq!(desk.status(&other), "referred");
}

/// Both children got referrals by one act, are enrolled and nowhere else.
pub fn enrolled_together(desk: &Desk, children: &[Child; 2], numbers: &[String; 2], issued: &Value) {
    let other = issued["together"][0].as_str().expect("the other referral");
    assert!(numbers.iter().all(|number| desk.status(number) == "referred"));
    assert_eq!(desk.next(HOME)["open_places"], 0);
    desk.enrol(issued["number"].as_str().expect("a number"));
    desk.enrol(other);
    assert!(children.iter().all(|child| desk.entry(child)["status"] == "enrolled"));
    program::run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
}

fn a_twin_waits_for_the_decision_of_the_other(desk: &Desk) {
    let first = desk.another_child();
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let one = desk.waiting(&first);
    let two = united(desk, &second, &one);
    let other = desk.waiting(&desk.another_child());
    desk.places(GROUP, 2);
    assert_eq!(desk.next(HOME)["application"], json!(other), "the family is not whole yet");
    desk.accept(&two);
    assert_eq!(desk.next(HOME)["application"], json!(one));
    assert_eq!(desk.application(&one)["together_with"], json!([two]));
}

fn twins_may_wish_apart_again(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], Value::Null);
    amend(desk, &two, &json!({"together_with": ""})).must(200);
    assert_eq!(desk.next(HOME)["application"], json!(one));
    assert_eq!(desk.application(&one)["together_with"], Value::Null);
    amend(desk, &one, &json!({"together_with": two})).must(200);
    assert_eq!(desk.next(HOME)["application"], Value::Null);
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], json!(one));
}

fn only_waiting_children_of_one_applicant_are_placed_together(desk: &Desk) {
    let first = desk.another_child();
    let one = desk.waiting(&first);
    let sibling = |birth_date: &str| {
        let mut child = desk.another_child_born(birth_date);
        child.parent_iin.clone_from(&first.parent_iin);
        child
    };
    let refused = |child: &Child, territory: &str, with: &str, code: &str| {
        let mut handed_in = child.application(territory);
        handed_in["together_with"] = json!(with);
        let reply = desk.hand_in(&desk.office(), &handed_in).must(422);
        assert_eq!(
            (&reply.json["faults"][0]["field"], &reply.json["faults"][0]["code"]),
            (&json!("together_with"), &json!(code))
        );
    };
    let records = desk.records();
    refused(&desk.another_child(), CITY, &one, "unknown_application");
    refused(&sibling("2022-05-17"), CITY, &format!("{HOME}-000999"), "unknown_application");
    refused(&sibling("2022-05-17"), VILLAGE, &one, "unknown_application");
    let mut apart = sibling("2022-05-17").application(CITY);
    apart["preferences"] = json!(["k-005"]);
    amend(desk, &one, &json!({"preferences": ["k-001"]})).must(200);
    apart["together_with"] = json!(one);
    let reply = desk.hand_in(&desk.office(), &apart).must(422);
    assert_eq!(reply.json["faults"][0]["code"], "nothing_in_common");
    assert_eq!(desk.records(), records + 1, "nothing but the amendment was kept");
    amend(desk, &one, &json!({"together_with": one})).must(422);
}

#[test]
fn no_twin_is_referred_alone_at_the_decision() {
    for db in Db::BOTH {
        let desk = Desk::with(db, bare_acts());
        let first = desk.another_child();
        let mut second = desk.another_child();
        second.parent_iin.clone_from(&first.parent_iin);
        let one = desk.register(&first);
        let two = united(&desk, &second, &one);
        desk.accept(&two);
        desk.places(GROUP, 2);
        let decided = desk.accept(&one);
        assert_eq!(
            decided.json["referral"],
            Value::Null,
            "nobody is ahead, but its brother would stay: {}",
            decided.text
        );
        assert_eq!(desk.next(HOME)["together"][0]["application"], json!(two));
    }
}

#[test]
fn a_twin_whose_brother_was_withdrawn_is_referred_at_the_decision() {
    for db in Db::BOTH {
        let desk = Desk::with(db, bare_acts());
        let first = desk.another_child();
        let mut second = desk.another_child();
        second.parent_iin.clone_from(&first.parent_iin);
        let one = desk.register(&first);
        let two = united(&desk, &second, &one);
        desk.withdraw(&one).must(200);
        desk.place(GROUP);
        assert_ne!(desk.accept(&two).json["referral"], Value::Null, "nobody is waited for any more");
    }
}

fn amend(desk: &Desk, number: &str, sent: &Value) -> Reply {
    desk.post(&format!("/api/v1/applications/{number}/amend"), &desk.family(number), sent)
}

fn a_twin_whose_brother_was_withdrawn_is_alone(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    desk.withdraw(&one).must(200);
    assert_eq!(desk.application(&two)["together_with"], Value::Null);
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], json!(two));
}

fn twins_keep_a_kindergarten_in_common_when_they_wish_anew(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    amend(desk, &one, &json!({"preferences": ["k-001"]})).must(200);
    let reply = amend(desk, &two, &json!({"preferences": ["k-005"]})).must(422);
    let fault = &reply.json["faults"][0];
    assert_eq!((&fault["field"], &fault["code"]), (&json!("preferences"), &json!("nothing_in_common")));
    assert_eq!(desk.application(&two)["preferences"], json!([]), "nothing was kept");
    // Both at once: out of the family, or a list that has one of the brother's.
    amend(desk, &two, &json!({"preferences": ["k-005", "k-001"]})).must(200);
    amend(desk, &two, &json!({"preferences": ["k-005"], "together_with": ""})).must(200);
    assert_eq!(desk.application(&one)["together_with"], Value::Null);
}

fn who_has_a_place_in_hand_joins_no_family(desk: &Desk) {
    let first = desk.another_child();
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let [one, two] = [&first, &second].map(|child| desk.waiting(child));
    desk.place(GROUP);
    desk.refer(&desk.department(), desk.next(HOME)["place"].as_str().expect("a place"), &one).must(201);
    amend(desk, &one, &json!({"together_with": two})).refused(409, "wrong_state");
    amend(desk, &two, &json!({"together_with": one})).must(422);
    assert_eq!(desk.application(&two)["together_with"], Value::Null);
}

fn a_parent_reads_that_twins_wait_together(desk: &Desk) {
    let first = desk.another_child();
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let one = desk.waiting(&first);
    let together = |child: &Child| -> Option<String> {
        let answer = desk.look_up(&child.iin).must(200).json;
        let reasons = answer["entries"][0]["reasons"].as_array().expect("reasons");
        reasons.iter().find(|r| r["code"] == "together").map(|r| r["text"]["en"].to_string())
    };
    assert_eq!(together(&first), None);
    let two = united(desk, &second, &one);
    for child in [&first, &second] {
        let said = together(child).expect("both are told, decided or not");
        assert!(said.contains("with it: 1.") && !said.contains(&one) && !said.contains(&two), "{said}");
        assert!(said.contains("the last of them is reached: 2;"), "{said}");
    }
    let now = desk.registry.office.clock.now();
    let rebuild = || {
        desk.registry
            .office
            .index
            .rebuild(&desk.registry.office.store, &desk.registry.office.rules, now)
            .expect("the index")
    };
    rebuild();
    assert!(together(&first).is_some(), "also after a start");
    let page = parents_page(desk, &first);
    assert!(page.must(200).text.contains("заявления братьев и сестер: 1"));
    let mut third = desk.another_child();
    third.parent_iin.clone_from(&first.parent_iin);
    let three = united(desk, &third, &two);
    assert!(together(&first).is_some_and(|said| said.contains("with it: 2.")));
    amend(desk, &three, &json!({"together_with": ""})).must(200);
    assert!(together(&first).is_some_and(|said| said.contains("with it: 1.")));
    amend(desk, &two, &json!({"together_with": ""})).must(200);
    assert_eq!((together(&first), together(&second)), (None, None));
    rebuild();
    assert_eq!((together(&first), together(&second)), (None, None));
}

/// What the parents' page says in Russian.
fn parents_page(desk: &Desk, child: &Child) -> Reply {
    let form = [("content-type", "application/x-www-form-urlencoded")];
    desk.send("POST", "/", None, &form, Some(desk.form(&child.iin, "ru").as_bytes()))
}

fn passed(desk: &Desk, child: &Child) -> Vec<Value> {
    let told = desk.ask_with_code("/api/v1/explanations", &child.iin).must(200).json;
    told["passed"].as_array().expect("places").clone()
}

fn a_parent_reads_each_time_that_a_place_passed_twins(desk: &Desk) {
    let ([first, second], _) = twins(desk);
    for _ in 0..2 {
        desk.waiting(&desk.another_child());
    }
    desk.place(GROUP);
    assert_eq!(passed(desk, &first), [] as [Value; 0]);
    desk.refer_next(HOME);
    for child in [&first, &second] {
        let told = passed(desk, child);
        assert_eq!((told.len(), &told[0]["kindergarten"]), (1, &json!("k-001")), "{told:?}");
        let text = told[0]["text"]["en"].as_str().expect("a text");
        assert!(text.contains("went to a child behind yours") && text.contains("wait together"), "{text}");
    }
    desk.place(GROUP);
    held(desk);
    assert_eq!(passed(desk, &first).len(), 2, "a round tells it too");
    let messages = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let family = messages["messages"].as_array().expect("messages").iter().filter(|m| m["recipient"] == "family");
    assert_eq!(family.count(), 4, "{messages}");
    let page = parents_page(desk, &first);
    assert!(page.must(200).text.contains("на всех ваших детей, которые ждут вместе"), "the page says it");
    // Two places are enough for them, and whoever gets places hears nothing more.
    desk.places(GROUP, 2);
    held(desk);
    assert_eq!(passed(desk, &first).len(), 2);
    program::run(&["journal", "verify", "--database-url", desk.database_url()]).must(0);
}

#[test]
fn where_kindergartens_rank_by_themselves_and_where_places_are_kept_nobody_is_passed() {
    let desk = Desk::with(crate::desk::Db::Sqlite, crate::rounds::program_rule::by_program());
    let ([first, _], _) = twins(&desk);
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    held(&desk);
    assert_eq!(passed(&desk, &first), [] as [Value; 0], "by program");
    let desk = Desk::open(crate::desk::Db::Sqlite);
    let first = desk.another_child();
    let one = desk.register_with(&first, "large_family");
    desk.accept(&one);
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    desk.accept(&united(&desk, &second, &one));
    let favoured = desk.register_with(&desk.another_child(), "teacher");
    desk.accept(&favoured);
    desk.confirm_claim(&favoured, "teacher");
    let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14",
        "reserved": {"category": "teacher", "open": false}});
    desk.post("/api/v1/places", &desk.department(), &sent).must(201);
    assert_eq!(given(&held(&desk)), pairs(&[(&favoured, GROUP)]));
    assert_eq!(passed(&desk, &first), [] as [Value; 0], "kept for others");
}

fn a_parent_reads_with_which_number_twins_were_served(desk: &Desk) {
    let first = desk.another_child();
    let one = desk.waiting(&first);
    let between = desk.another_child();
    desk.waiting(&between);
    let mut second = desk.another_child();
    second.parent_iin.clone_from(&first.parent_iin);
    let two = united(desk, &second, &one);
    desk.accept(&two);
    desk.places(GROUP, 3);
    let round = held(desk);
    assert_eq!(given(&round).len(), 3);
    for (child, order, served_with) in [(&first, 1, json!(3)), (&second, 3, json!(3)), (&between, 2, Value::Null)] {
        let told = desk.ask_with_code("/api/v1/explanations", &child.iin).must(200).json;
        let told = &told["explanations"][0];
        assert_eq!((&told["order"], &told["served_with"]), (&json!(order), &served_with), "{told}");
    }
    let path = format!("/api/v1/rounds/{}/applications/{one}", round["id"].as_str().expect("an id"));
    assert_eq!(desk.get(&path, &desk.department()).must(200).json["served_with"], 3);
}

fn who_left_a_family_founds_another_one(desk: &Desk) {
    let (children, [one, two]) = twins(desk);
    let more: Vec<String> = (0..2)
        .map(|_| {
            let mut child = desk.another_child();
            child.parent_iin.clone_from(&children[0].parent_iin);
            desk.waiting(&child)
        })
        .collect();
    amend(desk, &more[0], &json!({"together_with": two})).must(200);
    // The first family is known by the number of the child that leaves it now.
    amend(desk, &one, &json!({"together_with": ""})).must(200);
    amend(desk, &more[1], &json!({"together_with": one})).must(200);
    let with = |number: &str| desk.application(number)["together_with"].clone();
    assert_eq!((with(&one), with(&two)), (json!([more[1]]), json!([more[0]])));
}

fn a_correction_places_twins_together_too(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    let other = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let round = held(desk);
    let id = round["id"].as_str().expect("an id");
    let sent = json!({"ground": "places_misreported", "evidence": "хат", "places": [{"group": GROUP, "count": 2}]});
    let corrected = desk.post(&format!("/api/v1/rounds/{id}/corrections"), &desk.department(), &sent).must(201).json;
    let fates: Vec<(&str, &str)> = corrected["children"]
        .as_array()
        .expect("children")
        .iter()
        .map(|row| (row["application"].as_str().unwrap_or(""), row["fate"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(
        fates,
        [(one.as_str(), "harmed"), (two.as_str(), "harmed"), (other.as_str(), "profited")],
        "{corrected}"
    );
}

fn the_laboratory_knows_twins(desk: &Desk) {
    twins(desk);
    desk.place(GROUP);
    let place = json!({"group": GROUP, "cohort": 2022, "count": 1});
    let sent = json!({"territory": HOME, "scenarios": [{"name": "one more", "places": [place]}]});
    let tried = desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json;
    let placed: Vec<&Value> = tried["scenarios"].as_array().expect("rows").iter().map(|row| &row["placed"]).collect();
    assert_eq!(placed, [&json!(0), &json!(2)], "{tried}");
    let values = tried["one_more_place"].as_array().expect("a table");
    let own = values.iter().find(|row| row["group"] == GROUP).expect("the group");
    assert_eq!((&own["placed_more"], &own["better"], &own["worse"]), (&json!(2), &json!(2), &json!(0)));
}

fn a_twin_whose_brother_has_a_place_is_alone(desk: &Desk) {
    let (_, [one, two]) = twins(desk);
    desk.places(GROUP, 2);
    let issued =
        desk.refer(&desk.department(), desk.next(HOME)["place"].as_str().expect("a place"), &one).must(201).json;
    let other = issued["together"][0].as_str().expect("the other referral");
    desk.on_referral(other, "refuse", &json!({"ground": "incomplete_package"})).must(200);
    assert_eq!(desk.next(HOME)["application"], json!(two), "it waits on by itself");
}
