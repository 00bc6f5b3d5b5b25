//! A territory whose profile lets each kindergarten rank for itself (`round_rule = program`).

use kezek::rules::shipped;
use serde_json::{Value, json};

use crate::desk::people::Child;
use crate::desk::{CITY, Db, Desk, GROUP, HOME, KINDERGARTEN, Setup};
use crate::program;

/// The shipped default profile, but by program and so without mixing.
pub fn by_program() -> Setup {
    let name = "profiles/default-project.toml";
    let shipped = shipped::FILES.iter().find(|(file, _)| *file == name).expect("the profile").1;
    let changed = shipped
        .replace("[mix]\nvalue = \"1:3\"", "[mix]")
        .replace("[round_rule]\nvalue = \"queue\"", "[round_rule]\nvalue = \"program\"");
    Setup { rules: vec![(name.to_owned(), changed)], ..Setup::default() }
}

/// Registers and accepts a child that chose the kindergarten of [`GROUP`]; its number.
fn waiting(desk: &Desk, child: &Child) -> String {
    let mut application = child.application(CITY);
    application["preferences"] = json!([KINDERGARTEN]);
    let number = desk.hand_in(&desk.office(), &application).must(201).text_of("number");
    desk.accept(&number);
    number
}

fn round(desk: &Desk) -> Value {
    let sent = json!({"territory": HOME, "dry_run": false});
    desk.post("/api/v1/rounds", &desk.department(), &sent).must(201).json
}

fn placed(round: &Value) -> Vec<&str> {
    round["allocation"].as_array().expect("rows").iter().map(|r| r["application"].as_str().expect("a number")).collect()
}

#[test]
fn a_brother_or_sister_already_there_goes_first_and_the_round_can_be_verified() {
    for db in Db::BOTH {
        let desk = Desk::with(db, by_program());
        let elder = desk.another_child();
        let first = waiting(&desk, &elder);
        desk.places(GROUP, 1);
        let held = round(&desk);
        assert_eq!(placed(&held), [first.as_str()]);
        desk.enrol(held["allocation"][0]["referral"].as_str().expect("a referral"));
        let stranger = waiting(&desk, &desk.another_child());
        let mut younger = desk.another_child();
        (younger.parent_iin, younger.parent_name) = (elder.parent_iin.clone(), elder.parent_name.clone());
        let sibling = waiting(&desk, &younger);
        desk.places(GROUP, 1);
        let held = round(&desk);
        assert_eq!(
            placed(&held),
            [sibling.as_str()],
            "the stranger {stranger} applied earlier, without a sibling there"
        );
        verified_offline(&desk, held["id"].as_str().expect("an id"));
    }
}

/// Fetches the files of a round and lets the program verify them, as anyone could.
fn verified_offline(desk: &Desk, id: &str) {
    let read = desk.get(&format!("/api/v1/rounds/{id}/certificate"), &desk.auditor()).must(200);
    let certificate = &read.json["certificates"][0];
    assert_eq!(certificate["certificate"]["rule"], "program", "{certificate}");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| {
        let body =
            desk.get(certificate["files"][name]["href"].as_str().expect("an address"), &desk.auditor()).must(200);
        let path = folder.path().join(name);
        std::fs::write(&path, body.text).expect("a file");
        path.to_str().expect("a path").to_owned()
    };
    let [groups, children, allocation, certificate] = ["groups", "children", "allocation", "certificate"].map(path);
    let files = ["--groups", &groups, "--children", &children, "--allocation", &allocation];
    let rest = ["--certificate", &certificate, "--replay"];
    program::run(&[&["verify"], &files[..], &rest[..]].concat()).must(0);
}

#[test]
fn no_single_place_has_a_child_who_is_due_before_the_round() {
    for db in Db::BOTH {
        let desk = Desk::with(db, by_program());
        let child = desk.another_child();
        let number = waiting(&desk, &child);
        let place = desk.places(GROUP, 1).remove(0);
        let next = desk.next(HOME);
        assert_eq!((&next["place"], &next["reasons"][0]["code"]), (&Value::Null, &json!("round_decides")));
        assert_eq!(next["open_places"], 1);
        desk.refer(&desk.department(), &place, &number).refused(409, "round_decides");
        let reasons = desk.entry(&child)["reasons"].clone();
        assert_eq!(reasons[1]["code"], "program_rule", "the overall number is labelled as not deciding: {reasons}");
    }
}

#[test]
fn a_profile_that_ranks_by_program_cannot_also_mix_streams() {
    let name = "profiles/default-project.toml";
    let shipped = shipped::FILES.iter().find(|(file, _)| *file == name).expect("the profile").1;
    let both = shipped.replace("[round_rule]\nvalue = \"queue\"", "[round_rule]\nvalue = \"program\"");
    let faults = kezek::rules::Rules::shipped_with(vec![(name.to_owned(), both)]).expect_err("two orders at once");
    assert!(faults.to_string().contains("`mix` has no value"), "{faults}");
}
