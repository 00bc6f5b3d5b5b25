//! Nothing is taken from a family without the family: its word takes at once and gives back, an official's alone waits for a second
//! person and lapses by itself.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    one_clerk_alone_empties_no_queue,
    a_second_person_confirms_and_it_is_done,
    whoever_asked_does_not_confirm_whatever_accounts_that_person_has,
    a_village_s_akim_confirms_its_clerk_and_the_department_its_akim,
    what_nobody_confirms_lapses_by_the_clock_and_silence_takes_nothing,
    the_family_says_no_and_nothing_is_taken,
    a_signed_paper_takes_at_once_and_once,
    a_sixth_paper_of_one_person_in_a_day_waits,
    a_code_of_a_counter_opens_no_taking_act_until_the_family_has_had_its_term,
    a_withdrawal_is_undone_at_the_old_instant_and_turn,
    a_place_that_was_given_on_is_owed,
    a_place_that_nobody_has_is_given_back_with_its_referral,
    a_move_is_undone_and_the_old_number_lives_again,
    a_dropped_wish_comes_back_and_an_added_one_waits_for_nobody,
    an_undo_after_the_term_or_beside_another_application_is_refused,
    a_kindergarten_ends_no_contract_by_its_word_alone,
    a_family_that_signed_no_contract_has_its_referral_again,
    a_departure_is_undone_while_the_place_is_free,
    two_confirmations_at_once_take_once,
    a_child_is_not_erased_while_its_family_may_undo,
    an_ended_application_is_told_for_half_a_year,
);

fn path(number: &str, act: &str) -> String {
    format!("/api/v1/applications/{number}/{act}")
}

/// What an official asks, without the family.
fn asked(desk: &Desk, number: &str) -> String {
    desk.post(&path(number, "withdraw"), &desk.office(), &json!({"reason": "хат"})).must(202).text_of("pending")
}

fn confirm(id: &str) -> String {
    format!("/api/v1/pending/{id}/confirm")
}

fn told(desk: &Desk, home: &str, number: &str) -> Vec<String> {
    let box_ = desk.get(&format!("/api/v1/outbox?territory={home}"), &desk.department()).must(200).json;
    let messages = box_["messages"].as_array().expect("messages");
    let own = messages.iter().filter(|m| m["subject"] == json!(number));
    let mut kinds: Vec<String> = own
        .map(|m| {
            for tongue in ["kk", "ru", "en"] {
                let text = m["text"][tongue].as_str().expect("words");
                assert!(!text.contains('{') && !text.contains("  "), "{text}");
            }
            m["kind"].as_str().expect("a kind").to_owned()
        })
        .collect();
    // Those of one instant stand in no order.
    kinds.sort_unstable();
    kinds
}

fn ticked(desk: &Desk) {
    let office = &desk.registry.office;
    let now = desk.clock.now();
    kezek::service::counter::tick::tick(&office.store, &office.rules, now, now).expect("a tick");
}

fn one_clerk_alone_empties_no_queue(desk: &Desk) {
    let clerk = desk.office();
    let numbers = [(); 12].map(|()| desk.waiting(&desk.another_child()));
    for number in &numbers {
        desk.post(&path(number, "withdraw"), &clerk, &json!({})).refused(422, "request_missing");
        desk.post(&path(number, "withdraw"), &clerk, &json!({"reason": "хат"})).must(202);
        desk.post(&path(number, "move"), &clerk, &json!({"territory": VILLAGE, "reason": "хат"}))
            .refused(409, "already_pending");
        let wish = json!({"preferences": ["k-005"], "reason": "хат"});
        desk.post(&path(number, "amend"), &clerk, &wish).refused(409, "already_pending");
    }
    for number in &numbers {
        assert_eq!(desk.status(number), "in_queue");
        assert_eq!(told(desk, HOME, number), ["taking_asked"]);
    }
    desk.post(&confirm(&format!("{}-T1", numbers[0])), &clerk, &json!({})).refused(403, "role_too_far");
}

fn a_second_person_confirms_and_it_is_done(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let id = asked(desk, &number);
    assert_eq!(id, format!("{number}-T1"));
    let list = desk.get(&format!("/api/v1/pending?territory={HOME}"), &desk.department()).must(200).json;
    assert_eq!(list["pending"][0]["id"], json!(id));
    assert_eq!(list["pending"][0]["until"], "2026-09-24");
    let read = desk.get(&format!("/api/v1/pending/{id}"), &desk.auditor()).must(200).json;
    assert_eq!(
        (&read["reason"], &read["act"], &read["status"]),
        (&json!("хат"), &json!("withdraw"), &json!("pending"))
    );
    let done = desk.post(&confirm(&id), &desk.department(), &json!({})).must(200).json;
    assert_eq!((&done["status"], &done["done"]["status"]), (&json!("taken"), &json!("withdrawn")));
    assert_eq!(desk.status(&number), "withdrawn");
    assert_eq!(told(desk, HOME, &number), ["taking_asked", "withdrawn"]);
    desk.post(&confirm(&id), &desk.department(), &json!({})).refused(409, "wrong_state");
    // And it is still the family's to undo.
    assert_eq!(desk.undo(&number).must(200).json["status"], "in_queue");
}

fn whoever_asked_does_not_confirm_whatever_accounts_that_person_has(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let person = super::person(desk);
    let appointed = || super::appointed(desk, &person, &super::mandate(Role::Department, HOME));
    let first = appointed();
    let department = super::credential(desk, Role::Department, &first);
    let id = desk.post(&path(&number, "withdraw"), &department, &json!({"reason": "хат"})).must(202).text_of("pending");
    desk.post(&confirm(&id), &department, &json!({})).refused(403, "same_person");
    // A closed account and a new one are still one person.
    desk.post(&format!("/api/v1/accounts/{first}/close"), &desk.department(), &json!({})).must(200);
    let again = super::credential(desk, Role::Department, &appointed());
    desk.post(&confirm(&id), &again, &json!({})).refused(403, "same_person");
    // The akim is no higher authority than the department.
    desk.post(&confirm(&id), &desk.token(Role::Akim, HOME), &json!({})).refused(403, "authority_too_low");
    assert_eq!(desk.status(&number), "in_queue");
    desk.post(&confirm(&id), &desk.token(Role::Department, HOME), &json!({})).must(200);
    assert_eq!(desk.status(&number), "withdrawn");
}

fn a_village_s_akim_confirms_its_clerk_and_the_department_its_akim(desk: &Desk) {
    let (one, two) = (desk.waiting_in_village(&desk.another_child()), desk.waiting_in_village(&desk.another_child()));
    let clerk = desk.token(Role::Office, VILLAGE);
    let id = desk.post(&path(&one, "withdraw"), &clerk, &json!({"reason": "хат"})).must(202).text_of("pending");
    desk.post(&confirm(&id), &desk.token(Role::Akim, HOME), &json!({})).refused(403, "territory_too_far");
    desk.post(&confirm(&id), &desk.akim(), &json!({})).must(200);
    // Where the akim is the one official, the department is the second.
    let place = desk.place(VILLAGE_GROUP);
    let referral = desk.refer(&desk.akim(), &place, &two).must(201).text_of("number");
    let annul = json!({"ground": "applicant_request", "evidence": "ауызша"});
    let id =
        desk.post(&format!("/api/v1/referrals/{referral}/annul"), &desk.akim(), &annul).must(202).text_of("pending");
    assert_eq!(desk.status(&two), "referred");
    desk.post(&confirm(&id), &desk.akim(), &json!({})).refused(403, "same_person");
    desk.post(&confirm(&id), &desk.token(Role::Department, VILLAGE_HOME), &json!({})).must(200);
    assert_eq!(desk.status(&two), "in_queue");
}

fn what_nobody_confirms_lapses_by_the_clock_and_silence_takes_nothing(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let id = asked(desk, &number);
    desk.set_clock("2026-09-24T10:00:00Z");
    ticked(desk);
    assert_eq!(desk.application(&number)["takings"][0]["status"], "pending", "its last day is not over");
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.post(&confirm(&id), &desk.department(), &json!({})).refused(409, "lapsed");
    ticked(desk);
    ticked(desk);
    assert_eq!(desk.application(&number)["takings"][0]["status"], "lapsed");
    assert_eq!(
        (desk.status(&number).as_str(), told(desk, HOME, &number)),
        ("in_queue", vec!["taking_asked".to_owned(), "taking_lapsed".to_owned()])
    );
    desk.post(&confirm(&id), &desk.department(), &json!({})).refused(409, "wrong_state");
    asked(desk, &number);
}

fn the_family_says_no_and_nothing_is_taken(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let id = asked(desk, &number);
    let form = desk.form(&child.iin, "ru");
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let page = desk.send("POST", "/", None, &typed, Some(form.as_bytes())).must(200).text;
    assert!(page.contains("Что вам сообщали") && page.contains("подтвердит второй сотрудник"), "{page}");
    let undone = desk.undo(&number).must(200).json;
    assert_eq!((&undone["became"], &undone["status"]), (&json!("objected"), &json!("in_queue")));
    desk.post(&confirm(&id), &desk.department(), &json!({})).refused(409, "wrong_state");
    desk.undo(&number).refused(409, "nothing_to_undo");
}

fn a_signed_paper_takes_at_once_and_once(desk: &Desk) {
    let (one, two) = (desk.waiting(&desk.another_child()), desk.waiting(&desk.another_child()));
    let request = desk.request(&one);
    let with = |request: &Value| json!({"request": request});
    let field = |name: &str, value: &str| {
        let mut other = request.clone();
        other[name] = json!(value);
        with(&other)
    };
    let withdraw = path(&one, "withdraw");
    let office = desk.office();
    desk.post(&withdraw, &office, &field("scan", "none")).refused(422, "unknown_scan");
    desk.post(&withdraw, &office, &field("on", "2026-09-11")).refused(422, "wrong_date");
    desk.post(&withdraw, &office, &field("on", "2026-05-01")).refused(422, "wrong_date");
    desk.post(&withdraw, &office, &field("number", " ")).refused(422, "missing");
    desk.post(&path(&two, "withdraw"), &office, &with(&request)).refused(422, "foreign_scan");
    desk.post(&withdraw, &office, &with(&request)).must(200);
    assert_eq!(told(desk, HOME, &one), ["withdrawn"]);
    let taking = desk.application(&one)["takings"][0].clone();
    assert_eq!((&taking["rests_on"], &taking["status"]), (&json!("paper"), &json!("taken")));
    desk.undo(&one).must(200);
    desk.post(&withdraw, &office, &with(&request)).refused(422, "scan_used");
    // A scan that was uploaded before anybody knew for whom belongs to the first that it is shown for.
    let loose = desk.upload("/api/v1/papers", &office, "application/pdf", b"%PDF-1.7 an invented scan").must(201);
    let loose = json!({"number": "2", "on": "2026-09-10", "scan": loose.text_of("id")});
    desk.post(&path(&two, "withdraw"), &office, &with(&loose)).must(200);
}

fn a_sixth_paper_of_one_person_in_a_day_waits(desk: &Desk) {
    let numbers = [(); 7].map(|()| desk.waiting(&desk.another_child()));
    let office = desk.office();
    let take = |number: &str, status: u16| {
        desk.post(&path(number, "withdraw"), &office, &json!({"request": desk.request(number)})).must(status)
    };
    numbers[..5].iter().for_each(|number| drop(take(number, 200)));
    take(&numbers[5], 202);
    assert_eq!(desk.status(&numbers[5]), "in_queue");
    assert_eq!(told(desk, HOME, &numbers[5]), ["paper_takings", "taking_asked"]);
    desk.set_clock("2026-09-11T04:00:00Z");
    take(&numbers[6], 200);
}

fn a_code_of_a_counter_opens_no_taking_act_until_the_family_has_had_its_term(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let stranger = json!({"iin": desk.another_child().parent_iin, "name": "Ахметов Ерлан", "document": "№ 2"});
    let code = desk.post(&path(&number, "representatives"), &desk.office(), &stranger).must(201).text_of("family_code");
    let sign_in = || desk.sign_in(&json!({"iin": child.iin, "code": code})).must(201).text_of("token");
    let session = sign_in();
    for (act, body) in
        [("withdraw", json!({})), ("move", json!({"territory": VILLAGE})), ("amend", json!({"preferences": ["k-001"]}))]
    {
        let refused = desk.post(&path(&number, act), &session, &body).refused(403, "code_too_new");
        assert_eq!(refused.json["until"], "2026-09-24");
    }
    assert_eq!(desk.status(&number), "in_queue");
    desk.post(&path(&number, "amend"), &session, &json!({"contacts": ["+7 701 000 11 22"]})).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.post(&path(&number, "withdraw"), &sign_in(), &json!({})).must(200);
}

fn a_withdrawal_is_undone_at_the_old_instant_and_turn(desk: &Desk) {
    let children = [(); 3].map(|()| desk.another_child());
    let numbers = children.each_ref().map(|child| desk.waiting(child));
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.withdraw(&numbers[0]).must(200);
    assert_eq!(children[1..].iter().map(|c| desk.position(c)).collect::<Vec<_>>(), [Some(1), Some(2)]);
    // One word at any office of the territory is enough.
    desk.post(&path(&numbers[0], "undo"), &desk.token(Role::Office, CITY), &json!({"reason": "ойланды"})).must(200);
    assert_eq!(children.each_ref().map(|c| desk.position(c)), [Some(1), Some(2), Some(3)]);
    assert_eq!(desk.application(&numbers[0])["applied_at"], "2026-09-10T04:00:00.000000Z");
    assert_eq!(told(desk, HOME, &numbers[0]), ["taking_undone", "withdrawn"]);
    // What was not decided is taken in anew.
    let pending = desk.register(&desk.another_child());
    desk.withdraw(&pending).must(200);
    desk.undo(&pending).must(200);
    desk.accept(&pending);
}

fn a_place_that_was_given_on_is_owed(desk: &Desk) {
    let (gone, next) = (desk.another_child(), desk.another_child());
    let (number, after) = (desk.waiting(&gone), desk.waiting(&next));
    desk.place(GROUP);
    desk.refer_next(HOME);
    desk.withdraw(&number).must(200);
    assert_eq!(desk.next(HOME)["application"], json!(after));
    desk.refer_next(HOME);
    let undone = desk.undo(&number).must(200).json;
    assert_eq!((&undone["owed"], &undone["status"]), (&json!(true), &json!("in_queue")));
    assert_eq!(desk.position(&gone), Some(1));
    let debts = desk.get(&format!("/api/v1/debts?territory={HOME}"), &desk.department()).must(200).json;
    let debt = &debts["debts"][0];
    assert_eq!((&debt["application"], &debt["group"]), (&json!(number), &json!(GROUP)));
    assert_eq!(told(desk, HOME, &number), ["place_owed", "withdrawn"]);
    // Whoever got a place waits no more.
    desk.place(GROUP);
    desk.refer_next(HOME);
    let debts = desk.get(&format!("/api/v1/debts?territory={HOME}"), &desk.department()).must(200).json;
    assert_eq!(debts["debts"], json!([]));
}

fn a_place_that_nobody_has_is_given_back_with_its_referral(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.withdraw(&number).must(200);
    desk.set_clock("2026-09-14T04:00:00Z");
    let undone = desk.undo(&number).must(200).json;
    assert_eq!((&undone["owed"], &undone["status"]), (&json!(false), &json!("referred")));
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200).json;
    assert_eq!(
        (&read["status"], &read["valid_until"]),
        (&json!("issued"), &json!("2026-09-20")),
        "the lost days are given back"
    );
    desk.enrol(&referral);
    assert_eq!(desk.status(&number), "enrolled");
}

fn a_move_is_undone_and_the_old_number_lives_again(desk: &Desk) {
    let child = desk.another_child();
    let behind = desk.another_child();
    let number = desk.waiting(&child);
    desk.waiting(&behind);
    let moved = desk.move_to(&number, VILLAGE).must(200).text_of("number");
    assert_eq!(desk.position(&behind), Some(1));
    // By the number of today, at the office where the family now lives.
    let undone = desk.post(&path(&moved, "undo"), &desk.token(Role::Office, VILLAGE), &json!({})).must(200).json;
    assert_eq!((&undone["number"], &undone["status"]), (&json!(number), &json!("in_queue")));
    assert_eq!(
        (desk.status(&moved).as_str(), desk.position(&child), desk.position(&behind)),
        ("closed", Some(1), Some(2))
    );
    // And within one home.
    let number = desk.waiting_in_village(&desk.another_child());
    let moved = desk.move_to(&number, "393230100").json;
    if let Some(moved) = moved["number"].as_str() {
        desk.undo(moved).must(200);
        assert_eq!(desk.status(&number), "in_queue");
    }
    // A place in hand there is answered for first.
    let number = desk.waiting(&desk.another_child());
    let moved = desk.move_to(&number, VILLAGE).must(200).text_of("number");
    let place = desk.place(VILLAGE_GROUP);
    desk.refer(&desk.akim(), &place, desk.next(VILLAGE)["application"].as_str().expect("somebody")).must(201);
    if desk.status(&moved) == "referred" {
        desk.undo(&number).refused(409, "place_in_hand");
    }
}

fn a_dropped_wish_comes_back_and_an_added_one_waits_for_nobody(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["preferences"] = json!(["k-001", "k-005"]);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    let amend = |body: Value| desk.post(&path(&number, "amend"), &desk.office(), &body);
    amend(json!({"preferences": ["k-005", "k-001", "k-002"]})).must(200);
    amend(json!({"preferences": ["k-005"]})).refused(422, "request_missing");
    // What adds is done, what drops waits.
    let both = json!({"preferences": ["k-005"], "contacts": ["+7 701 000 11 22"], "reason": "ауызша"});
    let id = amend(both).must(202).text_of("pending");
    let read = desk.application(&number);
    assert_eq!(read["applicant"]["contacts"], json!(["+77010001122"]));
    assert_eq!(read["preferences"], json!(["k-005", "k-001", "k-002"]));
    desk.post(&confirm(&id), &desk.department(), &json!({})).must(200);
    assert_eq!(desk.application(&number)["preferences"], json!(["k-005"]));
    desk.undo(&number).must(200);
    assert_eq!(desk.application(&number)["preferences"], json!(["k-005", "k-001", "k-002"]));
    // Whoever took any takes fewer where some are named, and more where none is.
    amend(json!({"preferences": []})).must(200);
    amend(json!({"preferences": ["k-005"]})).refused(422, "request_missing");
    let wishes = json!({"preferences": ["k-005"]});
    desk.post(&path(&number, "amend"), &desk.family(&number), &wishes).must(200);
}

fn an_undo_after_the_term_or_beside_another_application_is_refused(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.undo(&number).refused(409, "nothing_to_undo");
    desk.withdraw(&number).must(200);
    let again = desk.register(&child);
    desk.undo(&number).refused(409, "other_application");
    desk.withdraw(&again).must(200);
    desk.undo(&number).must(200);
    desk.withdraw(&number).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.undo(&number).refused(409, "nothing_to_undo");
    assert_eq!(desk.status(&number), "withdrawn");
}

fn a_kindergarten_ends_no_contract_by_its_word_alone(desk: &Desk) {
    let (number, referral) = desk.enrolled(&desk.another_child());
    let depart = format!("/api/v1/referrals/{referral}/depart");
    let said = json!({"last_day": "2026-09-10", "reason": "x"});
    let waits = desk.post(&depart, &desk.staff_for(&referral), &said).must(202).json;
    assert_eq!((&waits["from"], &waits["until"]), (&json!("2026-09-25"), &json!("2026-10-08")));
    let id = waits["pending"].as_str().expect("an id");
    desk.post(&confirm(id), &desk.department(), &json!({})).refused(409, "too_early");
    assert_eq!(
        (desk.status(&number).as_str(), told(desk, HOME, &number)),
        ("enrolled", vec!["enrolled".to_owned(), "taking_asked".to_owned()])
    );
    let bulletin = || desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json["total"].clone();
    assert_eq!(bulletin(), 0);
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.post(&confirm(id), &desk.department(), &json!({})).must(200);
    assert_eq!((desk.status(&number).as_str(), bulletin()), ("closed", json!(1)));
}

fn a_family_that_signed_no_contract_has_its_referral_again(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    desk.on_referral(&referral, "present", &json!({})).must(200);
    desk.on_referral(&referral, "enrol", &json!({})).refused(422, "contract_missing");
    let late = json!({"contract": {"number": "1", "on": "2026-09-11"}});
    desk.on_referral(&referral, "enrol", &late).refused(422, "wrong_date");
    desk.on_referral(&referral, "enrol", &desk.contract()).must(200);
    assert_eq!(told(desk, HOME, &number), ["enrolled"]);
    // A clerk who says that the family said so takes a place from it: that rests on its paper, and on no code of a counter.
    let undo = path(&number, "undo");
    desk.post(&undo, &desk.office(), &json!({"reason": "хат"})).refused(422, "request_missing");
    let signed = json!({"request": desk.request(&number)});
    assert_eq!(desk.post(&undo, &desk.office(), &signed).must(200).json["status"], "referred");
    desk.post(&path(&number, "withdraw"), &desk.office(), &signed).refused(422, "scan_used");
    desk.enrol(&referral);
    assert_eq!(desk.undo(&number).must(200).json["status"], "referred");
    assert_eq!(desk.position(&child), Some(1));
    desk.enrol(&referral);
    assert_eq!(desk.status(&number), "enrolled");
}

fn a_departure_is_undone_while_the_place_is_free(desk: &Desk) {
    let child = desk.another_child();
    let (number, referral) = desk.enrolled(&child);
    let leave = json!({"last_day": "2026-09-10", "reason": "хат"});
    desk.on_referral(&referral, "depart", &leave).must(200);
    assert_eq!(desk.undo(&number).must(200).json["status"], "enrolled");
    desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    // Once it is another's, the child waits at its own instant.
    desk.on_referral(&referral, "depart", &leave).must(200);
    let next = desk.another_child();
    desk.waiting(&next);
    desk.refer_next(HOME);
    let undone = desk.undo(&number).must(200).json;
    assert_eq!((&undone["status"], &undone["owed"]), (&json!("in_queue"), &json!(true)));
    assert_eq!((desk.position(&child), desk.position(&next)), (Some(1), Some(2)));
}

fn two_confirmations_at_once_take_once(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    let id = asked(desk, &number);
    let tokens = [desk.department(), desk.token(Role::Department, HOME)];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let sent: Vec<_> =
            tokens.iter().map(|token| scope.spawn(|| desk.post(&confirm(&id), token, &json!({})).status)).collect();
        sent.into_iter().map(|sent| sent.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(desk.application(&number)["takings"].as_array().map(Vec::len), Some(1));
}

fn a_child_is_not_erased_while_its_family_may_undo(desk: &Desk) {
    let number = desk.waiting(&desk.another_child());
    desk.withdraw(&number).must(200);
    let ground = json!({"ground": "заң, 8-бап"});
    desk.post(&path(&number, "erase"), &desk.department(), &ground).refused(409, "may_be_undone");
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.post(&path(&number, "erase"), &desk.department(), &ground).must(200);
}

fn an_ended_application_is_told_for_half_a_year(desk: &Desk) {
    let (child, special) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    let mut application = special.application(CITY);
    application["kind"] = json!("special");
    let other = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    desk.withdraw(&number).must(200);
    desk.withdraw(&other).must(200);
    // By the IIN alone the word and what to do; with the code what the registry has said of its end.
    let known = desk.look_up_without_code(&child.iin).must(200).json["entries"][0].clone();
    assert_eq!((&known["status"], &known["position"]), (&json!("withdrawn"), &Value::Null));
    assert!(known.get("application").is_none() && known.get("queue").is_none(), "{known}");
    assert!(known["to_do"]["ru"].as_str().is_some_and(|said| said.contains("десяти рабочих дней")), "{known}");
    let known = desk.look_up_without_code(&special.iin).must(200).json["entries"][0].clone();
    let mut names: Vec<&str> = known.as_object().expect("an entry").keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["as_of", "status", "to_do"], "of a special group the status alone");
    let own = desk.entry(&child);
    assert_eq!((&own["application"], &own["reasons"][0]["code"]), (&json!(number), &json!("ended")));
    assert!(
        own["reasons"][0]["text"]["kk"].as_str().is_some_and(|said| said.contains("24.09.2026") || said.contains("24")),
        "{own}"
    );
    let form = format!("iin={}&lang=ru", child.iin);
    let typed = [("content-type", "application/x-www-form-urlencoded")];
    let page = desk.send("POST", "/", None, &typed, Some(form.as_bytes())).must(200).text;
    assert!(page.contains("десяти рабочих дней"), "{page}");
    // A child that has another application is told of that.
    let again = desk.register(&special);
    assert_eq!(desk.entry(&special)["application"], json!(again));
    desk.set_clock("2027-03-11T04:00:00Z");
    assert_eq!(desk.look_up_without_code(&child.iin).must(200).json, json!({"entries": []}));
}
