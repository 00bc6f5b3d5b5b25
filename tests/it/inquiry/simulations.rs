//! The policy laboratory over the registry: what other rules or more places would change.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{CITY, Desk, GROUP, HOME, VILLAGE, VILLAGE_GROUP, on_both};
use crate::rounds::spilling::{IN_TOWN, IN_VILLAGE, TOWN, TOWN_HOME, TOWN_VILLAGE, held, wants};

on_both!(
    the_base_run_places_whom_a_dry_round_places,
    one_more_place_gains_one_child_and_harms_nobody,
    what_a_village_leaves_is_the_home_s_in_the_base_run_and_in_each_scenario,
    another_mixing_has_winners_and_losers,
    every_application_that_moves_is_told_where_it_is_asked_for,
    fewer_places_and_one_more_group_in_a_kindergarten_are_scenarios,
    a_table_is_csv_by_accept,
    a_scenario_that_cannot_be_meant_is_refused,
    a_wrong_scenario_is_refused_with_all_its_faults,
    the_laboratory_keeps_nothing_and_serves_its_roles_only,
    a_committed_round_is_replayed_with_its_own_children_places_and_turns,
    what_a_village_left_in_a_round_is_the_home_s_in_its_replay,
    a_replay_names_a_round_of_the_credential_s_territory,
);

fn simulate(desk: &Desk, territory: &str, scenarios: &Value) -> Value {
    let sent = json!({"territory": territory, "scenarios": scenarios});
    desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json
}

/// Five general children and two of a large family, then places of the group for `count` of them.
fn city(desk: &Desk, count: u32) {
    for _ in 0..5 {
        desk.waiting(&desk.another_child());
    }
    for _ in 0..2 {
        let number = desk.register_with(&desk.another_child(), "large_family");
        desk.accept(&number);
    }
    desk.places(GROUP, count);
}

fn row<'a>(report: &'a Value, table: &str, scenario: &str) -> &'a Value {
    let rows = report[table].as_array().expect("a table");
    rows.iter().find(|r| r["scenario"] == scenario).unwrap_or_else(|| panic!("no {scenario} in {report}"))
}

fn the_base_run_places_whom_a_dry_round_places(desk: &Desk) {
    city(desk, 3);
    desk.waiting_in_village(&desk.another_child());
    desk.places(VILLAGE_GROUP, 1);
    for territory in [HOME, VILLAGE] {
        let sent = json!({"territory": territory, "dry_run": true});
        let dry = desk.post("/api/v1/rounds", &desk.department(), &sent).must(200).json;
        let report = simulate(desk, territory, &json!([]));
        let base = row(&report, "scenarios", "base");
        assert_eq!(base["placed"], dry["placed"], "{territory}");
        assert_eq!(base["children"], if territory == HOME { 7 } else { 1 });
    }
}

fn one_more_place_gains_one_child_and_harms_nobody(desk: &Desk) {
    city(desk, 3);
    let report =
        simulate(desk, HOME, &json!([{"name": "+1", "places": [{"group": GROUP, "cohort": 2022, "count": 1}]}]));
    let more = row(&report, "scenarios", "+1");
    let counts = ["placed", "gained", "better", "worse", "lost"].map(|c| more[c].as_u64().expect("a count"));
    assert_eq!(counts, [4, 1, 1, 0, 0]);
    let values = report["one_more_place"].as_array().expect("values");
    let own = values.iter().find(|v| v["group"] == GROUP).expect("the group");
    assert_eq!((&own["placed_more"], &own["places"]), (&json!(1), &json!(3)), "the same, worked out for each group");
    let other_year = json!([{"name": "+1", "places": [{"group": GROUP, "cohort": 2020, "count": 1}]}]);
    let report = simulate(desk, HOME, &other_year);
    assert_eq!(row(&report, "scenarios", "+1")["gained"], 0, "a place for another year of birth is nobody's here");
}

/// A village with two places and one child, and a town whose two children want that village: one of them gets what is left.
fn what_a_village_leaves_is_the_home_s_in_the_base_run_and_in_each_scenario(desk: &Desk) {
    wants(desk, TOWN_VILLAGE, &[IN_VILLAGE.0]);
    let ahead = wants(desk, TOWN, &[IN_VILLAGE.0, IN_TOWN.0]);
    let behind = wants(desk, TOWN, &[IN_VILLAGE.0]);
    desk.place(IN_VILLAGE.1);
    desk.place(IN_VILLAGE.1);
    let dry = desk
        .post("/api/v1/rounds", &desk.department(), &json!({"territory": TOWN_HOME, "dry_run": true}))
        .must(200)
        .json;
    let change = |group: &str, count: i64| json!([{"group": group, "cohort": 2022, "count": count}]);
    let sent = json!({"territory": TOWN_HOME, "moves": true, "scenarios": [
        {"name": "one more in the village", "places": change(IN_VILLAGE.1, 1)},
        {"name": "one fewer in the village", "places": change(IN_VILLAGE.1, -1)},
        {"name": "one more in the town", "places": change(IN_TOWN.1, 1)},
    ]});
    let report = desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json;
    let placed = |scenario: &str| row(&report, "scenarios", scenario)["placed"].as_u64();
    assert_eq!((placed("base"), dry["placed"].as_u64()), (Some(2), Some(2)), "{report}");
    assert_eq!(placed("one more in the village"), Some(3));
    assert_eq!(placed("one fewer in the village"), Some(1));
    assert_eq!(placed("one more in the town"), Some(2), "the one ahead stays in the village that it likes better");
    let moved = |scenario: &str| -> Vec<&str> {
        let rows = report["moves"].as_array().expect("a table").iter().filter(|r| r["scenario"] == scenario);
        rows.map(|r| r["application"].as_str().expect("a number")).collect()
    };
    assert_eq!(moved("one more in the village"), [behind.as_str()]);
    assert_eq!(moved("one fewer in the village"), [ahead.as_str()]);
    let values = report["one_more_place"].as_array().expect("values");
    let villages: Vec<_> = values.iter().filter(|v| v["group"] == IN_VILLAGE.1).collect();
    assert!(villages.iter().all(|v| v["queue"].as_str().is_some_and(|q| q.starts_with(TOWN_VILLAGE))), "{villages:?}");
    assert_eq!(villages.len(), 1, "each place stands in its own queue");
    // A queue in which nobody waits has places as well.
    desk.places(VILLAGE_GROUP, 1);
    let report = simulate(desk, VILLAGE, &json!([]));
    let values = report["one_more_place"].as_array().expect("values");
    assert!(values.iter().any(|v| v["group"] == VILLAGE_GROUP && v["places"] == 1), "{report}");
}

fn another_mixing_has_winners_and_losers(desk: &Desk) {
    city(desk, 3);
    let scenarios = json!([
        {"name": "general first", "mix": "none", "tiers": {"1": 200}},
        {"name": "privileged first", "mix": "none"},
        {"name": "by program", "rule": "program"},
    ]);
    let report = simulate(desk, HOME, &scenarios);
    // Under 1:3 the first three turns are one of a large family and two general children.
    for (name, won) in [("general first", 1), ("privileged first", 1), ("by program", 1)] {
        let outcome = row(&report, "scenarios", name);
        assert_eq!((&outcome["gained"], &outcome["lost"]), (&json!(won), &json!(won)), "{name}: {report}");
    }
}

fn every_application_that_moves_is_told_where_it_is_asked_for(desk: &Desk) {
    city(desk, 3);
    let scenarios = json!([{"name": "privileged first", "mix": "none"}]);
    assert!(simulate(desk, HOME, &scenarios).get("moves").is_none(), "who moves is told where it is asked for");
    let sent = json!({"territory": HOME, "scenarios": scenarios, "moves": true});
    let report = desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json;
    let moves = report["moves"].as_array().expect("moves");
    let outcome = row(&report, "scenarios", "privileged first");
    assert_eq!(moves.len() as u64, outcome["better"].as_u64().expect("n") + outcome["worse"].as_u64().expect("n"));
    assert_eq!(moves.len(), 2, "{report}");
    for told in moves {
        let application = desk.application(told["application"].as_str().expect("a number"));
        assert_eq!(application["tier"], told["tier"]);
        let gained = told["change"] == "better";
        let of = |field: &str| &told[field];
        let (there, gone) = if gained { ("group_after", "group_before") } else { ("group_before", "group_after") };
        assert_eq!((of(there), of(gone)), (&json!(GROUP), &Value::Null), "{told}");
        assert_eq!(gained, application["tier"] != 3, "the privileged child gains: {told}");
    }
}

fn fewer_places_and_one_more_group_in_a_kindergarten_are_scenarios(desk: &Desk) {
    city(desk, 3);
    let report = simulate(
        desk,
        HOME,
        &json!([
            {"name": "fewer", "places": [{"group": GROUP, "cohort": 2022, "count": -2}]},
            {"name": "none", "places": [{"group": GROUP, "cohort": 2022, "count": -50}]},
            {"name": "one more group", "places": [{"kindergarten": "k-001", "cohort": 2022, "count": 2}]},
        ]),
    );
    for (name, placed, lost) in [("fewer", 1, 2), ("none", 0, 3), ("one more group", 5, 0)] {
        let outcome = row(&report, "scenarios", name);
        assert_eq!((&outcome["placed"], &outcome["lost"]), (&json!(placed), &json!(lost)), "{name}: {report}");
    }
}

fn a_table_is_csv_by_accept(desk: &Desk) {
    city(desk, 3);
    let sent = json!({"territory": HOME, "scenarios": [{"name": "a, b", "mix": "none"}], "moves": true}).to_string();
    let table = |query: &str| {
        let (path, csv) = (format!("/api/v1/simulations{query}"), [("accept", "text/csv")]);
        desk.send("POST", &path, Some(&desk.department()), &csv, Some(sent.as_bytes()))
    };
    let scenarios = table("").must(200);
    assert!(scenarios.media.starts_with("text/csv"), "{}", scenarios.media);
    assert_eq!(
        scenarios.text,
        "scenario,children,placed,better,worse,gained,lost,placed_share\n\
        base,7,3,0,0,0,0,0.4286\n\"a, b\",7,3,1,1,1,1,0.4286\n"
    );
    assert_eq!(table("?table=moves").must(200).text.lines().count(), 3);
    table("?table=people").refused(422, "unknown_table");
}

fn a_scenario_that_cannot_be_meant_is_refused(desk: &Desk) {
    let places = |change: Value| json!([{"name": "x", "places": [change]}]);
    for (scenarios, code, field) in [
        (json!([{"name": "a"}, {"name": "a"}]), "repeated_name", "scenarios[1].name"),
        (json!([{"name": "base"}]), "repeated_name", "scenarios[0].name"),
        (json!([{"name": "x", "tiers": {"77": 1}}]), "unknown_tier", "scenarios[0].tiers.77"),
        (places(json!({"group": GROUP, "cohort": 1999, "count": 1})), "wrong_cohort", "scenarios[0].places[0].cohort"),
        (places(json!({"group": GROUP, "cohort": 2022, "count": 0})), "wrong_count", "scenarios[0].places[0].count"),
        (
            places(json!({"kindergarten": "k-001", "cohort": 2022, "count": -1})),
            "wrong_count",
            "scenarios[0].places[0].count",
        ),
        (places(json!({"cohort": 2022, "count": 1})), "wrong_target", "scenarios[0].places[0]"),
        (
            places(json!({"kindergarten": "k-999", "cohort": 2022, "count": 1})),
            "unknown_kindergarten",
            "scenarios[0].places[0].kindergarten",
        ),
    ] {
        let sent = json!({"territory": HOME, "scenarios": scenarios});
        let refused = desk.post("/api/v1/simulations", &desk.department(), &sent).refused(422, code);
        assert_eq!(refused.json["faults"][0]["field"], field, "{}", refused.text);
    }
}

fn a_wrong_scenario_is_refused_with_all_its_faults(desk: &Desk) {
    let sent = json!({"territory": HOME, "scenarios": [
        {"name": " ", "rule": "lottery"},
        {"name": "both", "rule": "program", "mix": "1:2"},
        {"name": "mix", "mix": "0:3"},
    ]});
    let refused = desk.post("/api/v1/simulations", &desk.department(), &sent).refused(422, "missing");
    let fields: Vec<&str> = refused.json["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|f| f["field"].as_str().expect("a field"))
        .collect();
    assert_eq!(fields, ["scenarios[0].name", "scenarios[0].rule", "scenarios[1].mix", "scenarios[2].mix"]);
    let places = |group: &str| json!([{"name": "x", "places": [{"group": group, "cohort": 2022, "count": 1}]}]);
    for group in ["nowhere", VILLAGE_GROUP] {
        let sent = json!({"territory": HOME, "scenarios": places(group)});
        desk.post("/api/v1/simulations", &desk.department(), &sent).refused(422, "unknown_group");
    }
    let many: Vec<Value> = (0..1_001).map(|n| json!({"name": n.to_string()})).collect();
    let sent = json!({"territory": HOME, "scenarios": many});
    desk.post("/api/v1/simulations", &desk.department(), &sent).refused(422, "too_many");
    let sent = json!({"territory": "390000000", "scenarios": []});
    desk.post("/api/v1/simulations", &desk.department(), &sent).refused(422, "territory_without_queue");
}

fn the_laboratory_keeps_nothing_and_serves_its_roles_only(desk: &Desk) {
    city(desk, 2);
    let records = desk.records();
    simulate(desk, CITY, &json!([{"name": "a", "rule": "program"}]));
    assert_eq!(desk.records(), records);
    let sent = json!({"territory": HOME, "scenarios": []});
    desk.post("/api/v1/simulations", &desk.office(), &sent).refused(403, "role_too_far");
    let village = desk.token(Role::Akim, VILLAGE);
    desk.post("/api/v1/simulations", &village, &sent).refused(403, "territory_too_far");
}

fn replay(desk: &Desk, round: &Value, scenarios: &Value) -> Value {
    let sent = json!({"round": round["id"], "scenarios": scenarios, "moves": true});
    desk.post("/api/v1/simulations", &desk.department(), &sent).must(200).json
}

fn a_committed_round_is_replayed_with_its_own_children_places_and_turns(desk: &Desk) {
    // One waits in front for another kindergarten, one behind it has enrolled: its turn is spent. Counted from the beginning,
    // the second child of a large family would stand one later.
    let mut elsewhere = desk.another_child().application(CITY);
    elsewhere["preferences"] = json!(["k-006"]);
    desk.accept(&desk.hand_in(&desk.office(), &elsewhere).must(201).text_of("number"));
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    desk.enrol(&desk.refer_next(HOME));
    city(desk, 3);
    let round = held(desk, HOME);
    city(desk, 2);
    let more = json!({"name": "one more", "places": [{"group": GROUP, "cohort": 2022, "count": 1}]});
    let fewer = json!({"name": "one fewer", "places": [{"group": GROUP, "cohort": 2022, "count": -1}]});
    let report = replay(desk, &round, &json!([more, fewer, {"name": "same"}, {"name": "none ahead", "mix": "none"}]));
    let base = row(&report, "scenarios", "base");
    assert_eq!((&base["children"], &base["placed"]), (&json!(8), &round["placed"]), "those of then and no others");
    assert_eq!(row(&report, "scenarios", "one more")["gained"], 1);
    let lost = row(&report, "moves", "one fewer");
    let last = round["allocation"].as_array().expect("rows").last().expect("a row");
    assert_eq!(lost["application"], last["application"], "the last of the round's own turns: {report}");
    let same = row(&report, "scenarios", "same");
    assert_eq!((&same["better"], &same["worse"]), (&json!(0), &json!(0)), "the turns are kept: {report}");
}

fn what_a_village_left_in_a_round_is_the_home_s_in_its_replay(desk: &Desk) {
    wants(desk, TOWN, &[IN_VILLAGE.0]);
    wants(desk, TOWN, &[IN_TOWN.0]);
    wants(desk, TOWN_VILLAGE, &[]);
    desk.places(IN_VILLAGE.1, 2);
    desk.place(IN_TOWN.1);
    let round = held(desk, TOWN_HOME);
    assert_eq!(round["placed"], 3);
    let gone = json!([{"name": "village", "places": [{"group": IN_VILLAGE.1, "cohort": 2022, "count": -1}]}]);
    let report = replay(desk, &round, &gone);
    assert_eq!(row(&report, "scenarios", "base")["placed"], 3);
    assert_eq!(row(&report, "scenarios", "village")["placed"], 2);
    assert_eq!(row(&report, "moves", "village")["queue"], "391600000-2022-general", "{report}");
}

fn a_replay_names_a_round_of_the_credential_s_territory(desk: &Desk) {
    city(desk, 1);
    let round = held(desk, HOME);
    let ask = |token: &str, sent: &Value| desk.post("/api/v1/simulations", token, sent);
    let department = desk.department();
    ask(&department, &json!({"round": format!("{HOME}-O-000999")})).refused(404, "not_found");
    ask(&department, &json!({"round": "x"})).refused(404, "not_found");
    ask(&department, &json!({"round": round["id"], "territory": VILLAGE})).must(422);
    ask(&department, &json!({"round": round["id"], "territory": HOME})).must(200);
    ask(&department, &json!({})).must(422);
    let elsewhere = desk.token(Role::Department, crate::desk::VILLAGE_HOME);
    ask(&elsewhere, &json!({"round": round["id"]})).refused(403, "territory_too_far");
    let place = json!({"group": VILLAGE_GROUP, "cohort": 2022, "count": 1});
    let other = json!({"round": round["id"], "scenarios": [{"name": "x", "places": [place]}]});
    assert_eq!(ask(&department, &other).must(422).json["faults"][0]["code"], "unknown_group");
}
