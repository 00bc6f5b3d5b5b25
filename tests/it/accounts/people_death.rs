//! A child has died: one act with a document, and then silence.

use serde_json::{Value, json};

use super::people_one_time_codes::{send, take};
use super::people_representatives::at;
use crate::desk::{CITY, Desk, GROUP, HOME, on_both};

on_both!(
    a_death_closes_the_application_and_nothing_more_is_told,
    an_official_alone_closes_nothing,
    a_death_that_was_an_error_is_undone_at_the_old_instant_and_turn,
    an_enrolled_child_s_place_is_free_and_given_back_where_it_was_an_error,
);

fn with_scan(desk: &Desk, number: &str) -> Value {
    json!({"document": "АК № 7", "on": "2026-09-08", "scan": desk.request(number)["scan"]})
}

fn ticked(desk: &Desk) {
    let (office, now) = (&desk.registry.office, desk.clock.now());
    kezek::service::counter::tick::tick(&office.store, &office.rules, now, now).expect("a tick");
}

fn a_death_closes_the_application_and_nothing_more_is_told(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let place = desk.place(GROUP);
    desk.refer(&desk.department(), &place, &number).must(201);
    desk.post(&at(&number, "amend"), &desk.office(), &json!({"contacts": ["+7 701 000 11 22"]})).must(200);
    let family = desk.family(&number);
    desk.post(&at(&number, "death"), &family, &with_scan(desk, &number)).refused(403, "role_too_far");
    desk.post(&at(&number, "death"), &desk.office(), &with_scan(desk, &number)).must(200);
    assert_eq!(desk.status(&number), "closed");
    assert_eq!(desk.next(HOME)["place"], Value::Null, "nobody else waits, and its place is free");
    let ledger = desk.get(&format!("/api/v1/places/{place}"), &desk.department()).must(200).json;
    assert_eq!(ledger["status"], "published");
    // What waited to be told is withdrawn; one last message says that the application is closed, and how to object.
    let told = take(desk);
    let kinds: Vec<&str> = told.iter().filter_map(|m| m["kind"].as_str()).collect();
    assert_eq!(kinds, ["closed_on_document"]);
    for tongue in ["kk", "ru", "en"] {
        let text = told[0]["text"][tongue].as_str().expect("words");
        assert!(text.contains(&number) && !text.contains('{'), "{text}");
    }
    // Then nothing more, whoever asks and whatever the clock does.
    send(desk, &child.iin);
    desk.code_of(&number);
    desk.set_clock("2026-10-25T04:00:00Z");
    ticked(desk);
    assert_eq!(take(desk), Vec::<Value>::new());
    // The look-up says that it has ended, to everybody alike.
    let public = desk.look_up_without_code(&child.iin).must(200).json;
    assert_eq!(public["entries"].as_array().map(Vec::len), Some(1));
    let entry = &public["entries"][0];
    let mut said: Vec<&str> = entry.as_object().expect("an entry").keys().map(String::as_str).collect();
    said.sort_unstable();
    assert_eq!(said, ["as_of", "status", "to_do"]);
    assert_eq!(entry["to_do"]["en"], "This application has ended.");
    let code = desk.code_of(&number);
    let by_code = json!({"iin": child.iin, "code": code}).to_string();
    assert_eq!(desk.send("POST", "/api/v1/positions", None, &[], Some(by_code.as_bytes())).must(200).json, public);
    let form = format!("iin={}&code={code}&lang=en", child.iin);
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let page = desk.send("POST", "/", None, &typed, Some(form.as_bytes())).must(200).text;
    assert!(page.contains("This application has ended.") && !page.contains(&number), "{page}");
    desk.post(&at(&number, "death"), &desk.office(), &with_scan(desk, &number)).refused(409, "wrong_state");
    // Nobody gets a place in its name.
    desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "child_has_died");
}

fn an_official_alone_closes_nothing(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let death = |field: &str, value: &str| {
        let mut sent = json!({"document": "АК № 7", "on": "2026-09-08"});
        sent[field] = json!(value);
        desk.post(&at(&number, "death"), &desk.office(), &sent)
    };
    death("on", "2026-09-11").refused(422, "wrong_date");
    death("document", " ").refused(422, "missing");
    death("scan", "none").refused(422, "unknown_scan");
    let id = death("document", "АК № 7").must(202).text_of("pending");
    assert_eq!(desk.status(&number), "in_queue");
    let told = take(desk);
    assert_eq!(told[0]["kind"], "taking_asked");
    assert!(!told[0]["text"]["ru"].as_str().expect("words").contains("смерт"), "nobody learns of a death by a message");
    desk.post(&format!("/api/v1/pending/{id}/confirm"), &desk.department(), &json!({})).must(200);
    assert_eq!(desk.status(&number), "closed");
}

fn a_death_that_was_an_error_is_undone_at_the_old_instant_and_turn(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    desk.waiting(&other);
    let before = desk.application(&number);
    desk.post(&at(&number, "death"), &desk.state_corporation(), &with_scan(desk, &number)).must(200);
    assert_eq!(desk.position(&other), Some(1));
    desk.undo(&number).must(200);
    let after = desk.application(&number);
    assert_eq!((&after["applied_at"], &after["ticket"]), (&before["applied_at"], &before["ticket"]));
    assert_eq!((desk.position(&child), desk.position(&other)), (Some(1), Some(2)));
    // And the family hears of its child again.
    assert!(take(desk).iter().any(|m| m["kind"] == "taking_undone"));
}

fn an_enrolled_child_s_place_is_free_and_given_back_where_it_was_an_error(desk: &Desk) {
    let child = desk.another_child();
    let (number, referral) = desk.enrolled(&child);
    desk.set_clock("2026-09-25T04:00:00Z");
    let mut transfer = child.application(CITY);
    transfer["transfer"] = json!(true);
    transfer["preferences"] = json!(["k-005"]);
    let asked = desk.hand_in(&desk.office(), &transfer).must(201).text_of("number");
    let death = |number: &str| desk.post(&at(number, "death"), &desk.office(), &with_scan(desk, number));
    death(&number).refused(409, "transfer_open");
    desk.post(&at(&asked, "withdraw"), &desk.family(&number), &json!({})).must(200);
    death(&number).must(200);
    let stands = |desk: &Desk| {
        desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200).text_of("status")
    };
    assert_eq!((desk.status(&number).as_str(), stands(desk).as_str()), ("closed", "departed"));
    desk.undo(&number).must(200);
    assert_eq!((desk.status(&number).as_str(), stands(desk).as_str()), ("enrolled", "enrolled"));
}
