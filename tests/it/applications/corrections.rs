//! What was written wrongly of a child is put right by a document: at the own instant, told, undoable, and never a way to put another
//! child into a seat.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, HOME, Reply, on_both};

on_both!(
    a_letter_of_a_name_is_mended_at_once_and_told,
    another_name_needs_the_family_s_paper_or_a_second_person,
    a_birth_date_of_another_year_is_another_queue_at_the_own_instant,
    an_iin_is_corrected_and_the_new_one_finds_the_child_where_it_stood,
    nobody_puts_another_child_into_a_seat,
    an_iin_of_a_known_child_is_refused,
    a_correction_is_undone_at_the_family_s_word,
    who_a_child_was_before_only_the_department_s_desk_sees,
    an_enrolled_child_that_asks_for_a_transfer_is_found_by_its_new_iin_twice,
);

fn correct(desk: &Desk, token: &str, number: &str, body: &Value) -> Reply {
    desk.post(&format!("/api/v1/applications/{number}/correct"), token, body)
}

fn request(desk: &Desk, number: &str, mut body: Value) -> Value {
    body["document"] = json!("куәлік 77");
    body["request"] = desk.request(number);
    body
}

fn told(desk: &Desk, number: &str) -> Vec<Value> {
    let box_ = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.department()).must(200).json;
    let all = box_["messages"].as_array().expect("messages").iter().filter(|m| m["subject"] == json!(number));
    all.map(|message| message["kind"].clone()).collect()
}

fn a_letter_of_a_name_is_mended_at_once_and_told(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let name = child.name.replace('қ', "к");
    correct(desk, &desk.office(), &number, &json!({"name": name})).refused(422, "missing");
    correct(desk, &desk.office(), &number, &json!({"name": name, "document": "куәлік 77"})).must(200);
    desk.keep_secret(&name);
    assert_eq!(desk.application(&number)["child"]["name"], json!(name));
    assert_eq!(desk.application(&number)["takings"][0]["rests_on"], "document");
    assert_eq!(told(desk, &number), [json!("corrected")]);
    // Letter by letter it would become any name.
    let further = json!({"name": name.replace("ба", "пе"), "document": "куәлік 77"});
    correct(desk, &desk.office(), &number, &further).refused(422, "request_missing");
    let nothing = json!({"name": name, "document": "куәлік 77"});
    correct(desk, &desk.office(), &number, &nothing).refused(422, "nothing_to_change");
    correct(desk, &desk.family(&number), &number, &nothing).refused(403, "role_too_far");
}

fn another_name_needs_the_family_s_paper_or_a_second_person(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let other = json!({"name": "Жаңабай Мүлдем Басқа", "document": "куәлік 78"});
    desk.keep_secret("Жаңабай Мүлдем Басқа");
    correct(desk, &desk.office(), &number, &other).refused(422, "request_missing");
    let mut alone = other.clone();
    alone["reason"] = json!("сот шешімі");
    let id = correct(desk, &desk.office(), &number, &alone).must(202).text_of("pending");
    assert_eq!(desk.application(&number)["child"]["name"], json!(child.name));
    let seen = desk.get(&format!("/api/v1/pending/{id}"), &desk.department()).must(200).json;
    assert_eq!(seen["asked"]["identity"]["name"], "Жаңабай Мүлдем Басқа");
    let later = || desk.get(&format!("/api/v1/pending/{id}"), &desk.auditor()).must(200).json["asked"].clone();
    assert!(later().is_object());
    desk.post(&format!("/api/v1/pending/{id}/confirm"), &desk.department(), &json!({})).must(200);
    assert_eq!(desk.application(&number)["child"]["name"], "Жаңабай Мүлдем Басқа");
    assert!(later().is_null(), "only the department's desk sees a name that was");
    let back = request(desk, &number, json!({"name": child.name}));
    correct(desk, &desk.office(), &number, &back).must(200);
    assert_eq!(desk.application(&number)["child"]["name"], json!(child.name));
}

fn a_birth_date_of_another_year_is_another_queue_at_the_own_instant(desk: &Desk) {
    let (child, behind) = (desk.another_child_born("2022-05-17"), desk.another_child_born("2022-05-17"));
    let number = desk.waiting(&child);
    desk.waiting(&behind);
    let other = desk.another_child_born("2023-05-17");
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.waiting(&other);
    assert_eq!((desk.position(&behind), desk.position(&other)), (Some(2), Some(1)));
    let body = request(desk, &number, json!({"birth_date": "2023-05-17"}));
    correct(desk, &desk.office(), &number, &body).must(200);
    let read = desk.application(&number);
    assert_eq!((&read["queue"]["cohort"], &read["child"]["birth_date"]), (&json!(2023), &json!("2023-05-17")));
    assert_eq!((desk.position(&child), desk.position(&behind), desk.position(&other)), (Some(1), Some(1), Some(2)));
    for (on, code) in [("2012-05-17", "over_age"), ("2030-05-17", "not_born"), ("2023-02-30", "wrong_date")] {
        let body = request(desk, &number, json!({"birth_date": on}));
        correct(desk, &desk.office(), &number, &body).refused(422, code);
    }
    desk.undo(&number).must(200);
    assert_eq!((desk.position(&child), desk.position(&behind), desk.position(&other)), (Some(1), Some(2), Some(1)));
}

fn an_iin_is_corrected_and_the_new_one_finds_the_child_where_it_stood(desk: &Desk) {
    let (first, child, right) = (desk.another_child(), desk.another_child(), desk.another_child());
    desk.waiting(&first);
    let number = desk.waiting(&child);
    let code = desk.code_of(&number);
    let before = desk.application(&number);
    let body = request(desk, &number, json!({"iin": right.iin}));
    correct(desk, &desk.office(), &number, &body).must(200);
    let entries = |iin: &str| desk.look_up_without_code(iin).must(200).json["entries"].clone();
    assert_eq!(entries(&child.iin), json!([]));
    assert_eq!(entries(&right.iin)[0]["position"], 2);
    let after = desk.application(&number);
    assert_eq!((&after["ticket"], &after["applied_at"]), (&before["ticket"], &before["applied_at"]));
    // The paper of the family still opens it, by the right number.
    desk.sign_in(&json!({"iin": child.iin, "code": code})).refused(401, "wrong_code");
    desk.sign_in(&json!({"iin": right.iin, "code": code})).must(201);
    // And the rule of one application a child holds for the right one.
    let again = Child { iin: right.iin.clone(), ..desk.another_child() };
    desk.hand_in(&desk.office(), &again.application(CITY)).refused(409, "duplicate");
    desk.register(&Child { iin: child.iin.clone(), ..desk.another_child() });
}

fn nobody_puts_another_child_into_a_seat(desk: &Desk) {
    let (child, friend) = (desk.another_child(), desk.another_child_born("2023-01-15"));
    let number = desk.waiting(&child);
    // Who has signed in stays the family, by whatever number the child is known.
    let family = desk.family(&number);
    let undo = || desk.post(&format!("/api/v1/applications/{number}/undo"), &family, &json!({})).must(200);
    let swap = json!({"name": "Досымбай Тамыр Танысұлы", "iin": friend.iin, "birth_date": friend.birth_date});
    // Whatever paper is shown: by its papers that is another child.
    let body = request(desk, &number, swap);
    correct(desk, &desk.office(), &number, &body).must(202);
    undo();
    // Nor one step after the other, each on a paper.
    let step = request(desk, &number, json!({"iin": friend.iin}));
    correct(desk, &desk.office(), &number, &step).must(200);
    let step = request(desk, &number, json!({"birth_date": friend.birth_date}));
    correct(desk, &desk.office(), &number, &step).must(200);
    desk.keep_secret("Досымбай Тамыр Танысұлы");
    let step = request(desk, &number, json!({"name": "Досымбай Тамыр Танысұлы"}));
    correct(desk, &desk.office(), &number, &step).must(202);
    (0..3).for_each(|_| drop(undo()));
    assert_eq!(desk.application(&number)["child"]["iin"], json!(child.iin));
    let first = json!({"iin": friend.iin, "document": "куәлік", "reason": "қате"});
    correct(desk, &desk.office(), &number, &first).must(202);
    correct(desk, &desk.office(), &number, &first).refused(409, "already_pending");
    assert!(told(desk, &number).contains(&json!("taking_asked")));
    undo();
    assert_eq!(desk.application(&number)["child"]["iin"], json!(child.iin));
    for body in [json!({"iin": "123"}), json!({"iin": child.parent_iin}), json!({"name": "77"})] {
        correct(desk, &desk.office(), &number, &request(desk, &number, body)).must(422);
    }
}

fn an_iin_of_a_known_child_is_refused(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    let second = desk.waiting(&other);
    let body = request(desk, &number, json!({"iin": other.iin}));
    correct(desk, &desk.office(), &number, &body).refused(409, "known_child");
    desk.withdraw(&second).must(200);
    let body = request(desk, &number, json!({"iin": other.iin}));
    correct(desk, &desk.office(), &number, &body).refused(409, "known_child");
    let body = request(desk, &second, json!({"iin": desk.another_child().iin}));
    correct(desk, &desk.office(), &second, &body).refused(409, "wrong_state");
}

fn a_correction_is_undone_at_the_family_s_word(desk: &Desk) {
    let (child, right) = (desk.another_child(), desk.another_child());
    let number = desk.waiting(&child);
    let family = desk.family(&number);
    let body = request(desk, &number, json!({"iin": right.iin}));
    correct(desk, &desk.office(), &number, &body).must(200);
    // The session that was open stays the family's.
    desk.post(&format!("/api/v1/applications/{number}/undo"), &family, &json!({})).must(200);
    let entries = |iin: &str| desk.look_up_without_code(iin).must(200).json["entries"].as_array().map(Vec::len);
    assert_eq!((entries(&child.iin), entries(&right.iin)), (Some(1), Some(0)));
    desk.register(&right);
}

fn who_a_child_was_before_only_the_department_s_desk_sees(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.waiting(&child);
    let kept = desk.request(&number)["scan"].as_str().expect("an id").to_owned();
    desk.set_clock("2026-09-11T04:00:00Z");
    desk.keep_secret("Асыранды Жаңаесім");
    let body = request(desk, &number, json!({"name": "Асыранды Жаңаесім"}));
    correct(desk, &desk.office(), &number, &body).must(200);
    let corrections = format!("/api/v1/applications/{number}/corrections");
    let seen = desk.get(&corrections, &desk.department()).must(200).json;
    assert_eq!(
        (&seen["corrections"][0]["name"], &seen["corrections"][0]["document"]),
        (&json!(child.name), &json!("куәлік 77"))
    );
    for role in [Role::Office, Role::Auditor, Role::Akim, Role::StateCorporation] {
        desk.get(&corrections, &desk.token(role, CITY)).refused(403, "role_too_far");
    }
    desk.get(&corrections, &desk.family(&number)).refused(403, "role_too_far");
    // Nor do the papers that were issued and shown before tell it.
    let documents = format!("/api/v1/applications/{number}/documents");
    let issued = |token: &str| desk.get(&documents, token).must(200).json["documents"].as_array().map(Vec::len);
    assert_eq!(issued(&desk.department()), Some(1));
    let all = [desk.office(), desk.auditor(), desk.family(&number)];
    for token in &all {
        assert_eq!(issued(token), Some(0));
        let papers = desk.get(&format!("/api/v1/applications/{number}/papers"), token).must(200).json;
        assert!(!papers.to_string().contains(&kept), "{papers}");
        let read = desk.get(&format!("/api/v1/applications/{number}"), token).must(200).text;
        assert!(!read.contains(&child.name), "{read}");
    }
    desk.get(&format!("/api/v1/papers/{kept}"), &desk.family(&number)).refused(404, "not_found");
    desk.get(&format!("/api/v1/papers/{kept}"), &desk.department()).must(200);
}

fn an_enrolled_child_that_asks_for_a_transfer_is_found_by_its_new_iin_twice(desk: &Desk) {
    let (child, right) = (desk.another_child(), desk.another_child());
    let (number, _) = desk.enrolled(&child);
    let mut transfer = child.application(CITY);
    transfer["transfer"] = json!(true);
    transfer["preferences"] = json!(["k-005"]);
    desk.hand_in(&desk.office(), &transfer).must(201);
    let entries = |iin: &str| desk.look_up_without_code(iin).must(200).json["entries"].as_array().map(Vec::len);
    assert_eq!(entries(&child.iin), Some(2));
    let body = request(desk, &number, json!({"iin": right.iin}));
    correct(desk, &desk.office(), &number, &body).must(200);
    assert_eq!((entries(&child.iin), entries(&right.iin)), (Some(0), Some(2)));
}
