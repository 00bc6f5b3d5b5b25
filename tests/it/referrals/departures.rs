//! A child leaves its kindergarten: its place is free again, nobody's number moves, and it may be registered anew.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, VILLAGE_GROUP, on_both};

on_both!(
    a_child_that_leaves_frees_its_place_from_the_day_after,
    a_child_that_has_left_may_be_registered_again_and_stands_last,
    nobody_s_number_moves_when_a_child_leaves,
    only_an_enrolled_child_can_leave_and_only_once,
    a_departure_needs_a_day_and_a_reason,
    a_kindergarten_lets_go_its_own_children_only,
    an_over_full_group_gives_no_place_back,
    a_place_that_no_child_of_its_cohort_can_use_is_taken_out,
    a_sibling_who_has_left_gives_no_precedence,
);

fn departure() -> Value {
    json!({"last_day": "2026-09-30", "reason": "отбасы көшіп кетті"})
}

fn depart(desk: &Desk, referral: &str) -> Reply {
    desk.on_referral(referral, "depart", &departure())
}

fn a_child_that_leaves_frees_its_place_from_the_day_after(desk: &Desk) {
    let child = desk.another_child();
    let (number, referral) = desk.enrolled(&child);
    let place = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200).text_of("place");
    let departed = depart(desk, &referral).must(200).json;
    let told = json!({"referral": referral, "status": "departed", "application": number, "place": place,
        "place_status": "published", "available_on": "2026-10-01", "warnings": []});
    assert_eq!(departed, told);
    assert_eq!(desk.status(&number), "closed");
    assert_eq!(desk.entry(&child)["status"], "closed");
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    assert_eq!((&bulletin["total"], &bulletin["places"][0]["available_on"]), (&json!(1), &json!("2026-10-01")));
    let next = desk.waiting(&desk.another_child());
    assert_eq!(desk.next(HOME)["application"], json!(next), "the place goes to whoever is due");
    desk.enrol(&desk.refer_next(HOME));
}

fn a_child_that_has_left_may_be_registered_again_and_stands_last(desk: &Desk) {
    let child = desk.another_child();
    let (_, referral) = desk.enrolled(&child);
    let other = desk.another_child();
    desk.waiting(&other);
    desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    depart(desk, &referral).must(200);
    let again = desk.hand_in(&desk.office(), &child.application(CITY)).must(201).json;
    assert_eq!((&again["position"], &again["of"]), (&json!(2), &json!(2)));
    assert_eq!((desk.position(&other), desk.position(&child)), (Some(1), Some(2)));
}

fn nobody_s_number_moves_when_a_child_leaves(desk: &Desk) {
    // Whoever wishes for another kindergarten stays in front, so that the turns behind it are spent, not dropped.
    let mut elsewhere = desk.another_child().application(CITY);
    elsewhere["preferences"] = json!(["k-006"]);
    desk.accept(&desk.hand_in(&desk.office(), &elsewhere).must(201).text_of("number"));
    let (_, referral) = desk.enrolled(&desk.another_child());
    let general = [(); 4].map(|()| desk.another_child());
    let privileged = [(); 2].map(|()| desk.another_child());
    general.iter().for_each(|child| drop(desk.waiting(child)));
    privileged.iter().for_each(|child| drop(desk.accept(&desk.register_with(child, "large_family"))));
    let numbers = |desk: &Desk| -> Vec<Option<u64>> {
        general.iter().chain(&privileged).map(|child| desk.position(child)).collect()
    };
    // The ratio is 1:3, and the third general turn is spent: P, elsewhere, two more, P, two more.
    let before = numbers(desk);
    assert_eq!(before, [3, 5, 6, 7, 1, 4].map(Some));
    depart(desk, &referral).must(200);
    assert_eq!(numbers(desk), before);
    let now = desk.registry.office.clock.now();
    desk.registry
        .office
        .index
        .rebuild(&desk.registry.office.store, &desk.registry.office.rules, now)
        .expect("the index");
    assert_eq!(numbers(desk), before, "by the rows too");
}

fn only_an_enrolled_child_can_leave_and_only_once(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    depart(desk, &referral).refused(409, "wrong_state");
    desk.on_referral(&referral, "present", &json!({})).must(200);
    depart(desk, &referral).refused(409, "wrong_state");
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    depart(desk, &referral).must(200);
    let again = depart(desk, &referral).refused(409, "wrong_state");
    assert_eq!(again.json["current_status"], "departed");
    desk.on_referral(&referral, "enrol", &desk.contract()).refused(409, "wrong_state");
    desk.post(&format!("/api/v1/applications/{number}/amend"), &desk.office(), &json!({"preferences": []}))
        .refused(409, "wrong_state");
    desk.on_referral(&format!("{HOME}-R-000999"), "depart", &departure()).refused(404, "not_found");
}

fn a_departure_needs_a_day_and_a_reason(desk: &Desk) {
    let (_, referral) = desk.enrolled(&desk.another_child());
    desk.on_referral(&referral, "depart", &json!({"last_day": "30.09.2026", "reason": " "})).refused(422, "wrong_date");
    let path = format!("/api/v1/referrals/{referral}/depart");
    let silent = json!({"last_day": "2026-09-30", "reason": " "});
    desk.post(&path, &desk.staff_for(&referral), &silent).refused(422, "request_missing");
    let far = json!({"last_day": "2036-09-30", "reason": "хат"});
    desk.on_referral(&referral, "depart", &far).must(422);
    let unknown = json!({"last_day": "2026-09-30", "reason": "хат", "lastday": "2026-09-30"});
    desk.on_referral(&referral, "depart", &unknown).refused(422, "unknown_field");
    depart(desk, &referral).must(200);
}

fn a_kindergarten_lets_go_its_own_children_only(desk: &Desk) {
    let (_, referral) = desk.enrolled(&desk.another_child());
    let path = format!("/api/v1/referrals/{referral}/depart");
    desk.post(&path, &desk.token_for(Role::Kindergarten, CITY, "k-002"), &departure())
        .refused(403, "kindergarten_too_far");
    desk.post(&path, &desk.akim(), &departure()).refused(403, "role_too_far");
    depart(desk, &referral).must(200);
}

fn an_over_full_group_gives_no_place_back(desk: &Desk) {
    // The group has two places to its norm; three are given out.
    desk.places(GROUP, 3);
    let referrals = [(); 3].map(|()| {
        desk.waiting(&desk.another_child());
        desk.refer_next(HOME)
    });
    referrals.iter().for_each(|referral| desk.enrol(referral));
    let departed = depart(desk, &referrals[1]).must(200).json;
    assert_eq!(departed["place_status"], "withdrawn");
    assert!(departed["warnings"][0].as_str().is_some_and(|said| said.starts_with("group_is_full: 25 enrolled")));
    let departed = depart(desk, &referrals[0]).must(200).json;
    assert_eq!((&departed["place_status"], &departed["warnings"]), (&json!("published"), &json!([])));
}

fn a_place_that_no_child_of_its_cohort_can_use_is_taken_out(desk: &Desk) {
    let (_, referral) = desk.enrolled(&desk.another_child());
    // By then all children born in 2022 are five and a half at least: too old for a group up to 60 months.
    let departed = desk.on_referral(&referral, "depart", &json!({"last_day": "2027-10-01", "reason": "хат"})).must(200);
    assert_eq!(departed.json["place_status"], "published", "those born late in the year still fit");
    let (_, referral) = desk.enrolled(&desk.another_child());
    desk.set_clock("2027-06-01T04:00:00Z");
    let late = json!({"last_day": "2028-05-31", "reason": "мектепке барады"});
    let departed = desk.on_referral(&referral, "depart", &late).must(200).json;
    assert_eq!(departed["place_status"], "withdrawn");
    assert!(departed["warnings"][0].as_str().is_some_and(|said| said.starts_with("cohort_outside_age_band")));
}

fn a_sibling_who_has_left_gives_no_precedence(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting_in_village(&child);
    let place = desk.place(VILLAGE_GROUP);
    let referral = desk.refer(&desk.akim(), &place, &number).must(201).text_of("number");
    desk.enrol(&referral);
    let mut brother = desk.another_child();
    brother.parent_iin.clone_from(&child.parent_iin);
    let waiting = desk.waiting_in_village(&brother);
    let siblings = |desk: &Desk| {
        let queue = format!("{VILLAGE}-2022-general").parse().expect("a queue");
        desk.registry.office.store.read(|conn| kezek::store::seats::siblings(conn, queue, None)).expect("siblings")
    };
    assert_eq!(siblings(desk).get(&waiting), Some(&vec!["k-016".to_owned()]));
    depart(desk, &referral).must(200);
    assert!(siblings(desk).is_empty());
}
