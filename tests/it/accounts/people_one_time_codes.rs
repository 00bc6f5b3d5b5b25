//! Whoever has lost the paper asks for a one-time code, which goes to the contacts that the registry has.

use kezek::domain::iin::Iin;
use kezek::service::accounts::one_time;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Desk, HOME, Reply, Setup, VILLAGE, on_both};

on_both!(
    a_one_time_code_signs_in_once_and_for_a_quarter_of_an_hour,
    whoever_asks_learns_nothing,
    a_stranger_s_wrong_codes_keep_no_family_waiting,
    a_contact_that_somebody_else_has_set_opens_no_taking_act_until_the_family_has_had_its_term,
    each_representative_has_a_code_of_its_own_at_its_own_contacts,
    a_code_is_told_to_its_sender_alone_and_kept_nowhere,
    whoever_goes_on_asking_floods_no_telephone,
    the_parents_page_sends_a_code_and_takes_it,
);

/// Asks for a code as anybody may.
fn ask(desk: &Desk, iin: &str) -> Reply {
    desk.send("POST", "/api/v1/one-time-codes", None, &[], Some(json!({"iin": iin}).to_string().as_bytes()))
}

/// Sends it at once, as the server does after it has answered.
pub fn send(desk: &Desk, iin: &str) {
    one_time::send(&desk.registry.office, Iin::parse(iin).expect("an IIN")).expect("sent");
}

pub fn take(desk: &Desk) -> Vec<Value> {
    let taken = desk.post("/api/v1/outbox/take", &desk.department(), &json!({"territory": HOME})).must(200).json;
    taken["messages"].as_array().expect("messages").clone()
}

/// The signs in a message, each of its languages with the same.
fn signs(message: &Value) -> String {
    let said = |tongue: &str| {
        let text = message["text"][tongue].as_str().expect("words");
        let text = text.replace(message["subject"].as_str().expect("a number"), "");
        let is_code =
            |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        let words = text.split(|c: char| !c.is_alphanumeric()).find(is_code).map(str::to_owned);
        words.unwrap_or_else(|| panic!("no code: {text}"))
    };
    assert_eq!((said("kk"), said("ru")), (said("en"), said("en")));
    said("en")
}

/// Those that wait now, with the contacts that they go to.
pub fn codes(desk: &Desk) -> Vec<(String, Vec<String>)> {
    let all = take(desk).into_iter().filter(|m| m["kind"] == "one_time_code");
    let to =
        |m: &Value| m["to"].as_array().into_iter().flatten().map(|c| c.as_str().expect("text").to_owned()).collect();
    all.map(|m| (signs(&m), to(&m))).collect()
}

pub fn one_code(desk: &Desk, child: &Child) -> String {
    send(desk, &child.iin);
    let mut all = codes(desk);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).0
}

fn with(desk: &Desk, child: &Child, code: &str) -> Reply {
    desk.sign_in(&json!({"iin": child.iin, "one_time_code": code}))
}

fn minutes_later(desk: &Desk, minutes: i64) {
    desk.clock.set(desk.clock.now() + chrono::TimeDelta::minutes(minutes));
}

fn a_one_time_code_signs_in_once_and_for_a_quarter_of_an_hour(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = desk.register(&child);
    desk.register(&other);
    let first = one_code(desk, &child);
    with(desk, &other, &first).refused(401, "wrong_one_time_code");
    let session = with(desk, &child, &first.to_lowercase()).must(201).text_of("token");
    desk.get(&format!("/api/v1/applications/{number}"), &session).must(200);
    with(desk, &child, &first).refused(401, "wrong_one_time_code");
    // The family may act with it: nobody has touched its contact.
    desk.post(&format!("/api/v1/applications/{number}/withdraw"), &session, &json!({})).must(200);
    desk.undo(&number).must(200);
    minutes_later(desk, 5);
    let second = one_code(desk, &child);
    minutes_later(desk, 15);
    with(desk, &child, &second).refused(401, "wrong_one_time_code");
    let third = one_code(desk, &child);
    minutes_later(desk, 14);
    // As a code it is typed where that of the paper is.
    let look = json!({"iin": child.iin, "code": third});
    let seen = desk.send("POST", "/api/v1/positions", None, &[], Some(look.to_string().as_bytes())).must(200).json;
    assert_eq!(seen["entries"][0]["application"], json!(number));
    // A message that nobody took in time is withdrawn, not sent.
    send(desk, &other.iin);
    minutes_later(desk, 16);
    assert!(codes(desk).is_empty());
    let all = desk.get(&format!("/api/v1/outbox?territory={HOME}&state=untaken"), &desk.department()).must(200).json;
    assert_eq!(all["messages"], json!([]));
}

fn whoever_asks_learns_nothing(desk: &Desk) {
    let (known, unknown) = (desk.another_child(), desk.another_child());
    desk.register(&known);
    let (yes, no) = (ask(desk, &known.iin).must(202), ask(desk, &unknown.iin).must(202));
    assert_eq!(yes.text, no.text);
    assert_eq!(yes.json["good_for_minutes"], 15);
    for tongue in ["kk", "ru", "en"] {
        assert!(yes.json["text"][tongue].as_str().expect("words").contains("15"));
    }
    ask(desk, "000000000000").refused(422, "wrong_iin");
    // What was asked for over the network comes, once the answer is out.
    let came = (0..10_000).find_map(|_| codes(desk).pop()).expect("a code");
    with(desk, &known, &came.0).must(201);
    assert!(codes(desk).is_empty(), "and no other");
    let asked = desk.deeds().into_iter().rfind(|deed| deed.act == "send_one_time_code").expect("the record");
    assert_eq!(asked.actor, "anybody");
}

fn a_stranger_s_wrong_codes_keep_no_family_waiting(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let paper = desk.code_at_hand(&child.iin);
    let typed = |code: &str| desk.sign_in(&json!({"iin": child.iin, "code": code}));
    for _ in 0..3 {
        typed("22222222").refused(401, "wrong_code");
    }
    typed(&paper).refused(429, "too_many_tries");
    let code = one_code(desk, &child);
    with(desk, &child, &code).must(201);
    // And that has ended the wait.
    typed(&paper).must(201);
    for _ in 0..3 {
        typed("22222222").refused(401, "wrong_code");
    }
    typed(&paper).refused(429, "too_many_tries");
    // So does a new code of a counter.
    let new = desk.code_of(&number);
    typed(&new).must(201);
    // Wrong one-time codes wait for themselves.
    minutes_later(desk, 5);
    let code = one_code(desk, &child);
    for _ in 0..3 {
        with(desk, &child, "222222").refused(401, "wrong_one_time_code");
    }
    with(desk, &child, &code).refused(429, "too_many_tries");
    typed(&new).must(201);
    minutes_later(desk, 1);
    with(desk, &child, &code).must(201);
}

fn a_contact_that_somebody_else_has_set_opens_no_taking_act_until_the_family_has_had_its_term(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    let path = |act: &str| format!("/api/v1/applications/{number}/{act}");
    let contacts = json!({"contacts": ["+7 701 000 11 22"]});
    desk.keep_secret("+77010001122");
    desk.post(&path("amend"), &desk.office(), &contacts).must(200);
    send(desk, &child.iin);
    let (code, to) = codes(desk).remove(0);
    assert_eq!(to, ["+77010001122"]);
    let session = with(desk, &child, &code).must(201).text_of("token");
    let refused = desk.post(&path("withdraw"), &session, &json!({})).refused(403, "contact_too_new").json;
    assert_eq!(refused["until"], "2026-09-24");
    // Nor does it make a contact of its own that is older than itself.
    desk.post(&path("amend"), &session, &json!({"contacts": ["+7 701 000 11 33"]})).must(200);
    minutes_later(desk, 5);
    let code = one_code(desk, &child);
    let session = with(desk, &child, &code).must(201).text_of("token");
    desk.post(&path("withdraw"), &session, &json!({})).refused(403, "contact_too_new");
    // It adds, though, and the code of the paper takes.
    desk.post(&path("withdraw"), &desk.family(&number), &json!({})).must(200);
    desk.undo(&number).must(200);
    // What the family itself sets is its own at once.
    desk.post(&path("amend"), &desk.family(&number), &json!({"contacts": ["+7 701 000 11 44"]})).must(200);
    minutes_later(desk, 5);
    let session = with(desk, &child, &one_code(desk, &child)).must(201).text_of("token");
    desk.post(&path("withdraw"), &session, &json!({})).must(200);
    desk.undo(&number).must(200);
    // And an official's is old one day.
    desk.post(&path("amend"), &desk.office(), &contacts).must(200);
    desk.set_clock("2026-09-24T10:00:00Z");
    let session = with(desk, &child, &one_code(desk, &child)).must(201).text_of("token");
    desk.post(&path("withdraw"), &session, &json!({})).refused(403, "contact_too_new");
    desk.set_clock("2026-09-25T04:00:00Z");
    let session = with(desk, &child, &one_code(desk, &child)).must(201).text_of("token");
    // Also where the child has moved since.
    desk.post(&path("amend"), &desk.office(), &contacts).must(200);
    let moved = desk.post(&path("move"), &desk.family(&number), &json!({"territory": VILLAGE})).must(200);
    desk.post(&format!("/api/v1/applications/{}/withdraw", moved.text_of("number")), &session, &json!({})).must(200);
    desk.undo(&moved.text_of("number")).must(200);
    minutes_later(desk, 5);
    send(desk, &child.iin);
    let taken = desk.post("/api/v1/outbox/take", &desk.department(), &json!({"territory": VILLAGE})).must(200).json;
    let code = taken["messages"].as_array().expect("messages").iter().find(|m| m["kind"] == "one_time_code");
    let session = with(desk, &child, &signs(code.expect("a code"))).must(201).text_of("token");
    let withdraw = format!("/api/v1/applications/{}/withdraw", moved.text_of("number"));
    desk.post(&withdraw, &session, &json!({})).refused(403, "contact_too_new");
}

fn each_representative_has_a_code_of_its_own_at_its_own_contacts(desk: &Desk) {
    let (child, second) = (desk.another_child(), desk.another_child());
    let number = desk.register(&child);
    let path = |act: &str| format!("/api/v1/applications/{number}/{act}");
    let person =
        json!({"iin": second.parent_iin, "name": second.parent_name, "document": "№ 2", "contacts": [second.phone]});
    desk.post(&path("representatives"), &desk.office(), &person).must(201);
    send(desk, &child.iin);
    let all = codes(desk);
    let of = |phone: &str| all.iter().find(|(_, to)| to == &[phone]).expect("a code").0.clone();
    assert_eq!(all.len(), 2);
    let (first, second) = (of(&child.phone), of(&second.phone));
    assert_ne!(first, second);
    let session = with(desk, &child, &second).must(201).text_of("token");
    desk.get(&path("representatives"), &session).must(200);
    // Whom a counter has added by the number of a document alone takes nothing yet, by either code.
    desk.post(&path("withdraw"), &session, &json!({})).refused(403, "contact_too_new");
    let session = with(desk, &child, &first).must(201).text_of("token");
    desk.post(&path("withdraw"), &session, &json!({})).must(200);
}

fn a_code_is_told_to_its_sender_alone_and_kept_nowhere(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register(&child);
    send(desk, &child.iin);
    // Whoever looks through the outbox sees that there is one.
    let list = desk.get(&format!("/api/v1/outbox?territory={HOME}"), &desk.auditor()).must(200).json;
    let seen = list["messages"].as_array().expect("messages").iter().find(|m| m["kind"] == "one_time_code").cloned();
    let text = seen.expect("the message")["text"]["ru"].as_str().expect("words").to_owned();
    assert!(text.contains("······") && text.contains(&number), "{text}");
    let (code, _) = codes(desk).remove(0);
    desk.keep_secret(&code);
    desk.the_journal_is_whole_and_names_nobody();
    desk.the_database_names_nobody();
    let page = desk
        .send(
            "POST",
            "/",
            None,
            &[("content-type", "application/x-www-form-urlencoded")],
            Some(desk.form(&child.iin, "ru").as_bytes()),
        )
        .must(200)
        .text;
    assert!(page.contains("······") && !page.contains(&code), "{page}");
    with(desk, &child, &code).must(201);
}

fn whoever_goes_on_asking_floods_no_telephone(desk: &Desk) {
    let child = desk.another_child();
    desk.register(&child);
    for _ in 0..5 {
        send(desk, &child.iin);
    }
    assert_eq!(codes(desk).len(), 1);
    minutes_later(desk, 4);
    send(desk, &child.iin);
    assert!(codes(desk).is_empty());
    minutes_later(desk, 1);
    let again = one_code(desk, &child);
    // The one before is good all the same: nobody takes a code from a family by asking for another.
    with(desk, &child, &again).must(201);
}

fn the_parents_page_sends_a_code_and_takes_it(desk: &Desk) {
    let child = desk.another_child();
    let number = desk.register_in(&child, CITY);
    let typed = |form: &str| {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        desk.send("POST", "/", None, &kind, Some(form.as_bytes())).must(200).text
    };
    for (tongue, button, words) in [
        ("kk", "Код жоғалды", "бір реттік код жіберіледі"),
        ("ru", "Код утерян", "будет отправлен одноразовый код"),
        ("en", "I have lost the code", "a one-time code is sent"),
    ] {
        assert!(desk.look(&format!("/?lang={tongue}")).must(200).text.contains(button));
        let page = typed(&format!("iin={}&code=&send=code&lang={tongue}", child.iin));
        let heading = page.split("<h1>").nth(1).and_then(|rest| rest.split("</h1>").next()).expect("a heading");
        assert!(heading.contains(words), "{heading}");
        assert!(page.contains(&format!("value=\"{}\"", child.iin)), "what was typed stays: {page}");
    }
    let code = (0..10_000).find_map(|_| codes(desk).pop()).expect("a code").0;
    let wrong = typed(&format!("iin={}&code=222222&lang=ru", child.iin));
    assert!(wrong.contains("Этот одноразовый код неверен"), "{wrong}");
    let page = typed(&format!("iin={}&code={code}&lang=ru", child.iin));
    assert!(page.contains(&number), "{page}");
}

#[test]
fn one_address_asks_for_so_many_codes() {
    let desk = Desk::with(crate::desk::Db::Sqlite, Setup { rate_limit: true, ..Setup::default() });
    let iin = desk.another_child().iin;
    let refused = (0..60).map(|_| ask(&desk, &iin)).find(|reply| reply.status != 202).expect("an end");
    refused.refused(429, "too_many_requests");
}
