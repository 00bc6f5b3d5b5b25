//! Committed rounds: how they are found, and how far each credential reads them.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    rounds_are_found_by_territory_and_day_page_by_page,
    an_akim_finds_and_reads_the_district_s_rounds_over_the_village_s_places_and_nothing_else_of_them,
    an_akim_reads_who_got_a_place_that_the_village_could_not_use,
    a_list_of_rounds_is_csv_by_accept,
    a_misspelt_field_holds_no_round_and_is_named,
);

fn hold(desk: &Desk, territory: &str) -> String {
    desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": territory})).must(201).text_of("id")
}

/// A round of the city that gives one place to one child.
fn give(desk: &Desk) -> String {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    hold(desk, HOME)
}

fn ids(listed: &Value) -> Vec<String> {
    let rounds = listed["rounds"].as_array().expect("rounds");
    rounds.iter().map(|r| r["id"].as_str().expect("an id").to_owned()).collect()
}

fn list(desk: &Desk, token: &str, query: &str) -> Value {
    desk.get(&format!("/api/v1/rounds?{query}"), token).must(200).json
}

fn rounds_are_found_by_territory_and_day_page_by_page(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.places(GROUP, 2);
    let first = hold(desk, HOME);
    desk.set_clock("2026-09-11T04:00:00Z");
    let second = give(desk);
    desk.set_clock("2026-09-12T04:00:00Z");
    let third = give(desk);
    let elsewhere = district_round(desk).0;
    let department = desk.token(Role::Department, HOME);
    let all = list(desk, &department, &format!("territory={HOME}"));
    assert_eq!((ids(&all), &all["next"]), (vec![third.clone(), second.clone(), first.clone()], &Value::Null));
    let oldest = &all["rounds"][2];
    assert_eq!((&oldest["placed"], &oldest["places_left"], &oldest["territory"]), (&json!(1), &json!(1), &json!(HOME)));
    assert_eq!(oldest["held_at"], "2026-09-10T04:00:00.000000Z");
    assert_eq!(
        oldest["queues"],
        json!([{"queue": "391000000-2022-general", "pass": 1, "participants": 1, "placed": 1}])
    );
    assert_eq!(ids(&list(desk, &department, &format!("territory={CITY}"))).len(), 3, "the city's queue is the home's");
    let between = format!("territory={HOME}&from=2026-09-11T04:00:00Z&to=2026-09-12T04:00:00Z");
    assert_eq!(
        ids(&list(desk, &department, &between)),
        vec![second.clone()],
        "from its first instant to before its last"
    );
    let country = ids(&list(desk, &desk.auditor(), "territory=000000000"));
    assert!(country.contains(&elsewhere) && country.contains(&first) && country.len() == 4, "{country:?}");
    let page = list(desk, &department, &format!("territory={HOME}&limit=2"));
    assert_eq!(ids(&page), [third, second]);
    let next = page["next"].as_str().expect("a cursor").replace('+', "%2B").replace('|', "%7C");
    let rest = list(desk, &department, &format!("territory={HOME}&limit=2&cursor={next}"));
    assert_eq!((ids(&rest), &rest["next"]), (vec![first], &Value::Null));
    let refused =
        |query: &str, code: &str| desk.get(&format!("/api/v1/rounds?{query}"), &department).refused(422, code);
    refused("", "wrong_territory");
    refused(&format!("territory={HOME}&from=yesterday"), "wrong_instant");
    refused(&format!("territory={HOME}&cursor=2"), "wrong_cursor");
    desk.get(&format!("/api/v1/rounds?territory={VILLAGE_HOME}"), &department).refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/rounds?territory={HOME}"), &desk.token(Role::Office, HOME)).refused(403, "role_too_far");
}

/// The district holds a round over a place of the village and one of its own queue.
fn district_round(desk: &Desk) -> (String, String, String) {
    let villager = desk.waiting_in_village(&desk.another_child());
    let of_district = desk.register_in(&desk.another_child(), VILLAGE_HOME);
    desk.accept(&of_district);
    desk.place(VILLAGE_GROUP);
    (hold(desk, VILLAGE_HOME), villager, of_district)
}

fn an_akim_finds_and_reads_the_district_s_rounds_over_the_village_s_places_and_nothing_else_of_them(desk: &Desk) {
    let other = give(desk);
    let (round, villager, of_district) = district_round(desk);
    let akim = desk.akim();
    let listed = list(desk, &akim, &format!("territory={VILLAGE}"));
    assert_eq!(ids(&listed), vec![round.clone()], "{other} did not concern the village");
    let queues = &listed["rounds"][0]["queues"];
    assert_eq!((&queues[0]["queue"], queues.as_array().map(Vec::len)), (&json!("393243000-2022-general"), Some(1)));
    let read = desk.get(&format!("/api/v1/rounds/{round}"), &akim).must(200).json;
    assert_eq!((&read["part_of"], &read["placed"]), (&json!(VILLAGE), &json!(1)));
    assert_eq!(read["allocation"][0]["application"], json!(villager));
    assert!(!read.to_string().contains(&of_district), "{read}");
    let certificates = desk.get(&format!("/api/v1/rounds/{round}/certificate"), &akim).must(200).json;
    for certificate in certificates["certificates"].as_array().expect("certificates") {
        assert!(certificate["pass"].as_str().expect("a name").starts_with(VILLAGE), "{certificate}");
        for file in certificate["files"].as_object().expect("files").values() {
            desk.get(file["href"].as_str().expect("an address"), &akim).must(200);
        }
    }
    assert!(!certificates["certificates"].as_array().expect("a list").is_empty());
    desk.get(&format!("/api/v1/rounds/{round}/files/{VILLAGE_HOME}-2022-general-pass1-children.csv"), &akim)
        .refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/rounds/{round}/corrections"), &akim).refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/rounds/{other}"), &akim).refused(403, "territory_too_far");
    desk.get(&format!("/api/v1/rounds/{round}"), &desk.token(Role::Akim, HOME)).refused(403, "territory_too_far");
    let whole = desk.get(&format!("/api/v1/rounds/{round}"), &desk.token(Role::Akim, VILLAGE_HOME)).must(200).json;
    assert!(whole.get("part_of").is_none(), "{whole}");
}

fn an_akim_reads_who_got_a_place_that_the_village_could_not_use(desk: &Desk) {
    let of_district = desk.register_in(&desk.another_child(), VILLAGE_HOME);
    desk.accept(&of_district);
    desk.places(VILLAGE_GROUP, 2);
    let round = hold(desk, VILLAGE_HOME);
    let read = desk.get(&format!("/api/v1/rounds/{round}"), &desk.akim()).must(200).json;
    assert_eq!(read["allocation"][0]["application"], json!(of_district), "a place of the village went to it: {read}");
    assert_eq!((&read["placed"], read["places_left"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert_eq!(ids(&list(desk, &desk.akim(), &format!("territory={VILLAGE}"))), [round]);
}

fn a_list_of_rounds_is_csv_by_accept(desk: &Desk) {
    let (round, ..) = district_round(desk);
    let path = format!("/api/v1/rounds?territory={VILLAGE_HOME}");
    let csv = desk.send("GET", &path, Some(&desk.department()), &[("accept", "text/csv")], None).must(200);
    assert!(csv.media.starts_with("text/csv"));
    let mut lines = csv.text.lines();
    assert_eq!(lines.next(), Some("id,territory,held_at,queues,participants,placed,places_left"));
    let row = lines.next().expect("a row");
    assert!(row.starts_with(&format!("{round},{VILLAGE_HOME},2026-09-10T04:00:00.000000Z,")), "{row}");
    assert_eq!(lines.next(), None);
}

fn a_misspelt_field_holds_no_round_and_is_named(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let records = desk.records();
    let misspelt = |path: &str, token: &str, body: &Value, field: &str| {
        let refused = desk.post(path, token, body).refused(422, "unknown_field");
        assert_eq!(refused.json["faults"][0]["field"], field, "{}", refused.text);
    };
    let department = desk.department();
    misspelt("/api/v1/rounds", &department, &json!({"territory": HOME, "dryrun": true}), "dryrun");
    let place = json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-09-14", "kind": "general"});
    misspelt("/api/v1/places", &desk.department(), &place, "kind");
    let refer = json!({"place": "x", "application": "y", "skipp": {}});
    misspelt("/api/v1/referrals", &department, &refer, "skipp");
    let scenario = json!({"territory": HOME, "scenarios": [{"name": "x", "tier": {"3": 2}}]});
    misspelt("/api/v1/simulations", &department, &scenario, "tier");
    let correction = json!({"ground": "places_misreported", "evidence": "хат", "place": []});
    misspelt(&format!("/api/v1/rounds/{HOME}-D-000001/corrections"), &department, &correction, "place");
    assert_eq!(desk.records(), records, "nothing was done");
}
