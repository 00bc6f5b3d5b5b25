//! What everybody may know by an IIN, and what a family may: neither number nor village, kind, kindergarten or category.

use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, on_both};

on_both!(
    by_an_iin_alone_nobody_reads_number_territory_kind_kindergarten_or_stream,
    of_special_groups_the_status_alone_is_told,
    whoever_has_a_place_is_told_by_which_day_to_act,
    with_a_code_or_in_its_session_a_family_reads_all_of_its_child_and_of_no_other,
    why_a_round_gave_what_it_gave_is_told_to_the_family_alone,
);

fn public(desk: &Desk, iin: &str) -> Value {
    let entries = desk.look_up_without_code(iin).must(200).json["entries"].clone();
    assert_eq!(entries.as_array().map(Vec::len), Some(1), "{entries}");
    entries[0].clone()
}

fn fields(entry: &Value) -> Vec<&str> {
    entry.as_object().expect("an entry").keys().map(String::as_str).collect()
}

fn by_an_iin_alone_nobody_reads_number_territory_kind_kindergarten_or_stream(desk: &Desk) {
    let (ahead, child) = (desk.another_child(), desk.another_child());
    desk.register_with(&ahead, "military");
    let mut wanting = child.application(CITY);
    wanting["preferences"] = json!(["k-001"]);
    let number = desk.hand_in(&desk.office(), &wanting).must(201).text_of("number");
    let entry = public(desk, &child.iin);
    let expected = ["ahead", "as_of", "change_30_days", "of", "position", "reasons", "status", "to_do"];
    assert_eq!(fields(&entry), expected);
    assert_eq!((&entry["position"], &entry["of"], &entry["ahead"]), (&json!(2), &json!(2), &json!(1)));
    let codes: Vec<&Value> = entry["reasons"].as_array().expect("reasons").iter().map(|r| &r["code"]).collect();
    assert_eq!(codes, ["ahead", "mixing_rule", "see_more"]);
    assert!(entry["reasons"][0]["ahead"].is_null(), "no counts by stream");
    let text = entry.to_string();
    for hidden in [number.as_str(), "k-001", "391010000", HOME, "out_of_turn"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    for tongue in ["kk", "ru", "en"] {
        assert!(entry["to_do"][tongue].as_str().is_some_and(|words| words.len() > 10), "{text}");
    }
}

fn of_special_groups_the_status_alone_is_told(desk: &Desk) {
    for kind in ["special", "sanatorium"] {
        let child = desk.another_child();
        let mut asked = child.application(CITY);
        asked["kind"] = json!(kind);
        desk.hand_in(&desk.office(), &asked).must(201);
        let entry = public(desk, &child.iin);
        assert_eq!(fields(&entry), ["as_of", "status", "to_do"], "{kind}");
        assert!(desk.entry(&child)["position"].is_u64(), "its family reads all");
    }
}

fn whoever_has_a_place_is_told_by_which_day_to_act(desk: &Desk) {
    let child = desk.another_child();
    desk.waiting(&child);
    desk.place(GROUP);
    desk.refer_next(HOME);
    let entry = public(desk, &child.iin);
    assert_eq!(entry["status"], "referred");
    assert!(entry["to_do"]["ru"].as_str().is_some_and(|words| words.contains("17")), "{entry}");
    assert_eq!(desk.entry(&child)["to_do"], entry["to_do"]);
}

fn with_a_code_or_in_its_session_a_family_reads_all_of_its_child_and_of_no_other(desk: &Desk) {
    let (child, other) = (desk.another_child(), desk.another_child());
    let number = desk.register(&child);
    let foreign = desk.register(&other);
    let entry = desk.entry(&child);
    assert_eq!((&entry["application"], &entry["queue"]["territory"]), (&json!(number), &json!(HOME)));
    let session = desk.family(&number);
    let ask = |iin: &str| desk.post("/api/v1/positions", &session, &json!({"iin": iin}));
    assert_eq!(ask(&child.iin).must(200).json["entries"][0]["application"], json!(number));
    ask(&other.iin).refused(401, "another_child");
    let wrong = json!({"iin": child.iin, "code": desk.code_of(&foreign)});
    desk.send("POST", "/api/v1/positions", None, &[], Some(wrong.to_string().as_bytes())).refused(401, "wrong_code");
}

fn why_a_round_gave_what_it_gave_is_told_to_the_family_alone(desk: &Desk) {
    let child = desk.another_child();
    desk.waiting(&child);
    desk.place(GROUP);
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201);
    let asked = json!({"iin": child.iin}).to_string();
    let path = "/api/v1/explanations";
    desk.send("POST", path, None, &[], Some(asked.as_bytes())).refused(401, "code_missing");
    assert_eq!(desk.ask_with_code(path, &child.iin).must(200).json["explanations"].as_array().map(Vec::len), Some(1));
}
