//! The ledger of places and the rounds that give them out.

mod ahead;
mod held;
mod kept_places;
pub mod program_rule;
mod reserved_places;
pub mod spilling;
mod standing;

use std::collections::BTreeMap;

use kezek::domain::codes::Role;
use kezek::trust::seal::canonical;
use serde_json::{Value, json};

use crate::cli::allocate::Files;
use crate::desk::{CITY, Desk, GROUP, HOME, KINDERGARTEN, VILLAGE, VILLAGE_GROUP, VILLAGE_HOME, on_both};

on_both!(
    reported_places_are_on_the_bulletin_at_once,
    a_place_is_taken_back_with_a_reason_and_only_while_it_is_free,
    more_places_than_the_norm_are_a_warning_for_the_inspector,
    a_wrong_report_of_places_publishes_nothing,
    a_dry_round_changes_nothing_and_the_real_one_equals_it,
    a_round_serves_the_queue_in_its_order,
    a_round_gives_each_child_its_most_wanted_free_kindergarten,
    a_child_whose_case_is_not_decided_gets_nothing,
    a_group_of_another_age_or_language_is_nobody_s_place,
    a_place_that_a_village_cannot_use_goes_to_the_queue_of_its_home,
    a_round_covers_its_territory_and_all_below_and_nothing_else,
    a_committed_round_can_be_read_again,
    a_committed_round_publishes_the_files_that_its_certificates_and_the_journal_name,
    a_round_without_places_places_nobody,
    the_parts_of_a_round_s_report_add_up_to_the_whole,
    the_report_of_a_whole_round_counts_all_its_queues,
);

fn report(desk: &Desk, group: &str, cohort: i32, count: i64) -> crate::desk::Reply {
    let sent = json!({"group": group, "cohort": cohort, "count": count, "available_on": "2026-09-14"});
    desk.post("/api/v1/places", &desk.department(), &sent)
}

fn bulletin(desk: &Desk, territory: &str) -> Value {
    desk.look(&format!("/api/v1/bulletins/latest?territory={territory}")).must(200).json
}

fn round(desk: &Desk, territory: &str, dry_run: bool) -> Value {
    let status = if dry_run { 200 } else { 201 };
    let sent = json!({"territory": territory, "dry_run": dry_run});
    desk.post("/api/v1/rounds", &desk.department(), &sent).must(status).json
}

/// The rows of a round: application and kindergarten, in their order.
fn rows(round: &Value) -> Vec<(String, String)> {
    let text = |row: &Value, field: &str| row[field].as_str().expect("a text").to_owned();
    let rows = round["allocation"].as_array().expect("an allocation");
    rows.iter().map(|r| (text(r, "application"), text(r, "kindergarten"))).collect()
}

fn reported_places_are_on_the_bulletin_at_once(desk: &Desk) {
    let reply = report(desk, GROUP, 2022, 2).must(201);
    assert_eq!((&reply.json["status"], &reply.json["queue"]), (&json!("published"), &json!("391000000-2022-general")));
    report(desk, GROUP, 2021, 1).must(201);
    report(desk, VILLAGE_GROUP, 2022, 1).must(201);
    let seen = bulletin(desk, HOME);
    assert_eq!(seen["total"], 3);
    let row = &seen["places"][1];
    assert_eq!((&row["kindergarten"], &row["cohort"], &row["free"]), (&json!("k-001"), &json!(2022), &json!(2)));
    assert_eq!((&row["name_kk"], &row["language"]), (&json!("«Жанарай» бөбекжай-балабақшасы"), &json!("kk")));
    assert_eq!((&row["age_from_months"], &row["available_on"]), (&json!(48), &json!("2026-09-14")));
    assert_eq!(bulletin(desk, VILLAGE)["total"], 1);
    assert_eq!(bulletin(desk, VILLAGE_HOME)["total"], 1);
    desk.look("/api/v1/bulletins/latest?territory=390000000").refused(422, "territory_without_queue");
    desk.look("/api/v1/bulletins/latest").refused(422, "wrong_territory");
}

fn a_place_is_taken_back_with_a_reason_and_only_while_it_is_free(desk: &Desk) {
    let places = desk.places(GROUP, 2);
    desk.waiting(&desk.another_child());
    let path = format!("/api/v1/places/{}/withdraw", places[1]);
    let staff = desk.department();
    desk.post(&path, &staff, &json!({"reason": "  "})).refused(422, "missing");
    desk.keep_secret("жөндеуге");
    desk.post(&path, &staff, &json!({"reason": "топ жөндеуге жабылды"})).must(200);
    assert_eq!(bulletin(desk, HOME)["total"], 1);
    desk.post(&path, &staff, &json!({"reason": "again"})).refused(409, "wrong_state");
    desk.refer_next(HOME);
    let taken = format!("/api/v1/places/{}/withdraw", places[0]);
    let refused = desk.post(&taken, &staff, &json!({"reason": "again"})).refused(409, "wrong_state");
    assert_eq!(refused.json["current_status"], "referred");
    desk.post(&format!("/api/v1/places/{HOME}-P-000999/withdraw"), &staff, &json!({"reason": "again"}))
        .refused(404, "not_found");
}

fn more_places_than_the_norm_are_a_warning_for_the_inspector(desk: &Desk) {
    let fits = report(desk, GROUP, 2022, 2).must(201);
    assert_eq!(fits.json["warnings"], json!([]), "23 of 25 are enrolled");
    let over = report(desk, GROUP, 2022, 1).must(201);
    assert_eq!(over.json["warnings"][0], "over_capacity: 23 enrolled, 2 open and 1 new places, the norm is 25");
    assert_eq!(bulletin(desk, HOME)["total"], 3, "it is no refusal");
}

fn a_wrong_report_of_places_publishes_nothing(desk: &Desk) {
    for (sent, code) in [
        (json!({"group": "nowhere", "cohort": 2022, "count": 1, "available_on": "2026-09-14"}), "unknown_group"),
        (json!({"group": GROUP, "cohort": 1999, "count": 1, "available_on": "2026-09-14"}), "wrong_cohort"),
        (json!({"group": GROUP, "cohort": 2027, "count": 1, "available_on": "2026-09-14"}), "wrong_cohort"),
        (json!({"group": GROUP, "cohort": 2022, "count": 0, "available_on": "2026-09-14"}), "wrong_count"),
        (json!({"group": GROUP, "cohort": 2022, "count": 501, "available_on": "2026-09-14"}), "wrong_count"),
        (json!({"group": GROUP, "cohort": 2022, "count": -1, "available_on": "2026-09-14"}), "wrong_body"),
        (json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2026-02-30"}), "wrong_date"),
        (json!({"group": GROUP, "cohort": 2022, "count": 1, "available_on": "2046-01-01"}), "wrong_date"),
    ] {
        desk.post("/api/v1/places", &desk.department(), &sent).refused(422, code);
    }
    assert_eq!(bulletin(desk, HOME)["total"], 0);
}

fn a_dry_round_changes_nothing_and_the_real_one_equals_it(desk: &Desk) {
    for child in [(); 4].map(|()| desk.another_child()) {
        desk.waiting(&child);
    }
    let places = desk.places(GROUP, 2);
    let records = desk.records();
    let dry = round(desk, HOME, true);
    assert_eq!((&dry["dry_run"], &dry["id"], &dry["placed"]), (&json!(true), &Value::Null, &json!(2)));
    assert_eq!(round(desk, HOME, true), dry, "asking again gives the same");
    assert_eq!((desk.records(), bulletin(desk, HOME)["total"].as_u64()), (records, Some(2)));
    let real = round(desk, HOME, false);
    assert_eq!(rows(&real), rows(&dry));
    assert_eq!(real["queues"], dry["queues"]);
    assert_eq!(bulletin(desk, HOME)["total"], 0);
    for row in real["allocation"].as_array().expect("rows") {
        let referral = row["referral"].as_str().expect("a referral");
        let read = desk.get(&format!("/api/v1/referrals/{referral}"), &desk.department()).must(200);
        assert_eq!((&read.json["application"], &read.json["place"]), (&row["application"], &row["place"]));
        assert!(places.iter().any(|p| row["place"] == json!(p)));
    }
    let again = desk.post("/api/v1/rounds", &desk.department(), &json!({"territory": HOME}));
    assert_eq!(again.refused(409, "nothing_to_give_out").json["places_left"], json!([]), "what is given is given");
}

fn a_round_serves_the_queue_in_its_order(desk: &Desk) {
    let general = [(); 4].map(|()| desk.waiting(&desk.another_child()));
    let first = [(); 2].map(|()| desk.register_with(&desk.another_child(), "large_family"));
    let out = desk.register_with(&desk.another_child(), "military");
    for number in first.iter().chain([&out]) {
        desk.accept(number);
    }
    desk.places(GROUP, 6);
    let served: Vec<String> = rows(&round(desk, HOME, false)).into_iter().map(|(application, _)| application).collect();
    let [a, b, c, _] = &general;
    assert_eq!(served, [&out, &first[0], a, b, c, &first[1]].map(String::clone));
}

fn a_round_gives_each_child_its_most_wanted_free_kindergarten(desk: &Desk) {
    let wants = |preferences: &[&str]| {
        let mut application = desk.another_child().application(CITY);
        application["preferences"] = json!(preferences);
        let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
        desk.accept(&number);
        number
    };
    let first = wants(&["k-005", "k-001"]);
    let second = wants(&["k-005", "k-001"]);
    let third = wants(&["k-005"]);
    let fourth = wants(&["k-002", "k-001"]);
    let any = wants(&[]);
    desk.place("503");
    desk.places(GROUP, 2);
    desk.place("111");
    let found = round(desk, HOME, true);
    let given = [(first, "k-005"), (second, KINDERGARTEN), (fourth, KINDERGARTEN)];
    assert_eq!(rows(&found), given.map(|(number, kindergarten)| (number, kindergarten.to_owned())));
    let left = found["places_left"].as_array().map(Vec::len);
    assert_eq!(left, Some(1), "{third} and {any} get nothing, and the Russian group suits nobody here");
    let wished: Vec<&Value> = found["allocation"].as_array().expect("rows").iter().map(|r| &r["preference"]).collect();
    assert_eq!(wished, [&json!(1), &json!(2), &json!(2)]);
}

fn a_child_whose_case_is_not_decided_gets_nothing(desk: &Desk) {
    let pending = desk.register(&desk.another_child());
    let decided = desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let found = round(desk, HOME, true);
    assert_eq!(rows(&found), [(decided, KINDERGARTEN.to_owned())]);
    assert_eq!(found["allocation"][0]["position"], 2, "{pending} keeps its position");
}

fn a_group_of_another_age_or_language_is_nobody_s_place(desk: &Desk) {
    desk.waiting(&desk.another_child());
    for group in ["105", "101", "111", "204"] {
        report(desk, group, 2022, 1).must(201);
    }
    let found = round(desk, HOME, true);
    assert_eq!((&found["placed"], found["places_left"].as_array().map(Vec::len)), (&json!(0), Some(4)));
    assert_eq!(desk.next(HOME)["place"], Value::Null);
}

fn a_place_that_a_village_cannot_use_goes_to_the_queue_of_its_home(desk: &Desk) {
    let of_district = desk.another_child();
    let number = desk.register_in(&of_district, VILLAGE_HOME);
    desk.accept(&number);
    let place = desk.place(VILLAGE_GROUP);
    let alone = round(desk, VILLAGE, true);
    assert_eq!((&alone["placed"], &alone["places_left"]), (&json!(0), &json!([place])), "a village's round is its own");
    let whole = round(desk, VILLAGE_HOME, true);
    assert_eq!(rows(&whole), [(number, "k-016".to_owned())]);
    assert_eq!(whole["allocation"][0]["pass"], 2);
    let villager = desk.waiting_in_village(&desk.another_child());
    assert_eq!(rows(&round(desk, VILLAGE_HOME, false)), [(villager, "k-016".to_owned())], "the village comes first");
}

fn a_round_covers_its_territory_and_all_below_and_nothing_else(desk: &Desk) {
    let city = desk.waiting(&desk.another_child());
    desk.waiting_in_village(&desk.another_child());
    desk.place(GROUP);
    desk.place(VILLAGE_GROUP);
    assert_eq!(rows(&round(desk, HOME, false)), [(city, KINDERGARTEN.to_owned())]);
    assert_eq!(bulletin(desk, VILLAGE)["total"], 1);
    let department = desk.department();
    let sent = json!({"territory": "390000000", "dry_run": true});
    desk.post("/api/v1/rounds", &department, &sent).refused(422, "territory_without_queue");
    let sent = json!({"territory": "000000000", "dry_run": false});
    desk.post("/api/v1/rounds", &department, &sent).refused(422, "territory_without_queue");
}

fn a_committed_round_can_be_read_again(desk: &Desk) {
    desk.waiting(&desk.another_child());
    desk.place(GROUP);
    let held = round(desk, HOME, false);
    let id = held["id"].as_str().expect("an id");
    let read = desk.get(&format!("/api/v1/rounds/{id}"), &desk.token(Role::Auditor, HOME)).must(200);
    assert_eq!(read.json, held);
    desk.get(&format!("/api/v1/rounds/{HOME}-D-000099"), &desk.department()).refused(404, "not_found");
}

fn a_committed_round_publishes_the_files_that_its_certificates_and_the_journal_name(desk: &Desk) {
    use kezek::trust::seal::sha256_hex;
    for _ in 0..3 {
        desk.waiting(&desk.another_child());
    }
    desk.places(GROUP, 2);
    let held = round(desk, HOME, false);
    let id = held["id"].as_str().expect("an id");
    let auditor = desk.token(Role::Auditor, HOME);
    let read = desk.get(&format!("/api/v1/rounds/{id}/certificate"), &auditor).must(200);
    let files = read.json["certificates"][0]["files"].as_object().expect("files");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(names, ["allocation", "certificate", "children", "facts", "fairness", "groups"]);
    let report = desk.get(files["fairness"]["href"].as_str().expect("an address"), &auditor).must(200).json;
    let value = |what: &str| {
        let rows = report["summary"].as_array().expect("a table");
        rows.iter().find(|r| r["what"] == what).expect("a row")["value"].clone()
    };
    assert_eq!([value("children"), value("placed"), value("justified_envy")], [json!(3), json!(2), json!(0)]);
    assert_eq!(report["waiting"][0]["children"], 2, "how long they had waited: {report}");
    let mut hashes = vec![read.json["fairness"]["sha256"].clone()];
    for file in files.values() {
        let path = file["href"].as_str().expect("an address");
        let body = desk.get(path, &auditor).must(200).text;
        assert_eq!(file["sha256"], sha256_hex(body.as_bytes()), "{path}");
        hashes.push(file["sha256"].clone());
    }
    let held = desk.deeds().into_iter().find(|deed| deed.act == "hold_round").expect("the record of the round");
    let journaled = held.rows["round_files"].as_object().expect("rows");
    assert_eq!(journaled.len(), hashes.len());
    let by_name = journaled.keys().map(|key| {
        let name = key.strip_prefix(&format!("{id}/")).expect("a file of the round");
        (name.to_owned(), sha256_hex(file(desk, id, name).as_bytes()))
    });
    let by_name: BTreeMap<String, String> = by_name.collect();
    assert!(by_name.values().all(|hash| hashes.contains(&json!(hash))), "the journal names the files: {by_name:?}");
    let list = json!({"count": by_name.len(), "hash": sha256_hex(canonical(&by_name).as_bytes())});
    assert_eq!(held.said["certificates"], list);
    desk.get(&format!("/api/v1/rounds/{id}/files/secrets.csv"), &auditor).refused(404, "not_found");
}

fn a_round_without_places_places_nobody(desk: &Desk) {
    desk.waiting(&desk.another_child());
    let dry = round(desk, HOME, true);
    assert_eq!((&dry["placed"], &dry["places_left"], &dry["queues"]), (&json!(0), &json!([]), &json!([])));
}

fn file(desk: &Desk, round: &str, name: &str) -> String {
    desk.get(&format!("/api/v1/rounds/{round}/files/{name}"), &desk.auditor()).must(200).text
}

fn fairness(desk: &Desk, round: &str, name: &str) -> Value {
    serde_json::from_str(&file(desk, round, name)).expect("a report")
}

fn summed(report: &Value, what: &str) -> Value {
    let rows = report["summary"].as_array().expect("a table");
    rows.iter().find(|r| r["what"] == what).expect("a row")["value"].clone()
}

/// What the parts of a report are called and how many children each has; they must add up to all, the placed ones too.
fn parts(report: &Value, by: &str) -> Vec<(String, u64)> {
    let rows = report["placement"].as_array().expect("a table").iter().filter(|r| r["by"] == by);
    let rows: Vec<&Value> = rows.collect();
    for (column, what) in [("children", "children"), ("placed", "placed")] {
        let sum: u64 = rows.iter().map(|r| r[column].as_u64().expect("a count")).sum();
        assert_eq!(json!(sum), summed(report, what), "{by}: {column} of {report}");
    }
    let name = |row: &Value| row["of"].as_str().map_or_else(|| row["of"].to_string(), str::to_owned);
    rows.iter().map(|r| (name(r), r["children"].as_u64().expect("a count"))).collect()
}

fn the_parts_of_a_round_s_report_add_up_to_the_whole(desk: &Desk) {
    let lodge = |token: &str, change: &dyn Fn(&mut Value)| {
        let mut application = desk.another_child().application(CITY);
        change(&mut application);
        let number = desk.hand_in(token, &application).must(201).text_of("number");
        desk.accept(&number);
        number
    };
    let large = |a: &mut Value| a["categories"] = json!([{"code": "large_family", "proof": "сынақ 1"}]);
    let first = lodge(&desk.office(), &|_| {});
    lodge(&desk.state_corporation(), &large);
    // No open group is of its language, so it named none that the round knows.
    let other_language = lodge(&desk.office(), &|a| a["language"] = json!("ru"));
    lodge(&desk.office(), &|a| a["preferences"] = json!(["k-002"]));
    desk.places(GROUP, 2);
    let held = round(desk, HOME, false);
    let id = held["id"].as_str().expect("an id");
    let name = format!("{HOME}-2022-general-pass1-fairness.json");
    let told = fairness(desk, id, &name);
    let pair = |name: &str, n: u64| (name.to_owned(), n);
    assert_eq!(parts(&told, "channel"), [pair("office", 3), pair("state_corporation", 1)]);
    assert_eq!(parts(&told, "category"), [pair("large_family", 1), pair("none", 3)]);
    assert_eq!(parts(&told, "language"), [pair("kk", 3), pair("ru", 1)]);
    assert_eq!(parts(&told, "territory"), [pair(CITY, 4)]);
    assert_eq!(parts(&told, "kind"), [pair("general", 4)]);
    assert_eq!(parts(&told, "kindergarten"), [pair("any", 3), pair("k-002", 1)]);
    assert_eq!(parts(&told, "tier").len(), 2, "{told}");
    assert_eq!(summed(&told, "justified_envy"), 0);
    // What is said of a child is kept as it was: later acts change nothing in the round.
    let facts = file(desk, id, &format!("{HOME}-2022-general-pass1-facts.csv"));
    let of = |number: &str| {
        let ticket = desk.application(number)["ticket"].to_string();
        facts.lines().find(|l| l.split(',').next() == Some(ticket.as_str())).expect("a row").to_owned()
    };
    assert!(of(&first).ends_with(&format!(",office,none,kk,{CITY},general,any")), "{facts}");
    let change = json!({"preferences": ["k-002"]});
    desk.post(&format!("/api/v1/applications/{other_language}/amend"), &desk.family(&other_language), &change)
        .must(200);
    assert!(of(&other_language).ends_with(&format!(",office,none,ru,{CITY},general,any")), "{facts}");
    assert_eq!(fairness(desk, id, &name), told);
    // Whoever has the files can write the same report.
    let rounds = desk.get(&format!("/api/v1/rounds?territory={HOME}"), &desk.auditor()).must(200).json;
    assert_eq!(rounds["rounds"][0]["id"], id);
    let held_at = rounds["rounds"][0]["held_at"].as_str().expect("an instant");
    assert_eq!(offline_fairness(held_at, |part| file(desk, id, &name.replace("fairness.json", part))), told);
}

/// `kezek fairness` over the files of a round's queue.
fn offline_fairness(at: &str, read: impl Fn(&str) -> String) -> Value {
    let files = Files::new(read("groups.csv"), read("children.csv"));
    let write = |name: &str, text: String| std::fs::write(files.0.path().join(name), text).expect("a file");
    write("allocation.csv", read("allocation.csv"));
    write("facts.csv", read("facts.csv"));
    let asked = "fairness --groups groups.csv --children children.csv --allocation allocation.csv --facts facts.csv --rule queue \
        --out report --format json --at";
    let output = files.kezek(&asked.split_whitespace().chain([at]).collect::<Vec<_>>());
    assert!(output.status.success(), "{output:?}");
    serde_json::from_str(&files.read("report/report.json")).expect("a report")
}

fn the_report_of_a_whole_round_counts_all_its_queues(desk: &Desk) {
    for territory in [VILLAGE, VILLAGE_HOME, VILLAGE_HOME] {
        let number = desk.register_in(&desk.another_child(), territory);
        desk.accept(&number);
    }
    desk.places(VILLAGE_GROUP, 2);
    let held = round(desk, VILLAGE_HOME, false);
    let id = held["id"].as_str().expect("an id");
    let whole = fairness(desk, id, "fairness.json");
    assert_eq!([summed(&whole, "children"), summed(&whole, "placed")], [json!(3), json!(2)], "{whole}");
    assert_eq!(summed(&whole, "justified_envy"), 0);
    let by_territory = parts(&whole, "territory");
    assert_eq!(by_territory, [(VILLAGE_HOME.to_owned(), 2), (VILLAGE.to_owned(), 1)]);
    for by in ["tier", "language", "channel", "category", "kind", "kindergarten"] {
        assert!(!parts(&whole, by).is_empty(), "{by}");
    }
    // The group that passed on to the district's queue is still one of the village.
    let queues = held["queues"].as_array().expect("queues");
    let of_home = queues.iter().find(|q| q["queue"] == format!("{VILLAGE_HOME}-2022-general")).expect("the district's");
    let groups = file(desk, id, &format!("{VILLAGE_HOME}-2022-general-pass{}-groups.csv", of_home["pass"]));
    assert!(groups.contains(&format!("k-016,{VILLAGE},")), "{groups}");
}
