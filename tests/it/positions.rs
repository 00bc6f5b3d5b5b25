//! What a parent is told: the number, of how many, and why; for whoever asks the same shape.

mod ordering;

use kezek::domain::codes::Role;
use kezek::service::positions::view;
use serde_json::{Value, json};

use crate::desk::{CITY, Db, Desk, GROUP, HOME, Reply, Setup, VILLAGE, on_both};

on_both!(
    an_unknown_iin_gets_the_same_shape_empty,
    reasons_say_how_many_stand_ahead_by_tier_and_which_rule_put_them_there,
    a_choice_counts_those_who_chose_the_kindergarten_or_any,
    a_rejected_proof_returns_the_child_to_general_at_its_own_instant,
    a_confirmed_proof_changes_no_position,
    children_of_another_year_territory_or_kind_stand_in_another_queue,
    the_entries_of_a_queue_are_paged_by_cursor_in_its_order,
    a_queue_is_listed_with_its_length,
    the_index_of_a_second_process_follows_the_first,
    out_of_turn_stands_first_whole,
);

fn an_unknown_iin_gets_the_same_shape_empty(desk: &Desk) {
    let known = desk.another_child();
    desk.register(&known);
    let stranger = desk.another_child();
    assert_eq!(desk.look_up(&stranger.iin).must(200).json, json!({"entries": []}));
    // A parent is no applicant's child: whoever applies is not looked up.
    assert_eq!(desk.look_up(&known.parent_iin).must(200).json, json!({"entries": []}));
    let told = desk.look_up(&known.iin).must(200);
    for secret in [&known.iin, &known.name, &known.parent_iin, &known.parent_name, &known.phone] {
        assert!(!told.text.contains(secret.as_str()), "the answer tells {secret}: {}", told.text);
    }
    let mut wrong = known.iin.clone();
    let last = if wrong.ends_with('1') { "2" } else { "1" };
    wrong.replace_range(11.., last);
    desk.look_up(&wrong).refused(422, "wrong_iin");
}

fn reasons_say_how_many_stand_ahead_by_tier_and_which_rule_put_them_there(desk: &Desk) {
    let children = [(); 5].map(|()| desk.another_child());
    for child in &children[..3] {
        desk.register(child);
    }
    desk.register_with(&children[3], "military");
    desk.register_with(&children[4], "large_family");
    let entry = desk.entry(&children[2]);
    assert_eq!((&entry["position"], &entry["of"]), (&json!(5), &json!(5)));
    let reasons = entry["reasons"].as_array().expect("reasons");
    assert_eq!(reasons[0]["code"], "ahead");
    assert_eq!(reasons[0]["ahead"], json!({"out_of_turn": 1, "first_priority": 1, "general": 2}));
    assert_eq!(
        reasons[0]["text"]["ru"],
        "Впереди вашего ребенка: 4 ребенка. Из них вне очереди — 1, первоочередных — 1, в общей очереди — 2."
    );
    assert_eq!((&reasons[1]["code"], &reasons[1]["basis"]), (&json!("mixing_rule"), &json!("practice")));
    assert!(reasons[1]["source"].as_str().is_some_and(|s| s.contains("bilim.astana.kz")));
    for reason in reasons {
        for tongue in ["kk", "ru", "en"] {
            let text = reason["text"][tongue].as_str().expect("a text");
            assert!(text.len() > 20 && !text.contains('{'), "{tongue}: {text}");
        }
    }
    let first = desk.entry(&children[3]);
    assert_eq!((&first["position"], &first["reasons"][0]["code"]), (&json!(1), &json!("nobody_ahead")));
    assert!(!first.to_string().contains("military"), "never this child's category: {first}");
}

fn a_choice_counts_those_who_chose_the_kindergarten_or_any(desk: &Desk) {
    let choose = |preferences: Value| {
        let child = desk.another_child();
        let mut application = child.application(CITY);
        application["preferences"] = preferences;
        desk.hand_in(&desk.office(), &application).must(201);
        child
    };
    choose(json!(["k-001"]));
    choose(json!(["k-002"]));
    choose(json!([]));
    let child = choose(json!(["k-002", "k-001", "k-004"]));
    let entry = desk.entry(&child);
    assert_eq!(entry["position"], 4);
    let choices = json!([
        {"kindergarten": "k-002", "position": 3, "of": 3},
        {"kindergarten": "k-001", "position": 3, "of": 3},
        {"kindergarten": "k-004", "position": 2, "of": 2},
    ]);
    assert_eq!(entry["choices"], choices);
}

fn a_rejected_proof_returns_the_child_to_general_at_its_own_instant(desk: &Desk) {
    let (early, late) = (desk.another_child(), desk.another_child());
    let number = desk.register_with(&late, "large_family");
    let path = format!("/api/v1/applications/{number}/proofs");
    desk.set_clock("2026-09-10T05:00:00Z");
    desk.register(&early);
    assert_eq!((desk.position(&late), desk.position(&early)), (Some(1), Some(2)));
    desk.post(&path, &desk.department(), &json!({"category": "orphan", "verdict": "rejected", "evidence": "хат"}))
        .refused(422, "category_not_claimed");
    desk.post(&path, &desk.department(), &json!({"category": "large_family", "verdict": "no", "evidence": "хат"}))
        .refused(422, "wrong_verdict");
    desk.keep_secret("табылмады");
    let verdict = json!({"category": "large_family", "verdict": "rejected", "evidence": "анықтама табылмады"});
    desk.post(&path, &desk.department(), &verdict).must(200);
    assert_eq!(desk.position(&late), Some(1), "it was the earlier one all the time");
    let entry = desk.entry(&early);
    assert_eq!(entry["reasons"][0]["ahead"], json!({"out_of_turn": 0, "first_priority": 0, "general": 1}));
    let application = desk.application(&number);
    assert_eq!((&application["tier"], &application["categories"][0]["status"]), (&json!(3), &json!("rejected")));
}

fn a_confirmed_proof_changes_no_position(desk: &Desk) {
    let (general, child) = (desk.another_child(), desk.another_child());
    desk.register(&general);
    let number = desk.register_with(&child, "military");
    let verdict = json!({"category": "military", "verdict": "confirmed", "evidence": "анықтама"});
    desk.post(&format!("/api/v1/applications/{number}/proofs"), &desk.department(), &verdict).must(200);
    assert_eq!((desk.position(&child), desk.position(&general)), (Some(1), Some(2)));
}

fn children_of_another_year_territory_or_kind_stand_in_another_queue(desk: &Desk) {
    let child = desk.another_child();
    desk.register(&child);
    let younger = desk.another_child_born("2023-01-01");
    desk.register(&younger);
    let villager = desk.another_child();
    desk.register_in(&villager, VILLAGE);
    let special = desk.another_child();
    let mut application = special.application(CITY);
    application["kind"] = json!("special");
    desk.hand_in(&desk.office(), &application).must(201);
    let russian = desk.another_child();
    let mut application = russian.application(CITY);
    application["language"] = json!("ru");
    desk.hand_in(&desk.office(), &application).must(201);
    for alone in [&younger, &villager, &special] {
        assert_eq!((desk.position(alone), desk.entry(alone)["of"].as_u64()), (Some(1), Some(1)));
    }
    assert_eq!(desk.position(&russian), Some(2), "language is a constraint of the choice, not of the queue");
    assert_eq!(desk.entry(&child)["queue"]["key"], format!("{HOME}-2022-general"), "a city has one queue as a whole");
}

fn the_entries_of_a_queue_are_paged_by_cursor_in_its_order(desk: &Desk) {
    let children = [(); 5].map(|()| desk.another_child());
    let mut numbers: Vec<String> = children.iter().map(|c| desk.register(c)).collect();
    numbers.insert(0, desk.register_with(&desk.another_child(), "military"));
    let path = format!("/api/v1/queues/{HOME}-2022-general/entries?limit=2");
    let mut listed = Vec::new();
    let mut cursor = String::new();
    let mut pages = 0;
    loop {
        let page = desk.get(&format!("{path}{cursor}"), &desk.department()).must(200);
        assert_eq!(page.json["of"], 6);
        let entries = page.json["entries"].as_array().expect("entries").clone();
        assert!(entries.len() <= 2);
        listed.extend(entries.iter().map(|e| e["application"].as_str().expect("a number").to_owned()));
        pages += 1;
        match page.json["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!((listed, pages), (numbers, 3));
    for wrong in ["0", "-1", "x", "99999999999999999999", "%00"] {
        desk.get(&format!("{path}&cursor={wrong}"), &desk.department()).refused(422, "wrong_cursor");
    }
    let beyond = desk.get(&format!("{path}&cursor=1000"), &desk.department()).must(200);
    assert_eq!((&beyond.json["entries"], &beyond.json["next"]), (&json!([]), &Value::Null));
    desk.get(&format!("/api/v1/queues/{HOME}-2019-general/entries"), &desk.department()).refused(404, "not_found");
}

fn a_queue_is_listed_with_its_length(desk: &Desk) {
    for _ in 0..3 {
        desk.register(&desk.another_child());
    }
    desk.register_in(&desk.another_child(), VILLAGE);
    let auditor = desk.auditor();
    let all = desk.get("/api/v1/queues?territory=390000000", &auditor).must(200);
    let rows: Vec<(&Value, &Value)> =
        all.json["queues"].as_array().expect("queues").iter().map(|q| (&q["key"], &q["of"])).collect();
    let expected =
        [(json!(format!("{HOME}-2022-general")), json!(3)), (json!(format!("{VILLAGE}-2022-general")), json!(1))];
    assert_eq!(rows, expected.each_ref().map(|(key, of)| (key, of)));
    let own = desk.get(&format!("/api/v1/queues?territory={VILLAGE}"), &desk.akim()).must(200);
    assert_eq!(own.json["queues"].as_array().map(Vec::len), Some(1));
}

fn the_index_of_a_second_process_follows_the_first(desk: &Desk) {
    use kezek::domain::iin::Iin;
    let rules = std::sync::Arc::clone(&desk.registry.office.rules);
    let verifier = Box::new(kezek::trust::signature::NoVerifier);
    let second = kezek::service::registry::Registry::open(desk.second_store(), rules, desk.clock.clone(), verifier);
    let second = second.expect("a second process");
    let child = desk.another_child();
    desk.waiting(&child);
    let iin = Iin::parse(&child.iin).expect("an IIN");
    assert!(view::positions(&second.office, iin, desk.clock.now()).entries.is_empty(), "it has not looked yet");
    second.office.follow_all().expect("the journal");
    assert_eq!(view::positions(&second.office, iin, desk.clock.now()).entries[0].position, Some(1));
    desk.place(GROUP);
    desk.enrol(&desk.refer_next(HOME));
    second.office.follow_all().expect("the journal");
    let entry = &view::positions(&second.office, iin, desk.clock.now()).entries[0];
    assert_eq!((entry.status.code(), entry.position), ("enrolled", None));
}

fn out_of_turn_stands_first_whole(desk: &Desk) {
    let general = desk.another_child();
    desk.register(&general);
    let first = desk.another_child();
    desk.register_with(&first, "large_family");
    let out = [(); 4].map(|()| desk.another_child());
    for child in &out {
        desk.register_with(child, "military");
    }
    let positions = out.each_ref().map(|c| desk.position(c).expect("a position"));
    assert_eq!(positions, [1, 2, 3, 4]);
    assert_eq!((desk.position(&first), desk.position(&general)), (Some(5), Some(6)));
}

/// Asks until somebody says that it is too often, two hundred times at most; how often it was answered.
fn asked(mut ask: impl FnMut() -> Reply) -> usize {
    for n in 0..200 {
        let reply = ask();
        if reply.status != 200 {
            reply.refused(429, "too_many_requests");
            return n;
        }
    }
    200
}

#[test]
fn look_ups_that_find_nothing_are_limited_by_address_and_those_of_one_child_by_child() {
    for db in Db::BOTH {
        let desk = Desk::with(db, Setup { rate_limit: true, ..Setup::default() });
        let children: Vec<_> = (0..80).map(|_| desk.another_child()).collect();
        children.iter().take(3).for_each(|child| drop(desk.register(child)));
        // Strangers who try one IIN after the other.
        let mut unknown = children.iter().skip(3).cycle();
        let misses = asked(|| desk.look_up_without_code(&unknown.next().expect("a child").iin));
        assert!((50..120).contains(&misses), "{misses} misses were answered");
        // Behind the same address a family that is found is answered all the same.
        desk.look_up_without_code(&children[0].iin).must(200);
        let tries = asked(|| desk.look_up_without_code(&children[1].iin));
        assert!((20..60).contains(&tries), "{tries} look-ups of one child were answered");
        desk.look_up_without_code(&children[2].iin).must(200);
        // Its family has the code.
        desk.look_up(&children[1].iin).must(200);
        // Who has a credential is not slowed.
        for _ in 0..100 {
            desk.get("/api/v1/queues?territory=391000000", &desk.token(Role::Department, HOME)).must(200);
        }
    }
}
