//! Corrections of committed rounds over REST: who was harmed, who profited, and a remedy that takes a place from nobody.

use kezek::domain::codes::Role;
use serde_json::{Value, json};

use crate::desk::{Db, Desk, GROUP, HOME, KINDERGARTEN, Reply, VILLAGE_HOME, on_both};
use crate::program;
use crate::rounds::program_rule::by_program;

on_both!(
    a_place_that_was_not_reported_is_owed_to_the_child_whom_it_would_have_served,
    a_wrong_proof_harms_those_behind_it_and_nobody_loses_a_place,
    a_child_that_had_no_right_to_take_part_keeps_its_place_and_another_gets_an_extra_one,
    a_correction_is_kept_listed_and_read_as_json_and_csv,
    a_repeated_request_is_one_correction,
    what_the_round_does_not_know_is_refused_with_all_its_faults_and_changes_nothing,
);

const EVIDENCE: &str = "№ 17 актісі бойынша екі орын жасырылған";

struct Held {
    id: String,
    general: Vec<String>,
    first: Vec<String>,
}

/// Five general children, one of a large family who applied last, and `places` places given out by a round.
fn held(desk: &Desk, places: u32) -> Held {
    let general: Vec<String> = (0..5).map(|_| desk.waiting(&desk.another_child())).collect();
    let first = vec![desk.register_with(&desk.another_child(), "large_family")];
    desk.accept(&first[0]);
    desk.places(GROUP, places);
    let held = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME})).must(201);
    assert_eq!(held.json["placed"], json!(places));
    Held { id: held.text_of("id"), general, first }
}

fn path(held: &Held) -> String {
    format!("/api/v1/rounds/{}/corrections", held.id)
}

fn correct(desk: &Desk, held: &Held, what: &Value) -> Reply {
    desk.keep_secret(EVIDENCE);
    let mut sent = json!({"ground": "places_misreported", "evidence": EVIDENCE});
    sent.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
    desk.post(&path(held), &desk.token(Role::Department, HOME), &sent)
}

/// The applications of a fate, with the remedy of each.
fn of<'a>(correction: &'a Value, fate: &str) -> Vec<(&'a str, &'a str)> {
    let rows = correction["children"].as_array().expect("children").iter().filter(|row| row["fate"] == fate);
    rows.map(|r| (r["application"].as_str().expect("a number"), r["remedy"].as_str().expect("a remedy"))).collect()
}

/// `kezek correct` over the committed allocation and the corrected files, all fetched over REST, says the same.
fn equals_the_offline_command(desk: &Desk, held: &Held, correction: &Value, rule: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let auditor = desk.token(Role::Auditor, HOME);
    let fetch = |href: &str, name: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, desk.get(href, &auditor).must(200).text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let files = correction["files"].as_object().expect("files");
    let corrected = |end: &str| {
        let (name, file) = files.iter().find(|(name, _)| name.ends_with(end)).expect("a corrected file");
        fetch(file["href"].as_str().expect("an address"), name)
    };
    let (groups, children) = (corrected("groups.csv"), corrected("children.csv"));
    let pass = correction["children"][0]["pass"].as_str().expect("a pass");
    let allocation = fetch(&format!("/api/v1/rounds/{}/files/{pass}-allocation.csv", held.id), "allocation.csv");
    let out = folder.path().join("report");
    let out = out.to_str().expect("a path");
    let right = ["--groups", &groups, "--children", &children, "--rule", rule, "--format", "json", "--out", out];
    program::run(&[&["correct", "--allocation", &allocation], &right[..]].concat()).must(0);
    let report = std::fs::read_to_string(folder.path().join("report/report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    for fate in ["harmed", "profited"] {
        let mut rows: Vec<Value> = correction["children"].as_array().expect("children").clone();
        rows.retain(|row| row["fate"] == fate);
        for row in &mut rows {
            row.as_object_mut()
                .expect("a row")
                .retain(|column, _| !["fate", "pass", "application", "got", "due"].contains(&column.as_str()));
        }
        assert_eq!(json!(rows), report[fate], "{fate}");
    }
    let mut remedy = correction["remedy"].as_array().expect("a remedy").clone();
    for row in &mut remedy {
        row.as_object_mut().expect("a row").retain(|column, _| !["pass", "registry_group"].contains(&column.as_str()));
    }
    assert_eq!(json!(remedy), report["remedy"]);
}

fn a_place_that_was_not_reported_is_owed_to_the_child_whom_it_would_have_served(desk: &Desk) {
    let held = held(desk, 2);
    let correction = correct(desk, &held, &json!({"places": [{"group": GROUP, "count": 3}]})).must(201).json;
    assert_eq!((&correction["harmed"], &correction["profited"]), (&json!(1), &json!(0)));
    assert_eq!(of(&correction, "harmed"), [(held.general[1].as_str(), "free_place")]);
    let row = &correction["children"][0];
    assert_eq!((&row["got"], &row["due"], &row["kindergarten"]), (&Value::Null, &json!(GROUP), &json!(KINDERGARTEN)));
    let remedy = &correction["remedy"][0];
    assert_eq!(
        (&remedy["registry_group"], &remedy["places"], &remedy["claims"]),
        (&json!(GROUP), &json!(3), &json!(1))
    );
    equals_the_offline_command(desk, &held, &correction, "queue");
}

fn a_wrong_proof_harms_those_behind_it_and_nobody_loses_a_place(desk: &Desk) {
    let held = held(desk, 2);
    // The child of the large family stood first; as a general child it would have been the last of six.
    let what = json!({"ground": "proof_wrong", "applications": [{"application": held.first[0], "tier": 3}]});
    let correction = correct(desk, &held, &what).must(201).json;
    assert_eq!(of(&correction, "harmed"), [(held.general[1].as_str(), "extra_place")]);
    assert_eq!(of(&correction, "profited"), [(held.first[0].as_str(), "keeps")]);
    assert_eq!(correction["extra_places"], 1);
    equals_the_offline_command(desk, &held, &correction, "queue");
    // What was done since the round changes nothing in it, not even that the child has left the queue.
    let round = desk.get(&format!("/api/v1/rounds/{}", held.id), &desk.department()).must(200).json;
    desk.enrol(round["allocation"][0]["referral"].as_str().expect("a referral"));
    let before: Value = correction["children"].clone();
    desk.withdraw(&held.general[4]).must(200);
    desk.waiting(&desk.another_child());
    assert_eq!(correct(desk, &held, &what).must(201).json["children"], before);
    // Another turn of the last one gives the same as another tier of the first would have.
    let turn = json!({"ground": "turn_wrong", "applications": [{"application": held.general[3], "turn": 0}]});
    let correction = correct(desk, &held, &turn).must(201).json;
    assert_eq!(of(&correction, "harmed"), [(held.general[3].as_str(), "extra_place")]);
    equals_the_offline_command(desk, &held, &correction, "queue");
}

fn a_child_that_had_no_right_to_take_part_keeps_its_place_and_another_gets_an_extra_one(desk: &Desk) {
    let held = held(desk, 2);
    let what = json!({"ground": "part_wrong", "applications": [{"application": held.general[0], "takes_part": false}]});
    let correction = correct(desk, &held, &what).must(201).json;
    assert_eq!(of(&correction, "harmed"), [(held.general[1].as_str(), "extra_place")]);
    assert_eq!(desk.status(&held.general[0]), "referred", "nobody loses a place");
    equals_the_offline_command(desk, &held, &correction, "queue");
}

#[test]
fn under_program_a_tier_is_corrected_as_it_stands() {
    for db in Db::BOTH {
        let desk = Desk::with(db, by_program());
        let held = held(&desk, 2);
        let what = json!({"ground": "proof_wrong", "applications": [{"application": held.first[0], "tier": 3}]});
        let correction = correct(&desk, &held, &what).must(201).json;
        assert_eq!(of(&correction, "harmed"), [(held.general[1].as_str(), "extra_place")]);
        equals_the_offline_command(&desk, &held, &correction, "program");
        let turn = json!({"applications": [{"application": held.first[0], "turn": 4}]});
        correct(&desk, &held, &turn).refused(422, "wrong_turn");
    }
}

fn a_correction_is_kept_listed_and_read_as_json_and_csv(desk: &Desk) {
    let held = held(desk, 2);
    let first = correct(desk, &held, &json!({"places": [{"group": GROUP, "cohort": 2022, "count": 4}]})).must(201).json;
    let second = correct(desk, &held, &json!({"places": [{"group": GROUP, "count": 1}]})).must(201).json;
    assert_eq!((&first["id"], &second["id"], &second["extra_places"]), (&json!(1), &json!(2), &json!(1)));
    let auditor = desk.token(Role::Auditor, HOME);
    let listed = desk.get(&path(&held), &auditor).must(200).json;
    let rows = listed["corrections"].as_array().expect("corrections");
    let told: Vec<_> = rows.iter().map(|r| (r["id"].as_u64(), r["harmed"].as_u64(), r["profited"].as_u64())).collect();
    assert_eq!(told, [(Some(1), Some(2), Some(0)), (Some(2), Some(0), Some(1))]);
    let one = format!("{}/1", path(&held));
    assert_eq!(desk.get(&one, &auditor).must(200).json, first);
    let csv = desk.send("GET", &one, Some(&auditor), &[("accept", "text/csv")], None).must(200);
    assert_eq!(csv.media, "text/csv; charset=utf-8");
    let lines: Vec<&str> = csv.text.lines().collect();
    assert_eq!(lines[0], "fate,application,pass,child_id,tier,got,got_choice,due,due_choice,kindergarten,remedy");
    assert_eq!(lines.len(), 3);
    assert!(lines[1].starts_with(&format!("harmed,{},", held.general[1])), "{}", lines[1]);
    for unknown in ["3", "0", "x", "01x"] {
        desk.get(&format!("{}/{unknown}", path(&held)), &auditor).refused(404, "not_found");
    }
    // The certificate of the round is what it was, and the journal names the files without a word of the evidence.
    let certificate = desk.get(&format!("/api/v1/rounds/{}/certificate", held.id), &auditor).must(200).json;
    assert_eq!(certificate["certificates"].as_array().map(Vec::len), Some(1));
    desk.get(&path(&held), &desk.token(Role::Auditor, VILLAGE_HOME)).refused(403, "territory_too_far");
    desk.post(&path(&held), &auditor, &json!({})).refused(403, "role_too_far");
    desk.post(&path(&held), &desk.token(Role::Department, VILLAGE_HOME), &json!({})).refused(403, "territory_too_far");
}

fn a_repeated_request_is_one_correction(desk: &Desk) {
    let held = held(desk, 1);
    let sent = json!({"ground": "places_misreported", "evidence": "хат", "places": [{"group": GROUP, "count": 2}]});
    let department = desk.department();
    let first = desk.post_once(&path(&held), &department, "once", &sent).must(201);
    assert_eq!(desk.post_once(&path(&held), &department, "once", &sent).must(201).json, first.json);
    let listed = desk.get(&path(&held), &department).must(200).json;
    assert_eq!(listed["corrections"].as_array().map(Vec::len), Some(1));
}

fn what_the_round_does_not_know_is_refused_with_all_its_faults_and_changes_nothing(desk: &Desk) {
    let held = held(desk, 1);
    let stranger = desk.waiting_in_village(&desk.another_child());
    let late = desk.waiting(&desk.another_child());
    let (_, _) = (desk.department(), desk.token(Role::Department, HOME));
    let records = desk.records();
    let place = |group: &str, count: i64| json!({"places": [{"group": group, "count": count}]});
    let child = |what: Value| {
        let mut child = json!({"application": held.general[0]});
        child.as_object_mut().expect("an object").extend(what.as_object().expect("an object").clone());
        json!({"applications": [child]})
    };
    for (what, code) in [
        (json!({}), "nothing_corrected"),
        (json!({"ground": "because", "places": [{"group": GROUP, "count": 2}]}), "ground_not_listed"),
        (json!({"evidence": " ", "places": [{"group": GROUP, "count": 2}]}), "missing"),
        (place("nowhere", 2), "not_in_round"),
        (place("1601", 2), "not_in_round"),
        (place(GROUP, 1_001), "wrong_count"),
        (place(GROUP, -1), "wrong_body"),
        (json!({"places": [{"group": GROUP, "cohort": 1999, "count": 2}]}), "wrong_cohort"),
        (json!({"places": [{"group": GROUP, "count": 2, "available_on": "soon"}]}), "wrong_body"),
        (json!({"places": [{"group": GROUP, "count": 2}, {"group": GROUP, "count": 3}]}), "repeated"),
        (json!({"applications": [{"application": "yes", "tier": 1}]}), "not_in_round"),
        (json!({"applications": [{"application": stranger, "tier": 1}]}), "not_in_round"),
        (json!({"applications": [{"application": late, "tier": 1}]}), "not_in_round"),
        (child(json!({})), "nothing_corrected"),
        (child(json!({"tier": 7})), "unknown_tier"),
        (child(json!({"tier": 256})), "wrong_body"),
        (child(json!({"tier": 1, "turn": 3})), "wrong_turn"),
    ] {
        let refused = correct(desk, &held, &what);
        assert_eq!((refused.status, refused.code()), (422, code), "{what}: {}", refused.text);
        refused.is_problem();
    }
    let all = json!({"ground": "because", "evidence": "", "places": [{"group": "nowhere", "count": 5_000}]});
    let faults = correct(desk, &held, &all).refused(422, "ground_not_listed").json["faults"].clone();
    assert_eq!(faults.as_array().map(Vec::len), Some(4), "{faults}");
    let missing = format!("/api/v1/rounds/{HOME}-D-000099/corrections");
    desk.post(&missing, &desk.department(), &json!({})).refused(404, "not_found");
    assert_eq!(desk.records(), records);
}
