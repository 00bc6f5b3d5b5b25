//! The order of a queue as it stood at any instant, replayed from the journal.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_HOME, on_both};

on_both!(
    the_order_at_each_instant_is_the_one_that_was_shown_then,
    the_past_is_paged_like_the_present,
    an_instant_that_is_none_is_refused,
);

const QUEUE: &str = "/api/v1/queues/391000000-2022-general/entries";

fn now(desk: &Desk) -> Value {
    desk.get(QUEUE, &desk.auditor()).must(200).json
}

fn at(desk: &Desk, instant: &str) -> Value {
    desk.get(&format!("{QUEUE}?as_of={instant}"), &desk.auditor()).must(200).json
}

fn the_order_at_each_instant_is_the_one_that_was_shown_then(desk: &Desk) {
    let children: Vec<_> = (0..7).map(|_| desk.another_child()).collect();
    let path = |number: &str, act: &str| format!("/api/v1/applications/{number}/{act}");
    let mut shown: Vec<(String, Value)> = Vec::new();
    let mut hour = 0;
    let mut tell = |desk: &Desk| {
        shown.push((format!("2026-09-10T{:02}:00:00Z", 4 + hour), now(desk)));
        hour += 1;
        desk.set_clock(&format!("2026-09-10T{:02}:00:00Z", 4 + hour));
    };
    let mut numbers: Vec<String> = children[..4].iter().map(|c| desk.waiting(c)).collect();
    tell(desk);
    for child in &children[4..6] {
        numbers.push(desk.register_with(child, "large_family"));
        desk.accept(numbers.last().expect("a number"));
    }
    tell(desk);
    let proof = json!({"category": "large_family", "verdict": "rejected", "evidence": "the certificate is another's"});
    desk.post(&path(&numbers[4], "proofs"), &desk.department(), &proof).must(200);
    tell(desk);
    desk.post(&path(&numbers[1], "amend"), &desk.family(&numbers[1]), &json!({"preferences": ["k-001"]})).must(200);
    tell(desk);
    desk.place(GROUP);
    let referral = desk.refer_next(HOME);
    tell(desk);
    desk.enrol(&referral);
    tell(desk);
    desk.withdraw(&numbers[2]).must(200);
    tell(desk);
    desk.move_to(&numbers[3], VILLAGE).must(200);
    tell(desk);
    desk.register(&children[6]);
    tell(desk);
    let lengths: Vec<u64> = shown.iter().map(|(_, s)| s["of"].as_u64().expect("a length")).collect();
    assert_eq!(lengths, [4, 6, 6, 6, 6, 5, 4, 3, 4]);
    for (instant, then) in &shown {
        let replayed = at(desk, instant);
        assert_eq!((&replayed["entries"], &replayed["of"]), (&then["entries"], &then["of"]), "at {instant}");
        assert_eq!(replayed["queue"], then["queue"]);
        assert_eq!(replayed["as_of"], instant.replace('Z', ".000000Z"));
    }
    // A moment before the first change of an hour the order is still that of the hour before.
    assert_eq!(at(desk, "2026-09-10T04:59:59.999999Z")["entries"], shown[0].1["entries"]);
    assert_eq!(at(desk, "2026-09-10T09:00:00%2B05:00")["entries"], shown[0].1["entries"], "another offset");
    assert_eq!(at(desk, "2026-09-10T09:00:00+05:00")["entries"], shown[0].1["entries"], "a plus sign as it is typed");
}

fn the_past_is_paged_like_the_present(desk: &Desk) {
    for _ in 0..5 {
        desk.register(&desk.another_child());
    }
    let whole = now(desk)["entries"].clone();
    desk.set_clock("2026-09-10T06:00:00Z");
    desk.register(&desk.another_child());
    let mut pages: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = desk.get(&format!("{QUEUE}?limit=2&as_of=2026-09-10T05:00:00Z{cursor}"), &desk.auditor()).must(200);
        assert_eq!(page.json["of"], 5);
        pages.extend(page.json["entries"].as_array().expect("entries").iter().cloned());
        let Some(next) = page.json["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(json!(pages), whole);
}

fn an_instant_that_is_none_is_refused(desk: &Desk) {
    desk.register_in(&desk.another_child(), CITY);
    let auditor = desk.auditor();
    for wrong in ["yesterday", "2026-09-10", "2026-09-10T04:00:00", "2026-13-40T04:00:00Z", "", "%00"] {
        desk.get(&format!("{QUEUE}?as_of={wrong}"), &auditor).refused(422, "wrong_instant");
    }
    desk.get(&format!("{QUEUE}?as_of=2027-01-01T00:00:00Z"), &auditor).refused(422, "wrong_instant");
    desk.get(&format!("{QUEUE}?as_of=2020-01-01T00:00:00Z"), &auditor).refused(404, "not_found");
    desk.get(&format!("{QUEUE}?cursor=0&as_of=2026-09-10T04:00:00Z"), &auditor).refused(422, "wrong_cursor");
    let other = desk.token(Role::Auditor, VILLAGE_HOME);
    desk.get(&format!("{QUEUE}?as_of=2026-09-10T04:00:00Z"), &other).refused(403, "territory_too_far");
}
