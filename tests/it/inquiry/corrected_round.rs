//! Corrections of rounds over a home with villages: the whole round is served again, and each child is compared once.

use serde_json::{Value, json};

use crate::desk::{Desk, GROUP, HOME, Reply, on_both};
use crate::rounds::spilling::{IN_TOWN, IN_VILLAGE, TOWN, TOWN_HOME, TOWN_VILLAGE, given, held, wants};

on_both!(
    a_child_that_holds_a_spilled_place_which_it_wants_most_is_not_harmed,
    a_child_is_owed_one_place_also_where_two_queues_were_wrong,
    a_village_place_that_was_not_reported_is_owed_to_the_home_s_child_that_it_would_have_reached,
    a_place_that_is_kept_in_the_village_is_an_extra_one_for_the_home,
    a_group_that_hid_all_its_places_is_corrected,
    a_child_that_was_wrongly_kept_out_is_owed_its_place,
);

fn correct(desk: &Desk, round: &Value, what: Value) -> Reply {
    let mut sent = json!({"ground": "places_misreported", "evidence": "№ 5 акт"});
    sent.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
    let id = round["id"].as_str().expect("an id");
    desk.post(&format!("/api/v1/rounds/{id}/corrections"), &desk.department(), &sent)
}

/// Fate, application, group due and remedy of everybody concerned.
fn told(correction: &Value) -> Vec<[&str; 4]> {
    let rows = correction["children"].as_array().expect("children").iter();
    rows.map(|row| ["fate", "application", "due", "remedy"].map(|f| row[f].as_str().unwrap_or_default())).collect()
}

fn a_child_that_holds_a_spilled_place_which_it_wants_most_is_not_harmed(desk: &Desk) {
    let _first = wants(desk, TOWN, &[IN_TOWN.0]);
    let second = wants(desk, TOWN, &[IN_VILLAGE.0, IN_TOWN.0]);
    desk.place(IN_TOWN.1);
    desk.place(IN_VILLAGE.1);
    let round = held(desk, TOWN_HOME);
    assert_eq!(given(&round)[&second], IN_VILLAGE.1);
    let found = correct(desk, &round, json!({"places": [{"group": IN_TOWN.1, "count": 2}]})).must(201).json;
    assert_eq!(told(&found), Vec::<[&str; 4]>::new());
    let same = json!({"places": [{"group": IN_TOWN.1, "count": 1}, {"group": IN_VILLAGE.1, "count": 1}]});
    assert_eq!(told(&correct(desk, &round, same).must(201).json), Vec::<[&str; 4]>::new(), "nothing was wrong");
}

fn a_child_is_owed_one_place_also_where_two_queues_were_wrong(desk: &Desk) {
    let [first, second, third] = [(); 3].map(|()| wants(desk, TOWN, &[IN_TOWN.0, IN_VILLAGE.0]));
    desk.place(IN_TOWN.1);
    desk.place(IN_VILLAGE.1);
    let round = held(desk, TOWN_HOME);
    assert_eq!((given(&round)[&first].as_str(), given(&round)[&second].as_str()), (IN_TOWN.1, IN_VILLAGE.1));
    let what = json!({"places": [{"group": IN_TOWN.1, "count": 2}, {"group": IN_VILLAGE.1, "count": 2}]});
    let found = correct(desk, &round, what).must(201).json;
    let expected = [["harmed", &second, IN_TOWN.1, "free_place"], ["harmed", &third, IN_VILLAGE.1, "free_place"]];
    assert_eq!(told(&found), expected);
    assert_eq!(found["not_known"], json!([]), "both groups were in the round");
}

fn a_village_place_that_was_not_reported_is_owed_to_the_home_s_child_that_it_would_have_reached(desk: &Desk) {
    let _first = wants(desk, TOWN, &[IN_VILLAGE.0]);
    let second = wants(desk, TOWN, &[IN_VILLAGE.0]);
    desk.place(IN_VILLAGE.1);
    let round = held(desk, TOWN_HOME);
    let found = correct(desk, &round, json!({"places": [{"group": IN_VILLAGE.1, "count": 2}]})).must(201).json;
    assert_eq!(told(&found), [["harmed", &second, IN_VILLAGE.1, "free_place"]]);
    assert_eq!(found["children"][0]["pass"], "391600000-2022-general-pass2");
}

fn a_place_that_is_kept_in_the_village_is_an_extra_one_for_the_home(desk: &Desk) {
    let villager = wants(desk, TOWN_VILLAGE, &[]);
    let of_home = wants(desk, TOWN, &[IN_VILLAGE.0, IN_TOWN.0]);
    desk.place(IN_VILLAGE.1);
    desk.place(IN_TOWN.1);
    let round = held(desk, TOWN_HOME);
    let what = json!({"ground": "part_wrong", "applications": [{"application": villager, "takes_part": false}]});
    let found = correct(desk, &round, what).must(201).json;
    let rows: Vec<_> = told(&found).into_iter().filter(|row| row[0] == "harmed").collect();
    assert_eq!(rows, [["harmed", &of_home, IN_VILLAGE.1, "extra_place"]], "the villager keeps the place: {found}");
    assert_eq!(found["extra_places"], 1);
}

fn a_group_that_hid_all_its_places_is_corrected(desk: &Desk) {
    let first = wants(desk, TOWN, &[IN_TOWN.0]);
    let second = wants(desk, TOWN, &[IN_VILLAGE.0, IN_TOWN.0]);
    desk.places(IN_TOWN.1, 2);
    let round = held(desk, TOWN_HOME);
    assert_eq!(given(&round).len(), 2, "{first} and {second}");
    // The child's wishes have changed since; the round's are what counts.
    let mut hidden = json!({"places": [{"group": IN_VILLAGE.1, "count": 1}]});
    let found = correct(desk, &round, hidden.clone()).must(201).json;
    assert_eq!(told(&found), [["harmed", &second, IN_VILLAGE.1, "free_place"]]);
    let row = &found["children"][0];
    assert_eq!((&row["got"], &row["got_choice"], &row["due_choice"]), (&json!(IN_TOWN.1), &json!(2), &json!(1)));
    let unsure: Vec<_> = found["not_known"].as_array().expect("a list").iter().map(|n| n["what"].clone()).collect();
    assert_eq!(unsure, ["group_as_today", "first_day_assumed"]);
    hidden["places"][0]["available_on"] = json!("2026-09-14");
    let found = correct(desk, &round, hidden).must(201).json;
    assert_eq!((told(&found).len(), found["not_known"].as_array().map(Vec::len)), (1, Some(1)));
    // On that day the child would have been too old for the group.
    let late = json!({"places": [{"group": IN_VILLAGE.1, "count": 1, "available_on": "2028-09-14"}]});
    assert_eq!(told(&correct(desk, &round, late).must(201).json), Vec::<[&str; 4]>::new());
    let outside = json!({"places": [{"group": GROUP, "count": 1}]});
    correct(desk, &round, outside).refused(422, "not_in_round");
}

fn a_child_that_was_wrongly_kept_out_is_owed_its_place(desk: &Desk) {
    let kept_out = desk.register(&desk.another_child());
    let served = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let round = held(desk, HOME);
    desk.accept(&kept_out);
    let late = desk.waiting(&desk.another_child());
    let part =
        |number: &str| json!({"ground": "part_wrong", "applications": [{"application": number, "takes_part": true}]});
    let found = correct(desk, &round, part(&kept_out)).must(201).json;
    let expected = [["harmed", &kept_out, GROUP, "extra_place"], ["profited", &served, "", "keeps"]];
    assert_eq!(told(&found), expected);
    correct(desk, &round, part(&late)).refused(422, "not_in_round");
    correct(desk, &round, part(&served)).refused(422, "nothing_corrected");
}
