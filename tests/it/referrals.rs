//! Who is due, the referral that names it, the skip that needs a second person, and what becomes of a referral.

mod departures;
mod lives;

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::deeds::Deed;
use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    next_is_the_first_row_of_a_dry_round,
    a_stale_state_is_no_fault_while_the_same_child_is_due,
    who_is_not_due_gets_a_conflict_that_names_the_child_who_is,
    an_akim_issues_inside_the_own_territory_only,
    a_place_is_given_once_also_when_two_ask_at_once,
    a_skip_needs_a_listed_ground_evidence_and_a_second_person,
    a_confirmation_counts_once_and_for_what_it_names,
    the_one_who_is_due_cannot_be_skipped_for_itself,
    a_kindergarten_s_refusal_publishes_the_place_and_the_child_keeps_its_turn,
    an_annulled_referral_returns_the_child_and_the_place,
    a_referral_is_extended_once,
    a_referral_past_its_term_is_not_presented,
    acts_on_a_referral_follow_its_state,
    a_kindergarten_acts_for_itself_only,
);

fn number_of(reply: &Reply) -> String {
    reply.text_of("number")
}

fn next_is_the_first_row_of_a_dry_round(desk: &Desk) {
    assert_eq!(desk.next(HOME)["place"], Value::Null);
    let numbers = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    desk.places(GROUP, 2);
    let dry = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME, "dry_run": true})).must(200);
    let next = desk.next(HOME);
    assert_eq!(next["row"], dry.json["allocation"][0]);
    assert_eq!((&next["application"], &next["open_places"]), (&json!(numbers[0]), &json!(2)));
    desk.refer_next(HOME);
    assert_eq!(desk.next(HOME)["application"], json!(numbers[1]));
}

fn a_stale_state_is_no_fault_while_the_same_child_is_due(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let state = desk.next(HOME)["state"].clone();
    desk.waiting(&desk.another_child());
    assert_ne!(desk.next(HOME)["state"], state, "the registry has moved on");
    let sent = json!({"place": place, "application": number, "state": state});
    desk.post("/api/v1/referrals", &desk.department(), &sent).must(201);
}

fn who_is_not_due_gets_a_conflict_that_names_the_child_who_is(desk: &Desk) {
    let due = desk.waiting(&desk.another_child());
    let other = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let refused = desk.refer(&desk.department(), &place, &other).refused(409, "next_changed");
    assert_eq!((&refused.json["application"], &refused.json["place"]), (&json!(due), &json!(place)));
    assert!(refused.json["text"]["kk"].as_str().is_some_and(|t| t.contains(&due)), "{}", refused.text);
    assert!(refused.json["text"]["ru"].as_str().is_some_and(|t| t.contains("Очередь изменилась")));
    let pending = desk.register(&desk.another_child());
    desk.refer(&desk.department(), &place, &pending).refused(409, "next_changed");
    desk.refer(&desk.department(), &place, &format!("{HOME}-000999")).refused(404, "not_found");
    desk.refer(&desk.department(), &format!("{HOME}-P-000999"), &due).refused(404, "not_found");
    desk.refer(&desk.department(), &place, &due).must(201);
    desk.refer(&desk.department(), &place, &other).refused(409, "place_not_open");
    let unusable = desk.place("111");
    desk.refer(&desk.department(), &unusable, &other).refused(409, "nobody_due");
}

fn an_akim_issues_inside_the_own_territory_only(desk: &Desk) {
    let number = desk.waiting_in_village(&desk.another_child());
    let place = desk.place(VILLAGE_GROUP);
    let city = desk.waiting(&desk.another_child());
    let city_place = desk.place(GROUP);
    let akim = desk.akim();
    desk.refer(&akim, &city_place, &city).refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/referrals/next?territory={VILLAGE_HOME}"), &akim).refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/referrals/next?territory={HOME}"), &akim).refused(403, "territory_too_far");
    let other_akim = desk.token(Role::Akim, "391653000");
    desk.refer(&other_akim, &place, &number).refused(403, "territory_too_far");
    let issued = desk.refer(&akim, &place, &number).must(201);
    assert_eq!(issued.json["authority"], json!({"role": "akim", "territory": VILLAGE}));
}

fn a_place_is_given_once_also_when_two_ask_at_once(desk: &Desk) {
    let officials = [desk.department(), desk.another_token(Role::Department, HOME).token];
    for _ in 0..4 {
        let number = desk.waiting(&desk.another_child());
        let place = desk.place(GROUP);
        let start = std::sync::Barrier::new(2);
        let mut statuses = std::thread::scope(|scope| {
            let sent = officials.each_ref().map(|token| {
                let (start, place, number) = (&start, &place, &number);
                scope.spawn(move || {
                    start.wait();
                    desk.refer(token, place, number).status
                })
            });
            sent.map(|s| s.join().expect("an official"))
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
}

/// A due child, another one behind it, and a place.
fn two_wait(desk: &Desk) -> (String, String, String) {
    let due = desk.waiting(&desk.another_child());
    let other = desk.waiting(&desk.another_child());
    (due, other, desk.place(GROUP))
}

fn confirmation(desk: &Desk, token: &str, place: &str, application: &str) -> String {
    desk.keep_secret("хат № 5");
    let sent = json!({"place": place, "application": application, "ground": "written_refusal", "evidence": "хат № 5"});
    desk.post("/api/v1/confirmations", token, &sent).must(201).text_of("id")
}

fn confirmation_on(desk: &Desk, token: &str, place: &str, application: &str, evidence: &str) -> String {
    let sent = json!({"place": place, "application": application, "ground": "written_refusal", "evidence": evidence});
    desk.post("/api/v1/confirmations", token, &sent).must(201).text_of("id")
}

fn skip(desk: &Desk, token: &str, place: &str, application: &str, skip: Value) -> Reply {
    desk.post("/api/v1/referrals", token, &json!({"place": place, "application": application, "skip": skip}))
}

fn a_skip_needs_a_listed_ground_evidence_and_a_second_person(desk: &Desk) {
    let (due, other, place) = two_wait(desk);
    let first = desk.department();
    let second = desk.another_token(Role::Department, HOME).token;
    let own = confirmation(desk, &first, &place, &other);
    let theirs = confirmation(desk, &second, &place, &other);
    let with = |ground: &str, evidence: &str, confirmed_by: &str| json!({"ground": ground, "evidence": evidence, "confirmed_by": confirmed_by});
    for (ground, evidence, confirmed_by, code) in [
        ("written_refusal", "хат № 5", own.as_str(), "not_confirmed"),
        ("written_refusal", "хат № 5", "Сынақов Әлихан", "not_confirmed"),
        ("written_refusal", "хат № 5", "391000000-C-000999", "not_confirmed"),
        ("written_refusal", "хат № 5", "", "not_confirmed"),
        ("written_refusal", " ", theirs.as_str(), "missing"),
        ("a_favour", "хат № 5", theirs.as_str(), "ground_not_listed"),
        ("court_act", "хат № 5", theirs.as_str(), "not_confirmed"),
    ] {
        skip(desk, &first, &place, &other, with(ground, evidence, confirmed_by)).refused(422, code);
    }
    skip(desk, &first, &place, &other, json!({})).refused(422, "wrong_body");
    assert_eq!(desk.status(&other), "in_queue", "nothing was issued");
    skip(desk, &first, &place, &other, with("written_refusal", "хат № 5", &theirs)).must(201);
    assert_eq!((desk.status(&due).as_str(), desk.status(&other).as_str()), ("in_queue", "referred"));
    assert_eq!(desk.application(&due)["standing"]["position"], 1, "who was passed over keeps its turn");
    // The family, whoever reads the referral and the auditor hear of it.
    let own = desk.get(&format!("/api/v1/applications/{due}"), &desk.family(&due)).must(200).json["skips"].clone();
    assert_eq!((&own[0]["ground"], &own[0]["evidence"]), (&json!("written_refusal"), &json!("хат № 5")));
    assert_eq!(own[0]["application"], Value::Null, "who got it is not its business");
    let referral = desk.application(&other)["referrals"][0].as_str().expect("a referral").to_owned();
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200).json;
    assert_eq!(read["skips"][0]["passed_over"], json!(due));
    let listed = desk.get(&format!("/api/v1/skips?territory={HOME}"), &desk.auditor()).must(200).json["skips"].clone();
    assert_eq!((&listed[0]["passed_over"], &listed[0]["application"]), (&json!(due), &json!(other)));
    assert_ne!(listed[0]["issued_by"], listed[0]["confirmed_by"]);
    let told = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let message = told["messages"].as_array().expect("messages").iter().find(|m| m["kind"] == "passed_over");
    let message = message.expect("the family is told");
    assert_eq!(message["subject"], json!(due));
    assert!(message["text"]["ru"].as_str().is_some_and(|t| t.contains("отказ") && !t.contains('{')), "{message}");
    let deeds = desk.deeds();
    let skips: Vec<&Deed> = deeds.iter().filter(|deed| deed.act == "refer_with_skip").collect();
    let of = |number: &str| {
        let subject = format!("seat:{number}");
        skips.iter().find(|deed| deed.subject.as_ref() == Some(&subject)).expect("each child has an opening")
    };
    let (got, lost) = (of(&other), of(&due));
    assert_eq!(got.said["skips"][0]["ground"], "written_refusal");
    assert_eq!(lost.said["passed_over"], got.said["skips"][0]);
    assert_ne!(got.said["skips"][0]["second_person"], json!(got.actor));
    for (one, another) in [(got, &due), (lost, &other)] {
        let said = one.said.to_string();
        assert!(!said.contains("хат") && !said.contains(another.as_str()), "no second person, no words: {said}");
    }
}

fn a_confirmation_counts_once_and_for_what_it_names(desk: &Desk) {
    let (due, other, place) = two_wait(desk);
    let first = desk.department();
    let second = desk.another_token(Role::Department, HOME).token;
    let id = confirmation(desk, &second, &place, &other);
    let said = json!({"ground": "written_refusal", "evidence": "хат № 5", "confirmed_by": id});
    let third = desk.waiting(&desk.another_child());
    skip(desk, &first, &place, &third, said.clone()).refused(422, "not_confirmed");
    let referral = number_of(&skip(desk, &first, &place, &other, said.clone()).must(201));
    desk.on_referral(&referral, "annul", &json!({"ground": "issued_in_error"})).must(200);
    skip(desk, &first, &place, &other, said).refused(422, "not_confirmed");
    assert_eq!(desk.status(&due), "in_queue");
    let unlisted = json!({"place": place, "application": other, "ground": "a_favour", "evidence": "хат"});
    desk.post("/api/v1/confirmations", &second, &unlisted).refused(422, "ground_not_listed");
    // It names the child that is passed over, the evidence that both have seen, and the place as it stood.
    let confirmed = |evidence: &str| confirmation_on(desk, &second, &place, &other, evidence);
    let with = |id: &str| json!({"ground": "written_refusal", "evidence": "хат № 5", "confirmed_by": id});
    skip(desk, &first, &place, &other, with(&confirmed("хат № 6"))).refused(422, "not_confirmed");
    let before = confirmed("хат № 5");
    desk.withdraw(&due).must(200);
    let now_due = third;
    let ahead = desk.waiting(&desk.another_child());
    assert_eq!(desk.next(HOME)["application"], json!(other));
    skip(desk, &first, &place, &now_due, with(&before)).refused(422, "not_confirmed");
    desk.undo(&due).must(200);
    assert_eq!(desk.next(HOME)["application"], json!(due));
    desk.withdraw(&ahead).must(200);
    skip(desk, &first, &place, &other, with(&before)).must(201);
}

fn the_one_who_is_due_cannot_be_skipped_for_itself(desk: &Desk) {
    let (due, other, place) = two_wait(desk);
    let second = desk.another_token(Role::Department, HOME).token;
    let asked = json!({"place": place, "application": due, "ground": "written_refusal", "evidence": "хат № 5"});
    desk.post("/api/v1/confirmations", &second, &asked).refused(422, "nothing_to_skip");
    let id = confirmation(desk, &second, &place, &other);
    let said = json!({"ground": "written_refusal", "evidence": "хат № 5", "confirmed_by": id});
    skip(desk, &desk.department(), &place, &due, said).refused(422, "nothing_to_skip");
}

fn a_kindergarten_s_refusal_publishes_the_place_and_the_child_keeps_its_turn(desk: &Desk) {
    let children = [(); 3].map(|()| desk.another_child());
    let numbers = children.each_ref().map(|c| desk.waiting(c));
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "refuse", &json!({"ground": "a_mood"})).refused(422, "ground_not_listed");
    desk.on_referral(&referral, "refuse", &json!({})).refused(422, "ground_not_listed");
    desk.on_referral(&referral, "present", &json!({})).must(200);
    let refused = desk.on_referral(&referral, "refuse", &json!({"ground": "expired_documents"})).must(200);
    assert_eq!((&refused.json["status"], &refused.json["ground"]), (&json!("refused"), &json!("expired_documents")));
    assert_eq!(children.each_ref().map(|c| desk.position(c)), [Some(1), Some(2), Some(3)]);
    assert_eq!(desk.status(&numbers[0]), "in_queue");
    let seen = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200);
    assert_eq!(seen.json["total"], 1);
    let next = desk.next(HOME);
    assert_eq!((&next["place"], &next["application"]), (&json!(place), &json!(numbers[0])));
    desk.on_referral(&referral, "enrol", &desk.contract()).refused(409, "wrong_state");
}

fn an_annulled_referral_returns_the_child_and_the_place(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "annul", &json!({"ground": "expired_documents"})).refused(422, "ground_not_listed");
    let annulled = desk.on_referral(&referral, "annul", &json!({"ground": "issued_in_error"})).must(200);
    assert_eq!(annulled.json["status"], "annulled");
    assert_eq!(desk.status(&number), "in_queue");
    assert_eq!(desk.next(HOME)["place"], json!(place));
    desk.on_referral(&referral, "annul", &json!({"ground": "issued_in_error"})).refused(409, "wrong_state");
}

fn a_referral_is_extended_once(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let extended = desk.on_referral(&referral, "extend", &json!({})).must(200);
    assert_eq!((&extended.json["extended"], &extended.json["valid_until"]), (&json!(true), &json!("2026-10-17")));
    desk.on_referral(&referral, "extend", &json!({})).refused(409, "already_extended");
    desk.set_clock("2026-10-17T12:00:00Z");
    desk.enrol(&referral);
    desk.on_referral(&referral, "extend", &json!({})).refused(409, "already_extended");
}

fn a_referral_past_its_term_is_not_presented(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    // Five working days from Thursday the 10th, in Kostanay's own time (UTC+5): through Thursday the 17th.
    desk.set_clock("2026-09-17T19:00:00Z");
    desk.on_referral(&referral, "present", &json!({})).refused(409, "referral_expired");
    desk.set_clock("2026-09-17T18:59:59Z");
    desk.on_referral(&referral, "present", &json!({})).must(200);
}

fn acts_on_a_referral_follow_its_state(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "enrol", &desk.contract()).refused(409, "wrong_state");
    desk.on_referral(&referral, "present", &json!({})).must(200);
    desk.on_referral(&referral, "present", &json!({})).refused(409, "wrong_state");
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    for (act, body) in [
        ("present", json!({})),
        ("enrol", json!({})),
        ("refuse", json!({"ground": "expired_documents"})),
        ("extend", json!({})),
        ("annul", json!({"ground": "court_act"})),
    ] {
        let refused = desk.on_referral(&referral, act, &body).refused(409, "wrong_state");
        assert_eq!(refused.json["current_status"], "enrolled");
    }
    for wrong in ["391000000-R-000099", "391000000-000001", "391000000-R-1", "R-000001", "x"] {
        let path = format!("/api/v1/referrals/{wrong}/present");
        desk.post(&path, &desk.staff_of("k-001"), &json!({})).refused(404, "not_found");
    }
}

fn a_kindergarten_acts_for_itself_only(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let other = desk.token_for(Role::Kindergarten, CITY, "k-002");
    for act in ["present", "enrol"] {
        desk.post(&format!("/api/v1/referrals/{referral}/{act}"), &other, &json!({}))
            .refused(403, "kindergarten_too_far");
    }
    let refusal = json!({"ground": "expired_documents"});
    desk.post(&format!("/api/v1/referrals/{referral}/refuse"), &other, &refusal).refused(403, "kindergarten_too_far");
    desk.get(&format!("/api/v1/referrals/{referral}"), &other).refused(403, "kindergarten_too_far");
    let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &other, &sent).refused(403, "kindergarten_too_far");
    let own = desk.token_for(Role::Kindergarten, CITY, "k-001");
    desk.post(&format!("/api/v1/referrals/{referral}/present"), &own, &json!({})).must(200);
}
