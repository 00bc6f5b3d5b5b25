//! What changes in a family's life while it waits: another language, another kind of group, a benefit gained or lost, a renewed
//! document. All at the own instant.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, on_both};

on_both!(
    a_benefit_gained_counts_at_once_at_the_own_instant,
    the_term_of_a_claim_counts_from_when_it_is_claimed,
    a_benefit_is_dropped_on_the_family_s_word_and_taken_up_again,
    a_rejected_claim_is_shown_anew_with_another_proof,
    another_language_is_asked_for_at_once,
    another_kind_of_group_is_another_queue_at_the_own_instant,
    a_renewed_document_stands_in_the_place_of_the_old_one,
    what_changes_nothing_leaves_no_record,
    with_a_place_in_hand_wishes_stay_and_contacts_change,
    an_enrolled_child_s_contacts_can_be_changed_and_nothing_else,
);

fn amend(desk: &Desk, token: &str, number: &str, body: &Value) -> crate::desk::Reply {
    desk.post(&format!("/api/v1/applications/{number}/amend"), token, body)
}

fn confirm(desk: &Desk, id: &str) {
    desk.post(&format!("/api/v1/pending/{id}/confirm"), &desk.department(), &json!({})).must(200);
}

fn a_benefit_gained_counts_at_once_at_the_own_instant(desk: &Desk) {
    let (first, last) = (desk.another_child(), desk.another_child());
    desk.waiting(&first);
    let number = desk.waiting(&last);
    let before = desk.application(&number);
    assert_eq!(desk.position(&last), Some(2));
    let claims = json!({"categories": [{"code": "military", "proof": "анықтама 1"}]});
    amend(desk, &desk.office(), &number, &claims).must(200);
    let after = desk.application(&number);
    assert_eq!(desk.position(&last), Some(1));
    assert_eq!((&after["applied_at"], &after["ticket"]), (&before["applied_at"], &before["ticket"]));
    assert_eq!(after["categories"][0]["status"], "claimed");
    amend(desk, &desk.office(), &number, &json!({"categories": [{"code": "nobody", "proof": "хат"}]}))
        .refused(422, "unknown_category");
}

fn the_term_of_a_claim_counts_from_when_it_is_claimed(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    desk.set_clock("2026-11-10T04:00:00Z");
    let claims = json!({"categories": [{"code": "large_family", "proof": "анықтама 2"}]});
    amend(desk, &desk.office(), &number, &claims).must(200);
    let last = desk.application(&number)["categories"][0]["confirm_by"].as_str().expect("a day").to_owned();
    assert!(last.as_str() > "2026-11-10", "{last}");
    let office = &desk.registry.office;
    let later = crate::desk::instant("2026-11-10T09:00:00Z");
    kezek::service::counter::tick::tick(&office.store, &office.rules, later, later).expect("a tick");
    assert_eq!(desk.application(&number)["categories"][0]["status"], "claimed");
    let long_after = crate::desk::instant("2027-06-10T09:00:00Z");
    kezek::service::counter::tick::tick(&office.store, &office.rules, long_after, long_after).expect("a tick");
    assert_eq!(desk.application(&number)["categories"][0]["status"], "rejected");
}

fn a_benefit_is_dropped_on_the_family_s_word_and_taken_up_again(desk: &Desk) {
    let first = desk.another_child();
    desk.waiting(&first);
    let child = desk.another_child();
    let number = desk.register_with(&child, "military");
    desk.accept(&number).must(200);
    desk.confirm_claim(&number, "military");
    assert_eq!(desk.position(&child), Some(1));
    let none = json!({"categories": []});
    amend(desk, &desk.office(), &number, &none).refused(422, "request_missing");
    let waits = json!({"categories": [], "language": "ru", "reason": "ауызша"});
    let id = amend(desk, &desk.office(), &number, &waits).must(202).text_of("pending");
    // What adds is done meanwhile.
    assert_eq!((&desk.application(&number)["language"], desk.position(&child)), (&json!("ru"), Some(1)));
    let asked = desk.get(&format!("/api/v1/pending/{id}"), &desk.department()).must(200).json;
    assert_eq!(asked["asked"]["categories"], json!(["military"]));
    confirm(desk, &id);
    assert_eq!((desk.position(&child), desk.application(&number)["categories"].clone()), (Some(2), json!([])));
    // One word of the family, and all is as it was: confirmed too.
    desk.undo(&number).must(200);
    assert_eq!(desk.position(&child), Some(1));
    assert_eq!(desk.application(&number)["categories"][0]["status"], "confirmed");
    amend(desk, &desk.family(&number), &number, &none).must(200);
    assert_eq!(desk.position(&child), Some(2));
    let again = json!({"categories": [{"code": "military", "proof": "анықтама 3"}]});
    amend(desk, &desk.family(&number), &number, &again).must(200);
    assert_eq!(desk.position(&child), Some(1));
    assert_eq!(desk.application(&number)["categories"][0]["status"], "claimed");
}

fn a_rejected_claim_is_shown_anew_with_another_proof(desk: &Desk) {
    let child = desk.another_child();
    desk.waiting(&desk.another_child());
    let number = desk.register_with(&child, "military");
    desk.accept(&number).must(200);
    let rejected = json!({"category": "military", "verdict": "rejected", "evidence": "хат"});
    desk.post(&format!("/api/v1/applications/{number}/proofs"), &desk.department(), &rejected).must(200);
    assert_eq!(desk.position(&child), Some(2));
    let held = desk.application(&number)["categories"][0]["proof"].clone();
    let same = json!({"categories": [{"code": "military", "proof": held}]});
    amend(desk, &desk.office(), &number, &same).must(200);
    assert_eq!(
        (desk.position(&child), &desk.application(&number)["categories"][0]["status"]),
        (Some(2), &json!("rejected"))
    );
    // Nothing is lost by not naming it.
    amend(desk, &desk.office(), &number, &json!({"categories": []})).must(200);
    assert_eq!(desk.application(&number)["categories"][0]["status"], "rejected");
    let other = json!({"categories": [{"code": "military", "proof": "жаңа анықтама"}]});
    amend(desk, &desk.office(), &number, &other).must(200);
    assert_eq!(
        (desk.position(&child), &desk.application(&number)["categories"][0]["status"]),
        (Some(1), &json!("claimed"))
    );
    desk.confirm_claim(&number, "military");
    amend(desk, &desk.office(), &number, &json!({"categories": [{"code": "military", "proof": "тағы"}]}))
        .refused(422, "claim_confirmed");
}

fn another_language_is_asked_for_at_once(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.place(GROUP);
    assert_eq!(desk.next(HOME)["application"], json!(number));
    amend(desk, &desk.office(), &number, &json!({"language": "ru"})).must(200);
    assert_eq!(desk.application(&number)["language"], "ru");
    assert_eq!(desk.position(&child), Some(1));
    // The group teaches Kazakh.
    assert_eq!(desk.next(HOME)["application"], Value::Null);
    amend(desk, &desk.office(), &number, &json!({"language": "la"})).refused(422, "wrong_language");
}

fn another_kind_of_group_is_another_queue_at_the_own_instant(desk: &Desk) {
    let (child, behind) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    desk.waiting(&behind);
    let late = desk.another_child();
    let mut special = late.application(CITY);
    special["kind"] = json!("special");
    desk.hand_in(&desk.office(), &special).must(201);
    amend(desk, &desk.office(), &number, &json!({"kind": "special"})).refused(422, "request_missing");
    amend(desk, &desk.family(&number), &number, &json!({"kind": "special"})).must(200);
    let read = desk.application(&number);
    assert_eq!((&read["queue"]["kind"], &read["standing"]["position"]), (&json!("special"), &json!(1)));
    assert_eq!(desk.position(&behind), Some(1));
    desk.undo(&number).must(200);
    assert_eq!((desk.position(&child), desk.position(&behind)), (Some(1), Some(2)));
    assert_eq!(desk.application(&number)["queue"]["kind"], "general");
}

fn a_renewed_document_stands_in_the_place_of_the_old_one(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let documents = json!({"documents": [{"kind": "applicant_id", "number": "ЖК 000000001", "expires_on": "2036-01-01"},
        {"kind": "address", "number": "анықтама 4"}]});
    amend(desk, &desk.office(), &number, &documents).must(200);
    let held = desk.application(&number)["documents"].clone();
    let of = |kind: &str| {
        let all = held.as_array().expect("documents");
        let own: Vec<&Value> = all.iter().filter(|document| document["kind"] == kind).collect();
        assert_eq!(own.len(), 1, "{kind}: {held}");
        own[0]["number"].clone()
    };
    assert_eq!((of("applicant_id"), of("address")), (json!("ЖК 000000001"), json!("анықтама 4")));
    of("birth_certificate");
    let over = json!({"documents": [{"kind": "applicant_id", "number": "1", "expires_on": "2020-01-01"}]});
    amend(desk, &desk.office(), &number, &over).refused(422, "expired_document");
}

fn what_changes_nothing_leaves_no_record(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let before = desk.records();
    let read = desk.application(&number);
    let same = json!({"language": read["language"], "kind": read["queue"]["kind"], "preferences": read["preferences"],
        "categories": []});
    amend(desk, &desk.office(), &number, &same).must(200);
    assert_eq!(desk.records(), before);
    amend(desk, &desk.office(), &number, &json!({})).refused(422, "nothing_to_change");
}

fn with_a_place_in_hand_wishes_stay_and_contacts_change(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    desk.refer_next(HOME);
    for body in [json!({"language": "ru"}), json!({"preferences": ["k-001"]}), json!({"kind": "special"})] {
        amend(desk, &desk.family(&number), &number, &body).refused(409, "wrong_state");
    }
    amend(desk, &desk.family(&number), &number, &json!({"contacts": ["+7 701 000 11 33"]})).must(200);
    assert_eq!(desk.application(&number)["language"], "kk");
}

fn an_enrolled_child_s_contacts_can_be_changed_and_nothing_else(desk: &Desk) {
    let (number, _) = desk.enrolled(&desk.another_child());
    amend(desk, &desk.token(Role::Office, CITY), &number, &json!({"contacts": ["+7 701 000 11 44"]})).must(200);
    amend(desk, &desk.office(), &number, &json!({"language": "ru"})).refused(409, "wrong_state");
}
