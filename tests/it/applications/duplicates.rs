//! Applications that are probably of one child: found when they come in, declared different, merged where the earlier stands, undone.

use kezek::domain::codes::Role;
use kezek::exchange::rows::ApplicationRow;
use kezek::service::files::import_applications;
use kezek::store::marks::Marks;
use kezek::store::{applications, duplicates};
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, GROUP, HOME, Reply, VILLAGE, VILLAGE_HOME, instant, on_both};

on_both!(
    the_same_name_however_it_is_written_and_the_same_birth_are_found_at_intake,
    the_same_certificate_and_nearly_the_same_name_of_one_applicant_are_found,
    brothers_and_sisters_and_namesakes_are_not_found,
    who_may_not_read_the_other_hears_no_number,
    an_import_names_its_pairs,
    a_pair_is_declared_different_and_opened_again,
    a_department_names_a_pair_itself,
    the_earlier_application_stays_and_both_numbers_find_the_child,
    a_merge_by_an_official_alone_waits_for_a_second_person,
    a_merge_is_undone_by_either_number,
    a_merge_across_two_districts_is_undone_too,
    whoever_has_a_place_in_hand_is_not_merged,
    a_child_registered_by_its_passport_gets_its_iin_and_stands_where_it_stood,
    an_erased_child_is_like_nobody,
);

/// The application of another child with this name.
fn named(desk: &Desk, child: &Child, name: &str) -> Value {
    let mut application = desk.another_child_born(&child.birth_date).application(CITY);
    application["child"]["name"] = json!(name);
    application
}

fn pairs(desk: &Desk) -> Vec<Value> {
    let list = desk.get(&format!("/api/v1/children/duplicates?territory={HOME}"), &desk.department()).must(200).json;
    list["duplicates"].as_array().expect("pairs").clone()
}

fn of(id: &str, act: &str) -> String {
    format!("/api/v1/children/duplicates/{id}/{act}")
}

fn the_same_name_however_it_is_written_and_the_same_birth_are_found_at_intake(desk: &Desk) {
    let child = desk.another_child();
    let mut first = child.application(CITY);
    first["child"]["name"] = json!("Алексеев Фёдор Игоревич");
    let first = desk.hand_in(&desk.office(), &first).must(201).text_of("number");
    // Another order, ё as е, Latin letters that look alike.
    for (nth, name) in ["Федор Алексеев  ИГОРЕВИЧ", "Aлeкceeв Фёдор Игоревич"].into_iter().enumerate()
    {
        let token = [desk.portal(), desk.state_corporation()][nth].clone();
        let answer = desk.hand_in(&token, &named(desk, &child, name)).must(201).json;
        let warnings = answer["warnings"].as_array().expect("warnings");
        assert!(warnings.contains(&json!("duplicate: probable")), "{answer}");
        if nth == 1 {
            assert!(answer["duplicates"].as_array().is_some_and(|all| all.contains(&json!(first))), "{answer}");
        }
    }
    let found = pairs(desk);
    assert_eq!(found.len(), 3, "each with each: {found:?}");
    assert_eq!((&found[0]["grounds"], &found[0]["status"]), (&json!(["name_and_birth"]), &json!("open")));
    assert_eq!(found[0]["applications"][1], json!(first), "the later one first");
    // Who has ended stands nowhere twice.
    desk.withdraw(&first).must(200);
    let other_day = desk.another_child_born("2022-05-18");
    let answer = desk.hand_in(&desk.office(), &named(desk, &other_day, "Алексеев Фёдор Игоревич")).must(201).json;
    assert_eq!(answer["warnings"], json!([]));
}

fn the_same_certificate_and_nearly_the_same_name_of_one_applicant_are_found(desk: &Desk) {
    let child = desk.another_child();
    let mut first = child.application(CITY);
    first["documents"][0]["number"] = json!("АА-ЖЗ 0770123");
    first["child"]["name"] = json!("Серікбай Нұрсұлтан");
    desk.hand_in(&desk.office(), &first).must(201);
    let mut second = named(desk, &child, "Басқа Есім");
    second["child"]["birth_date"] = json!("2022-05-16");
    second["documents"][0]["number"] = json!("аажз0770123");
    desk.hand_in(&desk.office(), &second).must(201);
    let mut third = named(desk, &child, "Серікбаев Нұрсултан");
    third["applicant"]["iin"] = json!(child.parent_iin);
    desk.hand_in(&desk.office(), &third).must(201);
    let grounds: Vec<Value> = pairs(desk).iter().map(|pair| pair["grounds"].clone()).collect();
    assert_eq!(grounds, [json!(["certificate"]), json!(["applicant"])]);
}

fn brothers_and_sisters_and_namesakes_are_not_found(desk: &Desk) {
    let child = desk.another_child();
    let mut twins = ["Серікбай Алдияр", "Серікбай Гүлнар"].map(|name| named(desk, &child, name)).to_vec();
    twins.iter_mut().for_each(|twin| twin["applicant"]["iin"] = json!(child.parent_iin));
    // A namesake of another day, and two children without a number on their certificates.
    let mut namesake = named(desk, &desk.another_child_born("2022-06-01"), "Серікбай Алдияр");
    namesake["documents"][0]["number"] = json!(null);
    twins[0]["documents"][0]["number"] = json!(null);
    for application in twins.iter().chain([&namesake]) {
        assert_eq!(desk.hand_in(&desk.office(), application).must(201).json["warnings"], json!([]));
    }
    assert_eq!(pairs(desk), [json!(null); 0]);
}

fn who_may_not_read_the_other_hears_no_number(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let mut there = named(desk, &child, &child.name);
    there["territory"] = json!(VILLAGE);
    let answer = desk.hand_in(&desk.token(Role::Office, VILLAGE_HOME), &there).must(201);
    assert_eq!(answer.json["warnings"], json!(["duplicate: probable"]));
    assert!(!answer.text.contains(&number), "{}", answer.text);
    // Both departments see the pair, and no third one.
    assert_eq!(pairs(desk).len(), 1);
    let list = |territory: &str, token: &str| {
        let path = format!("/api/v1/children/duplicates?territory={territory}&status=open");
        desk.get(&path, token).must(200).json["duplicates"].as_array().map(Vec::len)
    };
    assert_eq!(list(VILLAGE_HOME, &desk.token(Role::Department, VILLAGE_HOME)), Some(1));
    assert_eq!(list(VILLAGE, &desk.akim()), Some(1));
    assert_eq!(list("391600000", &desk.department()), Some(0));
    let path = format!("/api/v1/children/duplicates?territory={HOME}&status=none");
    desk.get(&path, &desk.department()).refused(422, "wrong_status");
}

fn an_import_names_its_pairs(desk: &Desk) {
    let office = &desk.registry.office;
    let row = |n: usize| ApplicationRow {
        applied_at: instant("2026-01-15T04:00:00Z"),
        ..crate::counter::clock::mending::rows(n + 1).remove(n)
    };
    let first = row(0);
    desk.keep_secret(&first.child_name);
    let again = ApplicationRow { child_name: first.child_name.clone(), birth_date: first.birth_date, ..row(1) };
    let number = desk.hand_in(&desk.office(), &named(desk, &born(desk, &first), &first.child_name)).must(201);
    import_applications::applications(&office.store, &office.rules, desk.clock.now(), "f.csv", &[first, again], |_| {})
        .expect("taken in");
    office.follow_all().expect("follows");
    let found = pairs(desk);
    assert_eq!(found.len(), 3, "both with the one that was here, and with each other: {found:?}");
    let of_here = found.iter().filter(|pair| pair["applications"][1] == number.json["number"]);
    assert_eq!(of_here.count(), 2);
}

/// A child born on the day of a row.
fn born(desk: &Desk, row: &ApplicationRow) -> Child {
    desk.another_child_born(&row.birth_date.to_string())
}

/// Two applications that are probably of one child: their numbers, and the id of the pair.
fn twice(desk: &Desk) -> (Child, Child, [String; 2], String) {
    let (child, again) = (desk.another_child(), desk.another_child());
    let first = desk.waiting(&child);
    desk.set_clock("2026-09-10T05:00:00Z");
    let mut second = again.application(CITY);
    second["child"]["name"] = json!(child.name);
    let second = desk.hand_in(&desk.office(), &second).must(201).text_of("number");
    desk.accept(&second);
    let id = pairs(desk).last().expect("a pair")["id"].as_str().expect("an id").to_owned();
    (child, again, [first, second], id)
}

fn a_pair_is_declared_different_and_opened_again(desk: &Desk) {
    let (.., id) = twice(desk);
    let department = desk.department();
    let judge = |act: &str| desk.post(&of(&id, act), &department, &json!({"reason": "куәліктер салыстырылды"}));
    desk.post(&of(&id, "different"), &department, &json!({"reason": " "})).refused(422, "missing");
    desk.post(&of(&id, "different"), &desk.office(), &json!({"reason": "хат"})).refused(403, "role_too_far");
    judge("reopen").refused(409, "wrong_state");
    let decided = judge("different").must(200).json;
    assert_eq!((&decided["status"], decided["decided_by"].is_string()), (&json!("different"), true));
    judge("different").refused(409, "wrong_state");
    desk.post(&of(&id, "merge"), &department, &json!({"reason": "хат"})).refused(409, "wrong_state");
    assert_eq!(judge("reopen").must(200).json["status"], "open");
    let foreign = desk.token(Role::Department, VILLAGE_HOME);
    desk.post(&of(&id, "different"), &foreign, &json!({"reason": "хат"})).refused(403, "territory_too_far");
    desk.post(&of("391000000-000099-D1", "different"), &department, &json!({"reason": "хат"}))
        .refused(404, "not_found");
}

fn a_department_names_a_pair_itself(desk: &Desk) {
    let numbers = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    assert_eq!(pairs(desk), [json!(null); 0]);
    let open = |applications: Value| {
        let sent = json!({"applications": applications, "ground": "анасының айтуынша бір бала"});
        desk.post("/api/v1/children/duplicates", &desk.department(), &sent)
    };
    open(json!([numbers[0]])).refused(422, "wrong_pair");
    open(json!([numbers[0], numbers[0]])).refused(422, "same_child");
    let pair = open(json!(numbers)).must(201).json;
    assert_eq!((&pair["grounds"], &pair["applications"]), (&json!(["stated"]), &json!([numbers[1], numbers[0]])));
    open(json!(numbers)).refused(409, "known_pair");
    desk.withdraw(&numbers[0]).must(200);
    open(json!([numbers[0], desk.register(&desk.another_child())])).refused(409, "wrong_state");
}

/// What anybody reads of a number: the position, if it finds a child.
fn public(desk: &Desk, iin: &str) -> Value {
    desk.look_up_without_code(iin).must(200).json["entries"][0]["position"].clone()
}

fn merge(desk: &Desk, id: &str, body: Value) -> Reply {
    desk.post(&of(id, "merge"), &desk.department(), &body)
}

fn the_earlier_application_stays_and_both_numbers_find_the_child(desk: &Desk) {
    let (child, again, [first, second], id) = twice(desk);
    let behind = desk.another_child();
    desk.waiting(&behind);
    merge(desk, &id, json!({"reason": "хат"})).refused(422, "iin_of_missing");
    merge(desk, &id, json!({"iin_of": second})).refused(422, "request_missing");
    assert_eq!(desk.position(&behind), Some(3));
    // The child keeps the IIN of the later one.
    let signed = json!({"iin_of": second, "request": desk.request(&second)});
    let merged = merge(desk, &id, signed).must(200).json;
    assert_eq!((&merged["number"], &merged["merged"]), (&json!(first), &json!(second)));
    let stays = desk.application(&first);
    assert_eq!((&stays["child"]["iin"], &stays["status"]), (&json!(again.iin), &json!("in_queue")));
    assert_eq!(stays["applied_at"], "2026-09-10T04:00:00.000000Z");
    let ended = desk.application(&second);
    assert_eq!((&ended["status"], &ended["merged_into"]), (&json!("closed"), &json!(first)));
    assert_eq!([public(desk, &again.iin), public(desk, &child.iin)], [json!(1), json!(1)]);
    assert_eq!(desk.position(&behind), Some(2));
    // The code of the family's paper goes on opening the application that stayed, by either number.
    let code = desk.code_of(&first);
    for iin in [&child.iin, &again.iin] {
        let body = json!({"iin": iin, "code": code}).to_string();
        let own = desk.send("POST", "/api/v1/positions", None, &[], Some(body.as_bytes())).must(200).json;
        assert_eq!(own["entries"][0]["application"], json!(first), "{own}");
    }
    desk.hand_in(&desk.office(), &again.application(CITY)).refused(409, "duplicate");
    assert_eq!(pairs(desk)[0]["status"], "merged");
    let told = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let merged = told["messages"].as_array().expect("messages").iter().filter(|m| m["kind"] == "merged");
    assert_eq!(merged.count(), 2, "both families are told");
}

fn a_merge_by_an_official_alone_waits_for_a_second_person(desk: &Desk) {
    let (_, again, [first, second], id) = twice(desk);
    let waits = merge(desk, &id, json!({"iin_of": first, "reason": "куәлік бір"})).must(202).text_of("pending");
    assert_eq!((desk.status(&second).as_str(), public(desk, &again.iin)), ("in_queue", json!(2)));
    let confirm = format!("/api/v1/pending/{waits}/confirm");
    desk.post(&confirm, &desk.department(), &json!({})).refused(403, "same_person");
    let other = desk.another_token(Role::Department, HOME).token;
    let done = desk.post(&confirm, &other, &json!({})).must(200).json;
    assert_eq!((&done["done"]["number"], desk.status(&second).as_str()), (&json!(first), "closed"));
    assert_eq!(public(desk, &again.iin), json!(1));
}

fn a_merge_is_undone_by_either_number(desk: &Desk) {
    let (child, again, [first, second], id) = twice(desk);
    for (undone_by, iin_of) in [(&first, &second), (&second, &second), (&first, &first)] {
        let signed = json!({"iin_of": iin_of, "request": desk.request(&second)});
        merge(desk, &id, signed).must(200);
        assert_eq!(desk.status(&second), "closed");
        let undone = desk.undo(undone_by).must(200).json;
        assert_eq!((&undone["number"], &undone["status"]), (&json!(second), &json!("in_queue")));
        assert_eq!([public(desk, &child.iin), public(desk, &again.iin)], [json!(1), json!(2)]);
        assert_eq!(desk.application(&first)["child"]["iin"], json!(child.iin));
        assert_eq!(desk.application(&second)["child"]["iin"], json!(again.iin));
        assert_eq!(pairs(desk)[0]["status"], "open");
    }
    let signed = json!({"iin_of": first, "request": desk.request(&second)});
    merge(desk, &id, signed).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    desk.undo(&second).refused(409, "nothing_to_undo");
}

fn a_merge_across_two_districts_is_undone_too(desk: &Desk) {
    let (child, again) = (desk.another_child(), desk.another_child());
    let first = desk.waiting(&child);
    desk.set_clock("2026-09-10T05:00:00Z");
    let mut there = again.application(VILLAGE);
    there["child"]["name"] = json!(child.name);
    let second = desk.hand_in(&desk.office(), &there).must(201).text_of("number");
    let id = pairs(desk)[0]["id"].as_str().expect("an id").to_owned();
    let signed = json!({"iin_of": second, "request": desk.request(&second)});
    desk.post(&of(&id, "merge"), &desk.token(Role::Department, HOME), &signed).refused(403, "territory_too_far");
    merge(desk, &id, signed).must(200);
    assert_eq!([public(desk, &child.iin), public(desk, &again.iin)], [json!(1), json!(1)]);
    assert_eq!(desk.application(&second)["merged_into"], json!(first));
    desk.undo(&first).must(200);
    assert_eq!((desk.status(&second).as_str(), public(desk, &again.iin)), ("in_queue", json!(1)));
    assert_eq!(desk.application(&first)["child"]["iin"], json!(child.iin));
}

fn whoever_has_a_place_in_hand_is_not_merged(desk: &Desk) {
    let (.., [first, second], id) = twice(desk);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    let signed = json!({"iin_of": first, "reason": "хат"});
    let refused = merge(desk, &id, signed.clone()).refused(409, "place_in_hand").json;
    assert_eq!(refused["application"], json!(first));
    desk.enrol(&referral);
    merge(desk, &id, signed).refused(409, "place_in_hand");
    assert_eq!(desk.status(&second), "in_queue");
}

fn a_child_registered_by_its_passport_gets_its_iin_and_stands_where_it_stood(desk: &Desk) {
    let (child, behind) = (desk.another_child(), desk.another_child());
    let mut application = child.application(CITY);
    application["child"].as_object_mut().expect("a child").remove("iin");
    application["child"]["document"] = json!({"kind": "foreign_passport", "number": "FA 880055"});
    let answer = desk.hand_in(&desk.office(), &application).must(201);
    let (number, temporary) = (answer.text_of("number"), answer.text_of("temporary_number"));
    let code = answer.text_of("family_code");
    desk.accept(&number);
    ["FA 880055", &temporary].into_iter().for_each(|secret| desk.keep_secret(secret));
    desk.set_clock("2026-09-10T05:00:00Z");
    desk.waiting(&behind);
    let correct = json!({"iin": child.iin, "document": "ЖСН куәлігі", "request": desk.request(&number)});
    desk.post(&format!("/api/v1/applications/{number}/correct"), &desk.office(), &correct).must(200);
    assert_eq!([public(desk, &temporary), public(desk, &child.iin)], [json!(1), json!(1)]);
    assert_eq!(desk.position(&behind), Some(2));
    for iin in [&temporary, &child.iin] {
        let session = desk.sign_in(&json!({"iin": iin, "code": code})).must(201).text_of("token");
        let read = desk.get(&format!("/api/v1/applications/{number}"), &session).must(200).json;
        assert_eq!((&read["child"]["iin"], &read["number"]), (&json!(child.iin), &json!(number)));
    }
    // Whoever brings the passport again is the same child.
    desk.hand_in(&desk.office(), &application).refused(409, "duplicate");
    desk.undo(&number).must(200);
    assert_eq!([public(desk, &temporary), public(desk, &child.iin)], [json!(1), json!(null)]);
}

fn an_erased_child_is_like_nobody(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let store = &desk.registry.office.store;
    let key = store.read(|conn| applications::find(conn, &number)).expect("a row").expect("an application").child;
    let marks = || store.read(|conn| duplicates::marks_of(conn, &[&key])).expect("marks")[&key];
    let Marks { likeness, certificate, kin } = marks();
    assert!(likeness.is_some() && certificate.is_some() && kin.is_some());
    desk.withdraw(&number).must(200);
    desk.set_clock("2026-09-25T04:00:00Z");
    let ground = json!({"ground": "заң, 8-бап"});
    desk.post(&format!("/api/v1/applications/{number}/erase"), &desk.department(), &ground).must(200);
    assert_eq!(marks(), Marks::default(), "nothing is left of it, even as a hash");
    let answer = desk.hand_in(&desk.office(), &named(desk, &child, &child.name)).must(201).json;
    assert_eq!(answer["warnings"], json!([]));
}
