//! Who may apply, and a child without an IIN: by its document it has a temporary number, wherever an IIN is asked for.

use kezek::domain::iin::Iin;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, HOME, VILLAGE, on_both};

on_both!(
    nobody_under_sixteen_applies_and_a_minor_for_the_own_child_alone,
    a_child_never_applies_for_itself,
    a_child_without_an_iin_is_registered_by_its_document,
    the_same_document_is_the_same_child_in_the_whole_country,
    a_typed_temporary_number_is_no_iin,
    a_temporary_number_opens_what_an_iin_opens,
);

fn nobody_under_sixteen_applies_and_a_minor_for_the_own_child_alone(desk: &Desk) {
    let office = desk.office();
    let hand_in = |born: &str, kind: &str| {
        let mut application = desk.another_child().application(CITY);
        application["applicant"]["iin"] = json!(desk.another_child_born(born).iin);
        application["applicant"]["kind"] = json!(kind);
        desk.hand_in(&office, &application)
    };
    // On the day of the tests: sixteen tomorrow, sixteen today, eighteen tomorrow, eighteen today.
    hand_in("2010-09-11", "parent").refused(422, "under_age");
    assert_eq!(hand_in("2010-09-10", "parent").must(201).json["warnings"], json!(["applicant.iin: under_18"]));
    hand_in("2008-09-11", "legal_representative").refused(422, "minor");
    assert_eq!(hand_in("2008-09-10", "legal_representative").must(201).json["warnings"], json!([]));
    let number = desk.register(&desk.another_child());
    let second = json!({"iin": desk.another_child_born("2015-01-01").iin, "name": "Ахметов Ерлан", "document": "№ 2"});
    let path = format!("/api/v1/applications/{number}/representatives");
    desk.post(&path, &office, &second).refused(422, "under_age");
}

fn a_child_never_applies_for_itself(desk: &Desk) {
    let child = desk.another_child();
    let mut application = child.application(CITY);
    application["applicant"]["iin"] = json!(child.iin);
    let refused = desk.hand_in(&desk.office(), &application);
    let refused = refused.refused(422, "under_age");
    let codes: Vec<&Value> = refused.json["faults"].as_array().expect("faults").iter().map(|f| &f["code"]).collect();
    assert_eq!(codes, ["under_age", "same_as_child"]);
}

/// A child that has a passport of another country and no IIN.
fn by_passport(child: &Child, number: &str) -> Value {
    let mut application = child.application(CITY);
    let own = application["child"].as_object_mut().expect("a child");
    own.remove("iin");
    own.insert("document".to_owned(), json!({"kind": "foreign_passport", "number": number}));
    application
}

fn a_child_without_an_iin_is_registered_by_its_document(desk: &Desk) {
    let child = desk.another_child();
    let office = desk.office();
    let mut application = child.application(CITY);
    application["child"].as_object_mut().expect("a child").remove("iin");
    desk.hand_in(&office, &application).refused(422, "missing");
    for (kind, number, code) in
        [("passport", "FA 77", "wrong_document_kind"), ("foreign_passport", " ", "missing"), ("other", "№", "missing")]
    {
        application["child"]["document"] = json!({"kind": kind, "number": number});
        desk.hand_in(&office, &application).refused(422, code);
    }
    let answer = desk.hand_in(&office, &by_passport(&child, "FA 770011")).must(201);
    desk.keep_secret("FA 770011");
    let temporary = Iin::parse(&answer.text_of("temporary_number")).expect("a number with a right check digit");
    assert!(temporary.is_temporary() && temporary.to_string().as_bytes()[4] == b'9', "{temporary}");
    desk.keep_secret(&temporary.to_string());
    assert_eq!(answer.json["warnings"], json!(["child.iin: temporary"]));
    let number = answer.text_of("number");
    let read = desk.application(&number);
    assert_eq!(read["child"]["iin"], json!(temporary.to_string()));
    let papers = read["documents"].as_array().expect("papers");
    assert!(papers.contains(&json!({"kind": "foreign_passport", "number": "FA 770011", "expires_on": null})), "{read}");
    // The family's paper says it.
    let decided = desk.accept(&number).json;
    let id = decided["result"]["id"].as_str().expect("a notification");
    let paper = desk.get(&format!("/api/v1/documents/{id}"), &office).must(200).text;
    assert!(paper.contains(&temporary.to_string()), "{paper}");
    assert!(paper.contains("Временный номер") && paper.contains("Уақытша нөмірі"), "no paper calls it an IIN: {paper}");
    let register = desk.hand_in(&office, &desk.another_child().application(CITY)).must(201).json;
    assert_eq!(register.get("temporary_number"), None);
}

fn the_same_document_is_the_same_child_in_the_whole_country(desk: &Desk) {
    let child = desk.another_child();
    let first = desk.hand_in(&desk.office(), &by_passport(&child, "№ FA-77 0022")).must(201);
    desk.keep_secret("FA-77 0022");
    desk.keep_secret(&first.text_of("temporary_number"));
    let mut again = by_passport(&child, "fa 770022");
    again["territory"] = json!(VILLAGE);
    let refused = desk.hand_in(&desk.office(), &again).refused(409, "duplicate").json;
    assert_eq!(refused["application"], json!(first.text_of("number")));
    // Typed on the other keyboard.
    desk.hand_in(&desk.office(), &by_passport(&child, "FА770022")).refused(409, "duplicate");
    let other = desk.hand_in(&desk.office(), &by_passport(&desk.another_child(), "FA 770023")).must(201);
    desk.keep_secret("FA 770023");
    desk.keep_secret(&other.text_of("temporary_number"));
    assert_ne!(other.text_of("temporary_number"), first.text_of("temporary_number"));
}

fn a_typed_temporary_number_is_no_iin(desk: &Desk) {
    let child = desk.another_child();
    let answer = desk.hand_in(&desk.office(), &by_passport(&child, "FA 770031")).must(201);
    let temporary = answer.text_of("temporary_number");
    desk.keep_secret(&temporary);
    desk.keep_secret("FA 770031");
    let mut typed = desk.another_child().application(CITY);
    typed["child"]["iin"] = json!(temporary);
    let refused = desk.hand_in(&desk.office(), &typed).refused(422, "temporary_number").text.clone();
    assert!(refused.contains("write the IIN, or the document"), "{refused}");
    let mut typed = desk.another_child().application(CITY);
    typed["applicant"]["iin"] = json!(temporary);
    desk.hand_in(&desk.office(), &typed).refused(422, "temporary_number");
}

fn a_temporary_number_opens_what_an_iin_opens(desk: &Desk) {
    let child = desk.another_child();
    let answer = desk.hand_in(&desk.office(), &by_passport(&child, "FA 770041")).must(201);
    let (number, temporary) = (answer.text_of("number"), answer.text_of("temporary_number"));
    let code = answer.text_of("family_code");
    desk.keep_secret(&temporary);
    desk.keep_secret("FA 770041");
    let public = desk.look_up_without_code(&temporary).must(200).json;
    assert_eq!((&public["entries"][0]["status"], &public["entries"][0]["position"]), (&json!("in_queue"), &json!(1)));
    let own = json!({"iin": temporary, "code": code}).to_string();
    let own = desk.send("POST", "/api/v1/positions", None, &[], Some(own.as_bytes())).must(200).json;
    assert_eq!(own["entries"][0]["application"], json!(number));
    let session = desk.sign_in(&json!({"iin": temporary, "code": code})).must(201).text_of("token");
    desk.get(&format!("/api/v1/applications/{number}"), &session).must(200);
    // It gets its place as any other.
    desk.accept(&number);
    desk.place(crate::desk::GROUP);
    assert_eq!(desk.next(HOME)["application"], json!(number));
    let referral = desk.refer_next(HOME);
    desk.enrol(&referral);
    assert_eq!(desk.status(&number), "enrolled");
}
