//! `kezek simulate` through the command line.

use crate::cli::allocate::{Files, errors};

const GROUPS: &str = "id,capacity,kindergarten\n10,1,Balapan\n20,1,Qulynshaq\n";
const CHILDREN: &str = "id,priority_tier,applied_at,birth_date,siblings_at,choices\n\
    1,3,2026-03-20T09:00:00Z,,,10;20\n\
    2,3,2026-03-21T09:00:00Z,,10,10\n\
    3,1,2026-03-22T09:00:00Z,,,20\n\
    4,3,2026-03-23T09:00:00Z,,,10\n";

fn simulate(files: &Files, more: &[&str]) -> std::process::Output {
    let mut arguments = vec!["simulate", "--groups", "groups.csv", "--children", "children.csv", "--out", "report"];
    arguments.extend(more);
    files.kezek(&arguments)
}

#[test]
fn scenarios_say_who_fares_better_and_who_worse() {
    let files = Files::new(GROUPS, CHILDREN);
    let scenarios = "scenario,change,target,value\nsiblings first,rule,,program\none more,places,10,+1\n\
        one more,group,20,1\nBalapan,kindergarten,Balapan,2\nall alike,tier,1,3\n";
    std::fs::write(files.0.path().join("scenarios.csv"), scenarios).unwrap();
    let output = simulate(
        &files,
        &["--rule", "queue", "--scenarios", "scenarios.csv", "--scenario", "mix 1:2, places 10 =0", "--moves"],
    );
    assert!(output.status.success(), "{}", errors(&output));
    assert_eq!(
        files.read("report/scenarios.csv"),
        "scenario,children,placed,better,worse,gained,lost,placed_share\n\
        base,4,2,0,0,0,0,0.5000\n\
        siblings first,4,2,1,1,1,1,0.5000\n\
        one more,4,3,1,0,1,0,0.7500\n\
        Balapan,4,4,2,0,2,0,1.0000\n\
        all alike,4,2,0,0,0,0,0.5000\n\
        \"mix 1:2, places 10 =0\",4,1,0,1,0,1,0.2500\n"
    );
    assert_eq!(
        files.read("report/one_more_place.csv"),
        "group,kindergarten,places,wishes,placed_more,better,worse\n10,Balapan,1,2,1,1,0\n20,Qulynshaq,1,0,0,0,0\n"
    );
    let moves = files.read("report/moves.csv");
    assert!(moves.contains("\nsiblings first,1,3,worse,10,,1,\nsiblings first,2,3,better,,10,,1\n"), "{moves}");
    assert!(files.read("report/tiers.csv").contains("\nbase,1,1,1,0,0,0,0,1.0000\n"));
    assert!(files.read("report/choices.csv").starts_with("scenario,choice,placed,placed_share\nbase,1,2,0.5000\n"));
}

#[test]
fn the_report_is_also_json_and_a_table_in_words() {
    let files = Files::new(GROUPS, CHILDREN);
    assert!(simulate(&files, &["--rule", "program", "--format", "json"]).status.success());
    let json: serde_json::Value = serde_json::from_str(&files.read("report/report.json")).unwrap();
    assert_eq!(json["scenarios"][0]["placed"], 2);
    assert_eq!(json["one_more_place"][0]["kindergarten"], "Balapan");
    for (lang, word) in [("kk", "балабақша"), ("ru", "детский сад"), ("en", "kindergarten")] {
        let output = simulate(&files, &["--rule", "program", "--format", "table", "--lang", lang]);
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains(word), "{said}");
        assert_eq!(said, files.read("report/report.txt"));
    }
}

#[test]
fn a_faulty_scenario_is_named_by_row_and_column_and_nothing_is_written() {
    let files = Files::new(GROUPS, CHILDREN);
    for (row, place) in [
        ("a,rule,,random", "row 2, column value"),
        ("a,rule,10,queue", "row 2, column target"),
        ("a,mix,,1:0", "row 2, column value"),
        ("a,tier,256,1", "row 2, column target"),
        ("a,tier,1,", "row 2, column value"),
        ("a,places,99,+1", "row 2, column target"),
        ("a,places,10,1", "row 2, column value"),
        ("a,group,10,-1", "row 2, column value"),
        ("a,kindergarten,Nowhere,5", "row 2, column target"),
        ("a,colour,,red", "row 2, column change"),
        (",rule,,queue", "row 2, column scenario"),
        ("a,rule", "row 2: "),
    ] {
        std::fs::write(files.0.path().join("s.csv"), format!("scenario,change,target,value\n{row}\n")).unwrap();
        let output = simulate(&files, &["--rule", "queue", "--scenarios", "s.csv"]);
        assert_eq!(output.status.code(), Some(2), "{row}");
        assert!(errors(&output).starts_with(&format!("s.csv, {place}")), "{row}: {}", errors(&output));
        assert_eq!(files.names(), ["children.csv", "groups.csv", "s.csv"]);
    }
    let output = simulate(&files, &["--rule", "program", "--scenario", "mix 1:2"]);
    assert!(errors(&output).contains("put that change before"), "{}", errors(&output));
}

#[test]
fn held_places_families_and_reserves_can_be_simulated() {
    let groups = "id,capacity,kindergarten,reserved\n10,1,A,\n20,0,A,\n30,2,B,0-1:1\n";
    let children = "id,priority_tier,applied_at,birth_date,siblings_at,choices,holds,together\n\
        1,3,2026-03-20T09:00:00Z,,,10,20,\n2,3,2026-03-21T09:00:00Z,,,20;30,,7\n3,3,2026-03-22T09:00:00Z,,,20;30,,7\n\
        4,3,2026-03-23T09:00:00Z,,,20,,\n5,3,2026-03-24T09:00:00Z,,,30,,\n6,3,2026-03-25T09:00:00Z,,,30,,\n";
    let files = Files::new(groups, children);
    let output = simulate(
        &files,
        &["--rule", "queue", "--moves", "--scenario", "places 30 +1", "--scenario", "places 10 =0, places 30 =0"],
    );
    assert!(output.status.success(), "{}", errors(&output));
    // One place more in 30 and the family fits there. Without any, 1 stays where it is, and 4 gets nothing.
    assert_eq!(
        files.read("report/scenarios.csv"),
        "scenario,children,placed,better,worse,gained,lost,placed_share\n\
        base,6,3,0,0,0,0,0.5000\n\
        places 30 +1,6,4,2,1,2,1,0.6667\n\
        \"places 10 =0, places 30 =0\",6,1,0,3,0,2,0.1667\n"
    );
    let moves = files.read("report/moves.csv");
    assert!(moves.contains("\nplaces 30 +1,2,3,better,,30,,2\n"), "{moves}");
    // What a child holds and did not choose is no choice of its list.
    assert!(moves.contains("\"places 10 =0, places 30 =0\",1,3,worse,10,20,1,\n"), "{moves}");
    // The family takes two places where one is added, and a child behind it loses its own.
    assert_eq!(
        files.read("report/one_more_place.csv"),
        "group,kindergarten,places,wishes,placed_more,better,worse\n10,A,1,0,0,0,0\n20,A,0,2,1,2,1\n30,B,2,3,1,2,1\n"
    );
}

#[test]
fn a_kindergarten_s_name_may_have_spaces() {
    let files = Files::new(GROUPS.replace("Qulynshaq", "Sunny  House No 7"), CHILDREN);
    let scenario = ["--rule", "queue", "--scenario", " kindergarten Sunny  House No 7 10 ,mix\t1:2"];
    let output = simulate(&files, &scenario);
    assert!(output.status.success(), "{}", errors(&output));
    let output = simulate(&files, &["--rule", "queue", "--scenario", "mix 10 1:2"]);
    assert!(errors(&output).contains("stays empty"), "{}", errors(&output));
    for wrong in ["mix", "", "kindergarten Balapan, the first 10"] {
        let output = simulate(&files, &["--rule", "queue", "--scenario", wrong]);
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(errors(&simulate(&files, &["--rule", "queue", "--scenario", "mix"])).contains("a name with a comma"));
}
