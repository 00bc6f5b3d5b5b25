//! Places that are kept for children of one tier, of one category, or of the kindergarten's own territory.

use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, on_both};
use crate::rounds::spilling::verified;

on_both!(
    a_reserved_place_goes_to_a_child_of_its_tier_before_all_others,
    a_closed_reserve_stays_empty_and_an_open_one_goes_on,
    a_child_of_the_tier_takes_a_reserved_place_and_leaves_the_other,
    next_says_that_the_place_is_kept_for_others,
    a_reserve_names_a_tier_of_the_profile,
    the_bulletin_and_the_ledger_tell_for_whom_a_place_is_kept,
    a_correction_and_the_laboratory_keep_reserves,
    a_place_kept_for_a_category_passes_over_others_of_the_same_tier,
    who_finds_no_place_of_its_category_left_takes_one_of_its_tier,
    a_rejected_proof_opens_no_place_of_its_category,
    a_claim_that_nobody_has_confirmed_opens_no_place_of_its_category,
    a_kindergarten_proposes_and_the_department_decides,
    what_nobody_decides_is_for_everyone_after_some_days,
    a_correction_of_a_round_keeps_the_places_of_a_category,
    a_place_kept_for_the_own_territory_goes_to_a_child_of_it,
);

fn reserve(desk: &Desk, tier: &str, open: bool) -> String {
    keep(desk, &json!({"tier": tier, "open": open}))
}

fn keep(desk: &Desk, reserved: &Value) -> String {
    let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14", "reserved": reserved});
    desk.post("/api/v1/places", &desk.department(), &sent).must(201).json["places"][0]
        .as_str()
        .expect("an id")
        .to_owned()
}

fn privileged(desk: &Desk) -> String {
    of_category(desk, "large_family")
}

fn of_category(desk: &Desk, category: &str) -> String {
    let number = claims(desk, category);
    desk.confirm_claim(&number, category);
    number
}

fn claims(desk: &Desk, category: &str) -> String {
    let number = desk.register_with(&desk.another_child(), category);
    desk.accept(&number);
    number
}

fn held(desk: &Desk) -> Value {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201).json
}

/// Who got which place, in the round's order.
fn given(round: &Value) -> Vec<(&str, &str)> {
    let rows = round["allocation"].as_array().expect("rows");
    rows.iter().map(|row| (row["application"].as_str().unwrap_or(""), row["place"].as_str().unwrap_or(""))).collect()
}

fn a_reserved_place_goes_to_a_child_of_its_tier_before_all_others(desk: &Desk) {
    // Turns of the ratio 1:3: P1, then three general ones, then P2.
    let general = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = reserve(desk, "general", true);
    let first = privileged(desk);
    let round = held(desk);
    assert_eq!(given(&round), [(general[0].as_str(), place.as_str())], "{first} goes before it elsewhere");
    assert_eq!(round["allocation"][0]["reserved_for"], "general");
    assert_eq!(verified(desk, round["id"].as_str().expect("an id")).len(), 1);
    let path = format!("/api/v1/rounds/{}/applications/{first}", round["id"].as_str().expect("an id"));
    let explained = desk.get(&path, &desk.department()).must(200).text;
    assert!(explained.contains(r#""reason":"reserved""#), "{explained}");
}

fn a_closed_reserve_stays_empty_and_an_open_one_goes_on(desk: &Desk) {
    let general = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let closed = reserve(desk, "first_priority", false);
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "nothing_to_give_out");
    desk.post(&format!("/api/v1/places/{closed}/withdraw"), &desk.department(), &json!({"reason": "хат"})).must(200);
    let open = reserve(desk, "first_priority", true);
    let round = held(desk);
    assert_eq!(given(&round), [(general[0].as_str(), open.as_str())]);
    verified(desk, round["id"].as_str().expect("an id"));
}

fn a_child_of_the_tier_takes_a_reserved_place_and_leaves_the_other(desk: &Desk) {
    let general = desk.waiting(&desk.another_child());
    let plain = desk.place(GROUP);
    let kept = reserve(desk, "first_priority", false);
    let first = privileged(desk);
    let second = privileged(desk);
    let round = held(desk);
    assert_eq!(given(&round), [(first.as_str(), kept.as_str()), (general.as_str(), plain.as_str())], "not {second}");
    verified(desk, round["id"].as_str().expect("an id"));
}

fn next_says_that_the_place_is_kept_for_others(desk: &Desk) {
    let general = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let place = reserve(desk, "general", false);
    privileged(desk);
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["place"]), (&json!(general[0]), &json!(place)));
    assert_eq!(next["reasons"][0]["ahead"], json!([{"cause": "reserved", "children": 1}]));
    desk.refer(&desk.department(), &place, &general[0]).must(201);
}

fn a_reserve_names_a_tier_of_the_profile(desk: &Desk) {
    let sent = |reserved: Value| json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14", "reserved": reserved});
    let staff = desk.department();
    let refused = desk.post("/api/v1/places", &staff, &sent(json!({"tier": "twins", "open": true}))).must(422);
    assert_eq!(refused.json["faults"][0]["code"], "unknown_tier");
    assert!(refused.text.contains("first_priority"), "{}", refused.text);
    let refused = desk.post("/api/v1/places", &staff, &sent(json!({"category": "twins", "open": true}))).must(422);
    assert_eq!(refused.json["faults"][0]["code"], "unknown_category");
    assert!(refused.text.contains("orphan"), "{}", refused.text);
    for (reserved, code) in [
        (json!({"tier": "general", "category": "orphan", "open": true}), "tier_and_category"),
        (json!({"tier": "general", "territory": true}), "tier_and_category"),
        (json!({"open": true}), "missing"),
    ] {
        let refused = desk.post("/api/v1/places", &staff, &sent(reserved)).must(422);
        assert_eq!(refused.json["faults"][0]["code"], code);
    }
    desk.post("/api/v1/places", &staff, &sent(json!("general"))).must(422);
}

fn the_bulletin_and_the_ledger_tell_for_whom_a_place_is_kept(desk: &Desk) {
    reserve(desk, "first_priority", true);
    desk.place(GROUP);
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    let told: Vec<&Value> = bulletin["places"].as_array().expect("rows").iter().map(|row| &row["reserved"]).collect();
    assert_eq!(told, [&Value::Null, &json!("first_priority:open")]);
    let ledger = desk.get(&format!("/api/v1/places?territory={HOME}"), &desk.department()).must(200).text;
    assert!(ledger.contains(r#""reserved":"first_priority:open""#), "{ledger}");
}

fn a_correction_and_the_laboratory_keep_reserves(desk: &Desk) {
    let general = [(); 2].map(|()| desk.waiting(&desk.another_child()));
    let first = privileged(desk);
    reserve(desk, "general", false);
    let more = json!({"territory": HOME, "scenarios": [{"name": "one more", "places": [{"group": GROUP, "cohort": 2022, "count": 1}]}], "moves": true});
    let tried = desk.post("/api/v1/simulations", &desk.department(), &more).must(200).json;
    assert_eq!(
        (&tried["moves"][0]["application"], &tried["moves"][0]["change"]),
        (&json!(first), &json!("better")),
        "{tried}"
    );
    let round = held(desk);
    assert_eq!(given(&round)[0].0, general[0]);
    let sent = json!({"ground": "places_misreported", "evidence": "хат", "places": [{"group": GROUP, "count": 2}]});
    let path = format!("/api/v1/rounds/{}/corrections", round["id"].as_str().expect("an id"));
    let corrected = desk.post(&path, &desk.department(), &sent).must(201).json;
    let fates: Vec<&Value> =
        corrected["children"].as_array().expect("rows").iter().map(|row| &row["application"]).collect();
    assert_eq!(fates, [&json!(first)], "{corrected}");
}

fn a_place_kept_for_a_category_passes_over_others_of_the_same_tier(desk: &Desk) {
    let large = privileged(desk);
    let orphan = of_category(desk, "orphan");
    let place = keep(desk, &json!({"category": "orphan", "open": false}));
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["row"]["reserved_for"]), (&json!(orphan), &json!("orphan")));
    assert_eq!(next["reasons"][0]["ahead"], json!([{"cause": "reserved", "children": 1}]));
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    assert_eq!(bulletin["places"][0]["reserved"], "orphan");
    let round = held(desk);
    assert_eq!(given(&round), [(orphan.as_str(), place.as_str())]);
    let id = round["id"].as_str().expect("an id");
    assert_eq!(verified(desk, id).len(), 1);
    let told = desk.get(&format!("/api/v1/rounds/{id}/applications/{large}"), &desk.department()).must(200).json;
    assert_eq!(told["choices"][0]["reason"], "reserved", "{told}");
}

fn who_finds_no_place_of_its_category_left_takes_one_of_its_tier(desk: &Desk) {
    let tier = reserve(desk, "first_priority", false);
    let own = keep(desk, &json!({"category": "orphan", "open": false}));
    let orphans = [(); 2].map(|()| of_category(desk, "orphan"));
    let large = privileged(desk);
    let round = held(desk);
    let expected = [(orphans[0].as_str(), own.as_str()), (orphans[1].as_str(), tier.as_str())];
    assert_eq!(given(&round), expected, "not {large}");
    assert_eq!(round["allocation"][1]["reserved_for"], "first_priority");
    verified(desk, round["id"].as_str().expect("an id"));
}

fn a_rejected_proof_opens_no_place_of_its_category(desk: &Desk) {
    let orphan = of_category(desk, "orphan");
    let sent = json!({"category": "orphan", "verdict": "rejected", "evidence": "хат"});
    desk.post(&format!("/api/v1/applications/{orphan}/proofs"), &desk.department(), &sent).must(200);
    keep(desk, &json!({"category": "orphan", "open": false}));
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "nothing_to_give_out");
}

fn a_claim_that_nobody_has_confirmed_opens_no_place_of_its_category(desk: &Desk) {
    claims(desk, "orphan");
    let place = keep(desk, &json!({"category": "orphan", "open": false}));
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "nothing_to_give_out");
    let proved = of_category(desk, "orphan");
    assert_eq!(given(&held(desk)), [(proved.as_str(), place.as_str())]);
}

/// Places as a kindergarten reports them, with what it proposes.
fn proposed(desk: &Desk) -> String {
    let sent = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14",
        "reserved": {"category": "orphan", "open": false}});
    let reply = desk.post("/api/v1/places", &desk.staff_of("k-001"), &sent).must(201).json;
    assert_eq!(reply["status"], "reported");
    reply["places"][0].as_str().expect("an id").to_owned()
}

fn open_places(desk: &Desk) -> Value {
    desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json["total"].clone()
}

fn a_kindergarten_proposes_and_the_department_decides(desk: &Desk) {
    let (kept, freed) = (proposed(desk), proposed(desk));
    assert_eq!(open_places(desk), 0);
    let reported = desk.get(&format!("/api/v1/places?territory={HOME}&status=reported"), &desk.department()).must(200);
    assert_eq!(reported.json["places"][0]["proposed"], "orphan");
    let path = |place: &str| format!("/api/v1/places/{place}/reserve");
    desk.post(&path(&kept), &desk.staff_of("k-001"), &json!({"keep": true})).refused(403, "role_too_far");
    let decided = desk.post(&path(&kept), &desk.department(), &json!({"keep": true})).must(200).json;
    assert_eq!((&decided["status"], &decided["reserved"]), (&json!("published"), &json!("orphan")));
    let decided = desk.post(&path(&freed), &desk.department(), &json!({"keep": false})).must(200).json;
    assert_eq!((&decided["status"], &decided["reserved"]), (&json!("published"), &Value::Null));
    desk.post(&path(&kept), &desk.department(), &json!({"keep": true})).refused(409, "nothing_proposed");
    // Its favourite stands behind; the one who is due gets the place that is for everyone.
    let due = desk.waiting(&desk.another_child());
    desk.waiting(&desk.another_child());
    assert_eq!(given(&held(desk)), [(due.as_str(), freed.as_str())]);
}

fn what_nobody_decides_is_for_everyone_after_some_days(desk: &Desk) {
    let place = proposed(desk);
    let ticked = |day: &str| {
        desk.set_clock(day);
        let office = &desk.registry.office;
        let now = desk.clock.now();
        kezek::service::counter::tick::tick(&office.store, &office.rules, now, now).expect("a tick");
    };
    ticked("2026-09-15T10:00:00Z");
    assert_eq!(open_places(desk), 0, "the department still has this day");
    ticked("2026-09-16T04:00:00Z");
    assert_eq!(open_places(desk), 1);
    let due = desk.waiting(&desk.another_child());
    assert_eq!(given(&held(desk)), [(due.as_str(), place.as_str())]);
}

fn a_correction_of_a_round_keeps_the_places_of_a_category(desk: &Desk) {
    let large = privileged(desk);
    let late = desk.register_with(&desk.another_child(), "orphan");
    let orphan = of_category(desk, "orphan");
    keep(desk, &json!({"category": "orphan", "open": false}));
    let round = held(desk);
    assert_eq!(given(&round)[0].0, orphan);
    let path = format!("/api/v1/rounds/{}/corrections", round["id"].as_str().expect("an id"));
    let sent = json!({"ground": "places_misreported", "evidence": "хат", "places": [{"group": GROUP, "count": 2}]});
    let corrected = desk.post(&path, &desk.department(), &sent).must(201).json;
    assert_eq!(corrected["children"][0]["application"], json!(large), "the further place is anybody's: {corrected}");
    // Whoever was kept out is due the place of its category, though another child stands before it.
    desk.accept(&late);
    let sent = json!({"ground": "part_wrong", "evidence": "хат", "applications": [{"application": late}]});
    let corrected = desk.post(&path, &desk.department(), &sent).must(201).json;
    let fates: Vec<(&Value, &Value)> =
        corrected["children"].as_array().expect("rows").iter().map(|row| (&row["application"], &row["fate"])).collect();
    assert!(fates.contains(&(&json!(late), &json!("harmed"))), "{corrected}");
    assert!(corrected["not_known"].to_string().contains("categories_as_today"), "{corrected}");
    let scenario = json!({"name": "one more", "places": [{"group": GROUP, "cohort": 2022, "count": 1}]});
    let sent = json!({"round": round["id"], "scenarios": [scenario], "moves": true});
    let tried = desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json;
    assert_eq!(tried["moves"][0]["application"], json!(large), "{tried}");
}

fn a_place_kept_for_the_own_territory_goes_to_a_child_of_it(desk: &Desk) {
    // The queue is one for the city and whatever else its akimat serves; the kindergarten stands in the city.
    let elsewhere = [(); 2].map(|()| {
        let number = desk.register_in(&desk.another_child(), HOME);
        desk.accept(&number);
        number
    });
    let of_the_city = desk.waiting(&desk.another_child());
    let place = keep(desk, &json!({"territory": true}));
    let bulletin = desk.look(&format!("/api/v1/bulletins/latest?territory={HOME}")).must(200).json;
    assert_eq!(bulletin["places"][0]["reserved"], CITY);
    let next = desk.next(HOME);
    assert_eq!((&next["application"], &next["row"]["reserved_for"]), (&json!(of_the_city), &json!(CITY)));
    assert_eq!(next["reasons"][0]["ahead"], json!([{"cause": "reserved", "children": 2}]));
    let round = held(desk);
    assert_eq!(given(&round), [(of_the_city.as_str(), place.as_str())]);
    let id = round["id"].as_str().expect("an id");
    assert_eq!(verified(desk, id).len(), 1);
    let told = desk.get(&format!("/api/v1/rounds/{id}/applications/{}", elsewhere[0]), &desk.department()).must(200);
    assert_eq!(told.json["choices"][0]["reason"], "reserved", "{}", told.text);
    // Nobody of the city is left: the next place stays empty, and an open one goes on.
    let closed = keep(desk, &json!({"territory": true}));
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).refused(409, "nothing_to_give_out");
    desk.post(&format!("/api/v1/places/{closed}/withdraw"), &desk.department(), &json!({"reason": "хат"})).must(200);
    let open = keep(desk, &json!({"territory": true, "open": true}));
    assert_eq!(given(&held(desk)), [(elsewhere[0].as_str(), open.as_str())]);
}
