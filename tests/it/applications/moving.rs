//! A family that moves: both numbers are shown before, it says what it gives up, and the old number tells where the child stands.

use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, on_both};

on_both!(
    both_numbers_are_shown_before_and_nothing_is_changed,
    wishes_outside_are_struck_and_it_is_said,
    a_place_in_hand_is_asked_for_and_given_up_by_its_number,
    the_old_number_points_to_the_new_one,
);

fn move_to(desk: &Desk, token: &str, number: &str, body: &Value) -> Reply {
    desk.post(&format!("/api/v1/applications/{number}/move"), token, body)
}

fn both_numbers_are_shown_before_and_nothing_is_changed(desk: &Desk) {
    let early = desk.waiting_in_village(&desk.another_child());
    let (first, child) = (desk.another_child(), desk.another_child());
    desk.waiting(&first);
    let number = desk.waiting(&child);
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.waiting_in_village(&desk.another_child());
    let records = desk.records();
    let preview = json!({"territory": VILLAGE, "preview": true});
    let shown = move_to(desk, &desk.office(), &number, &preview).must(200).json;
    assert_eq!((&shown["from"]["position"], &shown["from"]["of"]), (&json!(2), &json!(2)));
    assert_eq!((&shown["to"]["position"], &shown["to"]["of"]), (&json!(2), &json!(3)));
    assert_eq!((desk.records(), desk.status(&number).as_str()), (records, "in_queue"));
    // Who looks at it is seen looking.
    let reads = desk.get(&format!("/api/v1/applications/{number}/reads"), &desk.family(&number)).must(200).json;
    let looked = |read: &Value| read["office"]["en"] == "the provider’s office";
    assert_eq!(reads["reads"].as_array().map(|all| all.iter().filter(|read| looked(read)).count()), Some(1), "{reads}");
    let done = move_to(desk, &desk.family(&number), &number, &json!({"territory": VILLAGE})).must(200).json;
    assert_eq!((&done["from"], &done["to"]), (&shown["from"], &shown["to"]));
    assert_eq!(desk.position(&child), Some(2));
    let _ = early;
}

fn wishes_outside_are_struck_and_it_is_said(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["preferences"] = json!(["k-001", "k-005"]);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    let shown = move_to(desk, &desk.office(), &number, &json!({"territory": VILLAGE, "preview": true})).must(200).json;
    assert_eq!(shown["wishes_struck"], json!(["k-001", "k-005"]));
    let outside = json!({"territory": VILLAGE, "preferences": ["k-001"]});
    move_to(desk, &desk.family(&number), &number, &outside).refused(422, "preference_outside_territory");
    let done = move_to(desk, &desk.family(&number), &number, &json!({"territory": VILLAGE})).must(200).json;
    assert_eq!(done["wishes_struck"], json!(["k-001", "k-005"]));
    assert_eq!(desk.application(done["number"].as_str().expect("a number"))["preferences"], json!([]));
}

fn a_place_in_hand_is_asked_for_and_given_up_by_its_number(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let refused = move_to(desk, &desk.family(&number), &number, &json!({"territory": VILLAGE}));
    assert_eq!(refused.refused(409, "place_in_hand").json["referral"], json!(referral));
    let shown = move_to(desk, &desk.office(), &number, &json!({"territory": VILLAGE, "preview": true})).must(200).json;
    assert_eq!(shown["gives_up"], json!(referral));
    let given_up = json!({"territory": VILLAGE, "gives_up": referral});
    let moved = move_to(desk, &desk.family(&number), &number, &given_up).must(200).text_of("number");
    let read = |path: String| desk.get(&path, &desk.department()).must(200).json;
    assert_eq!(read(format!("/api/v1/referrals/{referral}"))["status"], "annulled");
    assert_eq!(read(format!("/api/v1/places/{place}"))["status"], "published");
    assert_eq!(desk.status(&moved), "in_queue");
    // Back at the old turn, with the place that nobody has taken meanwhile.
    desk.undo(&moved).must(200);
    assert_eq!(desk.status(&number), "referred");
    assert_eq!(read(format!("/api/v1/places/{place}"))["status"], "referred");
}

fn the_old_number_points_to_the_new_one(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let moved = desk.move_to(&number, VILLAGE).must(200).text_of("number");
    assert_eq!(desk.application(&number)["moved_to"], json!(moved));
    assert_eq!(desk.application(&moved)["moved_from"], json!(number));
    desk.undo(&moved).must(200);
    assert_eq!(desk.application(&number)["moved_to"], Value::Null);
}
