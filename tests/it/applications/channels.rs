//! Registration through the three channels and the decision of a case: duplicates, incomplete packages, refusals,
//! changes and moves, and the words on the results.

use std::sync::Barrier;

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Db, Desk, GROUP, HOME, Setup, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    the_same_child_in_the_same_home_is_a_duplicate_that_names_the_application,
    the_same_child_in_another_home_is_a_duplicate_that_names_it_only_to_who_may_see_it,
    two_clerks_who_register_a_child_at_once_in_two_homes_get_one_201_and_one_409,
    the_state_corporation_refuses_an_incomplete_package_with_a_receipt,
    the_office_takes_an_incomplete_package_and_the_department_refuses_the_service,
    a_refusal_names_grounds_of_the_act_and_sets_the_child_free,
    a_ground_that_the_act_does_not_list_refuses_nothing,
    a_live_channel_cannot_name_the_instant,
    contacts_and_preferences_are_amended_without_losing_the_seat,
    a_withdrawn_application_stays_withdrawn_and_the_child_may_apply_again,
    a_move_to_another_home_keeps_the_instant_and_takes_the_claim_along,
    a_move_that_changes_nothing_is_a_conflict,
    a_move_takes_the_right_in_the_territory_it_leaves_and_in_the_one_it_joins,
    the_operator_of_a_village_reads_the_receipt_of_their_own_refusal_and_no_other,
    a_doubtful_iin_is_a_warning_and_not_a_refusal,
    an_attorney_states_the_power_and_only_where_the_act_admits_one,
    results_speak_kazakh_and_russian_and_say_that_the_act_is_repealed,
    a_result_of_a_portal_request_says_that_the_signature_was_not_checked,
);

fn the_same_child_in_the_same_home_is_a_duplicate_that_names_the_application(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let records = desk.records();
    for token in [desk.office(), desk.state_corporation(), desk.portal()] {
        let again = desk.hand_in(&token, &child.application(CITY)).refused(409, "duplicate");
        assert_eq!(again.json["application"], json!(number));
    }
    assert_eq!(desk.position(&child), Some(1));
    assert!(desk.records() <= records + 2, "only the new credentials were journaled");
}

fn the_same_child_in_another_home_is_a_duplicate_that_names_it_only_to_who_may_see_it(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let there = desk.token(Role::Office, VILLAGE_HOME);
    let blind = desk.hand_in(&there, &child.application(VILLAGE)).refused(409, "duplicate");
    assert!(!blind.text.contains(&number), "a clerk of another home learns no number: {}", blind.text);
    assert!(blind.json["application"].is_null() && blind.json["current_status"].is_null());
    let told = desk.hand_in(&desk.office(), &child.application(VILLAGE)).refused(409, "duplicate");
    assert_eq!((&told.json["application"], &told.json["current_status"]), (&json!(number), &json!("in_queue")));
}

fn two_clerks_who_register_a_child_at_once_in_two_homes_get_one_201_and_one_409(desk: &Desk) {
    let clerks = [(desk.token(Role::Office, HOME), CITY), (desk.token(Role::Office, VILLAGE_HOME), VILLAGE)];
    for _ in 0..8 {
        let child = desk.another_child();
        let start = Barrier::new(clerks.len());
        let mut statuses: Vec<u16> = std::thread::scope(|scope| {
            let sent = clerks.each_ref().map(|(token, territory)| {
                let (child, start) = (&child, &start);
                scope.spawn(move || {
                    start.wait();
                    desk.hand_in(token, &child.application(territory)).status
                })
            });
            sent.map(|s| s.join().expect("a clerk")).to_vec()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
        assert!(desk.position(&child).is_some());
    }
}

fn the_state_corporation_refuses_an_incomplete_package_with_a_receipt(desk: &Desk) {
    let child = desk.another_child();
    let whole = child.application(CITY);
    let mut without_number = whole.clone();
    without_number["documents"][0]["number"] = json!(" ");
    let mut without_paper = whole.clone();
    without_paper["documents"].as_array_mut().expect("documents").remove(0);
    let operator = desk.state_corporation();
    for package in [without_number, without_paper] {
        let refused = desk.hand_in(&operator, &package).refused(422, "intake_refused");
        assert_eq!(refused.json["missing"], json!(["birth_certificate"]));
        let page = desk.get(refused.json["receipt"]["html"].as_str().expect("a receipt"), &operator).must(200);
        for words in [
            "өтінішті қабылдаудан бас тарту туралы қолхат",
            "расписка об отказе в приеме заявления",
            "баланың туу туралы куәлігі",
            "свидетельство о рождении ребенка",
        ] {
            assert!(page.text.contains(words), "no {words:?} in {}", page.text);
        }
        assert!(!page.text.contains(&child.iin), "the receipt of a refusal keeps nobody's number");
    }
    assert_eq!(desk.look_up(&child.iin).must(200).json, json!({"entries": []}));
    desk.hand_in(&operator, &whole).must(201);
}

fn the_office_takes_an_incomplete_package_and_the_department_refuses_the_service(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["documents"] = json!([]);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    let refusal = json!({"decision": "refused", "grounds": ["incomplete_package"]});
    assert_eq!(desk.decide(&number, &refusal).must(200).json["status"], "refused");
}

fn a_refusal_names_grounds_of_the_act_and_sets_the_child_free(desk: &Desk) {
    let child = desk.another_child();
    let behind = desk.another_child();
    let number = desk.register(&child);
    desk.register(&behind);
    let refusal = json!({"decision": "refused", "grounds": ["untrue_data", "expired_documents"]});
    let refused = desk.decide(&number, &refusal).must(200);
    assert_eq!(refused.json["result"]["kind"], "reasoned_refusal");
    assert_eq!((&refused.json["position"], &refused.json["referral"]), (&Value::Null, &Value::Null));
    assert_eq!(desk.position(&behind), Some(1), "a refused entry leaves no turn");
    let id = refused.json["result"]["id"].as_str().expect("an id");
    let page = desk.get(&format!("/api/v1/documents/{id}"), &desk.department()).must(200);
    for words in [
        "мемлекеттік қызметті көрсетуден бас тарту туралы дәлелді жауап",
        "мотивированный ответ об отказе в оказании государственной услуги",
        "недостоверность документов",
        "документы с истекшим сроком действия",
        "№ 563",
        "5(1)",
        "Костанайская область, управление образования",
        "Қостанай облысы, білім басқармасы",
    ] {
        assert!(page.text.contains(words), "no {words:?} in {}", page.text);
    }
    desk.decide(&number, &json!({"decision": "accepted"})).refused(409, "wrong_state");
    assert_eq!(desk.entry(&child)["status"], "refused");
    desk.register(&child);
}

fn a_ground_that_the_act_does_not_list_refuses_nothing(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let records = desk.records();
    for (decision, code) in [
        (json!({"decision": "refused", "grounds": ["no_places"]}), "ground_not_listed"),
        (json!({"decision": "refused", "grounds": ["untrue_data", "over_age"]}), "ground_not_listed"),
        (json!({"decision": "refused"}), "ground_missing"),
        (json!({"decision": "maybe"}), "wrong_decision"),
        (json!({}), "wrong_body"),
    ] {
        desk.decide(&number, &decision).refused(422, code);
    }
    assert_eq!(desk.application(&number)["decision"], "pending");
    assert!(desk.records() <= records + 1, "only the new credential was journaled");
}

fn a_live_channel_cannot_name_the_instant(desk: &Desk) {
    let first = desk.another_child();
    desk.register(&first);
    desk.set_clock("2026-09-10T05:00:00Z");
    let late = desk.another_child();
    for token in [desk.office(), desk.state_corporation(), desk.portal()] {
        let mut application = desk.another_child().application(CITY);
        for field in ["applied_at", "registered_at", "instant", "ticket", "position"] {
            application[field] = json!("2020-01-01T00:00:00Z");
        }
        let registered = desk.hand_in(&token, &application).must(201);
        assert_eq!(registered.json["applied_at"], "2026-09-10T05:00:00.000000Z");
    }
    desk.register(&late);
    assert_eq!((desk.position(&first), desk.position(&late)), (Some(1), Some(5)));
}

fn contacts_and_preferences_are_amended_without_losing_the_seat(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let behind = desk.another_child();
    desk.set_clock("2026-09-10T06:00:00Z");
    desk.register(&behind);
    desk.keep_secret("1112233");
    let path = format!("/api/v1/applications/{number}/amend");
    desk.post(&path, &desk.office(), &json!({"contacts": ["+7 000 1112233", "ana@example.com"]})).must(200);
    desk.post(&path, &desk.portal(), &json!({"preferences": ["k-003", "k-001"]})).must(200);
    let application = desk.application(&number);
    assert_eq!(application["applicant"]["contacts"], json!(["+70001112233", "ana@example.com"]));
    assert_eq!(application["preferences"], json!(["k-003", "k-001"]));
    let entry = desk.entry(&child);
    assert_eq!(entry["position"], 1, "an amendment keeps the instant");
    let choices =
        json!([{"kindergarten": "k-003", "position": 1, "of": 2}, {"kindergarten": "k-001", "position": 1, "of": 2}]);
    assert_eq!(entry["choices"], choices, "somebody without preferences wants any kindergarten");
    for (sent, code) in [
        (json!({}), "nothing_to_change"),
        (json!({"contacts": []}), "wrong_contacts"),
        (json!({"contacts": ["a", "b", "c"]}), "wrong_contacts"),
        (json!({"preferences": ["k-001", "k-001"]}), "repeated_preference"),
        (json!({"preferences": ["k-016"]}), "preference_outside_territory"),
        (json!({"preferences": ["k-999"]}), "unknown_kindergarten"),
        (json!({"preferences": ["k-001", "k-002", "k-003", "k-004", "k-005"]}), "too_many_preferences"),
    ] {
        desk.post(&path, &desk.office(), &sent).refused(422, code);
    }
}

fn a_withdrawn_application_stays_withdrawn_and_the_child_may_apply_again(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let place = desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let path = format!("/api/v1/applications/{number}/withdraw");
    desk.keep_secret("көшті");
    desk.post(&path, &desk.family(&number), &json!({"reason": "көшті"})).must(200);
    assert_eq!(desk.status(&number), "withdrawn");
    let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
    assert_eq!((&read.json["status"], &read.json["ground"]), (&json!("annulled"), &json!("withdrawn")));
    desk.withdraw(&number).refused(409, "wrong_state");
    desk.on_referral(&referral, "present", &json!({})).refused(409, "wrong_state");
    let again = desk.waiting(&child);
    assert_ne!(again, number);
    let next = desk.next(HOME);
    assert_eq!((&next["place"], &next["application"]), (&json!(place), &json!(again)), "its place is free again");
}

fn a_move_to_another_home_keeps_the_instant_and_takes_the_claim_along(desk: &Desk) {
    let child = desk.another_child();
    let old = desk.waiting(&child);
    desk.set_clock("2026-09-11T04:00:00Z");
    let native = desk.another_child();
    desk.waiting_in_village(&native);
    assert_eq!(desk.position(&native), Some(1));
    let path = format!("/api/v1/applications/{old}/move");
    let there = json!({"territory": VILLAGE, "preferences": ["k-016"]});
    let moved = desk.post(&path, &desk.family(&old), &there).must(200);
    let number = moved.text_of("number");
    assert!(number.starts_with(VILLAGE_HOME), "it has a number of its new home: {number}");
    assert_eq!((desk.position(&child), desk.position(&native)), (Some(1), Some(2)), "it stands by its own instant");
    let application = desk.application(&number);
    assert_eq!(application["applied_at"], "2026-09-10T04:00:00.000000Z");
    assert_eq!((&application["decision"], &application["preferences"]), (&json!("accepted"), &json!(["k-016"])));
    assert_eq!(desk.status(&old), "closed");
    let again = desk.hand_in(&desk.office(), &child.application(CITY)).refused(409, "duplicate");
    assert_eq!(again.json["application"], json!(number));
    desk.post(&path, &desk.office(), &json!({"territory": VILLAGE})).refused(409, "wrong_state");
    desk.place(VILLAGE_GROUP);
    desk.enrol(&desk.refer_next(VILLAGE));
    assert_eq!(desk.status(&number), "enrolled");
}

fn a_move_that_changes_nothing_is_a_conflict(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let path = format!("/api/v1/applications/{number}/move");
    desk.post(&path, &desk.office(), &json!({"territory": CITY})).refused(409, "already_there");
    desk.post(&path, &desk.office(), &json!({"territory": "390000000"})).refused(422, "territory_without_queue");
    desk.post(&path, &desk.office(), &json!({"territory": "391099999"})).refused(422, "unknown_territory");
    assert_eq!(desk.status(&number), "in_queue");
}

fn a_move_takes_the_right_in_the_territory_it_leaves_and_in_the_one_it_joins(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let path = format!("/api/v1/applications/{number}/move");
    let there = json!({"territory": VILLAGE});
    for home in [HOME, VILLAGE_HOME] {
        for role in [Role::Office, Role::Department, Role::StateCorporation] {
            desk.post(&path, &desk.token(role, home), &there).refused(403, "territory_too_far");
        }
    }
    assert_eq!((desk.status(&number).as_str(), desk.position(&child)), ("in_queue", Some(1)), "nothing has changed");
    // The department of the oblast answers for both districts.
    let signed = json!({"territory": VILLAGE, "request": desk.request(&number)});
    desk.post(&path, &desk.token(Role::Department, "390000000"), &signed).must(200);
}

fn the_operator_of_a_village_reads_the_receipt_of_their_own_refusal_and_no_other(desk: &Desk) {
    let mut package = desk.another_child().application(VILLAGE);
    package["documents"] = json!([]);
    let operator = desk.token(Role::StateCorporation, VILLAGE);
    let refused = desk.hand_in(&operator, &package).refused(422, "intake_refused");
    let receipt = refused.json["receipt"]["html"].as_str().expect("a receipt").to_owned();
    desk.get(&receipt, &operator).must(200);
    desk.get(&receipt, &desk.token(Role::Office, VILLAGE_HOME)).must(200);
    desk.get(&receipt, &desk.token(Role::StateCorporation, OTHER_VILLAGE)).refused(403, "territory_too_far");
}

/// Another rural district of [`VILLAGE_HOME`].
const OTHER_VILLAGE: &str = "393235000";

fn a_doubtful_iin_is_a_warning_and_not_a_refusal(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["child"]["birth_date"] = json!("2022-06-18");
    let registered = desk.hand_in(&desk.office(), &application).must(201);
    let warnings = registered.json["warnings"].as_array().expect("warnings");
    assert!(warnings.iter().any(|w| w.as_str().is_some_and(|w| w.starts_with("child.iin: "))), "{}", registered.text);
}

fn an_attorney_states_the_power_and_only_where_the_act_admits_one(desk: &Desk) {
    let mut application = desk.another_child().application(CITY);
    application["applicant"]["kind"] = json!("attorney");
    let operator = desk.state_corporation();
    let refused = desk.hand_in(&operator, &application);
    assert_eq!(refused.status, 422, "{}", refused.text);
    application["applicant"]["power"] = json!({"number": "№ 1", "until": "2026-09-09"});
    let refused = desk.hand_in(&operator, &application);
    assert_eq!(refused.status, 422, "an expired power of attorney: {}", refused.text);
    application["applicant"]["power"] = json!({"number": "№ 1", "until": "2027-01-01"});
    let sent = desk.hand_in(&operator, &application);
    if sent.status == 201 {
        let read = desk.application(&sent.text_of("number"));
        assert_eq!(read["applicant"]["power"], json!({"number": "№ 1", "until": "2027-01-01"}));
    } else {
        sent.refused(422, "representative_not_admitted");
    }
}

fn pages(desk: &Desk, number: &str) -> String {
    let listed = desk.get(&format!("/api/v1/applications/{number}/documents"), &desk.department()).must(200);
    let documents = listed.json["documents"].as_array().expect("documents").clone();
    let html = |d: &Value| desk.get(d["html"].as_str().expect("an address"), &desk.department()).must(200).text;
    documents.iter().map(html).collect()
}

fn results_speak_kazakh_and_russian_and_say_that_the_act_is_repealed(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    desk.place(GROUP);
    desk.refer_next(HOME);
    let text = pages(desk, &number);
    for words in [
        "кезекке қою туралы хабарлама",
        "уведомление о постановке на очередь",
        "мектепке дейінгі ұйымға жолдама",
        "направление в дошкольную организацию",
        "Кезек нөмірі: 1",
        "Номер очередности: 1",
        "«Жанарай» бөбекжай-балабақшасы",
        "Ясли-сад «Жанарай»",
        "Актінің күші",
        "Акт утратил силу",
        "№ 563",
        child.name.as_str(),
        child.iin.as_str(),
        number.as_str(),
    ] {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
    assert!(!text.contains("{") || !text.contains("{number}"), "a value was left out");
    assert!(!text.contains("не проверена"), "an office's application carries no signature");
}

fn a_result_of_a_portal_request_says_that_the_signature_was_not_checked(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["signature"] = json!("c3luYXE=");
    let number = desk.hand_in(&desk.portal(), &application).must(201).text_of("number");
    desk.accept(&number);
    let text = pages(desk, &number);
    for words in ["Электрондық цифрлық қолтаңба тексерілген жоқ", "Электронная цифровая подпись не проверена"]
    {
        assert!(text.contains(words), "no {words:?} in {text}");
    }
}

/// The shipped rules, with the home of the city under the profile that knows nothing beyond the acts.
pub fn bare_acts() -> Setup {
    let bindings = include_str!("../../../fixtures/bindings.toml");
    let more = format!("\n[[profiles]]\nterritory = \"{HOME}\"\nprofile = \"seeds-2018\"\nwhy = \"a test\"\n");
    Setup { rules: vec![("bindings.toml".to_owned(), format!("{bindings}{more}"))], ..Setup::default() }
}

#[test]
fn a_referral_comes_at_the_decision_only_where_nobody_ahead_could_use_the_place() {
    for db in Db::BOTH {
        let desk = Desk::with(db, bare_acts());
        let (ahead, child, behind) = (desk.another_child(), desk.another_child(), desk.another_child());
        let pending = desk.register(&ahead);
        let number = desk.register(&child);
        desk.places(GROUP, 2);
        let decided = desk.accept(&number);
        assert_eq!(decided.json["referral"], Value::Null, "somebody ahead wants the place: {}", decided.text);
        let first = desk.accept(&pending);
        assert!(first.json["referral"].is_string(), "nobody is ahead: {}", first.text);
        assert_eq!((&first.json["result"]["kind"], &first.json["status"]), (&json!("referral"), &json!("referred")));
        let last = desk.register(&behind);
        let decided = desk.accept(&last);
        assert_eq!(decided.json["referral"], Value::Null, "the second place is the second child's: {}", decided.text);
        assert_eq!(desk.next(HOME)["application"], json!(number));
    }
}
