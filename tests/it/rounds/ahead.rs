//! Why those who stand ahead of the child who is due do not get the place, and how several of them are passed over.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::deeds::Deed;
use crate::desk::{CITY, Desk, GROUP, HOME, on_both};

on_both!(
    next_counts_those_ahead_by_why_they_do_not_get_the_place,
    with_nobody_ahead_next_says_so,
    a_place_that_is_named_has_its_own_reasons,
    those_who_refused_one_after_the_other_are_passed_over_in_one_act,
    a_list_of_skips_names_each_child_in_the_order_in_which_it_is_due,
);

/// Registers and accepts a child of the city with something changed in its application.
fn waiting(desk: &Desk, born_on: &str, change: impl Fn(&mut Value)) -> String {
    let number = registered(desk, born_on, change);
    desk.accept(&number);
    number
}

fn registered(desk: &Desk, born_on: &str, change: impl Fn(&mut Value)) -> String {
    let mut application = desk.another_child_born(born_on).application(CITY);
    change(&mut application);
    desk.hand_in(&desk.office(), &application).must(201).text_of("number")
}

const BORN_ON: &str = crate::desk::people::BORN_ON;

/// A queue in which everybody ahead of the last child has a cause of its own, some of them two; the last one's number.
fn all_causes(desk: &Desk) -> String {
    let referred = waiting(desk, BORN_ON, |_| {});
    desk.place(GROUP);
    desk.refer_next(HOME);
    assert_eq!(desk.status(&referred), "referred");
    for _ in 0..2 {
        registered(desk, BORN_ON, |_| {});
    }
    waiting(desk, "2022-12-20", |_| {});
    waiting(desk, BORN_ON, |a| a["language"] = json!("ru"));
    for _ in 0..3 {
        waiting(desk, BORN_ON, |a| a["preferences"] = json!(["k-002"]));
    }
    waiting(desk, BORN_ON, |_| {})
}

fn counts(reason: &Value) -> Vec<(String, u64)> {
    let rows = reason["ahead"].as_array().expect("causes");
    rows.iter().map(|r| (r["cause"].as_str().expect("a code").to_owned(), r["children"].as_u64().expect("n"))).collect()
}

fn next_counts_those_ahead_by_why_they_do_not_get_the_place(desk: &Desk) {
    let due = all_causes(desk);
    let place = desk.place(GROUP);
    let next = desk.next(HOME);
    assert_eq!((&next["place"], &next["application"]), (&json!(place), &json!(due)));
    let reason = &next["reasons"][0];
    let counted = counts(reason);
    let expected = [("not_wished", 3), ("not_decided", 2), ("has_place", 1), ("age", 1), ("language", 1)];
    assert_eq!(counted, expected.map(|(cause, n)| (cause.to_owned(), n)));
    let ahead = next["row"]["position"].as_u64().expect("a position") - 1;
    assert_eq!(counted.iter().map(|(_, n)| n).sum::<u64>(), ahead, "they add up to all who stand ahead");
    for (tongue, words) in [
        ("en", "Ahead of it in the queue: 8. Why they do not get this place: did not choose this kindergarten – 3"),
        ("ru", "Впереди в очереди: 8. Почему это место выдается не им: этот детский сад не выбран – 3"),
        ("kk", "Кезекте оның алдында тұрғандар: 8. Бұл орынның оларға берілмеу себебі: бұл балабақша таңдалмаған – 3"),
    ] {
        let text = reason["text"][tongue].as_str().expect("a text");
        assert!(text.contains(words) && text.contains(&due), "{text}");
        assert!(
            !text.contains("your child") && !text.contains("вашего") && !text.contains("Балаңыз"),
            "to an official: {text}"
        );
    }
}

fn with_nobody_ahead_next_says_so(desk: &Desk) {
    let due = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let reason = desk.next(HOME)["reasons"][0].clone();
    assert_eq!(reason["ahead"], json!([]));
    let text = reason["text"]["en"].as_str().expect("a text");
    assert!(text.contains("No child stands ahead") && text.contains(&due) && text.contains("Out-of-turn"), "{text}");
}

fn a_place_that_is_named_has_its_own_reasons(desk: &Desk) {
    let better = waiting(desk, BORN_ON, |a| a["preferences"] = json!(["k-005", "k-001"]));
    let due = waiting(desk, BORN_ON, |_| {});
    let (wanted_more, place) = (desk.place("503"), desk.place(GROUP));
    let next =
        |place: &str| desk.get(&format!("/api/v1/referrals/next?territory={HOME}&place={place}"), &desk.department());
    assert_eq!(next(&wanted_more).must(200).json["application"], json!(better));
    let found = next(&place).must(200).json;
    assert_eq!((&found["application"], &found["place"]), (&json!(due), &json!(place)));
    assert_eq!(counts(&found["reasons"][0]), [("better".to_owned(), 1)]);
    let nobody = desk.place("111");
    next(&nobody).refused(409, "nobody_due");
    next("x").refused(409, "nobody_due");
}

/// A confirmation by another person that a place goes to an application.
fn confirmation(desk: &Desk, passed_over: &str, place: &str, application: &str) -> String {
    let second = desk.another_token(Role::Department, HOME).token;
    let sent = json!({"place": place, "application": application, "ground": "written_refusal", "evidence": "хат № 5",
        "passed_over": passed_over});
    desk.post("/api/v1/confirmations", &second, &sent).must(201).text_of("id")
}

fn skip(desk: &Desk, passed_over: &str, place: &str, application: &str) -> Value {
    json!({"application": passed_over, "ground": "written_refusal", "evidence": "хат № 5",
        "confirmed_by": confirmation(desk, passed_over, place, application)})
}

fn those_who_refused_one_after_the_other_are_passed_over_in_one_act(desk: &Desk) {
    let [first, second, third] = [(); 3].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    let skips = [&first, &second].map(|passed_over| skip(desk, passed_over, &place, &third));
    let sent = json!({"place": place, "application": third, "skips": skips});
    desk.post("/api/v1/referrals", &desk.department(), &sent).must(201);
    assert_eq!([&first, &second, &third].map(|n| desk.status(n)), ["in_queue", "in_queue", "referred"]);
    assert_eq!(desk.application(&second)["standing"]["position"], 2, "who was passed over keeps its turn");
    let journaled: Vec<Deed> = desk.deeds().into_iter().filter(|deed| deed.act == "refer_with_skip").collect();
    let of = |number: &str| {
        let subject = format!("seat:{number}");
        journaled.iter().find(|deed| deed.subject.as_ref() == Some(&subject)).map(|deed| &deed.said).expect("is told")
    };
    let skips = &of(&third)["skips"];
    assert_eq!(skips.as_array().map(Vec::len), Some(2), "{skips}");
    for (passed_over, ground) in [(&first, &skips[0]), (&second, &skips[1])] {
        assert_eq!(&of(passed_over)["passed_over"], ground, "each hears why");
    }
    assert_ne!(skips[0]["confirmation"], skips[1]["confirmation"]);
    let all = json!(journaled.iter().map(|deed| &deed.said).collect::<Vec<_>>()).to_string();
    assert!(!all.contains("хат"), "evidence is sealed: {all}");
}

fn a_list_of_skips_names_each_child_in_the_order_in_which_it_is_due(desk: &Desk) {
    let [first, second, third, fourth] = [(); 4].map(|()| desk.waiting(&desk.another_child()));
    let place = desk.place(GROUP);
    let department = desk.department();
    let send = |application: &str, skips: Vec<Value>| {
        desk.post(
            "/api/v1/referrals",
            &department,
            &json!({"place": place, "application": application, "skips": skips}),
        )
    };
    let of = |passed_over: &str, application: &str| skip(desk, passed_over, &place, application);
    let refused = send(&third, vec![of(&second, &third), of(&first, &third)]).refused(409, "next_changed");
    assert_eq!(refused.json["application"], json!(first), "the one who is due is told");
    let refused = send(&fourth, vec![of(&first, &fourth), of(&second, &fourth)]).refused(409, "next_changed");
    assert_eq!(refused.json["application"], json!(third), "nobody said why the third is passed over");
    let refused = send(&second, vec![of(&first, &second), of(&first, &second)]).refused(422, "nothing_to_skip");
    assert_eq!(refused.json["faults"][0]["field"], "skips[1]");
    let one = of(&first, &third);
    let mut again = one.clone();
    again["application"] = json!(second);
    let refused = send(&third, vec![one.clone(), again]).refused(422, "not_confirmed");
    assert_eq!(refused.json["faults"][0]["field"], "skips[1].confirmed_by", "a confirmation counts once");
    let mut unnamed = one.clone();
    unnamed.as_object_mut().expect("an object").remove("application");
    send(&third, vec![unnamed]).refused(422, "missing");
    let both = json!({"place": place, "application": second, "skip": one, "skips": [one]});
    desk.post("/api/v1/referrals", &department, &both).refused(422, "skipped_twice");
    assert_eq!([&first, &second, &third, &fourth].map(|n| desk.status(n)), ["in_queue"; 4], "nothing was issued");
    send(&third, vec![of(&first, &third), of(&second, &third)]).must(201);
}
