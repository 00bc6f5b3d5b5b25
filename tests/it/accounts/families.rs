//! A family signs in with the code of its paper, and reaches its own child.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::json;

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_HOME, instant, on_both};
use crate::store::tampering::tamper;
use kezek::exchange::rows::ApplicationRow;
use kezek::service::accounts::family::{self, Code, Proof};
use kezek::service::files::import_applications;
use kezek::service::registry::Registry;
use kezek::trust::signature::NoVerifier;

on_both!(
    a_registration_gives_the_family_a_code_that_opens_its_own_child,
    a_code_is_read_with_look_alikes_small_letters_and_dashes,
    wrong_codes_wait_longer_and_longer_and_shut_no_family_out,
    a_lost_code_is_replaced_at_any_counter_and_the_old_one_dies,
    a_second_representative_has_a_code_of_their_own_and_a_third_has_none,
    a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day,
    whoever_signs_out_is_signed_out_everywhere,
    nothing_is_done_to_a_child_in_silence,
    strangers_behind_one_address_shut_nobody_out,
    a_family_that_moves_keeps_its_code,
    a_family_whose_child_is_erased_is_nobody,
    who_came_with_an_import_gets_a_code_at_a_counter,
    codes_stand_nowhere_in_clear,
    a_look_up_with_a_code_asks_no_row_and_a_sign_in_asks_them,
    what_one_server_replaces_opens_nothing_at_another,
);

/// Registers a child; the answer.
fn registered(desk: &Desk, child: &Child) -> (String, String) {
    let answer = desk.hand_in(&desk.office(), &child.application(CITY)).must(201);
    (answer.text_of("number"), answer.text_of("family_code"))
}

fn signed_in(desk: &Desk, child: &Child, code: &str) -> String {
    desk.sign_in(&json!({"iin": child.iin, "code": code})).must(201).text_of("token")
}

fn a_registration_gives_the_family_a_code_that_opens_its_own_child(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let (number, code) = registered(desk, &child);
    let (foreign, foreign_code) = registered(desk, &other);
    assert_eq!(code.len(), 8);
    desk.sign_in(&json!({"iin": child.iin, "code": foreign_code})).refused(401, "wrong_code");
    let token = signed_in(desk, &child, &code);
    let read = desk.get(&format!("/api/v1/applications/{number}"), &token).must(200).json;
    assert_eq!(read["number"], json!(number));
    desk.get(&format!("/api/v1/applications/{foreign}"), &token).refused(404, "not_found");
    let contacts = json!({"contacts": ["+7 701 000 11 22"]});
    desk.post(&format!("/api/v1/applications/{number}/amend"), &token, &contacts).must(200);
    desk.post(&format!("/api/v1/applications/{foreign}/amend"), &token, &contacts).refused(404, "not_found");
    desk.post(&format!("/api/v1/applications/{foreign}/withdraw"), &token, &json!({})).refused(404, "not_found");
    desk.post(&format!("/api/v1/applications/{number}/withdraw"), &token, &json!({})).must(200);
    let withdrawal = desk.deeds().into_iter().rfind(|deed| deed.act == "withdraw").expect("the withdrawal");
    assert_eq!(withdrawal.said["role"], "family");
    assert_ne!(withdrawal.actor, "", "the representative did it");
    desk.post("/api/v1/applications", &token, &other.application(CITY)).refused(403, "role_too_far");
}

fn a_code_is_read_with_look_alikes_small_letters_and_dashes(desk: &Desk) {
    let child = desk.another_child();
    let (_, code) = registered(desk, &child);
    let cyrillic: String = code
        .chars()
        .map(|sign| match sign {
            'A' => 'А',
            'B' => 'В',
            'C' => 'С',
            'E' => 'Е',
            'H' => 'Н',
            'K' => 'К',
            'M' => 'М',
            'P' => 'Р',
            'T' => 'Т',
            'X' => 'Х',
            'Y' => 'У',
            '3' => 'З',
            other => other,
        })
        .collect();
    let (front, back) = (&code[..4], &code[4..]);
    for typed in [code.to_lowercase(), format!(" {front}-{back} "), format!("{front} {back}"), cyrillic.to_lowercase()]
    {
        signed_in(desk, &child, &typed);
    }
}

fn wrong_codes_wait_longer_and_longer_and_shut_no_family_out(desk: &Desk) {
    let (child, neighbour) = (desk.another_child(), desk.another_child());
    let (number, _) = registered(desk, &child);
    registered(desk, &neighbour);
    let wrong = || desk.sign_in(&json!({"iin": child.iin, "code": "22222222"}));
    for _ in 0..3 {
        wrong().refused(401, "wrong_code");
    }
    // After each further wrong one the wait is longer.
    let mut at = desk.clock.now();
    for minutes in [1, 5, 15, 15] {
        let refused = wrong().refused(429, "too_many_tries").json;
        assert_eq!(refused["retry_after"], json!(minutes * 60 + 1));
        at += chrono::TimeDelta::minutes(minutes);
        desk.clock.set(at);
        wrong().refused(401, "wrong_code");
    }
    desk.clock.set(at + chrono::TimeDelta::minutes(15));
    let code = desk.code_of(&number);
    signed_in(desk, &child, &code);
}

fn a_lost_code_is_replaced_at_any_counter_and_the_old_one_dies(desk: &Desk) {
    let child = desk.another_child();
    let (number, old) = registered(desk, &child);
    let session = signed_in(desk, &child, &old);
    let path = format!("/api/v1/applications/{number}/code");
    let stranger = json!({"iin": desk.another_child().parent_iin, "document": "№ 1"});
    desk.post(&path, &desk.state_corporation(), &stranger).refused(422, "not_a_representative");
    let own = json!({"iin": child.parent_iin, "document": "№ 1"});
    desk.post(&path, &session, &own).refused(403, "role_too_far");
    let new = desk.post(&path, &desk.state_corporation(), &own).must(201).text_of("family_code");
    assert_ne!(new, old);
    desk.sign_in(&json!({"iin": child.iin, "code": old})).refused(401, "wrong_code");
    desk.get(&format!("/api/v1/applications/{number}"), &session).refused(401, "session_ended");
    signed_in(desk, &child, &new);
    // Also where the child has moved meanwhile, and two homes know it.
    desk.set_clock("2026-09-25T04:00:00Z");
    let mover = signed_in(desk, &child, &new);
    let path = format!("/api/v1/applications/{number}/move");
    let moved = desk.post(&path, &mover, &json!({"territory": VILLAGE_HOME})).must(200).text_of("number");
    desk.set_clock("2026-09-25T04:05:00Z");
    let newest = desk.code_of(&moved);
    desk.sign_in(&json!({"iin": child.iin, "code": new})).refused(401, "wrong_code");
    desk.get(&format!("/api/v1/applications/{moved}"), &mover).refused(401, "session_ended");
    signed_in(desk, &child, &newest);
}

fn a_second_representative_has_a_code_of_their_own_and_a_third_has_none(desk: &Desk) {
    let (child, second, third) = (desk.another_child(), desk.another_child(), desk.another_child());
    let (number, first_code) = registered(desk, &child);
    let path = format!("/api/v1/applications/{number}/representatives");
    let person = |iin: &str| json!({"iin": iin, "name": "Ахметов Ерлан", "document": "№ 2"});
    desk.post(&path, &desk.office(), &person(&child.parent_iin)).refused(409, "known_representative");
    let code = desk.post(&path, &desk.office(), &person(&second.parent_iin)).must(201).text_of("family_code");
    desk.post(&path, &desk.office(), &person(&third.parent_iin)).refused(409, "two_representatives");
    // Whoever hands in for the child is not thereby its representative.
    let withdraw = format!("/api/v1/applications/{number}/withdraw");
    let again = |parent: &str| {
        let mut asked = child.application(CITY);
        asked["applicant"]["iin"] = json!(parent);
        desk.hand_in(&desk.office(), &asked).must(201).json
    };
    for code in [&first_code, &code] {
        desk.get(&format!("/api/v1/applications/{number}"), &signed_in(desk, &child, code)).must(200);
    }
    desk.post(&withdraw, &signed_in(desk, &child, &first_code), &json!({})).must(200);
    assert!(again(&third.parent_iin)["family_code"].is_null());
}

fn a_session_ends_when_nobody_uses_it_and_at_the_latest_after_half_a_day(desk: &Desk) {
    let child = desk.another_child();
    let (number, code) = registered(desk, &child);
    let path = format!("/api/v1/applications/{number}");
    let idle = signed_in(desk, &child, &code);
    let busy = signed_in(desk, &child, &code);
    let mut at = desk.clock.now();
    for _ in 0..35 {
        at += chrono::TimeDelta::minutes(20);
        desk.clock.set(at);
        desk.get(&path, &busy).must(200);
    }
    desk.get(&path, &idle).refused(401, "session_ended");
    desk.clock.set(at + chrono::TimeDelta::minutes(20));
    desk.get(&path, &busy).refused(401, "session_ended");
}

fn whoever_signs_out_is_signed_out_everywhere(desk: &Desk) {
    let child = desk.another_child();
    let (number, code) = registered(desk, &child);
    let sessions = [signed_in(desk, &child, &code), signed_in(desk, &child, &code)];
    desk.post("/api/v1/sessions/end", &sessions[0], &json!({})).must(200);
    for session in &sessions {
        desk.get(&format!("/api/v1/applications/{number}"), session).refused(401, "session_ended");
    }
    signed_in(desk, &child, &code);
}

fn strangers_behind_one_address_shut_nobody_out(desk: &Desk) {
    let child = desk.another_child();
    let (_, code) = registered(desk, &child);
    // Twenty families behind one address, each with a slip.
    for _ in 0..20 {
        let other = desk.another_child();
        desk.sign_in(&json!({"iin": other.iin, "code": "22222222"})).refused(401, "wrong_code");
    }
    signed_in(desk, &child, &code);
}

fn nothing_is_done_to_a_child_in_silence(desk: &Desk) {
    let child = desk.another_child();
    let (number, _) = registered(desk, &child);
    desk.accept(&number);
    let path = |act: &str| format!("/api/v1/applications/{number}/{act}");
    desk.post(&path("amend"), &desk.office(), &json!({"contacts": ["+7 701 000 11 22"]})).must(200);
    let code = desk.code_of(&number);
    let second = json!({"iin": desk.another_child().parent_iin, "name": "Ахметов Ерлан", "document": "№ 2"});
    desk.post(&path("representatives"), &desk.office(), &second).must(201);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.enrol(&referral);
    desk.set_clock("2026-09-25T04:00:00Z");
    let leave = json!({"last_day": "2026-09-25", "reason": "хат"});
    desk.post(&format!("/api/v1/referrals/{referral}/depart"), &signed_in(desk, &child, &code), &leave).must(200);
    let other = desk.register(&desk.another_child());
    desk.withdraw(&other).must(200);
    let mover = desk.register(&desk.another_child());
    desk.move_to(&mover, VILLAGE).must(200);
    let told = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let messages = told["messages"].as_array().expect("messages");
    let mut kinds: Vec<&str> = messages.iter().filter_map(|m| m["kind"].as_str()).collect();
    kinds.sort_unstable();
    let expected = ["amended", "departed", "enrolled", "family_code", "moved", "representative_added", "withdrawn"];
    assert_eq!(kinds, expected);
    for message in messages {
        assert_eq!(message["recipient"], "family");
        for tongue in ["kk", "ru", "en"] {
            let text = message["text"][tongue].as_str().expect("words");
            assert!(text.contains("391000000-") && !text.contains('{'), "{text}");
        }
    }
}

fn a_family_that_moves_keeps_its_code(desk: &Desk) {
    let child = desk.another_child();
    let (number, code) = registered(desk, &child);
    let token = signed_in(desk, &child, &code);
    let path = format!("/api/v1/applications/{number}/move");
    let moved = desk.post(&path, &token, &json!({"territory": VILLAGE})).must(200).text_of("number");
    desk.get(&format!("/api/v1/applications/{moved}"), &token).must(200);
    let again = signed_in(desk, &child, &code);
    desk.get(&format!("/api/v1/applications/{moved}"), &again).must(200);
}

fn a_family_whose_child_is_erased_is_nobody(desk: &Desk) {
    let child = desk.another_child();
    let (number, code) = registered(desk, &child);
    let token = signed_in(desk, &child, &code);
    desk.post(&format!("/api/v1/applications/{number}/withdraw"), &token, &json!({})).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    let token = signed_in(desk, &child, &code);
    let ground = json!({"ground": "заң, 8-бап"});
    desk.post(&format!("/api/v1/applications/{number}/erase"), &desk.department(), &ground).must(200);
    desk.get(&format!("/api/v1/applications/{number}"), &token).refused(401, "session_ended");
    desk.sign_in(&json!({"iin": child.iin, "code": code})).refused(401, "wrong_code");
}

fn who_came_with_an_import_gets_a_code_at_a_counter(desk: &Desk) {
    let row = crate::counter::clock::mending::rows(1).remove(0);
    let row = ApplicationRow { applied_at: instant("2026-01-15T04:00:00Z"), ..row };
    let office = &desk.registry.office;
    let taken =
        import_applications::applications(&office.store, &office.rules, desk.clock.now(), "rows.csv", &[row], |_| {});
    assert_eq!(taken.expect("an import"), 1);
    office.follow_all().expect("the index follows");
    let number = "391000000-000001";
    let token = desk.family(number);
    desk.get(&format!("/api/v1/applications/{number}"), &token).must(200);
}

fn codes_stand_nowhere_in_clear(desk: &Desk) {
    let child = desk.another_child();
    let answer = desk.post_once("/api/v1/applications", &desk.office(), "once", &child.application(CITY)).must(201);
    let code = answer.text_of("family_code");
    let again = desk.post_once("/api/v1/applications", &desk.office(), "once", &child.application(CITY)).must(201);
    assert_eq!(again.text_of("family_code"), code, "the first answer");
    let token = signed_in(desk, &child, &code);
    desk.keep_secret(&code);
    desk.keep_secret(&token);
}

fn a_look_up_with_a_code_asks_no_row_and_a_sign_in_asks_them(desk: &Desk) {
    desk.damaged();
    let child = desk.another_child();
    let (number, code) = registered(desk, &child);
    tamper(desk, "UPDATE representatives SET code = NULL");
    assert_eq!(desk.look_up(&child.iin).must(200).json["entries"][0]["application"], json!(number));
    desk.sign_in(&json!({"iin": child.iin, "code": code})).refused(401, "wrong_code");
}

fn what_one_server_replaces_opens_nothing_at_another(desk: &Desk) {
    let (rules, verifier) = (Arc::clone(&desk.registry.office.rules), Box::new(NoVerifier));
    let child = desk.another_child();
    let (number, old) = registered(desk, &child);
    let other = Registry::open(desk.second_store(), rules, desk.clock.clone(), verifier).expect("another server");
    let own = json!({"iin": child.parent_iin, "document": "№ 1"});
    let path = format!("/api/v1/applications/{number}/code");
    let new = desk.post(&path, &desk.state_corporation(), &own).must(201).text_of("family_code");
    let (office, tries, here) = (&other.office, &other.memory.attempts, IpAddr::from([127, 0, 0, 1]));
    let typed = |code: &str| Code::Typed(code.to_owned());
    let looks_up = |code: &str| family::proves(office, tries, here, &child.iin, &Proof::Code(typed(code)));
    // It has not followed yet: what it does not know it asks the rows, and sessions rest on rows alone.
    let refused = family::sign_in(office, tries, here, &child.iin, &typed(&old)).expect_err("the code was replaced");
    assert_eq!(refused.code, "wrong_code");
    looks_up(&new).expect("the new code");
    office.follow_all().expect("the journal");
    assert_eq!(looks_up(&old).expect_err("the code was replaced").code, "wrong_code");
    assert!(family::at_once(office, tries, here, &child.iin, &typed(&new)).expect("a look").is_some());
}
